// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/asker.h"
#include "lessons/expectation.h"

#include <QElapsedTimer>

namespace cutover::lessons {

/// Asks both VMMs what they do, and whether the guest's heart beats.
class Probe : public QObject
{
    Q_OBJECT
public:
    /// \a stage is borrowed.
    explicit Probe(Stage& stage, QObject* parent = nullptr);

    /// Leads to done().
    void start();
    const Answers& source() const { return m_source; }
    const Answers& destination() const { return m_destination; }

Q_SIGNALS:
    void done();

private:
    void takeEvidence(const op::PairEvidence& evidence);
    void askState();
    void askPulse(qint64 before);
    void next();
    Answers& answers() { return m_side == Side::Source ? m_source : m_destination; }

    Stage& m_stage;
    Asker m_asker;
    Side m_side = Side::Source;
    Answers m_source;
    Answers m_destination;
    QElapsedTimer m_patience;
};

} // namespace cutover::lessons
