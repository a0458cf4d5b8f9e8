// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/probe.h"

#include <QTimer>

using namespace Qt::StringLiterals;

namespace cutover::lessons {

/// A heart that has not beaten for so long stands still.
static constexpr int patienceMs = 20'000;
static constexpr int beatMs = 20;

Probe::Probe(Stage& stage, QObject* parent)
    : QObject(parent)
    , m_stage(stage)
    , m_asker(stage)
{
}

void Probe::start()
{
    m_source = {};
    m_destination = {};
    m_side = Side::Source;
    if (const op::PairEvidence* const evidence = m_stage.evidence())
        takeEvidence(*evidence);
    else
        askState();
}

/// Who looks at a pair holds its monitors, and has just asked.
void Probe::takeEvidence(const op::PairEvidence& evidence)
{
    const auto answers = [](const op::SideView& view) {
        return Answers{ .reached = view.answered, .gone = view.gone, .runState = view.runState };
    };
    m_source = answers(evidence.source);
    m_destination = answers(evidence.destination);
    QMetaObject::invokeMethod(this, &Probe::done, Qt::QueuedConnection);
}

void Probe::askState()
{
    const op::EndpointStatus status = m_stage.endpoint(m_side);
    if (status.gone || status.pid <= 0) {
        answers().gone = true;
        QMetaObject::invokeMethod(this, &Probe::next, Qt::QueuedConnection);
        return;
    }
    m_asker.ask({ .side = m_side, .command = u"query-status"_s }, [this](const Reply& reply) {
        answers().reached = reply.ok;
        answers().gone = m_stage.endpoint(m_side).gone;
        answers().runState = reply.value["status"_L1].toString();
        if (!reply.ok) {
            next();
            return;
        }
        m_patience.start();
        askPulse(-1);
    });
}

void Probe::askPulse(qint64 before)
{
    m_asker.ask({ .side = m_side, .command = u"query-pulse"_s }, [this, before](const Reply& reply) {
        const QJsonValue beats = reply.value["beats"_L1];
        if (!reply.ok || !beats.isDouble()) {
            next();
            return;
        }
        answers().pulse = reply.value.toObject();
        answers().beats = before >= 0 && beats.toInteger() > before;
        const bool stands = answers().runState != "running"_L1 || m_patience.hasExpired(patienceMs);
        if (*answers().beats || (before >= 0 && stands)) {
            next();
            return;
        }
        QTimer::singleShot(
            beatMs, this, [this, first = before < 0 ? beats.toInteger() : before] { askPulse(first); });
    });
}

void Probe::next()
{
    if (m_side == Side::Destination) {
        Q_EMIT done();
        return;
    }
    m_side = Side::Destination;
    askState();
}

} // namespace cutover::lessons
