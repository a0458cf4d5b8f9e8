// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/worker.h"

#include "base/clock.h"
#include "fdpass/unixsocket.h"

#include <algorithm>
#include <limits>
#include <pthread.h>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

static constexpr int connectMs = 5000;
/// Longer than any of a switchover's waits for an answer: whoever looks at descriptors in between delays it.
static constexpr int quietMs = 2;
/// QEMU's multifd uses at most 255 channels.
static constexpr std::size_t connectionsAtMost = 256;
static constexpr qint64 nsPerMs = 1'000'000;

static QString attempt(Channel channel)
{
    return channel == Channel::Cpr ? u"relay the CPR channel"_s : u"relay the main channel"_s;
}

/// Who is at the other end of a unix socket; 0 where that is not known or says nothing.
static pid_t peerOf(int socket)
{
    if (!engine::canPassFds(socket))
        return 0;
    const auto peer = fdpass::peerCredentials(socket);
    return peer && peer->pid != ::getpid() ? peer->pid : 0;
}

Worker::Worker(const RelaySpec& spec, std::optional<engine::Listener> cpr,
    std::optional<engine::Listener> main, engine::CancelEvent stop, Tell tell)
    : m_faults(spec.faults)
    , m_stop(std::move(stop))
    , m_tell(std::move(tell))
{
    if (cpr && spec.cpr)
        m_gates.push_back({ .channel = Channel::Cpr, .listener = std::move(*cpr), .route = *spec.cpr });
    if (main && spec.main)
        m_gates.push_back({ .channel = Channel::Main, .listener = std::move(*main), .route = *spec.main });
    m_inspector.setSource(spec.source);
    m_report.source = spec.source;
}

Worker::~Worker()
{
    m_stop.ring();
    if (m_thread.joinable())
        m_thread.join();
}

void Worker::start()
{
    m_thread = std::jthread([this] {
        ::pthread_setname_np(::pthread_self(), "relay");
        run();
        flush();
    });
}

void Worker::run()
{
    while (!m_stop.isRung()) {
        const bool moreToPass = std::ranges::any_of(m_connections, &Connection::more);
        if (!wait(moreToPass))
            return;
        const bool ready
            = std::ranges::any_of(m_polled, [](const pollfd& each) { return each.revents != 0; });
        if (m_polled.front().revents != 0)
            return;
        advance();
        for (Gate& gate : m_gates) {
            const auto event = std::ranges::find(m_polled, gate.listener.fd(), &pollfd::fd);
            if (gate.listener && event != m_polled.end() && event->revents != 0)
                admit(gate);
        }
        collectEvents();
        m_quiet = !ready && !moreToPass && hasWork();
        if (m_quiet && !m_inspector.isIdle())
            inspectOne();
        else if (m_quiet)
            flush();
        if (isOver() && m_inspector.isIdle() && !std::exchange(m_overTold, true)) {
            m_report.over = true;
            flush();
        }
    }
}

bool Worker::hasWork() const
{
    return !m_inspector.isIdle() || !m_report.events.empty();
}

