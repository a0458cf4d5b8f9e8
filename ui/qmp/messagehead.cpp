// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/messagehead.h"

namespace cutover::ui {

/// Behind the string that begins at \a at, which is a quote.
static qsizetype stringEnd(QStringView raw, qsizetype at)
{
    for (++at; at < raw.size(); ++at) {
        if (raw[at] == u'\\')
            ++at;
        else if (raw[at] == u'"')
            return at + 1;
    }
    return raw.size();
}

/// Behind the value that begins at \a at.
static qsizetype valueEnd(QStringView raw, qsizetype at)
{
    int depth = 0;
    while (at < raw.size()) {
        const QChar c = raw[at];
        if (c == u'"') {
            at = stringEnd(raw, at);
            continue;
        }
        if (c == u'{' || c == u'[')
            ++depth;
        else if ((c == u'}' || c == u']') && --depth < 0)
            return at;
        else if (c == u',' && depth == 0)
            return at;
        ++at;
    }
    return at;
}

static MessageKind kindOf(QStringView key)
{
    if (key == u"return")
        return MessageKind::Reply;
    if (key == u"event")
        return MessageKind::Event;
    if (key == u"execute" || key == u"exec-oob")
        return MessageKind::Command;
    return key == u"error" ? MessageKind::Error : MessageKind::Other;
}

MessageHead messageHead(QStringView raw)
{
    MessageHead head;
    qsizetype at = raw.indexOf(u'{') + 1;
    while (at > 0 && at < raw.size()) {
        if (raw[at] != u'"') {
            ++at;
            continue;
        }
        const qsizetype keyEnd = stringEnd(raw, at);
        const QStringView key = raw.sliced(at + 1, std::max<qsizetype>(0, keyEnd - at - 2));
        at = raw.indexOf(u':', keyEnd);
        if (at < 0)
            break;
        const qsizetype begin = at + 1;
        const MessageKind kind = kindOf(key);
        if (kind != MessageKind::Other)
            head.kind = kind;
        // An event has no id, and its data may be long.
        if (kind == MessageKind::Event)
            break;
        at = valueEnd(raw, begin);
        if (key == u"id")
            head.id = raw.sliced(begin, at - begin).trimmed().toString();
    }
    return head;
}

} // namespace cutover::ui
