// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/devices/vhostuserbatch.h"
#include "vmm/guest/layout.h"

#include <QtTypes>

#include <cstdint>
#include <span>
#include <vector>

namespace cutover::vmm {

class GuestMemory;

/// The virtqueues of a device that another process works: what lies in guest memory tells how far it is.
/// One thread at a time.
class GuestRings
{
public:
    /// What is added to a guest address to make the user address by which a back end knows a ring. The same
    /// constant in every process: a back end that is handed over keeps its memory table.
    static constexpr std::uint64_t userAddressBase = std::uint64_t{ 1 } << 46;

    GuestRings() = default;
    /// \a memory outlives the rings. Malformed when a ring does not lie in guest memory or is not aligned.
    static Result<GuestRings> create(GuestMemory& memory, std::vector<QueueLayout> layouts);

    std::uint32_t count() const { return static_cast<std::uint32_t>(m_rings.size()); }
    const QueueLayout& layout(std::uint32_t queue) const { return m_layouts[queue]; }
    vhostuser::RingAddresses userAddresses(std::uint32_t queue) const;

    /// Free-running counts of requests the driver has made available, and the back end has completed.
    quint16 available(std::uint32_t queue) const;
    quint16 used(std::uint32_t queue) const;
    bool isDrained(std::uint32_t queue) const { return available(queue) == used(queue); }
    bool isDrained() const;

    /// Waits until everything available is used; the driver must be stopped. \a calls are the queues' call
    /// eventfds; what they count is lost. Disconnected when \a connection ends, Timeout at \a deadlineNs
    /// (CLOCK_MONOTONIC). Errors are about \a object.
    Result<void> drain(
        std::span<const int> calls, int connection, std::int64_t deadlineNs, const QString& object);

    /// Marks what the back end may have written since dirty logging began: the used rings and all buffers of
    /// the layout. A back end cannot be asked which of them, and what the rings said is overwritten.
    void markDirty();

private:
    struct Ring
    {
        std::byte* available = nullptr;
        const std::byte* used = nullptr;
    };
    quint16 exchangeFlags(std::uint32_t queue, quint16 flags);

    GuestMemory* m_memory = nullptr;
    std::vector<QueueLayout> m_layouts;
    std::vector<Ring> m_rings;
};

} // namespace cutover::vmm
