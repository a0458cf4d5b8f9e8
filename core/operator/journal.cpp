// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/journal.h"

#include "base/clock.h"
#include "base/process.h"
#include "base/uniquefd.h"
#include "operator/discovery.h"
#include "operator/stopnote.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QStandardPaths>

#include <KLocalizedString>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cutover::op {

static constexpr int formatVersion = 1;
static constexpr qint64 sizeLimit = 1 << 20;

static constexpr std::array<std::pair<JournalStage, QLatin1StringView>, 6> stages{ {
    { JournalStage::Armed, QLatin1StringView("armed") },
    { JournalStage::Migrating, QLatin1StringView("migrating") },
    { JournalStage::Releasing, QLatin1StringView("releasing") },
    { JournalStage::Moved, QLatin1StringView("moved") },
    { JournalStage::Failed, QLatin1StringView("failed") },
    { JournalStage::Finished, QLatin1StringView("finished") },
} };

QString journalStageId(JournalStage stage)
{
    for (const auto& [value, id] : stages) {
        if (value == stage)
            return id;
    }
    return {};
}

static std::optional<JournalStage> stageFromId(const QString& id)
{
    for (const auto& [value, text] : stages) {
        if (id == text)
            return value;
    }
    return std::nullopt;
}

static QString currentBootId()
{
    QFile file(QStringLiteral("/proc/sys/kernel/random/boot_id"));
    return file.open(QIODevice::ReadOnly) ? QString::fromLatin1(file.readAll().trimmed()) : QString();
}

static QString journalPath(const QString& folder)
{
    return folder + QStringLiteral("/journal.json");
}

Result<QString> pairsRoot()
{
    const QString attempt = i18n("use the folder for pairs");
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    const bool usable = !runtime.isEmpty() && QFileInfo(runtime).isDir() && QFileInfo(runtime).isWritable();
    const QString root = usable ? QString(runtime + QStringLiteral("/cutover"))
                                : QDir::tempPath() + QStringLiteral("/cutover-%1").arg(::getuid());
    const QByteArray path = QFile::encodeName(root);
    if (::mkdir(path.constData(), 0700) != 0 && errno != EEXIST)
        return systemError(attempt, root, errno);
    struct stat status{};
    if (::lstat(path.constData(), &status) != 0)
        return systemError(attempt, root, errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0)
        return failure(ErrorCode::PermissionDenied, attempt, root,
            i18n("it is not a private folder of this user"),
            i18n("Remove it, or set XDG_RUNTIME_DIR to a private folder."));
    return root;
}

Result<QString> createPairFolder()
{
    auto root = pairsRoot();
    if (!root)
        return root;
    QByteArray pattern = QFile::encodeName(*root + QStringLiteral("/pair-XXXXXX"));
    if (!::mkdtemp(pattern.data()))
        return systemError(i18n("create a folder for the pair"), *root, errno);
    return QFile::decodeName(pattern);
}

static QJsonObject toJson(const ProcessId& process)
{
    return { { QStringLiteral("pid"), process.pid },
        { QStringLiteral("start"), QString::number(process.startTicks) } };
}

static ProcessId processFromJson(const QJsonObject& object)
{
    return { .pid = static_cast<pid_t>(object[u"pid"].toInteger()),
        .startTicks = object[u"start"].toString().toULongLong() };
}

static QJsonObject toJson(const PairJournal& journal)
{
    return {
        { QStringLiteral("format"), QStringLiteral("cutover-pair") },
        { QStringLiteral("version"), formatVersion },
        { QStringLiteral("boot"), journal.bootId },
        { QStringLiteral("stage"), journalStageId(journal.stage) },
        { QStringLiteral("changed"), journal.changedNs },
        { QStringLiteral("guest"), journal.guestName },
        { QStringLiteral("mode"), journal.mode },
        { QStringLiteral("console"), toJson(journal.console) },
        { QStringLiteral("source"), toJson(journal.source) },
        { QStringLiteral("source-qmp"), journal.sourceQmp },
        { QStringLiteral("destination"), toJson(journal.destination) },
        { QStringLiteral("destination-qmp"), journal.destinationQmp },
        { QStringLiteral("destination-log"), journal.destinationLog },
        { QStringLiteral("state-file"), journal.stateFile },
        { QStringLiteral("state-whole"), journal.stateWhole },
        { QStringLiteral("destination-errors"), journal.destinationErrors },
        { QStringLiteral("launched"), journal.launched },
        { QStringLiteral("guarded"), journal.guarded },
        { QStringLiteral("source-was-running"), journal.sourceWasRunning },
        { QStringLiteral("destination-ran"), journal.destinationRan },
        { QStringLiteral("fd-lost"), journal.fdLost },
    };
}

