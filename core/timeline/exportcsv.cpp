// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/export.h"
#include "timeline/timetext.h"

#include <QJsonDocument>

namespace cutover::timeline {

static void appendField(QByteArray& out, QByteArray field)
{
    const bool quoted = field.contains('"') || field.contains(',') || field.contains('\n')
        || field.contains('\r') || field.startsWith(' ') || field.endsWith(' ');
    if (!quoted) {
        out += field;
        return;
    }
    field.replace("\"", "\"\"");
    out += '"' + field + '"';
}

QByteArray toCsv(std::span<const Event> events)
{
    QByteArray out("time_ns,time,side,category,name,attributes\r\n");
    for (const Event& event : events) {
        if (event.timeNs > 0)
            out += QByteArray::number(event.timeNs) + ',' + isoTime(event.timeNs).toLatin1();
        else
            out += ',';
        out += ',' + sideId(event.side).toLatin1() + ',' + categoryId(event.category).toLatin1() + ',';
        appendField(out, event.name.toUtf8());
        out += ',';
        if (!event.attributes.isEmpty())
            appendField(out, QJsonDocument(event.attributes).toJson(QJsonDocument::Compact));
        out += "\r\n";
    }
    return out;
}

} // namespace cutover::timeline
