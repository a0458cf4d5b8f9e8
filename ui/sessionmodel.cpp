// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionmodel.h"

#include <KLocalizedString>

namespace cutover::ui {

Result<void> SessionModel::canSetFdSwitches() const
{
    return cutover::failure(ErrorCode::Unsupported, i18n("set the switch"), {},
        i18n("this shows what has been; there is no VMM to set it on"));
}

Result<void> SessionModel::setGlobalFdSwitch(bool)
{
    return canSetFdSwitches();
}

Result<void> SessionModel::setDeviceFdSwitch(const QString&, bool)
{
    return canSetFdSwitches();
}

} // namespace cutover::ui
