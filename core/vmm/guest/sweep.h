// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/pulsestate.h"

namespace cutover::vmm::pulse {

/// Dirties one processor's share of the working set, a word in each page. Freestanding.
template <Ports P>
class Sweep
{
public:
    /// Pages that may be touched for the first time between two safe points.
    static constexpr std::uint64_t safePages = 4;
    /// Pages written at a time: enough to make the clock's cost small beside them.
    static constexpr std::uint64_t chunkPages = 8;

    explicit Sweep(const Guest<P>& guest)
        : m_guest(guest)
    {
    }

    /// To be called when the processors have been started.
    void restart()
    {
        m_guest.registers.sweepPage = 0;
        m_guest.registers.sweepNs = 0;
        m_guest.registers.sweepIsFirst = 1;
    }

    /// A chunk, if \a now it is due at the rate that is asked for. When the next one is due; flatOut if
    /// never.
    std::uint64_t work(const Rates& rates, std::uint64_t now)
    {
        Registers& registers = m_guest.registers;
        if (rates.dirtyBytesPerSecond == 0)
            return flatOut;
        const bool paced = rates.dirtyBytesPerSecond != flatOut;
        if (paced && static_cast<std::int64_t>(registers.nextChunkNs - now) > 0
            && registers.nextChunkNs - now <= longestPaceNs)
            return registers.nextChunkNs;
        chunk(rates);
        if (!paced)
            return now;
        const std::uint64_t rate = rates.dirtyBytesPerSecond / m_guest.plan.processors;
        std::uint64_t pace = chunkPages * guestPageBytes * nsPerSecond / (rate == 0 ? 1 : rate);
        pace = pace < longestPaceNs ? pace : longestPaceNs;
        // What a pause has held up is not caught up on.
        const bool late = now - registers.nextChunkNs > catchUpNs;
        registers.nextChunkNs = (late ? now : registers.nextChunkNs) + pace;
        return registers.nextChunkNs;
    }

private:
    static constexpr std::uint64_t nsPerSecond = 1'000'000'000;
    static constexpr std::uint64_t longestPaceNs = 10 * nsPerSecond;
    static constexpr std::uint64_t catchUpNs = 10'000'000;

    void chunk(const Rates& rates)
    {
        Registers& registers = m_guest.registers;
        const BootInfo& plan = m_guest.plan;
        const std::uint64_t whole = plan.workBytes / guestPageBytes / plan.processors;
        const std::uint64_t asked = rates.workingSetBytes / guestPageBytes / plan.processors;
        const std::uint64_t pages = rates.workingSetBytes == 0 || asked > whole ? whole
            : asked == 0                                                        ? 1
                                                                                : asked;
        if (registers.sweepPages != pages || registers.sweepPage >= pages) {
            registers.sweepPages = pages;
            registers.sweepPage = 0;
            registers.sweepNs = 0;
        }
        const std::uint64_t start = plan.work + m_guest.processor * whole * guestPageBytes;
        const std::uint64_t begin = m_guest.time();
        std::uint64_t page = registers.sweepPage;
        const std::uint64_t left = pages - page;
        const std::uint64_t end = page + (left < chunkPages ? left : chunkPages);
        ++registers.sweepValue;
        do {
            for (std::uint64_t i = 0; i < safePages && page < end; ++i, ++page) {
                // Another line in each page, or all would fall into the same sets of the caches.
                const std::uint64_t address = start + page * guestPageBytes + page % 64 * 64;
                storeWord(m_guest.template at<std::uint64_t>(address), registers.sweepValue);
                m_guest.ports.dirtied(address, sizeof(std::uint64_t));
            }
        } while (page < end && !m_guest.ports.stopRequested());

        auto& own = m_guest.template at<ProcessorPage>(pageAddress());
        addWord(own.dirtiedPages, page - registers.sweepPage);
        registers.sweepPage = page;
        // Stopped and started meanwhile: it was not the writing that took so long, and the sweep begins anew.
        if (loadWord(m_guest.boot().starts, std::memory_order_acquire) != registers.startsSeen) {
            m_guest.ports.dirtied(pageAddress(), sizeof(ProcessorPage));
            return;
        }
        registers.sweepNs += m_guest.time() - begin;
        if (page == pages)
            complete(own);
        m_guest.ports.dirtied(pageAddress(), sizeof(ProcessorPage));
    }

    void complete(ProcessorPage& own)
    {
        Registers& registers = m_guest.registers;
        const std::uint64_t ns = registers.sweepNs;
        if (registers.sweepIsFirst != 0) {
            storeWord(own.firstNs, ns);
            storeWord(own.firstOfStart, registers.startsSeen);
            addWord(own.firstSweeps);
        } else {
            const bool other = loadWord(own.pages) != registers.sweepPages;
            storeWord(own.lastNs, ns);
            if (other || ns < loadWord(own.shortestNs))
                storeWord(own.shortestNs, ns);
            storeWord(own.totalNs, other ? ns : loadWord(own.totalNs) + ns);
            storeWord(own.sweeps, other ? std::uint64_t{ 1 } : loadWord(own.sweeps) + 1);
            storeWord(own.pages, registers.sweepPages);
        }
        registers.sweepIsFirst = 0;
        registers.sweepPage = 0;
        registers.sweepNs = 0;
    }

    std::uint64_t pageAddress() const
    {
        return m_guest.plan.processorPages + m_guest.processor * guestPageBytes;
    }

    const Guest<P>& m_guest;
};

} // namespace cutover::vmm::pulse
