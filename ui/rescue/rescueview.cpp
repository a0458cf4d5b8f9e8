// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "rescue/rescueview.h"

#include <KLocalizedString>

#include <QDateTime>
#include <QLocale>

namespace cutover::ui {

static constexpr qint64 nsPerMs = 1'000'000;

QString pairTitle(const op::PairJournal& journal)
{
    const QDateTime changed = QDateTime::fromMSecsSinceEpoch(journal.changedNs / nsPerMs);
    const QString when = QLocale().toString(changed, QLocale::ShortFormat);
    const QString stage = op::journalStageId(journal.stage);
    return journal.guestName.isEmpty()
        ? i18nc("when, stage", "Unfinished migration of a guest without a name, left at %1 in stage “%2”",
              when, stage)
        : i18nc("guest, when, stage", "Unfinished migration of “%1”, left at %2 in stage “%3”",
              journal.guestName, when, stage);
}

QString evidenceText(Side side, const op::PairEvidence& evidence)
{
    const bool isSource = side == Side::Source;
    const op::ProcessId& process = isSource ? evidence.journal.source : evidence.journal.destination;
    const op::SideView& seen = isSource ? evidence.source : evidence.destination;
    if (process.pid <= 0 && !isSource && !evidence.journal.launched)
        return i18nc("path", "It was not started by Cutover, and its monitor %1 has never answered.",
            evidence.journal.destinationQmp);
    if (process.pid <= 0)
        return i18n("It was never started.");
    const QString pid = QString::number(process.pid);
    QStringList sentences;
    if (seen.gone)
        sentences << i18nc("pid", "Process %1 has ended.", pid);
    else if (!seen.answered)
        sentences << i18nc("pid, path", "Process %1 is alive, but its monitor %2 does not answer.", pid,
            isSource ? evidence.journal.sourceQmp : evidence.journal.destinationQmp);
    else
        sentences << i18nc("pid, run state", "Process %1 answers that it is “%2”.", pid, seen.runState);
    if (seen.answered && !seen.migrationStatus.isEmpty())
        sentences << i18nc("migration state", "Its migration is “%1”.", seen.migrationStatus);
    if (!isSource && seen.ranGuest == op::RanGuest::Yes)
        sentences << i18n("Its trace log says that it ran the guest.");
    if (!isSource && seen.ranGuest == op::RanGuest::No)
        sentences << i18n("Its trace log, read from its start, never says that it ran the guest.");
    if (!isSource && evidence.journal.mayHaveReleased())
        sentences << i18n("It may have been told to start.");
    if (!isSource && !evidence.journal.fdLost.isEmpty())
        sentences << evidence.journal.fdLost;
    return sentences.join(QLatin1Char(' '));
}

QString costText(op::RescueKind kind, const op::PairEvidence& evidence)
{
    const bool destinationLives = evidence.journal.destination.pid > 0 && !evidence.destination.gone;
    switch (kind) {
    case op::RescueKind::ResumeSource:
        return destinationLives ? i18n("Ends the destination's process for good, then starts the source.")
                                : i18n("Starts the source.");
    case op::RescueKind::StartDestination:
        return evidence.source.gone
            ? i18n("Starts the destination.")
            : i18n("Starts the destination, then ends the source's process for good: there is no way back.");
    case op::RescueKind::CleanUp:
        return destinationLives ? i18n("Ends the destination's process. The guest goes on meanwhile.")
                                : i18n("Removes what the attempt has left. The guest goes on meanwhile.");
    case op::RescueKind::FinishUp:
        return evidence.source.gone
            ? i18n("Gives the destination the source's socket. The guest goes on meanwhile.")
            : i18n("Ends the source's process and gives the destination its socket. The guest goes on "
                   "meanwhile.");
    }
    return {};
}

} // namespace cutover::ui
