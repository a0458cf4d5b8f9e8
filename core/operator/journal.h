// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "operator/sessionstate.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <sys/types.h>

namespace cutover::op {

/// One process for ever: a pid is reused, a pid with its start time is not.
struct ProcessId
{
    pid_t pid = 0; ///< 0 = none
    quint64 startTicks = 0; ///< clock ticks since boot, processStartTime()
    bool operator==(const ProcessId&) const = default;
};

/// What must survive the console: enough to find a pair again and to prove what may be done with it.
struct PairJournal
{
    QString folder; ///< the pair's private folder; the journal, the sockets and the logs are in it
    QString bootId; ///< a journal of an earlier boot proves nothing
    JournalStage stage = JournalStage::Armed;
    qint64 changedNs = 0; ///< realtime
    QString guestName;
    QString mode; ///< MigMode
    ProcessId console;
    ProcessId source;
    QString sourceQmp;
    ProcessId destination;
    QString destinationQmp; ///< the monitor that outlives the console
    QString destinationLog; ///< trace log; empty = none of ours
    QString stateFile; ///< where the source saves the guest; empty in modes that need none
    bool stateWhole = false; ///< the source has said that all of the guest is in it
    QString destinationErrors; ///< its stderr
    bool launched = false; ///< the destination is ours
    bool guarded = false; ///< it starts the guest only by cont
    bool sourceWasRunning = true;
    bool destinationRan = false; ///< seen by the console; the log may not have come to say so
    QString fdLost; ///< a descriptor did not arrive: the destination must never run; empty = none known

    /// From stage Releasing on the destination may have run the guest.
    bool mayHaveReleased() const { return stage == JournalStage::Releasing || stage == JournalStage::Moved; }
};

QString journalStageId(JournalStage stage);

/// Where pairs live: $XDG_RUNTIME_DIR/cutover, or a private folder in the temporary one. Created with
/// mode 0700; an existing folder of somebody else is an error.
Result<QString> pairsRoot();

/// A new private folder for a pair below pairsRoot().
Result<QString> createPairFolder();

/// Replaces the journal in its folder as a whole. It outlives the console, not the machine: after a boot it
/// would prove nothing, and a disk must not lengthen the pause.
Result<void> writeJournal(const PairJournal& journal);

/// The journal of one pair's folder; a destination that its console had no time to note is looked up among
/// the processes. Malformed for a damaged one.
Result<PairJournal> readJournal(const QString& folder);

/// Its console works on it still.
bool isAtWork(const PairJournal& journal);

/// Nobody works on it any more, and something of it is left: a destination, or a source that was told to
/// migrate. Such a pair is for rescue.
bool isLeftBehind(const PairJournal& journal);

/// All journals of this boot that are not finished. Damaged ones are left out and named in \a problems.
QList<PairJournal> findPairs(QList<Error>* problems = nullptr);

/// Removes the folders of pairs that are settled or never told to migrate (or of an earlier boot) and whose
/// destination is dead: nothing can be learnt from them any more.
void sweepPairs();

/// Deletes the pair's folder: sockets, logs and journal. Refused for a folder that is not a pair's.
Result<void> removePairFolder(const QString& folder);

} // namespace cutover::op
