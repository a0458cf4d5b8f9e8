// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runner.h"

#include "base/clock.h"
#include "runs/runtask.h"
#include "runs/site.h"

#include <KLocalizedString>

#include <QDateTime>
#include <QDir>
#include <QSaveFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::runs {

static constexpr int maxFailuresInRow = 3;

Runner::Runner(std::vector<Settings> sets, const RunnerOptions& options, QObject* parent)
    : QObject(parent)
    , m_options(options)
    , m_attempts(sets.size(), 0)
    , m_failuresInRow(sets.size(), 0)
    , m_spentNs(sets.size(), 0)
{
    m_results.program = options.program;
    m_results.count = options.count;
    for (Settings& settings : sets)
        m_results.sets.push_back({ .settings = std::move(settings) });
    m_settle.setSingleShot(true);
    m_settle.setInterval(options.settleMs);
    connect(&m_settle, &QTimer::timeout, this, &Runner::begin);
    m_writers.setMaxThreadCount(1);
}

Runner::~Runner()
{
    m_task.reset();
    m_writers.waitForDone();
}

Result<void> Runner::start()
{
    const auto refuse = [](const QString& cause) {
        return failure(ErrorCode::InvalidArgument, i18n("begin the runs"), {}, cause);
    };
    if (m_results.sets.empty() || m_results.sets.size() > std::size_t(maxSets))
        return refuse(i18n("there must be 1 to %1 sets", maxSets));
    if (m_options.count < 1 || m_options.count > maxCount)
        return refuse(i18n("a set has 1 to %1 runs", maxCount));
    QStringList names;
    for (const SetResult& set : m_results.sets) {
        if (auto checked = checkSettings(set.settings); !checked)
            return checked;
        if (names.contains(set.settings.name))
            return refuse(i18nc("name of a set", "two sets are called '%1'", set.settings.name));
        names << set.settings.name;
    }
    for (const SetResult& set : m_results.sets) {
        const auto shared = std::ranges::find_if(m_sites, [&](const std::unique_ptr<Site>& site) {
            return !site->isLab() && site->source() == set.settings.source;
        });
        m_siteOfSet.push_back(std::size_t(shared - m_sites.begin()));
        if (shared != m_sites.end())
            continue;
        const std::size_t index = m_sites.size();
        m_sites.push_back(std::make_unique<Site>(set.settings));
        Site* site = m_sites.back().get();
        connect(site, &Site::awake, this, [this, index] { siteAwake(index); });
        connect(site, &Site::failed, this, [this, index](const Error& error) { siteFailed(index, error); });
        connect(site, &Site::resting, this, &Runner::next);
        connect(site, &Site::ended, this, &Runner::siteEnded);
    }
    m_results.created = QDateTime::currentDateTimeUtc().toString(Qt::ISODate);
    m_running = true;
    m_beganNs = monotonicNs();
    m_set = m_results.sets.size() - 1; // so that the first one is next
    QMetaObject::invokeMethod(this, &Runner::next, Qt::QueuedConnection);
    return {};
}

int Runner::remaining(std::size_t set) const
{
    return m_results.sets[set].unavailable.isEmpty() ? m_options.count - m_attempts[set] : 0;
}

/// The set that has had the fewest turns; among those the one after the last.
bool Runner::choose()
{
    const std::size_t count = m_results.sets.size();
    std::optional<std::size_t> best;
    for (std::size_t step = 1; step <= count; ++step) {
        const std::size_t set = (m_set + step) % count;
        if (remaining(set) > 0 && (!best || m_attempts[set] < m_attempts[*best]))
            best = set;
    }
    m_set = best.value_or(m_set);
    return best.has_value();
}

void Runner::next()
{
    if (m_finishing)
        return;
    if (m_options.budgetNs > 0 && monotonicNs() - m_beganNs > m_options.budgetNs) {
        for (std::size_t set = 0; set < m_results.sets.size(); ++set) {
            if (remaining(set) > 0)
                giveUp(set, i18n("The time for all runs was over."));
        }
    }
    if (m_cancelled || !choose()) {
        finish();
        return;
    }
    m_turnNs = monotonicNs();
    ++m_attempts[m_set];
    Q_EMIT progressed();
    siteOf(m_set).wake();
}

void Runner::siteAwake(std::size_t site)
{
    if (m_finishing || m_siteOfSet[m_set] != site)
        return;
    if (const lab::LabProgram* lab = siteOf(m_set).lab())
        m_results.sets[m_set].notes = lab->notes();
    m_settle.start();
}

void Runner::siteFailed(std::size_t site, const Error& error)
{
    if (m_finishing || m_siteOfSet[m_set] != site)
        return;
    --m_attempts[m_set];
    giveUp(m_set, error.message() + (error.remedy.isEmpty() ? QString() : u". "_s + error.remedy));
    next();
}

