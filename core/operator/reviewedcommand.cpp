// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/reviewedcommand.h"

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace cutover::op {

using namespace Qt::StringLiterals;
using Kind = CommandChange::Kind;

namespace {

constexpr std::array kindIds{ std::pair(Kind::Added, "added"_L1), std::pair(Kind::Removed, "removed"_L1),
    std::pair(Kind::Replaced, "replaced"_L1), std::pair(Kind::Warning, "warning"_L1),
    std::pair(Kind::Conflict, "conflict"_L1) };

QJsonArray toArray(const std::vector<CommandChange>& changes)
{
    QJsonArray array;
    for (const CommandChange& change : changes) {
        const auto id = std::ranges::find(kindIds, change.kind, [](const auto& pair) { return pair.first; });
        array.append(QJsonObject{ { u"kind"_s, QString(id->second) }, { u"before"_s, change.before },
            { u"after"_s, change.after }, { u"reason"_s, change.reason } });
    }
    return array;
}

Result<std::vector<CommandChange>> toChanges(const QJsonValue& value)
{
    std::vector<CommandChange> changes;
    for (const QJsonValue& each : value.toArray()) {
        const QString kind = each[u"kind"].toString();
        const auto* const id
            = std::ranges::find(kindIds, kind, [](const auto& pair) { return QString(pair.second); });
        if (id == kindIds.end())
            return failure(ErrorCode::Malformed, u"read the changes of a command line"_s, kind,
                u"there is no such kind of change"_s);
        changes.push_back({ .kind = id->first,
            .before = each[u"before"].toString(),
            .after = each[u"after"].toString(),
            .reason = each[u"reason"].toString() });
    }
    return changes;
}

} // namespace

QJsonObject toAttributes(const ReviewedCommand& command)
{
    return { { u"argv"_s, QJsonArray::fromStringList(command.argv) },
        { u"changes"_s, toArray(command.changes) }, { u"edits"_s, toArray(command.edits) } };
}

Result<ReviewedCommand> fromAttributes(const QJsonObject& attributes)
{
    ReviewedCommand command;
    for (const QJsonValue& word : attributes[u"argv"].toArray()) {
        if (!word.isString())
            return failure(ErrorCode::Malformed, u"read the command line"_s, {}, u"a word is no text"_s);
        command.argv << word.toString();
    }
    if (command.argv.isEmpty())
        return failure(ErrorCode::Malformed, u"read the command line"_s, {}, u"it is empty"_s);
    auto changes = toChanges(attributes[u"changes"]);
    auto edits = toChanges(attributes[u"edits"]);
    if (!changes || !edits)
        return std::unexpected(!changes ? changes.error() : edits.error());
    command.changes = std::move(*changes);
    command.edits = std::move(*edits);
    return command;
}

std::optional<ReviewedCommand> lastReviewed(std::span<const timeline::Event> events)
{
    for (const timeline::Event& event : events | std::views::reverse) {
        if (event.category != timeline::Category::Action || event.name != u"derived")
            continue;
        if (auto command = fromAttributes(event.attributes))
            return std::move(*command);
    }
    return std::nullopt;
}

} // namespace cutover::op