bool Worker::wait(bool moreToPass)
{
    m_polled.clear();
    m_polled.push_back({ .fd = m_stop.fd(), .events = POLLIN, .revents = 0 });
    qint64 resumeNs = std::numeric_limits<qint64>::max();
    for (const Connection& each : m_connections) {
        std::ranges::copy(each.link.polled(), std::back_inserter(m_polled));
        if (each.link.resumeNs() > 0)
            resumeNs = std::min(resumeNs, each.link.resumeNs());
    }
    for (const Gate& gate : m_gates) {
        if (gate.listener && m_connections.size() < connectionsAtMost)
            m_polled.push_back({ .fd = gate.listener.fd(), .events = POLLIN, .revents = 0 });
    }
    int timeoutMs = -1;
    if (moreToPass || m_quiet) {
        timeoutMs = 0;
    } else if (hasWork()) {
        // What the CPR channel brought is to be known before the destination can run.
        timeoutMs = std::ranges::contains(m_connections, Channel::Main, &Connection::channel) ? quietMs : 0;
    } else if (resumeNs != std::numeric_limits<qint64>::max()) {
        const qint64 left = std::max<qint64>(resumeNs - monotonicNs(), 0);
        timeoutMs = int(std::min<qint64>(left / nsPerMs + 1, 60'000));
    }
    if (::poll(m_polled.data(), m_polled.size(), timeoutMs) >= 0 || errno == EINTR)
        return true;
    fail(Channel::Main, systemError(u"wait for the channels"_s, {}, errno).error());
    return false;
}

void Worker::collectEvents()
{
    for (Connection& each : m_connections) {
        tellFaults(each);
        std::ranges::move(each.watch->takeEvents(), std::back_inserter(m_report.events));
    }
}

void Worker::advance()
{
    std::size_t at = 1;
    for (auto each = m_connections.begin(); each != m_connections.end();) {
        const auto events = std::span<const pollfd>(m_polled).subspan(at).first<2>();
        at += 2;
        each->more = each->link.advance(events);
        tellCut(*each);
        if (each->link.isOpen()) {
            ++each;
            continue;
        }
        retire(*each);
        each = m_connections.erase(each);
    }
}

void Worker::admit(Gate& gate)
{
    auto source = gate.listener.accept();
    // A stranger was turned away; whoever else comes is waited for.
    if (!source && source.error().code == ErrorCode::PermissionDenied)
        return;
    if (!source) {
        fail(gate.channel, source.error());
        return;
    }
    if (!*source)
        return;
    auto destination = engine::connectTo(gate.route.forward, connectMs, m_stop.fd());
    // Told before the source's connection ends, so that nobody has to guess from its end.
    if (destination && engine::canPassFds(destination->get())) {
        if (auto trusted = fdpass::requireTrustedPeer(destination->get()); !trusted)
            destination = std::unexpected(trusted.error());
    }
    if (!destination) {
        Error error = destination.error();
        if (error.code == ErrorCode::Disconnected)
            error.code = ErrorCode::NotFound; // nobody listens there any more
        fail(gate.channel, error);
        if (gate.channel == Channel::Cpr)
            gate.listener.close();
        return;
    }
    if (const pid_t pid = peerOf(source->get()); pid > 0 && m_inspector.source() == 0) {
        m_inspector.setSource(pid);
        m_report.source = pid;
    }
    if (const pid_t pid = peerOf(destination->get()); pid > 0)
        m_report.destination = pid;
    const int number = gate.connections++;
    std::unique_ptr<Watch> watch;
    if (gate.channel == Channel::Cpr)
        watch = std::make_unique<CprWatch>(number, m_inspector);
    else
        watch = std::make_unique<MainWatch>(number, m_inspector);
    m_report.events.push_back({ .side = Side::Channel,
        .timeNs = realtimeNs(),
        .category = timeline::Category::Relay,
        .name = u"opened"_s,
        .attributes = { { u"channel"_s, channelId(gate.channel) }, { u"connection"_s, number },
            { u"listen"_s, gate.route.listen.text() }, { u"forward"_s, gate.route.forward.text() },
            { u"sourcePid"_s, m_report.source }, { u"destinationPid"_s, m_report.destination } } });
    Watch* const observer = watch.get();
    std::vector<Fault> faults;
    std::ranges::copy_if(m_faults, std::back_inserter(faults),
        [&](const Fault& fault) { return fault.channel == gate.channel && number == 0; });
    auto filter = faults.empty() ? nullptr : std::make_unique<FaultFilter>(std::move(faults));
    FaultFilter* const changes = filter.get();
    m_connections.push_back({ .watch = std::move(watch),
        .faults = std::move(filter),
        // A QEMU (11.1 was seen to) crashes where a write to its CPR channel fails.
        .link = Link(std::move(*source), std::move(*destination), observer, changes,
            gate.channel == Channel::Cpr ? Link::Orphan::Finishes : Link::Orphan::Ends),
        .channel = gate.channel,
        .more = false });
    if (gate.channel == Channel::Main)
        m_mainSeen = true;
    else
        gate.listener.close(); // a VMM, too, takes one connection and no other
}

void Worker::retire(Connection& connection)
{
    const Link& link = connection.link;
    tellFaults(connection);
    connection.watch->ended(link, realtimeNs());
    std::ranges::move(connection.watch->takeEvents(), std::back_inserter(m_report.events));
    if (connection.channel == Channel::Cpr) {
        m_cprOver = true;
        m_cprLeadsOn = link.closedBy() == End::Destination;
    }
    if (link.error())
        fail(connection.channel, *link.error());
}

/// At once: an end that finds itself alone must not be the first to say so.
void Worker::tellCut(Connection& connection)
{
    const Link& link = connection.link;
    if (!link.wasCut() || std::exchange(connection.cutTold, true))
        return;
    tellFaults(connection);
    fail(connection.channel,
        { .code = ErrorCode::Disconnected,
            .cause = u"the channel was cut on purpose after %1 bytes"_s.arg(link.bytes(End::Source)),
            .remedy = u"This was a fault done on purpose; migrate without it."_s });
}

void Worker::tellFaults(Connection& connection)
{
    if (!connection.faults)
        return;
    for (const Fault& fault : connection.faults->takeDone())
        m_report.events.push_back({ .side = Side::Channel,
            .timeNs = realtimeNs(),
            .category = timeline::Category::Relay,
            .name = u"fault"_s,
            .attributes = { { u"channel"_s, channelId(connection.channel) }, { u"fault"_s, fault.text() },
                { u"expected"_s, expectedId(fault.expected()) } } });
}

void Worker::inspectOne()
{
    if (m_inspector.isIdle())
        return;
    m_report.fds.push_back(m_inspector.inspectNext());
    m_report.events.push_back(toEvent(m_report.fds.back()));
}

void Worker::fail(Channel channel, const Error& error)
{
    Error named = error;
    named.attempt = attempt(channel);
    named.cause = error.sysErrno != 0 || error.cause.isEmpty() ? error.message() : error.cause;
    named.sysErrno = 0;
    if (named.remedy.isEmpty())
        named.remedy = u"The guest stays where it is; migrate without the relay, or try again."_s;
    m_report.events.push_back({ .side = Side::Channel,
        .timeNs = realtimeNs(),
        .category = timeline::Category::Relay,
        .name = u"failed"_s,
        .attributes = { { u"channel"_s, channelId(channel) }, { u"cause"_s, named.cause },
            { u"remedy"_s, named.remedy } } });
    m_report.failure = named;
    m_failed = true;
    flush();
}

void Worker::flush()
{
    collectEvents();
    if (m_report.events.empty() && m_report.fds.empty() && !m_report.failure && !m_report.over)
        return;
    Report next{ .source = m_report.source, .destination = m_report.destination };
    m_tell(std::exchange(m_report, std::move(next)));
}

bool Worker::isOver() const
{
    if (!m_connections.empty())
        return false;
    const bool hasCpr = std::ranges::contains(m_gates, Channel::Cpr, &Gate::channel);
    const bool hasMain = std::ranges::contains(m_gates, Channel::Main, &Gate::channel);
    if (m_failed)
        return true;
    const bool cprDone = !hasCpr || m_cprOver;
    const bool mainDone = !hasMain || m_mainSeen || (hasCpr && m_cprOver && !m_cprLeadsOn);
    return cprDone && mainDone;
}

} // namespace cutover::relay