void Runner::begin()
{
    SetResult& set = m_results.sets[m_set];
    m_task
        = std::make_unique<RunTask>(set.settings, siteOf(m_set), int(set.runs.size()) + 1, m_options.program);
    connect(m_task.get(), &RunTask::done, this, &Runner::taskDone);
    m_task->start();
    Q_EMIT progressed();
}

void Runner::taskDone()
{
    const Run run = m_task->run();
    m_task.release()->deleteLater();
    m_spentNs[m_set] += monotonicNs() - m_turnNs;
    if (run.outcome != RunOutcome::Cancelled) {
        keepRecording(run);
        addRun(m_results.sets[m_set], run);
    }
    judge(run);
    if (run.outcome != RunOutcome::Cancelled)
        Q_EMIT runDone(int(m_set));
    if (m_finishing || m_cancelled)
        next();
    else
        siteOf(m_set).rest();
}

void Runner::keepRecording(const Run& run)
{
    if (m_options.recordingFolder.isEmpty() || run.recording.isEmpty())
        return;
    const QString name = recordingFileName(m_set, m_results.sets[m_set].settings.name, run.number);
    const QString path = QDir(m_options.recordingFolder).filePath(name);
    m_writers.start([this, path, bytes = run.recording] {
        QSaveFile file(path);
        if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit())
            return;
        const Error error = failure(ErrorCode::System, i18n("keep the recording of a run"), path,
            file.errorString(), i18n("Choose another folder for the recordings."))
                                .error();
        QMetaObject::invokeMethod(this, [this, error] { Q_EMIT noted(error); }, Qt::QueuedConnection);
    });
}

/// The last one ends all; what is still being written is waited for elsewhere.
void Runner::siteEnded()
{
    if (--m_sitesEnding > 0)
        return;
    m_writers.start([this] {
        QMetaObject::invokeMethod(
            this,
            [this] {
                m_running = false;
                Q_EMIT finished();
            },
            Qt::QueuedConnection);
    });
}

void Runner::judge(const Run& run)
{
    Site& site = siteOf(m_set);
    switch (run.outcome) {
    case RunOutcome::Migrated:
        m_failuresInRow[m_set] = 0;
        if (m_results.sets[m_set].settings.needsFreshLab())
            site.renew();
        return;
    case RunOutcome::Cancelled:
        return;
    case RunOutcome::Refused:
        giveUp(m_set, run.failure);
        return;
    case RunOutcome::NeedsOperator:
        if (!site.isLab()) {
            for (std::size_t set = 0; set < m_results.sets.size(); ++set) {
                if (m_siteOfSet[set] == m_siteOfSet[m_set])
                    giveUp(set, i18nc("what happened", "The guest needs you: %1", run.failure));
            }
            return;
        }
        break;
    case RunOutcome::Failed:
        break;
    }
    if (site.isLab())
        site.renew();
    if (++m_failuresInRow[m_set] >= maxFailuresInRow)
        giveUp(m_set,
            i18ncp("number, reason", "It failed %1 time in a row: %2", "It failed %1 times in a row: %2",
                maxFailuresInRow, run.failure));
}

void Runner::giveUp(std::size_t set, const QString& why)
{
    if (m_results.sets[set].unavailable.isEmpty())
        m_results.sets[set].unavailable = why;
}

void Runner::cancel()
{
    if (!m_running || m_cancelled)
        return;
    m_cancelled = true;
    m_results.cancelled = true;
    if (m_task)
        m_task->cancel();
    else
        finish();
    Q_EMIT progressed();
}

void Runner::finish()
{
    if (std::exchange(m_finishing, true))
        return;
    m_settle.stop();
    for (SetResult& set : m_results.sets)
        trimRecordings(set);
    m_sitesEnding = int(m_sites.size());
    for (const auto& site : m_sites)
        site->end();
}

Progress Runner::progress() const
{
    Progress progress;
    qint64 leftNs = 0;
    bool known = false;
    qint64 allSpentNs = 0;
    int allRuns = 0;
    for (std::size_t set = 0; set < m_results.sets.size(); ++set) {
        allSpentNs += m_spentNs[set];
        allRuns += int(m_results.sets[set].runs.size());
    }
    for (std::size_t set = 0; set < m_results.sets.size(); ++set) {
        const int done = int(m_results.sets[set].runs.size());
        const int left = m_results.sets[set].unavailable.isEmpty() ? m_options.count - done : 0;
        progress.done += done;
        progress.total += done + left;
        known = known || allRuns > 0;
        if (allRuns > 0)
            leftNs += left * (done > 0 ? m_spentNs[set] / done : allSpentNs / allRuns);
    }
    if (known)
        progress.leftNs = leftNs;
    if (m_finishing)
        progress.doing = i18n("Ending what was started.");
    else if (m_cancelled)
        progress.doing = i18n("Cancelling.");
    else if (m_task)
        progress.doing = m_task->doing();
    else
        progress.doing = i18n("Getting the guest ready.");
    if (!m_results.sets.empty())
        progress.set = m_results.sets[m_set].settings.name;
    return progress;
}

} // namespace cutover::runs
