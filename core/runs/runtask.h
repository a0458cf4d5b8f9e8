// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/journal.h"
#include "operator/session.h"
#include "runs/errand.h"
#include "runs/results.h"
#include "runs/site.h"
#include "timeline/record.h"

#include <QTimer>

#include <memory>
#include <thread>
#include <vector>

namespace cutover::runs {

/// One run: checks, migrates, waits for what the guest says of it, finishes. Asynchronous.
class RunTask : public QObject
{
    Q_OBJECT
public:
    /// \a site is awake and outlives the task.
    RunTask(
        const Settings& settings, Site& site, int number, const QString& program, QObject* parent = nullptr);
    ~RunTask() override;

    /// Leads to done().
    void start();
    /// Undoes what can be undone, else lets the run come to its end; done() follows in both cases.
    void cancel();

    const Run& run() const { return m_run; }
    /// What is under way, for a line of progress; translated.
    QString doing() const;

Q_SIGNALS:
    void done();

private:
    void advance();
    void endpointsChanged();
    void ready();
    void migrate();
    void migrated();
    void lookAtGuest();
    void conclude(RunOutcome outcome);
    void continueGuest();
    void end();
    op::SourceSpec whereTheGuestIs() const;
    op::PairJournal armedPair() const;

    Settings m_settings;
    Site& m_site;
    QString m_program;
    Run m_run;
    timeline::Record m_record;
    std::unique_ptr<op::Session> m_session; ///< null at the end
    std::vector<std::jthread> m_hostLoad;
    std::unique_ptr<Errand> m_errand;
    QTimer m_guestTimer;
    qint64 m_beganNs = 0; ///< CLOCK_MONOTONIC; 0: not migrating yet
    qint64 m_migratedNs = 0;
    qint64 m_trafficNs = 0; ///< when the traffic was last told about
    bool m_taken = false;
    bool m_stopAsked = false;
    bool m_cancelled = false;
    bool m_over = false;
};

} // namespace cutover::runs
