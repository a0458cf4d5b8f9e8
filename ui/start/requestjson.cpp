// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/requestjson.h"

#include <KLocalizedString>

#include <QJsonArray>

#include <algorithm>
#include <array>

namespace cutover::ui {

using namespace Qt::StringLiterals;
using Kind = op::DestinationSpec::Kind;

namespace {

constexpr std::array kinds{ std::pair(Kind::Derive, "derive"_L1), std::pair(Kind::Command, "command"_L1),
    std::pair(Kind::Attach, "attach"_L1) };

QJsonObject toJson(const op::DestinationSpec& destination)
{
    const auto* const kind
        = std::ranges::find(kinds, destination.kind, [](const auto& pair) { return pair.first; });
    return { { u"kind"_s, QString(kind->second) }, { u"binary"_s, destination.binary },
        { u"argv"_s, QJsonArray::fromStringList(destination.argv) }, { u"qmp"_s, destination.qmpPath },
        { u"cpr"_s, destination.cprPath }, { u"main"_s, destination.mainPath } };
}

std::unexpected<Error> malformed(const QString& object, const QString& cause)
{
    return failure(ErrorCode::Malformed, i18n("read a session from the settings"), object, cause);
}

} // namespace

QJsonObject toJson(const op::SessionRequest& request)
{
    return { { u"source"_s, request.source.qmpPath }, { u"pid"_s, request.source.pid },
        { u"destination"_s, toJson(request.destination) }, { u"mode"_s, request.mode },
        { u"parameters"_s, request.parameters }, { u"defer"_s, request.defer },
        { u"guarded"_s, request.guarded }, { u"keepSource"_s, request.keepSource },
        { u"traceSource"_s, request.traceSource } };
}

Result<op::SessionRequest> requestFromJson(const QJsonObject& object)
{
    op::SessionRequest request;
    request.source.qmpPath = object[u"source"].toString();
    request.source.pid = object[u"pid"].toInt();
    if (request.source.qmpPath.isEmpty() && request.source.pid <= 0)
        return malformed(u"source"_s, i18n("it names no VMM"));
    const QJsonObject destination = object[u"destination"].toObject();
    const QString kind = destination[u"kind"].toString();
    const auto* const known
        = std::ranges::find(kinds, kind, [](const auto& pair) { return QString(pair.second); });
    if (known == kinds.end())
        return malformed(u"destination"_s, i18n("“%1” is no kind of destination", kind));
    request.destination = { .kind = known->first,
        .binary = destination[u"binary"].toString(),
        .argv = {},
        .qmpPath = destination[u"qmp"].toString(),
        .cprPath = destination[u"cpr"].toString(),
        .mainPath = destination[u"main"].toString() };
    for (const QJsonValue& word : destination[u"argv"].toArray())
        request.destination.argv << word.toString();
    request.mode = object[u"mode"].toString(request.mode);
    request.parameters = object[u"parameters"].toObject();
    request.defer = object[u"defer"].toBool(request.defer);
    request.guarded = object[u"guarded"].toBool(request.guarded);
    request.keepSource = object[u"keepSource"].toBool(request.keepSource);
    request.traceSource = object[u"traceSource"].toBool(request.traceSource);
    return request;
}

} // namespace cutover::ui
