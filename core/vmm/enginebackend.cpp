// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/enginebackend.h"

#include "base/clock.h"

#include <variant>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::MigrationStatus;
using engine::Notice;

namespace {

constexpr qint64 nsPerMs = 1'000'000;

MigrationEnd endOf(const engine::SourceState& state)
{
    if (const auto* completed = std::get_if<engine::SourceCompleted>(&state))
        return { .outgoing = true, .completed = true, .error = completed->unconfirmed };
    if (const auto* stranded = std::get_if<engine::SourceStranded>(&state)) {
        Error error = stranded->cause;
        error.cause += u" (while recovering from: %1)"_s.arg(stranded->original.message());
        error.remedy
            = u"The guest is stopped here and runs nowhere. Make sure that the destination's process has "
              "ended, then continue the guest with \"cont\"."_s;
        return { .outgoing = true, .completed = false, .error = error };
    }
    const auto& failed = std::get<engine::SourceFailed>(state);
    return { .outgoing = true, .completed = false, .error = failed.cause };
}

MigrationEnd endOf(const engine::DestinationState& state)
{
    if (const auto* completed = std::get_if<engine::DestinationCompleted>(&state))
        return { .outgoing = false, .completed = true, .error = completed->unconfirmed };
    return {
        .outgoing = false, .completed = false, .error = std::get<engine::DestinationFailed>(state).cause
    };
}

} // namespace

EngineBackend::EngineBackend(engine::Vm& vm)
    : m_vm(vm)
{
}

EngineBackend::~EngineBackend() = default;

engine::NoticeBoard::Sink EngineBackend::sink()
{
    return [this](std::vector<Notice> notices) {
        QMetaObject::invokeMethod(
            this, [this, notices = std::move(notices)] { take(notices); }, Qt::QueuedConnection);
    };
}

void EngineBackend::begin()
{
    m_active = true;
    m_handedOver = false;
    m_status = MigrationStatus::None;
    m_error.clear();
    m_beganNs = realtimeNs();
    m_ramBytesSent = 0;
    m_passes = 0;
    m_endedNs = m_stoppedNs = m_activeNs = m_confirmedNs = 0;
}

Result<EngineBackend::Connector> EngineBackend::connector(
    const engine::ChannelAddress& address, int timeLimitMs, const engine::FdLookup& lookup)
{
    if (address.transport != engine::Transport::Fd)
        return [address, timeLimitMs] { return engine::connectTo(address, timeLimitMs); };
    // Given descriptors are the monitor's, so they are taken on its thread.
    auto socket = engine::connectTo(address, timeLimitMs, -1, lookup);
    if (!socket)
        return std::unexpected(socket.error());
    auto shared = std::make_shared<UniqueFd>(std::move(*socket));
    return [shared]() -> Result<UniqueFd> { return std::move(*shared); };
}

Result<void> EngineBackend::start(MigrationRequest request)
{
    if (m_active)
        return failure(ErrorCode::Busy, u"migrate"_s, {}, u"a migration is under way"_s);
    const engine::Combination& combination = request.combination;
    const engine::TimeLimits& limits = combination.parameters.limits;
    const bool cpr = combination.mode() == engine::MigrationMode::CprTransfer;
    engine::SourceOptions options{ .cpr = cpr,
        .policy = combination.policy(!combination.mainIsInet()),
        .limits = limits,
        .maxCopyPasses = combination.parameters.maxPasses,
        .fault = engine::FaultTrigger(combination.parameters.fault, true, request.announceFault),
        .downtimeLimitMs = combination.parameters.downtimeLimitMs };
    auto main = connector(*combination.channels.main, limits.connect, request.fds);
    if (!main)
        return std::unexpected(main.error());
    options.connectMain = std::move(*main);
    if (cpr) {
        auto channel = connector(*combination.channels.cpr, limits.connect, request.fds);
        if (!channel)
            return std::unexpected(channel.error());
        options.connectCpr = std::move(*channel);
    }
    auto migration = engine::SourceMigration::create(
        m_vm, std::move(options), sink(), [this](const engine::SourceState& state) {
            const MigrationEnd ended = endOf(state);
            QMetaObject::invokeMethod(this, [this, ended] { end(ended); }, Qt::QueuedConnection);
        });
    if (!migration)
        return std::unexpected(migration.error());
    begin();
    m_status = MigrationStatus::Setup;
    m_source = std::move(*migration);
    m_source->start();
    return {};
}

