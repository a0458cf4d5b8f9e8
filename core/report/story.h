// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "report/report.h"

#include "layout/eventindex.h"
#include "layout/scene.h"
#include "operator/fdinventory.h"
#include "operator/fdswitches.h"
#include "operator/sessionreplay.h"
#include "timeline/pulse.h"
#include "timeline/summary.h"

#include <array>

namespace cutover::report {

/// Something that the console noted while it worked.
struct Remark
{
    qint64 timeNs = 0;
    QString text;
};

/// All that a report tells of, derived of the events once.
struct Story
{
    explicit Story(const Material& from);

    const Material& material;
    op::ReplayedSession session; ///< as it stood at the end
    timeline::Summary summary;
    layout::EventIndex index;
    layout::Scene scene;
    timeline::PulseTrail pulse;
    std::vector<timeline::PulseGap> gaps;
    std::array<std::optional<op::FdInventory>, 2> inventories; ///< of the source, the destination
    op::FdRoute route; ///< as the source's inventory tells it
    std::vector<Remark> remarks;
    /// Of the source, the destination, for a shell; empty: not recorded.
    std::array<QString, 2> commandLines;
    QString destinationErrors; ///< the end of its stderr
    std::array<qint64, 4> eventsOfSide{};

    const QString& commandLine(Side side) const { return commandLines[side == Side::Source ? 0 : 1]; }
    const std::optional<op::FdInventory>& inventory(Side side) const
    {
        return inventories[side == Side::Source ? 0 : 1];
    }
    /// The part of the record in which the migration lies, with some air around it.
    layout::Interval migrationSpan() const;
    /// What a time is counted from: the migration's begin, else that of the record.
    qint64 originNs() const;
};

/// How it ended, for the eye.
enum class Mood : std::uint8_t { Good, Attention, Bad };

struct Lead
{
    Mood mood = Mood::Attention;
    QString sentence; ///< what happened to the guest and where it is
};

Lead leadOf(const Story& story);
/// Empty where nobody told it; not too long for a heading.
QString guestName(const op::ReplayedSession& session);
/// "QEMU 11.1.3 Debian 1:11.1.3+ds-1", "cutover-vmm 0.1.0"; empty where nothing is known of the VMM.
QString versionText(const op::EndpointStatus& vmm);
/// "QEMU 11.1.3 (process 4711)"; empty where nothing is known of the VMM.
QString vmmText(const op::EndpointStatus& vmm);
/// "Source", ...
QString sideText(Side side);
/// "+1.20 ms" after \a originNs; "not known" for a time that is not.
QString offsetText(qint64 timeNs, qint64 originNs);

} // namespace cutover::report