Result<void> writeJournal(const PairJournal& journal)
{
    const QString attempt = i18n("write the pair's journal");
    const QString path = journalPath(journal.folder);
    PairJournal stamped = journal;
    stamped.bootId = currentBootId();
    stamped.changedNs = realtimeNs();
    const QByteArray text = QJsonDocument(toJson(stamped)).toJson(QJsonDocument::Compact) + '\n';

    const QByteArray target = QFile::encodeName(path);
    const QByteArray temporary = target + ".new";
    const UniqueFd file = UniqueFd::adopt(
        ::open(temporary.constData(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file)
        return systemError(attempt, path, errno);
    qsizetype written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(
            file.get(), text.constData() + written, static_cast<std::size_t>(text.size() - written));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(attempt, path, errno);
        written += count;
    }
    if (::rename(temporary.constData(), target.constData()) != 0)
        return systemError(attempt, path, errno);
    return {};
}

static bool isAlive(const ProcessId& process)
{
    if (process.pid <= 0)
        return false;
    auto handle = ProcessHandle::open(process.pid, process.startTicks);
    return handle && (*handle)->alive();
}

bool isAtWork(const PairJournal& journal)
{
    return isAlive(journal.console);
}

bool isLeftBehind(const PairJournal& journal)
{
    if (isAtWork(journal) || journal.stage == JournalStage::Finished)
        return false;
    const bool destinationAlive = isAlive(journal.destination);
    if (journal.stage == JournalStage::Failed || journal.stage == JournalStage::Armed)
        return destinationAlive || (isStopNoted(journal.folder) && isAlive(journal.source));
    const bool saved = !journal.stateFile.isEmpty() && QFileInfo::exists(journal.stateFile);
    return destinationAlive || isAlive(journal.source) || saved;
}

/// A console that dies between the launch and its note of it leaves a destination that only its command
/// line, with the folder's paths on it, gives away.
static void findUnnotedDestination(PairJournal& journal)
{
    if (journal.stage != JournalStage::Armed || !journal.launched || journal.destination.pid > 0
        || isAtWork(journal))
        return;
    for (const DiscoveredVmm& vmm : discover()) {
        const bool ours = vmm.argv.join(u' ').contains(journal.folder + u'/');
        const auto start = processStartTime(vmm.pid);
        if (ours && start && vmm.pid != journal.source.pid)
            journal.destination = { .pid = vmm.pid, .startTicks = *start };
    }
}

Result<PairJournal> readJournal(const QString& folder)
{
    const QString attempt = i18n("read the pair's journal");
    const QString path = journalPath(folder);
    QFile file(path);
    if (!file.exists())
        return systemError(attempt, path, ENOENT);
    if (!file.open(QIODevice::ReadOnly))
        return failure(ErrorCode::PermissionDenied, attempt, path, file.errorString());
    if (file.size() > sizeLimit)
        return failure(ErrorCode::LimitExceeded, attempt, path, i18n("it is too large for a journal"));
    QJsonParseError parse;
    const QJsonObject object = QJsonDocument::fromJson(file.readAll(), &parse).object();
    const auto stage = stageFromId(object[u"stage"].toString());
    if (parse.error != QJsonParseError::NoError || object[u"format"].toString() != u"cutover-pair" || !stage)
        return failure(ErrorCode::Malformed, attempt, path, i18n("it is damaged"),
            i18n("Find the pair with 'cutoverctl list' instead."));
    if (object[u"version"].toInt() > formatVersion)
        return failure(ErrorCode::Unsupported, attempt, path, i18n("it is from a newer version of Cutover"));
    PairJournal journal{
        .folder = folder,
        .bootId = object[u"boot"].toString(),
        .stage = *stage,
        .changedNs = object[u"changed"].toInteger(),
        .guestName = object[u"guest"].toString(),
        .mode = object[u"mode"].toString(),
        .console = processFromJson(object[u"console"].toObject()),
        .source = processFromJson(object[u"source"].toObject()),
        .sourceQmp = object[u"source-qmp"].toString(),
        .destination = processFromJson(object[u"destination"].toObject()),
        .destinationQmp = object[u"destination-qmp"].toString(),
        .destinationLog = object[u"destination-log"].toString(),
        .stateFile = object[u"state-file"].toString(),
        .stateWhole = object[u"state-whole"].toBool(),
        .destinationErrors = object[u"destination-errors"].toString(),
        .launched = object[u"launched"].toBool(),
        .guarded = object[u"guarded"].toBool(),
        .sourceWasRunning = object[u"source-was-running"].toBool(true),
        .destinationRan = object[u"destination-ran"].toBool(),
        .fdLost = object[u"fd-lost"].toString(),
    };
    // It ran until it was stopped for the migration, and is to run again.
    journal.sourceWasRunning = journal.sourceWasRunning || isStopNoted(folder);
    findUnnotedDestination(journal);
    return journal;
}

QList<PairJournal> findPairs(QList<Error>* problems)
{
    QList<PairJournal> pairs;
    const auto root = pairsRoot();
    if (!root) {
        if (problems)
            problems->append(root.error());
        return pairs;
    }
    const QString boot = currentBootId();
    const QStringList names
        = QDir(*root).entryList({ QStringLiteral("pair-*") }, QDir::Dirs | QDir::NoSymLinks, QDir::Name);
    for (const QString& name : names) {
        const auto journal = readJournal(*root + QLatin1Char('/') + name);
        if (journal) {
            if (journal->bootId != boot || journal->stage == JournalStage::Finished)
                continue;
            pairs.append(*journal);
        } else if (problems && journal.error().code != ErrorCode::NotFound) {
            problems->append(journal.error());
        }
    }
    return pairs;
}

/// Whether a VMM's monitor is reached through a file in the folder, which is then the only way to it.
static bool holdsMonitor(const QString& folder)
{
    const auto vmms = discover();
    return std::ranges::any_of(vmms, [&](const DiscoveredVmm& vmm) {
        return std::ranges::any_of(vmm.monitors, [&](const DiscoveredMonitor& monitor) {
            return monitor.exists && monitor.path.startsWith(folder + QLatin1Char('/'));
        });
    });
}

void sweepPairs()
{
    const auto root = pairsRoot();
    if (!root)
        return;
    const QString boot = currentBootId();
    const QStringList names
        = QDir(*root).entryList({ QStringLiteral("pair-*") }, QDir::Dirs | QDir::NoSymLinks);
    for (const QString& name : names) {
        const auto pair = readJournal(*root + QLatin1Char('/') + name);
        if (!pair)
            continue;
        const bool settled = pair->stage == JournalStage::Failed || pair->stage == JournalStage::Finished
            || pair->stage == JournalStage::Armed;
        if (pair->bootId != boot
            || (settled && !isAlive(pair->destination) && !isAtWork(*pair) && !isLeftBehind(*pair)
                && !holdsMonitor(pair->folder)))
            std::ignore = removePairFolder(pair->folder);
    }
}

Result<void> removePairFolder(const QString& folder)
{
    const QString attempt = i18n("remove the pair's folder");
    const auto root = pairsRoot();
    if (!root)
        return std::unexpected(root.error());
    const QFileInfo info(folder);
    if (info.absolutePath() != *root || !info.fileName().startsWith(QLatin1StringView("pair-"))
        || info.isSymLink())
        return failure(ErrorCode::Refused, attempt, folder, i18n("it is not a pair's folder"));
    if (!QDir(folder).removeRecursively())
        return failure(ErrorCode::System, attempt, folder, i18n("something in it cannot be removed"));
    return {};
}

} // namespace cutover::op
