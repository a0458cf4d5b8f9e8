// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/results.h"

#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

namespace cutover::runs {

class RunTask;
class Site;

struct RunnerOptions
{
    int count = 20; ///< runs of each set, 1..maxCount
    int settleMs = 200; ///< between two runs, for the guest to get back to its work
    qint64 budgetNs = 0; ///< no run begins after it; 0 = no limit
    QString recordingFolder; ///< gets the recording of each run, as recordingFileName(); empty: none does
    QString program; ///< name and version of who does it, for the results
};

/// How far the runs have come.
struct Progress
{
    int done = 0; ///< runs, failed ones included
    int total = 0; ///< what is not available counts no more
    QString set; ///< whose turn it is
    QString doing; ///< one translated sentence
    std::optional<qint64> leftNs; ///< by the runs so far; nothing as long as there are none
};

/// Performs sets of runs, one migration at a time and the sets in turns (A B A B): what the machine does
/// meanwhile meets all of them alike. Each lab has a guest of its own; the guests that wait are stopped. Sets
/// on the same VMM of the operator share its guest. Asynchronous, on the event loop; deleting it ends the
/// labs (two seconds at most for each) and leaves an operator's guest to rescue.
class Runner : public QObject
{
    Q_OBJECT
public:
    Runner(std::vector<Settings> sets, const RunnerOptions& options, QObject* parent = nullptr);
    ~Runner() override;

    /// InvalidArgument for no set, too many, equal names or what checkSettings() says; then nothing is begun.
    /// Otherwise leads to finished(). Once.
    Result<void> start();
    /// Ends what can be undone, keeps the results, and leads to finished() as well.
    void cancel();

    bool isRunning() const { return m_running; }
    const Results& results() const { return m_results; }
    Progress progress() const;

Q_SIGNALS:
    void progressed();
    /// results().sets[set].runs.back() is new.
    void runDone(int set);
    /// A recording could not be written to the folder; the run counts all the same.
    void noted(const cutover::Error& error);
    /// Everything that was started has ended, and every recording is written.
    void finished();

private:
    Site& siteOf(std::size_t set) { return *m_sites[m_siteOfSet[set]]; }
    void next();
    bool choose();
    void siteAwake(std::size_t site);
    void siteFailed(std::size_t site, const Error& error);
    void begin();
    void taskDone();
    void keepRecording(const Run& run);
    void judge(const Run& run);
    void siteEnded();
    void giveUp(std::size_t set, const QString& why);
    void finish();
    int remaining(std::size_t set) const;

    RunnerOptions m_options;
    Results m_results;
    std::vector<std::unique_ptr<Site>> m_sites;
    std::vector<std::size_t> m_siteOfSet;
    std::vector<int> m_attempts; ///< of each set
    std::vector<int> m_failuresInRow;
    std::vector<qint64> m_spentNs; ///< on each set
    std::unique_ptr<RunTask> m_task;
    QTimer m_settle;
    QThreadPool m_writers; ///< of recordings; a disk must not hold up what is measured
    std::size_t m_set = 0; ///< whose turn it is
    qint64 m_turnNs = 0; ///< CLOCK_MONOTONIC: since when
    qint64 m_beganNs = 0;
    int m_sitesEnding = 0;
    bool m_running = false;
    bool m_cancelled = false;
    bool m_finishing = false;
};

} // namespace cutover::runs
