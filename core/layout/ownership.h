// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/coordinates.h"

#include "timeline/event.h"
#include "timeline/spans.h"

#include <QString>

#include <span>
#include <vector>

namespace cutover::layout {

enum class Owner : std::uint8_t {
    Source,
    Destination,
    Nobody,
    Both, ///< each says that it owns the resource: a fault
};

struct OwnershipSpan
{
    Interval time;
    Owner owner = Owner::Nobody;
    bool inferred = false; ///< follows from what came later, or from where the guest ran

    bool operator==(const OwnershipSpan&) const = default;
};

/// Who owns one exclusive resource, when.
struct OwnershipRow
{
    QString title; ///< "net0"
    QString resource; ///< "tap0"; empty where it is not known
    bool reported = false; ///< by the VMMs; else all of it is inferred
    std::vector<OwnershipSpan> spans; ///< in order, without gaps

    bool operator==(const OwnershipRow&) const = default;
};

/// One row per resource that the VMMs report the ownership of, in the order of their first report. Of a
/// migration whose VMMs report nothing: a row for the guest and one for each passed descriptor that only one
/// process can use at a time, as far as \a spans, the states of both sides, tell.
std::vector<OwnershipRow> ownershipRows(
    std::span<const timeline::Event> events, std::span<const timeline::Span> spans, const Interval& extent);

/// "The source owns it.", translated.
QString ownerSentence(const OwnershipRow& row, const OwnershipSpan& span);

} // namespace cutover::layout
