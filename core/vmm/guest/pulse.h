// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/blockdriver.h"
#include "vmm/guest/netdriver.h"
#include "vmm/guest/sweep.h"

#include <bit>

namespace cutover::vmm::pulse {

/// The guest: processor 0 beats and works the devices, all of them dirty memory. Everything it keeps is in
/// guest RAM and in the registers, so that it goes on in another process as if nothing had happened but time.
/// Freestanding.
template <Ports P>
class Program
{
public:
    explicit Program(const Guest<P>& guest)
        : m_guest(guest)
        , m_sweep(guest)
    {
    }

    /// Runs until a stop is requested.
    void run()
    {
        while (!m_guest.ports.stopRequested()) {
            const std::uint64_t until = step();
            if (until != 0 && !m_guest.ports.stopRequested())
                m_guest.ports.relax(until - m_guest.registers.clockOffsetNs);
        }
    }

private:
    static constexpr std::uint64_t longestSleepNs = 10'000'000;
    static constexpr std::uint64_t longestIntervalNs = 1'000'000'000;

    /// One round of everything that is due. When to go on, in guest time; 0 for at once.
    std::uint64_t step()
    {
        const Rates rates = currentRates();
        // Before the time: a processor may be stopped in between, and what a start ends must not seem
        // shorter.
        const std::uint64_t starts = loadWord(m_guest.boot().starts, std::memory_order_acquire);
        const std::uint64_t now = m_guest.time();
        std::uint64_t until = now + longestSleepNs;
        bool atOnce = false;
        const bool started = starts != m_guest.registers.startsSeen;
        if (started) {
            m_guest.registers.startsSeen = starts;
            m_sweep.restart();
        }
        if (m_guest.processor == 0) {
            until = earlier(until, beat(rates, started, now));
            atOnce = rates.beatIntervalNs == 0;
            if (devices(rates, now, until))
                atOnce = true;
        }
        if (!m_guest.ports.stopRequested())
            until = earlier(until, m_sweep.work(rates, now));
        return atOnce || until <= now ? 0 : until;
    }

    static std::uint64_t earlier(std::uint64_t a, std::uint64_t b) { return a < b ? a : b; }

    Rates currentRates() const
    {
        const Rates& rates = m_guest.boot().rates;
        return { loadWord(rates.beatIntervalNs), loadWord(rates.dirtyBytesPerSecond),
            loadWord(rates.workingSetBytes), loadWord(rates.blocksPerSecond) };
    }

    std::uint64_t beat(const Rates& rates, bool started, std::uint64_t now)
    {
        Registers& registers = m_guest.registers;
        const std::uint64_t interval
            = rates.beatIntervalNs < longestIntervalNs ? rates.beatIntervalNs : longestIntervalNs;
        const bool due = static_cast<std::int64_t>(registers.nextBeatNs - now) <= 0
            || registers.nextBeatNs - now > interval;
        if (!started && !due)
            return registers.nextBeatNs;
        registers.nextBeatNs
            = due && now - registers.nextBeatNs < interval ? registers.nextBeatNs + interval : now + interval;

        PulsePage& page = m_guest.page();
        if (const std::uint64_t resets = loadWord(m_guest.boot().resets);
            resets != loadWord(page.resetsSeen)) {
            forgetGaps(page);
            storeWord(page.resetsSeen, resets);
        }
        if (const std::uint64_t last = loadWord(page.lastBeatNs); last != 0) {
            const std::uint64_t gap = now - last;
            const auto bucket = static_cast<std::size_t>(gap == 0 ? 0 : std::bit_width(gap) - 1);
            addWord(page.gaps[bucket < gapBuckets ? bucket : gapBuckets - 1]);
            if (gap > loadWord(page.longestGapNs)) {
                storeWord(page.longestGapNs, gap);
                storeWord(page.longestGapAtNs, now);
            }
        }
        if (started) {
            const std::uint64_t stopped = loadWord(m_guest.boot().stoppedNs);
            const std::uint64_t gap = now - (stopped + registers.clockOffsetNs);
            storeWord(page.startGapNs, stopped == 0 || static_cast<std::int64_t>(gap) < 0 ? 0 : gap);
            storeWord(page.starts, registers.startsSeen);
        }
        storeWord(page.lastBeatNs, now);
        addWord(page.beats);
        m_guest.ports.dirtied(m_guest.plan.pulse, sizeof(PulsePage));
        return registers.nextBeatNs;
    }

    static void forgetGaps(PulsePage& page)
    {
        storeWord(page.longestGapNs, std::uint64_t{ 0 });
        storeWord(page.longestGapAtNs, std::uint64_t{ 0 });
        storeWord(page.longestStorageGapNs, std::uint64_t{ 0 });
        for (std::uint64_t& bucket : page.gaps)
            storeWord(bucket, std::uint64_t{ 0 });
    }

    /// Works every queue once. Whether to go on at once; otherwise \a until is when requests are due.
    bool devices(const Rates& rates, std::uint64_t now, std::uint64_t& until)
    {
        bool worked = false;
        for (std::uint32_t d = 0; d < m_guest.plan.deviceCount; ++d) {
            const DeviceInfo& device = m_guest.plan.devices[d];
            const DeviceInfo& published = m_guest.boot().devices[d];
            if (loadWord(published.ready, std::memory_order_acquire) == 0)
                continue;
            if (device.type == DeviceType::Net) {
                for (std::uint32_t pair = 0; pair < device.queueCount / 2U; ++pair) {
                    if (m_guest.ports.stopRequested())
                        return true;
                    worked = NetPair<P>(m_guest, device, pair).poll() || worked;
                }
            } else {
                const std::uint64_t capacity = loadWord(published.capacityBytes);
                for (std::uint32_t queue = 0; queue < device.queueCount; ++queue) {
                    if (m_guest.ports.stopRequested())
                        return true;
                    worked = blockQueue(BlockQueue<P>(m_guest, device, queue, capacity), rates, now, until)
                        || worked;
                }
            }
        }
        if (worked)
            m_guest.ports.dirtied(m_guest.plan.pulse, sizeof(PulsePage));
        return worked;
    }

    bool blockQueue(BlockQueue<P> queue, const Rates& rates, std::uint64_t now, std::uint64_t& until)
    {
        const bool completed = queue.complete(now);
        if (rates.blocksPerSecond == 0)
            return completed;
        if (rates.blocksPerSecond == flatOut) {
            queue.work(flatOut, now, until);
            return true;
        }
        const std::uint64_t perQueue = rates.blocksPerSecond / blockQueues();
        return queue.work(perQueue, now, until) || completed;
    }

    std::uint64_t blockQueues() const
    {
        std::uint64_t count = 0;
        for (std::uint32_t d = 0; d < m_guest.plan.deviceCount; ++d)
            if (m_guest.plan.devices[d].type == DeviceType::Block)
                count += m_guest.plan.devices[d].queueCount;
        return count;
    }

    const Guest<P>& m_guest;
    Sweep<P> m_sweep;
};

} // namespace cutover::vmm::pulse
