// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/qmplogmodel.h"

#include "format.h"
#include "jsontext.h"

#include <KLocalizedString>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;

static QString rawText(const Event& event)
{
    return event.attributes.value(QLatin1StringView("raw")).toString();
}

QStringList QmpLogModel::kinds() const
{
    return { i18n("Commands"), i18n("Replies"), i18n("Errors"), i18n("Events"), i18n("Others") };
}

QString QmpLogModel::text(int row) const
{
    return rawText(event(row));
}

QString QmpLogModel::readable(int row) const
{
    return prettyJson(text(row));
}

QString QmpLogModel::name(int row) const
{
    const bool answers = partner(row) >= 0 && messageKind(row) != MessageKind::Command;
    return event(answers ? partner(row) : row).name;
}

LogModel::Direction QmpLogModel::direction(int row) const
{
    return event(row).category == Category::QmpSent ? Direction::ToVmm : Direction::FromVmm;
}

QString QmpLogModel::remark(int row) const
{
    if (messageKind(row) == MessageKind::Command && partner(row) < 0)
        return i18n("no reply");
    const qint64 latency = latencyNs(row);
    return partner(row) < 0 || messageKind(row) == MessageKind::Command ? QString() : durationText(latency);
}

bool QmpLogModel::alarm(int row) const
{
    return messageKind(row) == MessageKind::Error
        || (messageKind(row) == MessageKind::Command && partner(row) < 0);
}

QString QmpLogModel::spoken(int row) const
{
    const QString said = direction(row) == Direction::ToVmm
        ? i18nc("a QMP message", "to the %1: %2", sideTitle(side(row)), text(row))
        : i18nc("a QMP message", "from the %1: %2", sideTitle(side(row)), text(row));
    const QString more = remark(row);
    return more.isEmpty() ? said : said + QStringLiteral("; ") + more;
}

LogDetails QmpLogModel::details(int row, bool pretty) const
{
    LogDetails details{ .title = {}, .text = {}, .isJson = true };
    const auto body = [&](int of) { return pretty ? readable(of) : text(of); };
    const QString who = sideTitle(side(row));
    const QString when = clockText(event(row).timeNs);
    const int other = partner(row);
    if (other >= 0) {
        const int command = std::min(row, other);
        const int answer = std::max(row, other);
        details.title = messageKind(answer) == MessageKind::Error
            ? i18nc("side, command, duration", "%1: %2, refused after %3", who, name(row),
                  durationText(latencyNs(row)))
            : i18nc("side, command, duration", "%1: %2, answered after %3", who, name(row),
                  durationText(latencyNs(row)));
        details.text = body(command) + QStringLiteral("\n\n") + body(answer);
        return details;
    }
    details.text = body(row);
    switch (messageKind(row)) {
    case MessageKind::Command:
        details.title = i18nc("side, command, time", "%1: %2 at %3, no reply", who, name(row), when);
        break;
    case MessageKind::Event:
        details.title = i18nc("side, event, time", "%1: event %2 at %3", who, name(row), when);
        break;
    default:
        details.title = i18nc("side, kind of message, time", "%1: %2 at %3", who, name(row), when);
        break;
    }
    return details;
}

std::optional<LogModel::Row> QmpLogModel::classify(const Event& event, int number)
{
    if (event.category != Category::QmpSent && event.category != Category::QmpReceived)
        return std::nullopt;
    const MessageHead head = messageHead(rawText(event));
    Row row{ .event = 0, .partner = -1, .kind = static_cast<std::uint8_t>(head.kind) };
    if (head.id.isEmpty())
        return row;
    const QString key = QChar(u'0' + static_cast<char16_t>(event.side)) + head.id;
    if (head.kind == MessageKind::Command) {
        m_pending.insert(key, number);
    } else if (head.kind == MessageKind::Reply || head.kind == MessageKind::Error) {
        if (const auto command = m_pending.constFind(key); command != m_pending.cend()) {
            join(*command, row, number);
            m_pending.erase(command);
        }
    }
    return row;
}

} // namespace cutover::ui
