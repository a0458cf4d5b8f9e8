// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tracelog/tracelogmodel.h"

#include "format.h"
#include "models/eventmodel.h"
#include "timeline/checkpoints.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;

static bool isMessage(const Event& event)
{
    return event.category == Category::Process;
}

QStringList TraceLogModel::kinds() const
{
    return { i18n("Trace events"), i18n("Messages and stderr") };
}

QStringList TraceLogModel::names() const
{
    QStringList names(m_names.cbegin(), m_names.cend());
    std::ranges::sort(names);
    return names;
}

QString TraceLogModel::text(int row) const
{
    return attributesText(event(row).attributes);
}

QString TraceLogModel::searchText(int row) const
{
    return event(row).name + u' ' + text(row);
}

QString TraceLogModel::remark(int row) const
{
    return isMessage(event(row)) ? i18nc("a line that is no trace event", "message") : QString();
}

bool TraceLogModel::alarm(int row) const
{
    return isMessage(event(row)) && text(row).contains(u"error", Qt::CaseInsensitive);
}

QString TraceLogModel::spoken(int row) const
{
    return i18nc("side, trace event, its values", "%1: %2 %3", sideTitle(side(row)), name(row), text(row));
}

LogDetails TraceLogModel::details(int row, bool /*pretty*/) const
{
    const Event& line = event(row);
    LogDetails details;
    const QString time = line.timeNs > 0 ? clockText(line.timeNs) : i18n("no time known");
    details.title = i18nc("side, trace event, time", "%1: %2 at %3", sideTitle(line.side), line.name, time);
    QStringList parts;
    const QString sentence
        = timeline::checkpointText(line.attributes.value(QLatin1StringView("name")).toString());
    if (!sentence.isEmpty())
        parts.append(sentence + u'\n');
    for (auto it = line.attributes.begin(); it != line.attributes.end(); ++it) {
        const QString value = it.value().toVariant().toString();
        parts.append(isMessage(line) ? value : QString(it.key() + QStringLiteral(": ") + value));
    }
    details.text = parts.join(u'\n');
    return details;
}

std::optional<LogModel::Row> TraceLogModel::classify(const Event& event, int /*number*/)
{
    const bool trace = event.category == Category::Trace;
    if (!trace && !(isMessage(event) && event.name == u"stderr"))
        return std::nullopt;
    if (trace)
        m_names.insert(event.name);
    const LineKind kind = trace ? LineKind::Trace : LineKind::Message;
    return Row{ .event = 0, .partner = -1, .kind = static_cast<std::uint8_t>(kind) };
}

} // namespace cutover::ui
