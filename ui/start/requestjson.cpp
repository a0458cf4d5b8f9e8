// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/requestjson.h"

#include "operator/sessionrecord.h"

#include <KLocalizedString>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static std::unexpected<Error> malformed(const QString& object, const QString& cause)
{
    return failure(ErrorCode::Malformed, i18n("read a session from the settings"), object, cause);
}

static QString kindOf(const QJsonObject& object)
{
    return object[u"destination"][u"kind"].toString();
}

Result<op::SessionRequest> requestFromJson(const QJsonObject& object)
{
    const op::SessionRequest request = op::requestFromRecord(object);
    if (request.source.qmpPath.isEmpty() && request.source.pid <= 0)
        return malformed(u"source"_s, i18n("it names no VMM"));
    // A kind that is not known was read as another.
    const QString kind = kindOf(object);
    if (kind != kindOf(op::toRecord(request)))
        return malformed(u"destination"_s, i18n("“%1” is no kind of destination", kind));
    return request;
}

} // namespace cutover::ui
