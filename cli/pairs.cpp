// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/pairs.h"

#include "base/process.h"

#include <QDateTime>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr qint64 nsPerMs = 1'000'000;

bool isAlive(const op::ProcessId& process)
{
    if (process.pid <= 0)
        return false;
    auto handle = ProcessHandle::open(process.pid, process.startTicks);
    return handle && (*handle)->alive();
}

QString processText(const QString& side, const op::ProcessId& process, bool alive)
{
    if (process.pid <= 0)
        return i18nc("side", "no %1", side);
    return alive ? i18nc("side, pid", "%1 %2 lives", side, QString::number(process.pid))
                 : i18nc("side, pid", "%1 %2 is gone", side, QString::number(process.pid));
}

} // namespace

op::GuestLocation UnfinishedPair::location() const
{
    using enum op::GuestLocation;
    const bool released = journal.mayHaveReleased() || !journal.guarded;
    switch (journal.stage) {
    case op::JournalStage::Armed:
    case op::JournalStage::Failed:
        return sourceAlive ? Source : Lost;
    case op::JournalStage::Migrating:
        if (!released && sourceAlive && !destinationAlive)
            return NowhereSourceHolds;
        return Unknown;
    case op::JournalStage::Releasing:
        return Unknown;
    case op::JournalStage::Moved:
        return destinationAlive ? Destination : Lost;
    case op::JournalStage::Finished:
        break;
    }
    return destinationAlive ? Destination : Unknown;
}

QString UnfinishedPair::remedy() const
{
    return i18nc(
        "a command", "'cutoverctl rescue --pair %1' asks both sides and says what is safe.", journal.folder);
}

UnfinishedPairs findUnfinishedPairs()
{
    UnfinishedPairs found;
    const QList<op::PairJournal> journals = op::findPairs(&found.problems);
    for (const op::PairJournal& journal : journals) {
        if (isAlive(journal.console))
            continue;
        UnfinishedPair pair{ .journal = journal,
            .sourceAlive = isAlive(journal.source),
            .destinationAlive = isAlive(journal.destination) };
        const bool nothingLeft = !pair.sourceAlive && !pair.destinationAlive;
        const bool undone = journal.stage == op::JournalStage::Failed && !pair.destinationAlive;
        if (!nothingLeft && !undone)
            found.pairs.push_back(std::move(pair));
    }
    return found;
}

QJsonArray UnfinishedPairs::toJson() const
{
    QJsonArray list;
    for (const UnfinishedPair& pair : pairs) {
        list.append(QJsonObject{
            { u"folder"_s, pair.journal.folder },
            { u"guest"_s, pair.journal.guestName },
            { u"stage"_s, op::journalStageId(pair.journal.stage) },
            { u"changedNs"_s, pair.journal.changedNs },
            { u"sourcePid"_s, pair.journal.source.pid },
            { u"sourceAlive"_s, pair.sourceAlive },
            { u"destinationPid"_s, pair.journal.destination.pid },
            { u"destinationAlive"_s, pair.destinationAlive },
            { u"location"_s, op::guestLocationId(pair.location()) },
            { u"remedy"_s, pair.remedy() },
        });
    }
    return list;
}

QStringList UnfinishedPairs::lines(const Console& console) const
{
    QStringList lines;
    for (const UnfinishedPair& pair : pairs) {
        const QDateTime changed = QDateTime::fromMSecsSinceEpoch(pair.journal.changedNs / nsPerMs);
        lines << console.paint(
                     Tone::Warning, i18n("Unfinished migration of '%1'", printable(pair.journal.guestName)))
                + i18nc("when, stage", ", since %1, stage '%2'", changed.toString(u"yyyy-MM-dd HH:mm:ss"_s),
                    op::journalStageId(pair.journal.stage));
        lines << u"  %1; %2"_s.arg(processText(i18n("source"), pair.journal.source, pair.sourceAlive),
            processText(i18n("destination"), pair.journal.destination, pair.destinationAlive));
        lines << u"  "_s + op::guestLocationSentence(pair.location());
        lines << u"  "_s + pair.remedy();
    }
    for (const Error& problem : problems) {
        lines << console.paint(Tone::Warning, printable(problem.message()));
        if (!problem.remedy.isEmpty())
            lines << u"  "_s + problem.remedy;
    }
    return lines;
}

void UnfinishedPairs::print(Console& console) const
{
    const QStringList all = lines(console);
    if (!all.isEmpty())
        console.print({});
    for (const QString& line : all)
        console.print(line);
}

void UnfinishedPairs::announce(Console& console) const
{
    for (const QString& line : lines(console))
        console.message(line);
}

} // namespace cutover::cli
