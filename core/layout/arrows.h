// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/coordinates.h"

#include "timeline/facts.h"

#include <QString>

#include <span>
#include <vector>

namespace cutover::layout {

/// A descriptor on its way from the source to the destination.
struct Arrow
{
    QString name;
    int id = 0;
    qint64 sentNs = 0;
    qint64 receivedNs = 0;
    /// Neither its sending nor its arrival was logged: the ends are when the source saved it and when the
    /// destination found it.
    bool inferred = false;
    QString text; ///< what it is, where that is known: "memfd, 256 KiB"

    Interval time() const { return { std::min(sentNs, receivedNs), std::max(sentNs, receivedNs) + 1 }; }
    /// "ram0", or with a number other than 0 "tap0 2".
    QString label() const;

    bool operator==(const Arrow&) const = default;
};

/// The descriptors of the last migration among \a events that were seen to leave and to arrive, by the time
/// they left.
std::vector<Arrow> arrowsOf(std::span<const timeline::Event> events, const timeline::Facts& facts);

/// Arrows that are too close to be told apart: [first, first + count).
struct ArrowBundle
{
    std::size_t first = 0;
    std::size_t count = 0;
    qint64 sentNs = 0; ///< of the first
    qint64 lastSentNs = 0;
    qint64 receivedNs = 0; ///< the earliest
    qint64 lastReceivedNs = 0;

    bool isSingle() const { return count == 1; }
    Interval time() const
    {
        return { std::min(sentNs, receivedNs), std::max(lastSentNs, lastReceivedNs) + 1 };
    }
};

/// Arrows that leave and arrive less pixels apart than this should be drawn as one.
double bundleSpacing(double em);
/// Bundles neighbours that leave and arrive less than \a spacing pixels apart where \a range fills \a width.
std::vector<ArrowBundle> bundleArrows(
    std::span<const Arrow> arrows, const Interval& range, double width, double spacing);

} // namespace cutover::layout
