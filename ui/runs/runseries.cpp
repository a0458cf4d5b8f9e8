// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runseries.h"

#include "runs/comparison.h"

#include <KLocalizedString>

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSaveFile>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::ui {

static constexpr qsizetype maxKeptResults = 20;

static const QString& folderPrefix()
{
    static const QString prefix = u"cutover-runs-%1-"_s.arg(::getuid());
    return prefix;
}

/// Recordings that a window had no time to remove; the folder's name holds its process.
static void sweepFolders()
{
    const QDir temporary(QDir::tempPath());
    const QStringList names
        = temporary.entryList({ QString(folderPrefix() + u'*') }, QDir::Dirs | QDir::NoSymLinks);
    for (const QString& name : names) {
        const QString pid = name.sliced(folderPrefix().size()).section(u'-', 0, 0);
        if (!pid.isEmpty() && !QFile::exists(u"/proc/"_s + pid))
            QDir(temporary.filePath(name)).removeRecursively();
    }
}

RunSeries::RunSeries(QObject* parent)
    : QObject(parent)
{
    m_files.setMaxThreadCount(1);
}

RunSeries::~RunSeries()
{
    m_runner.reset();
    m_files.waitForDone();
}

Result<QString> RunSeries::ownFolder()
{
    if (!m_own) {
        m_files.start([] { sweepFolders(); });
        m_own = std::make_unique<QTemporaryDir>(
            u"%1/%2%3-XXXXXX"_s.arg(QDir::tempPath(), folderPrefix()).arg(::getpid()));
    }
    if (!m_own->isValid())
        return failure(ErrorCode::System, i18n("make a folder for recordings"), QDir::tempPath(),
            m_own->errorString(), i18n("Make room there, or choose a folder of yours for the recordings."));
    return m_own->path();
}

Result<void> RunSeries::start(const Plan& plan)
{
    const QString attempt = i18n("begin the runs");
    if (m_runner)
        return failure(
            ErrorCode::Busy, attempt, {}, i18n("others are under way"), i18n("Cancel them first."));
    if (plan.keep == Keep::InFolder && (plan.folder.isEmpty() || !QDir().mkpath(plan.folder)))
        return failure(ErrorCode::System, attempt, plan.folder,
            i18n("the folder for the recordings cannot be made"), i18n("Choose another folder."));
    // The recordings of the series before go when nothing reads or writes them any more.
    if (m_own)
        m_files.start([old = std::shared_ptr<QTemporaryDir>(std::move(m_own))] { old->remove(); });
    QString folder = plan.keep == Keep::InFolder ? plan.folder : QString();
    if (plan.keep == Keep::UntilClosed) {
        const auto own = ownFolder();
        if (!own)
            return std::unexpected(own.error());
        folder = *own;
    }
    auto runner = std::make_unique<runs::Runner>(plan.sets,
        runs::RunnerOptions{ .count = plan.count,
            .recordingFolder = folder,
            .program = QStringLiteral("cutover " CUTOVER_VERSION) });
    if (auto started = runner->start(); !started)
        return started;
    m_runner = std::move(runner);
    m_folder = folder;
    m_cancelling = false;
    m_unsaved = false;
    connect(m_runner.get(), &runs::Runner::progressed, this, &RunSeries::progressed);
    connect(m_runner.get(), &runs::Runner::runDone, this, [this] {
        m_unsaved = true;
        Q_EMIT resultsChanged();
        Q_EMIT progressed();
    });
    connect(m_runner.get(), &runs::Runner::noted, this, &RunSeries::failed);
    connect(m_runner.get(), &runs::Runner::finished, this, &RunSeries::runnerFinished, Qt::QueuedConnection);
    Q_EMIT resultsChanged();
    Q_EMIT progressed();
    return {};
}

void RunSeries::runnerFinished()
{
    if (!m_runner)
        return;
    m_results = m_runner->results();
    m_runner.reset();
    Q_EMIT resultsChanged();
    Q_EMIT progressed();
    Q_EMIT ended();
}

void RunSeries::cancel()
{
    if (!m_runner)
        return;
    m_cancelling = true;
    m_runner->cancel();
}

runs::Progress RunSeries::progress() const
{
    return m_runner ? m_runner->progress() : runs::Progress{};
}

const runs::Results& RunSeries::results() const
{
    return m_runner ? m_runner->results() : m_results;
}

void RunSeries::open(const QString& path)
{
    if (m_runner) {
        Q_EMIT failed(failure(ErrorCode::Busy, i18n("open the runs"), path, i18n("others are under way"),
            i18n("Cancel them first."))
                .error());
        return;
    }
    m_files.start([this, path] {
        auto read = std::make_shared<Result<runs::Results>>(runs::readResults(path));
        QMetaObject::invokeMethod(
            this,
            [this, path, read] {
                if (!*read) {
                    Q_EMIT failed(read->error());
                } else if (!m_runner) {
                    m_results = std::move(**read);
                    m_folder.clear();
                    m_unsaved = false;
                    Q_EMIT resultsChanged();
                    Q_EMIT opened(path);
                }
            },
            Qt::QueuedConnection);
    });
}

void RunSeries::save(const QString& path)
{
    m_files.start([this, path, copy = results()]() mutable {
        for (runs::SetResult& set : copy.sets)
            runs::trimRecordings(set);
        const Result<void> written = runs::writeResults(path, copy);
        QMetaObject::invokeMethod(
            this,
            [this, path, written] {
                if (!written) {
                    Q_EMIT failed(written.error());
                    return;
                }
                m_unsaved = m_unsaved && isRunning();
                Q_EMIT saved(path);
            },
            Qt::QueuedConnection);
    });
}

void RunSeries::keepResults(const QString& folder)
{
    const QString name
        = u"runs-%1.json"_s.arg(QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmmss-zzz"_s));
    m_files.start([folder, name] {
        static const QRegularExpression ours(uR"(^runs-\d{8}-\d{6}-\d{3}\.json$)"_s);
        QDir().mkpath(folder);
        QStringList kept = QDir(folder).entryList({ u"runs-*.json"_s }, QDir::Files, QDir::Name).filter(ours);
        while (kept.size() >= maxKeptResults)
            QFile::remove(QDir(folder).filePath(kept.takeFirst()));
    });
    save(QDir(folder).filePath(name));
}

std::optional<std::size_t> RunSeries::slowestRun(std::size_t set) const
{
    const auto& sets = results().sets;
    return set < sets.size() ? runs::slowestRun(sets[set]) : std::nullopt;
}

QString RunSeries::recordingPath(const QString& folder, std::size_t set, std::size_t run) const
{
    const runs::SetResult& of = results().sets[set];
    return QDir(folder).filePath(runs::recordingFileName(set, of.settings.name, of.runs[run].number));
}

bool RunSeries::hasRecording(std::size_t set, std::size_t run) const
{
    const auto& sets = results().sets;
    if (set >= sets.size() || run >= sets[set].runs.size())
        return false;
    // Which runs have a file is known without looking: those that were recorded at all.
    return !sets[set].runs[run].recording.isEmpty()
        || (!m_folder.isEmpty() && sets[set].runs[run].outcome != runs::RunOutcome::Cancelled);
}

void RunSeries::fetchRecording(std::size_t set, std::size_t run)
{
    const QString attempt = i18n("show the timeline of a run");
    if (!hasRecording(set, run)) {
        Q_EMIT failed(failure(ErrorCode::NotFound, attempt, {}, i18n("its recording was not kept"),
            i18n("The slowest runs, those in the middle and failed ones have theirs. For all, choose so "
                 "before "
                 "the start."))
                .error());
        return;
    }
    const QByteArray bytes = results().sets[set].runs[run].recording;
    QString path = m_folder.isEmpty() ? QString() : recordingPath(m_folder, set, run);
    QString copy;
    if (!bytes.isEmpty()) {
        const auto own = ownFolder();
        if (!own) {
            Q_EMIT failed(own.error());
            return;
        }
        copy = recordingPath(*own, set, run);
    }
    m_files.start([this, attempt, bytes, path, copy, set, run] {
        Result<void> ready;
        QString found = path;
        if (path.isEmpty() || !QFileInfo::exists(path)) {
            found = copy;
            QSaveFile file(copy);
            if (copy.isEmpty())
                ready = failure(ErrorCode::NotFound, attempt, path, i18n("its recording is not there"),
                    i18n("It may have been removed from the folder."));
            else if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
                ready = failure(ErrorCode::System, attempt, copy, file.errorString());
        }
        QMetaObject::invokeMethod(
            this,
            [this, ready, found, set, run] {
                if (!ready)
                    Q_EMIT failed(ready.error());
                else
                    Q_EMIT recordingReady(found, set, run);
            },
            Qt::QueuedConnection);
    });
}

} // namespace cutover::ui
