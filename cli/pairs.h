// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "operator/journal.h"

#include <QJsonArray>

#include <vector>

namespace cutover::cli {

/// A migration whose console ended before it did.
struct UnfinishedPair
{
    op::PairJournal journal;
    bool sourceAlive = false;
    bool destinationAlive = false;

    /// Where the guest must be by the journal and the processes alone; one that was asked may know better.
    op::GuestLocation location() const;
    QString remedy() const;
};

struct UnfinishedPairs
{
    std::vector<UnfinishedPair> pairs;
    QList<Error> problems; ///< damaged journals

    QJsonArray toJson() const;
    /// On standard output, below a list.
    void print(Console& console) const;
    /// On standard error, before something else is done.
    void announce(Console& console) const;

private:
    QStringList lines(const Console& console) const;
};

/// Pairs of this boot that nobody works on and that are not over.
UnfinishedPairs findUnfinishedPairs();

} // namespace cutover::cli
