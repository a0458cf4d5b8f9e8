// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/memorypulse.h"

#include "base/clock.h"

namespace cutover::op {

/// Enough to know the rate of the guest's clock.
static constexpr quint32 beatsAfterwards = 40;
static constexpr qint64 settleLimitNs = 1'000'000'000;

Result<void> MemoryPulse::open(pid_t pid, qint64 ramBytes)
{
    auto page = GuestPage::map(pid, ramBytes);
    if (!page)
        return std::unexpected(page.error());
    const auto pulse = page->pulse();
    if (!pulse)
        return std::unexpected(pulse.error());
    m_intervalNs = pulse->intervalNs();
    m_page = std::make_shared<const GuestPage>(std::move(*page));
    if (m_watch)
        m_watch->add(m_page);
    return {};
}

void MemoryPulse::close()
{
    m_watch.reset();
    m_page.reset();
}

void MemoryPulse::watch()
{
    if (!m_page || (m_watch && !m_settledNs))
        return;
    m_gap.reset();
    m_settledNs.reset();
    m_watch = std::make_unique<BeatWatch>(m_page, m_intervalNs);
}

void MemoryPulse::expectIn(pid_t pid, qint64 ramBytes)
{
    if (!m_watch)
        return;
    if (auto page = GuestPage::map(pid, ramBytes))
        m_watch->add(std::make_shared<const GuestPage>(std::move(*page)));
}

void MemoryPulse::settle()
{
    if (!m_watch || m_settledNs)
        return;
    m_settledNs = monotonicNs();
    m_settledAt = beats().value_or(0);
}

std::optional<quint32> MemoryPulse::beats() const
{
    if (m_watch)
        return m_watch->beats();
    const auto pulse = m_page ? m_page->pulse() : std::unexpected(Error());
    const auto latest = pulse ? pulse->latest() : std::nullopt;
    return latest ? std::optional(latest->number) : std::nullopt;
}

std::optional<timeline::Heartbeat> MemoryPulse::sample(Side side)
{
    const auto number = beats();
    if (!number)
        return std::nullopt;
    const qint64 nowNs = monotonicNs();
    if (m_watch) {
        const bool beaten = m_settledNs && *number >= m_settledAt + beatsAfterwards;
        if (!beaten && (!m_settledNs || nowNs < *m_settledNs + settleLimitNs))
            return std::nullopt;
        m_gap = m_watch->longest();
        m_watch.reset();
        if (m_gap)
            ++m_starts;
    }
    timeline::Heartbeat sample{ .side = side,
        .timeNs = realtimeNs(),
        .clockOffsetNs = sampleClockOffset().offsetNs,
        .beats = *number,
        .lastBeatNs = nowNs,
        .starts = m_starts };
    sample.observed = true;
    if (m_gap) {
        sample.longestGapNs = m_gap->lengthNs;
        sample.longestGapAtNs = m_gap->endNs;
        sample.startGapNs = m_gap->lengthNs;
        sample.gapErrorNs = m_gap->errorNs;
        sample.guestClockGapNs = m_gap->guestClockNs.value_or(-1);
    }
    return sample;
}

} // namespace cutover::op
