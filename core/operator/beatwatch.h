// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/guestpage.h"

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace cutover::op {

/// How long a guest stood still, seen from outside. Its own clock may not tell: QEMU's TCG stops the guest's
/// time-stamp counter together with the guest, KVM lets it run on (measured on 10.0 and 11.1).
struct BeatGap
{
    qint64 lengthNs = 0; ///< from the last beat before to the first one after, by CLOCK_MONOTONIC
    qint64 errorNs = 0; ///< by so much it may be longer or shorter
    qint64 endNs = 0; ///< CLOCK_MONOTONIC: when the first beat after it was seen
    /// What the guest's time-stamp counter counted meanwhile, by its rate outside of the gap; nothing where
    /// too few beats were seen to know the rate.
    std::optional<qint64> guestClockNs;

    bool operator==(const BeatGap&) const = default;
};

/// Finds the gap among beats that are looked at now and then. Pure.
class BeatTracker
{
public:
    /// \a intervalNs: nominal, between two beats.
    explicit BeatTracker(qint64 intervalNs)
        : m_intervalNs(intervalNs)
    {
    }
    /// \a timeNs: CLOCK_MONOTONIC after \a beat was read, never less than before. The guest is running at
    /// the first look. \a longestTicks: between two beats since latest(), where more than one has passed.
    void look(qint64 timeNs, const lab::PulseBeat& beat, std::optional<quint64> longestTicks = {});

    std::optional<lab::PulseBeat> latest() const { return m_latest; }
    /// The one in which the guest's clock stood still for longest; where it never did the longest one.
    std::optional<BeatGap> longest() const;

private:
    struct Seen
    {
        lab::PulseBeat beat;
        qint64 timeNs = 0;
        qint64 lateNs = 0; ///< at most
    };
    struct Stretch
    {
        Seen from;
        Seen to;
        std::optional<quint64> longestTicks; ///< between two of its beats

        qint64 wholeNs() const { return to.timeNs - from.timeNs; }
        quint32 beats() const { return to.beat.number - from.beat.number; }
    };
    struct Measured
    {
        BeatGap gap;
        qint64 lostNs = 0; ///< by the guest's clock
    };
    Measured measure(const Stretch& stretch) const;
    /// Ticks in a second; nothing where too little was seen.
    std::optional<double> rateBeside(const Stretch& gap) const;
    void keep(const Stretch& stretch);

    qint64 m_intervalNs;
    qint64 m_lookedNs = 0;
    std::optional<lab::PulseBeat> m_latest;
    std::optional<Seen> m_first; ///< the first beat that was seen to happen
    std::optional<Seen> m_last;
    std::vector<Stretch> m_longest;
};

/// Looks at the beats of a guest five thousand times a second, in a thread of its own, without a word to any
/// VMM; more seldom when there has been none for long.
class BeatWatch
{
public:
    BeatWatch(std::shared_ptr<const GuestPage> page, qint64 intervalNs);

    /// Memory to which the guest may move.
    void add(std::shared_ptr<const GuestPage> page);
    std::optional<quint32> beats() const; ///< the number of the latest one
    std::optional<BeatGap> longest() const; ///< of BeatTracker

private:
    void run(const std::stop_token& stop);

    mutable std::mutex m_mutex;
    std::vector<std::shared_ptr<const GuestPage>> m_pages;
    BeatTracker m_tracker;
    std::jthread m_thread; ///< last, so that it ends first
};

} // namespace cutover::op
