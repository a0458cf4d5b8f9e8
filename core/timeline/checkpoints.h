// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/facts.h"

#include <QString>

#include <optional>
#include <vector>

namespace cutover::timeline {

/// A named instant of the switchover, with the VMM's own name.
struct Checkpoint
{
    QString name; ///< "src-downtime-start"
    Side side = Side::Source;
    qint64 timeNs = 0; ///< 0 = only the order is known
    QString text; ///< one plain sentence; empty for a name that is not known

    bool operator==(const Checkpoint&) const = default;
};

/// What the checkpoint of that name means, one sentence; empty if the name is not known.
QString checkpointText(QStringView name);

/// The checkpoints of one migration of a record, in order; the last migration without \a migration (0 =
/// first). Empty if there is none.
std::vector<Checkpoint> checkpoints(const Facts& facts, std::optional<std::size_t> migration = std::nullopt);

/// How many migrations the record holds, finished or not.
std::size_t migrationCount(const Facts& facts);

} // namespace cutover::timeline
