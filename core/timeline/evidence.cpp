// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/evidence.h"

namespace cutover::timeline {

QString evidenceTierId(EvidenceTier tier)
{
    switch (tier) {
    case EvidenceTier::None:
        return QStringLiteral("none");
    case EvidenceTier::OrderOnly:
        return QStringLiteral("order-only");
    case EvidenceTier::QmpEvents:
        return QStringLiteral("qmp-events");
    case EvidenceTier::Trace:
        return QStringLiteral("trace");
    }
    return {};
}

QString evidenceTierText(EvidenceTier tier)
{
    switch (tier) {
    case EvidenceTier::None:
        return QStringLiteral("No evidence.");
    case EvidenceTier::OrderOnly:
        return QStringLiteral("From trace lines without times: only the order is known.");
    case EvidenceTier::QmpEvents:
        return QStringLiteral("From the times of QMP events: the length is known, its parts are not.");
    case EvidenceTier::Trace:
        return QStringLiteral("From trace lines with times, to the microsecond.");
    }
    return {};
}

} // namespace cutover::timeline
