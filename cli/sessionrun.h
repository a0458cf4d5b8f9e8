// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/command.h"
#include "operator/session.h"
#include "timeline/record.h"

namespace cutover::cli {

/// One migration from its check to its end, with a stop for consent in between.
class SessionRun : public QObject
{
    Q_OBJECT
public:
    explicit SessionRun(op::SessionRequest request, QObject* parent = nullptr);

    /// Connects and checks; leads to checked() or ended().
    void check();
    /// After checked(), unless it was refused; leads to ended().
    void migrate();
    /// False when it is too late, or nothing has begun.
    bool cancel();
    /// From migrate() to ended(): whoever leaves now leaves a pair behind.
    bool isUnderWay() const { return m_migrating && !m_ended; }

    const op::SessionRequest& request() const { return m_request; }
    const op::Session& session() const { return m_session; }
    timeline::Record& record() { return m_record; }
    const timeline::Record& record() const { return m_record; }
    bool isRefused() const { return m_session.outcome() == op::Outcome::Refused; }
    ExitCode exitCode() const;
    /// What is known of where the guest is, after ended().
    op::GuestLocation location() const;
    QString waitingText() const;

Q_SIGNALS:
    /// The source's monitor lets us wait; perhaps it has another client.
    void waiting();
    void checked();
    void ended();

private:
    void advance();
    void end();
    /// The end, once a guest that is watched has told its gap, or has had time to.
    void endWithGap();

    qint64 m_gapUntilNs = 0; ///< CLOCK_MONOTONIC
    op::SessionRequest m_request;
    timeline::Record m_record;
    op::Session m_session;
    bool m_checked = false;
    bool m_migrating = false;
    bool m_ended = false;
};

} // namespace cutover::cli
