// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "engine/pidfd.h"
#include "engine/sourcemigration.h"

#include <chrono>
#include <poll.h>
#include <tuple>

namespace cutover::engine {

Result<void> SourceMigration::recoverExclusive()
{
    const qint64 deadline = deadlineIn(m_options.limits.rollback);
    while (m_main.isOpen() && !m_destinationLetGo) {
        const auto section = m_main.receive(deadline);
        if (section && section->device == message::abort) {
            m_destinationLetGo = true;
        } else if (!section && section.error().code == ErrorCode::Timeout) {
            return killDestination();
        } else if (!section) {
            break;
        }
    }
    m_main.close();
    if (m_destinationLetGo || !m_pidFd)
        return {}; // a process that still holds on is found by the token when it is retaken
    if (waitFor(m_pidFd.get(), POLLIN, {}, deadline))
        return {};
    return killDestination();
}

Result<void> SourceMigration::killDestination()
{
    if (!m_pidFd)
        return {};
    if (auto killed = killAndWait(m_pidFd.get(), m_options.limits.rollback); !killed)
        return killed;
    m_main.close();
    return {};
}

Result<void> SourceMigration::retake()
{
    const qint64 deadline = deadlineIn(m_options.limits.rollback);
    for (Device* device : m_vm.devices()) {
        if (device->ownership() == Ownership::Owned)
            continue;
        if (auto taken = retake(*device, deadline); !taken)
            return taken;
        m_notices.add(Notice::Kind::Ownership, device->id(), 1);
    }
    return {};
}

Result<void> SourceMigration::retake(Device& device, qint64 deadlineNs)
{
    while (true) {
        std::optional<OwnershipToken::Owner> owner;
        {
            const VmLock lock(m_vm);
            auto taken = device.take(m_options.limits.release);
            if (taken || taken.error().code != ErrorCode::Busy)
                return taken;
            owner = device.owner();
            if (monotonicNs() >= deadlineNs && !owner)
                return taken;
        }
        // A destination that has lost us lets go by itself; one that hangs would hold on for ever.
        if (monotonicNs() < deadlineNs) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            continue;
        }
        auto pidFd = openPidFd(owner->pid, owner->startTime);
        if (!pidFd)
            return std::unexpected(pidFd.error());
        if (auto killed = killAndWait(pidFd->get(), m_options.limits.rollback); !killed)
            return killed;
    }
}

Result<void> SourceMigration::resume()
{
    if (m_wasRunning) {
        const VmLock lock(m_vm);
        m_vm.startProcessors();
        for (Device* device : m_vm.devices())
            device->start();
        m_notices.add(Notice::Kind::VmStarted);
    }
    m_notices.handOn();
    return {};
}

void SourceMigration::tellDestination(const Error& cause)
{
    const qint64 deadline = deadlineIn(m_options.limits.rollback);
    const auto tell = [&](MainChannel& channel) {
        // A destination that cannot be told sees the channel end.
        std::ignore = channel.send(message::abort, 0, message::version, message::encode(cause), {}, deadline);
    };
    if (m_main.isOpen()) {
        tell(m_main);
        return;
    }
    // One that has all it needs waits for us on the main channel, and would for ever.
    if (!m_cprSent)
        return;
    if (auto socket = m_options.connectMain()) {
        MainChannel channel(std::move(*socket));
        if (channel.sendHeader(deadline))
            tell(channel);
    }
}

} // namespace cutover::engine
