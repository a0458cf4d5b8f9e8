// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/replywatch.h"

#include "qmp/messagehead.h"

#include <QTimer>

namespace cutover::ui {

using timeline::Category;

ReplyWatch::ReplyWatch(const timeline::Record& record, const QStringList& commands, QObject* parent)
    : QObject(parent)
    , m_record(record)
    , m_commands(commands)
{
    // Events that come before that are among those that are there by then.
    QTimer::singleShot(0, this, [this] {
        take(0, m_record.size());
        connect(&m_record, &timeline::Record::appended, this, &ReplyWatch::take);
    });
    connect(&record, &timeline::Record::cleared, this, [this] {
        m_pending.clear();
        Q_EMIT cleared();
    });
}

void ReplyWatch::take(std::size_t first, std::size_t count)
{
    const auto raw = [](const timeline::Event& event) { return event.attributes[u"raw"].toString(); };
    const auto key = [](const timeline::Event& event, const QString& text) {
        return QChar(u'0' + static_cast<char16_t>(event.side)) + messageHead(text).id;
    };
    for (std::size_t i = first; i < first + count; ++i) {
        const timeline::Event& event = m_record.events()[i];
        if (event.category == Category::QmpSent) {
            if (!m_commands.contains(event.name))
                continue;
            const QString text = raw(event);
            m_pending.insert(key(event, text), { .name = event.name, .raw = text });
        } else if (event.category == Category::QmpReceived) {
            if (event.name == u"QMP") {
                Q_EMIT greeted(event.side, raw(event));
            } else if (!m_pending.isEmpty() && (event.name == u"return" || event.name == u"error")) {
                const Side side = event.side;
                const QString text = raw(event);
                const auto asked = m_pending.constFind(key(event, text));
                if (asked == m_pending.cend())
                    continue;
                const Asked question = *asked;
                m_pending.erase(asked);
                // Who is told may append to the record.
                Q_EMIT answered(side, question.name, question.raw, text);
            }
        }
    }
}

} // namespace cutover::ui
