// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QtTypes>

#include <cstdint>

namespace cutover::timeline {

/// How good the evidence for a figure is, from none to the best.
enum class EvidenceTier : std::uint8_t {
    None,
    OrderOnly, ///< trace lines without times: what happened, and in which order
    QmpEvents, ///< the times of QMP events: the pause only
    Trace, ///< trace lines with times: everything
};

/// "none", "order-only", "qmp-events", "trace".
QString evidenceTierId(EvidenceTier tier);
/// One sentence for people.
QString evidenceTierText(EvidenceTier tier);

/// A duration with what it is worth.
struct Figure
{
    qint64 valueNs = 0;
    EvidenceTier tier = EvidenceTier::None;
    qint64 clockErrorNs = 0; ///< the value is off by at most this: resolution, and steps of the clock

    bool isKnown() const { return tier >= EvidenceTier::QmpEvents; }
    bool operator==(const Figure&) const = default;
};

} // namespace cutover::timeline
