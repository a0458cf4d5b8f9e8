// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/runner.h"

#include <QTemporaryDir>
#include <QThreadPool>

#include <memory>
#include <optional>

namespace cutover::ui {

/// What the window does with runs: performs them, keeps their recordings, reads and writes their files. Files
/// are handled on a thread of its own.
class RunSeries : public QObject
{
    Q_OBJECT
public:
    enum class Keep : std::uint8_t {
        Some, ///< the slowest, those in the middle and the failed ones, in the file of the results
        UntilClosed, ///< all, in a private folder that goes with this object or the next series
        InFolder, ///< all, in a folder of the operator
    };
    struct Plan
    {
        std::vector<runs::Settings> sets;
        int count = 20;
        Keep keep = Keep::UntilClosed;
        QString folder; ///< InFolder
    };

    explicit RunSeries(QObject* parent = nullptr);
    /// Ends what is running: two seconds for each lab at most.
    ~RunSeries() override;

    /// As runs::Runner::start(); Busy while another series runs.
    Result<void> start(const Plan& plan);
    /// Keeps the results; leads to ended().
    void cancel();
    bool isRunning() const { return m_runner != nullptr; }
    bool isCancelling() const { return m_runner && m_cancelling; }
    runs::Progress progress() const;
    /// Of the series that runs, ran last or was opened.
    const runs::Results& results() const;
    /// There are results that no file has.
    bool isUnsaved() const { return m_unsaved; }

    /// Leads to opened() or failed(); the results are replaced by those of the file.
    void open(const QString& path);
    /// Leads to saved() or failed().
    void save(const QString& path);

    /// Saves them in \a folder as "runs-20261121-140211.json", and lets go of all but the newest such files.
    void keepResults(const QString& folder);

    /// Of those that have a pause; nothing without one, or such a set.
    std::optional<std::size_t> slowestRun(std::size_t set) const;
    bool hasRecording(std::size_t set, std::size_t run) const;
    /// Leads to recordingReady() or failed().
    void fetchRecording(std::size_t set, std::size_t run);

Q_SIGNALS:
    void progressed();
    /// results() are others, or have become more.
    void resultsChanged();
    void ended();
    void opened(const QString& path);
    void saved(const QString& path);
    void failed(const cutover::Error& error);
    /// \a path: as a file, which is there as long as the recordings are kept.
    void recordingReady(const QString& path, std::size_t set, std::size_t run);

private:
    void runnerFinished();
    Result<QString> ownFolder();
    QString recordingPath(const QString& folder, std::size_t set, std::size_t run) const;

    std::unique_ptr<runs::Runner> m_runner;
    runs::Results m_results;
    std::unique_ptr<QTemporaryDir> m_own;
    QString m_folder; ///< that has the recordings of all runs; empty: none has
    bool m_cancelling = false;
    bool m_unsaved = false;
    QThreadPool m_files;
};

} // namespace cutover::ui
