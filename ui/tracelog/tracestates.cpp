// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tracelog/tracestates.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace cutover::ui {

TraceStates::TraceStates(const timeline::Record& record, QObject* parent)
    : QObject(parent)
    , m_watch(record, { QStringLiteral("trace-event-get-state"), QStringLiteral("trace-event-set-state") })
{
    connect(&m_watch, &ReplyWatch::answered, this, &TraceStates::take);
    connect(&m_watch, &ReplyWatch::greeted, this, [this](Side side) {
        m_known[side == Side::Destination ? 1 : 0] = {};
        Q_EMIT changed(side);
    });
    connect(&m_watch, &ReplyWatch::cleared, this, [this] {
        m_known = {};
        Q_EMIT changed(Side::Source);
        Q_EMIT changed(Side::Destination);
    });
}

void TraceStates::take(Side side, const QString& name, const QString& command, const QString& reply)
{
    Known& known = m_known[side == Side::Destination ? 1 : 0];
    const QJsonObject answer = QJsonDocument::fromJson(reply.toUtf8()).object();
    const QJsonObject asked = QJsonDocument::fromJson(command.toUtf8()).object()[u"arguments"].toObject();
    const QString pattern = asked[u"name"].toString();
    known.refusal = answer[u"error"][u"desc"].toString();
    if (!known.refusal.isEmpty()) {
        Q_EMIT changed(side);
        return;
    }
    if (name == u"trace-event-get-state") {
        if (pattern == u"*") {
            known.events.clear();
            known.complete = true;
        }
        const QJsonArray events = answer[u"return"].toArray();
        for (const QJsonValue event : events) {
            const QString state = event[u"state"].toString();
            if (state == u"enabled" || state == u"disabled")
                known.events.insert(event[u"name"].toString(), state == u"enabled");
        }
    } else {
        const bool on = asked[u"enable"].toBool();
        const auto glob = QRegularExpression::fromWildcard(
            pattern, Qt::CaseSensitive, QRegularExpression::NonPathWildcardConversion);
        for (auto event = known.events.begin(); event != known.events.end(); ++event) {
            if (event.key() == pattern || glob.match(event.key()).hasMatch())
                *event = on;
        }
        // Whatever else the VMM has, a plain name is one of its events.
        if (!pattern.contains(u'*') && !pattern.contains(u'?'))
            known.events.insert(pattern, on);
    }
    Q_EMIT changed(side);
}

} // namespace cutover::ui