Result<void> EngineBackend::listen(MigrationRequest request)
{
    const engine::Combination& combination = request.combination;
    const bool cpr = combination.mode() == engine::MigrationMode::CprTransfer;
    engine::Listener cprListener;
    engine::Listener mainListener;
    if (combination.channels.cpr && !m_listening.cpr) {
        auto listener = engine::listenOn(*combination.channels.cpr, request.fds);
        if (!listener)
            return std::unexpected(listener.error());
        cprListener = std::move(*listener);
    }
    if (combination.channels.main && !m_listening.main) {
        auto listener = engine::listenOn(*combination.channels.main, request.fds);
        if (!listener)
            return std::unexpected(listener.error());
        mainListener = std::move(*listener);
    }
    if (!m_active) {
        auto migration = engine::DestinationMigration::create(m_vm,
            { .cpr = cpr,
                .limits = combination.parameters.limits,
                .fault = engine::FaultTrigger(combination.parameters.fault, false, request.announceFault) },
            sink(), [this](const engine::DestinationState& state) {
                const MigrationEnd ended = endOf(state);
                QMetaObject::invokeMethod(this, [this, ended] { end(ended); }, Qt::QueuedConnection);
            });
        if (!migration)
            return std::unexpected(migration.error());
        begin();
        m_destination = std::move(*migration);
        m_destination->start();
    }
    if (cprListener) {
        m_listening.cpr = cprListener.address();
        m_destination->setCprListener(std::move(cprListener));
    }
    if (mainListener) {
        m_listening.main = mainListener.address();
        m_destination->setMainListener(std::move(mainListener));
    }
    return {};
}

void EngineBackend::cancel()
{
    if (m_active && m_source)
        m_source->cancel();
}

void EngineBackend::take(const std::vector<Notice>& notices)
{
    for (const Notice& notice : notices) {
        if (notice.kind == Notice::Kind::VmStopped)
            m_stoppedNs = notice.timeNs;
        if (notice.kind != Notice::Kind::Status)
            continue;
        m_status = notice.status;
        if (notice.status == MigrationStatus::Active)
            m_activeNs = notice.timeNs;
        if (notice.status == MigrationStatus::Completed) {
            m_confirmedNs = notice.timeNs;
            // Who is told so may ask at once what became of the guest: before end() on a busy machine.
            m_handedOver = m_source != nullptr;
        }
    }
    m_observer.noticed(notices);
}

void EngineBackend::end(const MigrationEnd& ended)
{
    m_active = false;
    m_endedNs = realtimeNs();
    m_handedOver = ended.outgoing && ended.completed;
    if (ended.error)
        m_error = ended.error->message();
    if (!ended.outgoing) {
        m_listening = {};
        m_destination.reset();
    }
    if (ended.outgoing && !ended.completed) {
        // Nothing of a failed attempt is needed again; its descriptors are not kept until the next one.
        m_ramBytesSent = quint64(m_source->ramBytesSent());
        m_passes = m_source->passes();
        m_source.reset();
    }
    m_observer.ended(ended);
}

MigrationView EngineBackend::view() const
{
    MigrationView view{ .status = m_status, .error = m_error };
    if (m_beganNs != 0)
        view.totalMs = ((m_active ? realtimeNs() : m_endedNs) - m_beganNs) / nsPerMs;
    if (m_activeNs != 0)
        view.setupMs = (m_activeNs - m_beganNs) / nsPerMs;
    if (m_stoppedNs != 0 && m_confirmedNs != 0)
        view.downtimeMs = (m_confirmedNs - m_stoppedNs) / nsPerMs;
    view.ramBytesSent = m_source ? quint64(m_source->ramBytesSent()) : m_ramBytesSent;
    view.passes = m_source ? m_source->passes() : m_passes;
    if (m_handedOver) {
        view.destinationRan = m_source->destinationStarted();
        view.destinationGone = m_source->destinationIsDead();
    }
    for (const auto& address : { m_listening.main, m_listening.cpr }) {
        if (address)
            view.listening.append(*address);
    }
    return view;
}

Result<void> EngineBackend::mayTakeBack() const
{
    if (!m_handedOver)
        return {};
    const QString attempt = u"take the guest back"_s;
    if (m_source->destinationStarted())
        return failure(ErrorCode::Refused, attempt, {},
            u"the destination has run the guest, so its RAM and disks have moved on"_s,
            u"If the destination has ended, the guest is lost: start it anew."_s);
    if (!m_source->destinationIsDead())
        return failure(ErrorCode::Refused, attempt, {},
            u"the destination may be alive and start the guest at any moment"_s,
            u"End the destination's process first."_s);
    return {};
}

} // namespace cutover::vmm
