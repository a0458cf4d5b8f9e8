// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/beatwatch.h"

#include "base/clock.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sys/prctl.h>
#include <utility>

namespace cutover::op {

namespace {

constexpr std::size_t mostKept = 200; ///< on a busy machine a guest is late many times
constexpr quint32 beatsForRate = 20;
constexpr qint64 second = 1'000'000'000;

constexpr std::chrono::microseconds closePeriod{ 200 };
constexpr std::chrono::milliseconds restfulPeriod{ 5 };
constexpr qint64 restfulAfterNs = 10 * second;

} // namespace

void BeatTracker::look(qint64 timeNs, const lab::PulseBeat& beat, std::optional<quint64> longestTicks)
{
    const qint64 lookedNs = std::exchange(m_lookedNs, timeNs);
    if (m_latest && beat.number < m_latest->number)
        *this = BeatTracker(m_intervalNs); // booted anew
    if (!m_latest) {
        m_lookedNs = timeNs;
        m_latest = beat;
        m_last = Seen{ .beat = beat, .timeNs = timeNs, .lateNs = m_intervalNs };
        return;
    }
    if (beat.number == m_latest->number)
        return;
    m_latest = beat;
    const Seen now{ .beat = beat, .timeNs = timeNs, .lateNs = timeNs - lookedNs };
    keep({ .from = *m_last, .to = now, .longestTicks = longestTicks });
    m_last = now;
    if (!m_first)
        m_first = now;
}

void BeatTracker::keep(const Stretch& stretch)
{
    m_longest.push_back(stretch);
    if (m_longest.size() > mostKept)
        m_longest.erase(std::ranges::min_element(m_longest, {}, &Stretch::wholeNs));
}

std::optional<double> BeatTracker::rateBeside(const Stretch& gap) const
{
    std::optional<double> rate;
    quint32 most = beatsForRate - 1;
    for (const auto& [from, to] : { std::pair(*m_first, gap.from), std::pair(gap.to, *m_last) }) {
        const quint32 beats = to.beat.number > from.beat.number ? to.beat.number - from.beat.number : 0;
        if (beats <= most || to.timeNs <= from.timeNs || to.beat.ticks <= from.beat.ticks)
            continue;
        most = beats;
        rate = static_cast<double>(to.beat.ticks - from.beat.ticks) * double(second)
            / static_cast<double>(to.timeNs - from.timeNs);
    }
    return rate;
}

BeatTracker::Measured BeatTracker::measure(const Stretch& stretch) const
{
    const qint64 wholeNs = stretch.wholeNs();
    const quint64 ticks = stretch.to.beat.ticks - stretch.from.beat.ticks;
    const auto rate = stretch.to.beat.ticks >= stretch.from.beat.ticks ? rateBeside(stretch) : std::nullopt;
    const auto nsOf = [&](quint64 count) { return static_cast<double>(count) * double(second) / *rate; };
    // A counter that leaps was set by somebody.
    const bool counts = rate && nsOf(ticks) <= static_cast<double>(wholeNs + 2 * m_intervalNs);
    const auto longestTicks = stretch.beats() == 1 ? std::optional(ticks) : stretch.longestTicks;

    Measured measured{ .gap = { .errorNs = stretch.from.lateNs + stretch.to.lateNs,
                           .endNs = stretch.to.timeNs,
                           .guestClockNs = {} } };
    qint64 othersNs = 0; // that passed between the other beats
    if (counts && longestTicks) {
        othersNs = std::llround(nsOf(ticks - std::min(ticks, *longestTicks)));
        measured.gap.guestClockNs = std::llround(nsOf(*longestTicks));
        // Which of several beats came late is not known of a clock that stood still.
        if (stretch.beats() > 1)
            measured.gap.errorNs += std::min(m_intervalNs, *measured.gap.guestClockNs);
    } else if (stretch.beats() > 1) {
        othersNs = static_cast<qint64>(
                       std::min<quint64>(stretch.beats() - 1, static_cast<quint64>(wholeNs / m_intervalNs)))
            * m_intervalNs;
        measured.gap.errorNs += othersNs;
    }
    measured.gap.lengthNs = wholeNs - std::min(wholeNs, othersNs);
    if (counts)
        measured.lostNs = wholeNs - std::llround(nsOf(ticks));
    return measured;
}

std::optional<BeatGap> BeatTracker::longest() const
{
    if (m_longest.empty())
        return std::nullopt;
    std::vector<Measured> all;
    for (const Stretch& stretch : m_longest)
        all.push_back(measure(stretch));
    const auto mostLost = std::ranges::max_element(all, {}, &Measured::lostNs);
    if (mostLost->lostNs > mostLost->gap.errorNs + m_intervalNs)
        return mostLost->gap;
    return std::ranges::max_element(all, {}, [](const Measured& each) { return each.gap.lengthNs; })->gap;
}

BeatWatch::BeatWatch(std::shared_ptr<const GuestPage> page, qint64 intervalNs)
    : m_pages{ std::move(page) }
    , m_tracker(intervalNs)
    , m_thread([this](const std::stop_token& stop) { run(stop); })
{
}

void BeatWatch::add(std::shared_ptr<const GuestPage> page)
{
    const std::scoped_lock lock(m_mutex);
    const bool known
        = std::ranges::any_of(m_pages, [&](const auto& each) { return each->isSameMemory(*page); });
    if (!known)
        m_pages.push_back(std::move(page));
}

std::optional<quint32> BeatWatch::beats() const
{
    const std::scoped_lock lock(m_mutex);
    const auto latest = m_tracker.latest();
    return latest ? std::optional(latest->number) : std::nullopt;
}

std::optional<BeatGap> BeatWatch::longest() const
{
    const std::scoped_lock lock(m_mutex);
    return m_tracker.longest();
}

void BeatWatch::run(const std::stop_token& stop)
{
    ::prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    qint64 beatNs = monotonicNs();
    quint32 number = 0;
    while (!stop.stop_requested()) {
        const qint64 now = [&] {
            const std::scoped_lock lock(m_mutex);
            std::optional<lab::PulseBeat> latest;
            std::optional<quint64> longestTicks;
            const auto before = m_tracker.latest();
            // The guest is where the number is highest: not yet, or not any more, in the others.
            for (const auto& page : m_pages) {
                const auto pulse = page->pulse();
                const auto beat = pulse ? pulse->latest() : std::nullopt;
                if (!beat || (latest && beat->number <= latest->number))
                    continue;
                latest = beat;
                longestTicks = before ? pulse->longestTicks(*before, *beat) : std::nullopt;
            }
            const qint64 timeNs = monotonicNs();
            if (latest) {
                m_tracker.look(timeNs, *latest, longestTicks);
                if (std::exchange(number, latest->number) != latest->number)
                    beatNs = timeNs;
            }
            return timeNs;
        }();
        if (now - beatNs > restfulAfterNs)
            std::this_thread::sleep_for(restfulPeriod);
        else
            std::this_thread::sleep_for(closePeriod);
    }
}

} // namespace cutover::op
