// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/relay.h"

#include "base/clock.h"
#include "fdpass/fdtable.h"

#include <iterator>
#include <memory>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

/// Sockets, what waits to be inspected, and the fds of one full message.
static constexpr std::size_t fdsNeeded = 16 + FdInspector::waitingAtMost + 253;

Result<std::unique_ptr<Relay>> Relay::start(const RelaySpec& spec)
{
    const QString attempt = u"put a relay between source and destination"_s;
    if (!spec.cpr && !spec.main)
        return failure(ErrorCode::InvalidArgument, attempt, {}, u"no channel is given"_s);
    for (const auto* address :
        { spec.cpr ? &spec.cpr->listen : nullptr, spec.cpr ? &spec.cpr->forward : nullptr }) {
        if (address && address->transport != engine::Transport::Unix)
            return failure(ErrorCode::InvalidArgument, attempt, address->text(),
                u"the CPR channel carries descriptors, which needs unix sockets"_s);
    }
    // Growing the table while a message is received would take milliseconds of somebody's pause.
    if (auto reserved = fdpass::reserveFds(fdsNeeded); !reserved)
        return std::unexpected(reserved.error());
    auto stop = engine::CancelEvent::create();
    if (!stop)
        return std::unexpected(stop.error());
    std::unique_ptr<Relay> relay(new Relay);
    relay->m_source = spec.source;
    std::optional<engine::Listener> cpr;
    std::optional<engine::Listener> main;
    for (const auto& [route, listener, address] :
        { std::tuple(&spec.cpr, &cpr, &relay->m_cpr), std::tuple(&spec.main, &main, &relay->m_main) }) {
        if (!*route)
            continue;
        auto made = engine::listenOn((*route)->listen);
        if (!made)
            return std::unexpected(made.error());
        *address = made->address();
        *listener = std::move(*made);
    }
    relay->m_worker = std::make_unique<Worker>(
        spec, std::move(cpr), std::move(main), std::move(*stop), [receiver = relay.get()](Report report) {
            // A function object must be copyable, a report need not be.
            auto shared = std::make_shared<Report>(std::move(report));
            QMetaObject::invokeMethod(
                receiver, [receiver, shared] { receiver->take(std::move(*shared)); }, Qt::QueuedConnection);
        });
    relay->m_worker->start();
    return relay;
}

Relay::~Relay() = default;

const engine::ChannelAddress& Relay::address(Channel channel) const
{
    return channel == Channel::Cpr ? m_cpr : m_main;
}

void Relay::take(Report report)
{
    if (report.source > 0)
        m_source = report.source;
    if (report.destination > 0)
        m_destination = report.destination;
    std::ranges::move(report.fds, std::back_inserter(m_fds));
    if (!report.events.empty())
        Q_EMIT observed(report.events);
    if (report.failure)
        Q_EMIT failed(*report.failure);
    if (report.over)
        Q_EMIT over();
}

std::vector<timeline::Event> Relay::findArrived(pid_t destination) const
{
    std::vector<timeline::Event> events;
    const qint64 now = realtimeNs();
    for (const ArrivedFd& each : findAtDestination(m_fds, m_source, destination))
        events.push_back(toEvent(m_fds[each.index], each, now));
    return events;
}

void Relay::cut()
{
    m_worker.reset();
}

} // namespace cutover::relay
