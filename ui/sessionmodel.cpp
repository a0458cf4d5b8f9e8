// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionmodel.h"

#include <KLocalizedString>

namespace cutover::ui {

Result<void> SessionModel::sendCommand(Side /*side*/, const QJsonObject& command, bool /*confirmed*/)
{
    return cutover::failure(ErrorCode::Unsupported, i18n("send the command"), command[u"execute"].toString(),
        i18n("this is a recording, not a running VMM"));
}

} // namespace cutover::ui
