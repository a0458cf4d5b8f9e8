// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/sourcemigration.h"

#include "base/clock.h"
#include "base/process.h"
#include "cpr/channel.h"
#include "engine/parameters.h"
#include "engine/pidfd.h"

#include <QCborStreamWriter>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

/// The destination's errors name their own step.
std::unexpected<Error> atStep(SourceStep step, Error error)
{
    if (error.attempt.isEmpty())
        error.attempt = u"migrate"_s;
    if (!error.object.startsWith(u"destination, step ")) {
        const QString place = u"source, step %1"_s.arg(sourceStepName(step));
        error.object = error.object.isEmpty() ? place : place + u", " + error.object;
    }
    return std::unexpected(std::move(error));
}

bool passes(BackendSource source)
{
    return source == BackendSource::AwaitCpr || source == BackendSource::AwaitMain;
}

bool passesFds(const Device& device, const RealizePolicy& policy)
{
    return passes(policy.decide(device.migrateFds(), FdClass::Exclusive));
}

std::vector<RamBlock> copiedBlocks(std::span<const RamBlock> blocks, const RealizePolicy& policy)
{
    std::vector<RamBlock> copied;
    std::ranges::copy_if(blocks, std::back_inserter(copied),
        [&](const RamBlock& block) { return !passes(policy.decide(block.migrateFds, FdClass::Shareable)); });
    return copied;
}

MigrationStatus finalStatus(const SourceState& state)
{
    if (std::holds_alternative<SourceCompleted>(state))
        return MigrationStatus::Completed;
    const auto* failed = std::get_if<SourceFailed>(&state);
    return failed && failed->cancelled ? MigrationStatus::Cancelled : MigrationStatus::Failed;
}

bool isUndo(SourceStep step)
{
    return step >= SourceStep::RecoverExclusive;
}

} // namespace

Result<std::unique_ptr<SourceMigration>> SourceMigration::create(
    Vm& vm, SourceOptions options, NoticeBoard::Sink sink, Finished finished)
{
    auto started = StartedWord::create();
    if (!started)
        return std::unexpected(started.error());
    auto alarm = CancelEvent::create();
    if (!alarm)
        return std::unexpected(alarm.error());
    return std::unique_ptr<SourceMigration>(new SourceMigration(vm, std::move(options), std::move(sink),
        std::move(finished), std::move(*started), std::move(*alarm)));
}

SourceMigration::SourceMigration(Vm& vm, SourceOptions options, NoticeBoard::Sink sink, Finished finished,
    StartedWord started, CancelEvent alarm)
    : m_vm(vm)
    , m_options(std::move(options))
    , m_notices(std::move(sink))
    , m_finished(std::move(finished))
    , m_started(std::make_shared<StartedWord>(std::move(started)))
    , m_cancelAlarm(std::move(alarm))
{
}

SourceMigration::~SourceMigration()
{
    cancel();
    if (m_thread.joinable())
        m_thread.join();
}

void SourceMigration::start()
{
    m_thread = std::jthread([this] { run(); });
}

void SourceMigration::cancel()
{
    m_cancelled = true;
    m_cancelAlarm.ring();
}

bool SourceMigration::destinationIsDead() const
{
    const int pidFd = m_destinationPidFd;
    return pidFd >= 0 && hasEnded(pidFd);
}

void SourceMigration::run()
{
    bool copyRam = false;
    {
        const VmLock lock(m_vm);
        copyRam = !copiedBlocks(m_vm.ramBlocks(), m_options.policy).empty();
        m_wasRunning = m_vm.processorsRunning();
    }
    m_notices.status(MigrationStatus::Setup);
    SourceState state = *step(SourceIdle{},
        SourceBegin{ { .cpr = m_options.cpr, .handover = m_options.policy.handover, .copyRam = copyRam } });
    while (const auto next = nextStep(state)) {
        if (m_cancelled && !isUndo(*next) && *next != SourceStep::AwaitStarted) {
            state = *step(state, SourceCancel{});
            settle(state);
            continue;
        }
        if (m_options.fault.isArmed())
            m_options.fault.reach(sourceStepName(*next));
        const Result<void> result = carryOut(*next);
        state = result ? *step(state, SourceStepDone{ *next })
                       : *step(state, SourceStepFailed{ *next, atStep(*next, result.error()).error() });
        if (!result)
            settle(state);
    }
    if (m_dirtyLog) {
        const VmLock lock(m_vm);
        m_vm.stopDirtyLog();
    }
    m_notices.status(finalStatus(state));
    m_notices.handOn();
    m_finished(state);
}

void SourceMigration::settle(const SourceState& state)
{
    const auto* back = std::get_if<SourceRollingBack>(&state);
    const auto* failed = std::get_if<SourceFailed>(&state);
    if (!back && !failed)
        return;
    // From here on the rollback itself must be able to wait.
    m_cancelAlarm.clear();
    m_notices.status((back ? back->cancelled : failed->cancelled) ? MigrationStatus::Cancelling
                                                                  : MigrationStatus::Failing);
    if (!m_destinationLetGo)
        tellDestination(back ? back->cause : failed->cause);
}

void SourceMigration::checkpoint(const QString& name)
{
    m_notices.trace(u"vmstate_downtime_checkpoint"_s, name);
    m_options.fault.reach(name);
}

Result<void> SourceMigration::carryOut(SourceStep step)
{
    switch (step) {
    case SourceStep::SendCpr:
        return sendCpr();
    case SourceStep::AwaitCprClose:
        return awaitCprClose();
    case SourceStep::ConnectMain:
        return connectMain();
    case SourceStep::Hello:
        return hello();
    case SourceStep::AwaitPrepared:
        return awaitPrepared();
    case SourceStep::CopyRam:
        return copyRam();
    case SourceStep::Stop:
        return stop();
    case SourceStep::Release:
        return release();
    case SourceStep::InactivateBlock: {
        const VmLock lock(m_vm);
        return m_vm.inactivateBlock();
    }
    case SourceStep::SendState:
        return sendState();
    case SourceStep::AwaitReady:
        return awaitReady();
    case SourceStep::Go:
        return go();
    case SourceStep::AwaitStarted:
        return awaitStarted();
    case SourceStep::RecoverExclusive:
        return recoverExclusive();
    case SourceStep::ActivateBlock: {
        const VmLock lock(m_vm);
        return m_vm.activateBlock();
    }
    case SourceStep::Retake:
        return retake();
    case SourceStep::Resume:
        return resume();
    }
    return {};
}

Result<void> SourceMigration::sendCpr()
{
    std::vector<cpr::OutgoingEntry> entries;
    {
        const VmLock lock(m_vm);
        const auto fds
            = outgoingFds(m_options.policy, m_vm.ramBlocks(), m_vm.devices(), BackendSource::AwaitCpr);
        if (!fds)
            return std::unexpected(fds.error());
        for (const OutgoingFd& fd : *fds)
            entries.push_back({ .name = fd.slot.name.toUtf8(), .id = fd.slot.id, .fd = fd.fd });
    }
    auto pieces = cpr::encode(entries);
    if (!pieces)
        return std::unexpected(pieces.error());
    auto socket = m_options.connectCpr();
    if (!socket)
        return std::unexpected(socket.error());
    m_cpr = std::move(*socket);
    m_notices.trace(u"cpr_state_save"_s, u"cpr-transfer mode"_s);

    cpr::Sender sender(std::move(*pieces));
    const qint64 deadline = deadlineIn(m_options.limits.connect);
    const int alarms[] = { m_cancelAlarm.fd() };
    while (true) {
        const auto sent = sender.advance(m_cpr.get());
        if (!sent)
            return std::unexpected(destinationsReason(sent.error()));
        if (*sent) {
            m_cprSent = true;
            return {};
        }
        if (auto ready = waitFor(m_cpr.get(), POLLOUT, alarms, deadline); !ready)
            return ready;
    }
}

Error SourceMigration::destinationsReason(const Error& seen)
{
    // A destination that refuses the CPR state closes that channel at once, and says why on the main one.
    const qint64 deadline = deadlineIn(m_options.limits.rollback);
    if (seen.code == ErrorCode::Disconnected && connectMain() && m_main.sendHeader(deadline)
        && m_main.receiveHeader(deadline)) {
        const auto section = receive(message::prepared, deadline);
        if (!section && m_destinationLetGo)
            return section.error();
    }
    return seen;
}

Result<void> SourceMigration::awaitCprClose()
{
    const int alarms[] = { m_cancelAlarm.fd() };
    if (auto closed = waitFor(m_cpr.get(), POLLIN, alarms, deadlineIn(m_options.limits.connect)); !closed)
        return closed;
    char byte = 0;
    if (::read(m_cpr.get(), &byte, 1) > 0)
        return failure(ErrorCode::Protocol, u"wait for the destination to close the CPR channel"_s, {},
            u"the destination wrote to it"_s);
    m_cpr.reset();
    return {};
}

Result<void> SourceMigration::connectMain()
{
    auto socket = m_options.connectMain();
    if (!socket)
        return std::unexpected(socket.error());
    m_main = MainChannel(
        std::move(*socket), std::vector<Alarm>{ { .fd = m_cancelAlarm.fd(), .kind = Alarm::Kind::Cancel } });
    m_notices.trace(u"migration_socket_outgoing_connected"_s);
    return {};
}

Result<void> SourceMigration::hello()
{
    const auto startTime = processStartTime(::getpid());
    if (!startTime)
        return std::unexpected(startTime.error());
    message::Hello hello{ .source = { .pid = ::getpid(), .startTimeTicks = *startTime },
        .running = m_wasRunning,
        .handover = handoverId(m_options.policy.handover),
        .configuration = {} };
    {
        const VmLock lock(m_vm);
        hello.configuration = m_vm.guestConfiguration();
    }
    const qint64 deadline = deadlineIn(m_options.limits.connect);
    if (auto sent = m_main.sendHeader(deadline); !sent)
        return sent;
    std::vector<int> fds;
    if (m_main.canPassFds())
        fds.push_back(m_started->fd());
    if (auto sent = m_main.send(message::hello, 0, message::version, message::encode(hello), fds, deadline);
        !sent)
        return sent;
    m_notices.status(MigrationStatus::Active);
    return m_main.receiveHeader(deadline);
}

Result<void> SourceMigration::awaitPrepared()
{
    const auto section = receive(message::prepared, deadlineIn(m_options.limits.prepare));
    if (!section)
        return std::unexpected(section.error());
    const auto prepared = message::decodePrepared(section->payload);
    if (!prepared)
        return std::unexpected(prepared.error());
    // Not found: it lives where we cannot see it; its end is then only seen by the channel's.
    if (auto pidFd = openPidFd(prepared->destination.pid, prepared->destination.startTimeTicks)) {
        m_pidFd = std::move(*pidFd);
        m_destinationPidFd = m_pidFd.get();
        m_main.addAlarm({ .fd = m_pidFd.get(), .kind = Alarm::Kind::PeerExit });
    }
    return prepareSending();
}

Result<void> SourceMigration::prepareSending()
{
    const VmLock lock(m_vm);
    qsizetype largest = m_vm.processorStateSize();
    m_outgoing.clear();
    for (Device* device : m_vm.devices()) {
        OutgoingDevice outgoing{
            .device = device, .name = device->id().toUtf8(), .fdSlots = {}, .fds = {}, .traces = {}
        };
        if (auto collected = collectFds(outgoing); !collected)
            return collected;
        qsizetype size = device->stateSize();
        for (const FdSlot& slot : device->fdSlots()) {
            outgoing.optional = outgoing.optional || slot.optional;
            size += 3 * slot.name.size() + 16;
        }
        largest = std::max(largest, size);
        m_outgoing.push_back(std::move(outgoing));
    }
    m_buffer.reserve(largest + 64);
    m_endPayload = message::encode(message::End{ .sections = qint64(m_outgoing.size()) + 1 });
    const std::vector<RamBlock> blocks = m_vm.ramBlocks();
    if (const auto copied = copiedBlocks(blocks, m_options.policy); !copied.empty())
        m_ram = std::make_unique<RamSender>(m_main, copied);
    const auto passed = outgoingFds(m_options.policy, blocks, {}, BackendSource::AwaitMain);
    if (!passed)
        return std::unexpected(passed.error());
    for (const OutgoingFd& block : *passed)
        m_passedBlocks.push_back({ .id = block.slot.name.toUtf8(), .memfd = block.fd });
    return {};
}

Result<void> SourceMigration::collectFds(OutgoingDevice& outgoing) const
{
    const auto fds = outgoingFds(m_options.policy, {}, { &outgoing.device, 1 }, BackendSource::AwaitMain);
    if (!fds)
        return std::unexpected(fds.error());
    outgoing.fdSlots.clear();
    outgoing.fds.clear();
    outgoing.traces.clear();
    for (const OutgoingFd& fd : *fds) {
        outgoing.fdSlots.push_back(fd.slot);
        outgoing.fds.push_back(fd.fd);
        outgoing.traces << u"%1, id %2, fd %3"_s.arg(fd.slot.name).arg(fd.slot.id).arg(fd.fd);
    }
    return {};
}

Result<void> SourceMigration::copyRam()
{
    {
        const VmLock lock(m_vm);
        m_vm.startDirtyLog();
        m_dirtyLog = true;
    }
    for (qint64 pass = 1; pass <= m_options.maxCopyPasses; ++pass) {
        collectDirtyPages();
        const auto result = m_ram->pass(deadlineIn(m_options.limits.prepare));
        if (!result)
            return std::unexpected(result.error());
        m_ramBytes += qint64(result->bytes);
        m_passes = pass;
        m_notices.add(Notice::Kind::Pass, {}, pass + 1);
        // Once a pass is shorter than a switchover's state, another one gains nothing.
        if (result->durationNs < m_options.downtimeLimitMs * qint64{ 1'000'000 })
            break;
    }
    return {};
}

void SourceMigration::collectDirtyPages()
{
    const VmLock lock(m_vm);
    m_vm.collectDirtyPages();
}

Result<void> SourceMigration::stop()
{
    m_notices.holdBack();
    checkpoint(u"src-downtime-start"_s);
    {
        const VmLock lock(m_vm);
        m_wasRunning = m_vm.processorsRunning();
        m_vm.stopProcessors();
        for (Device* device : m_vm.devices())
            device->stop();
    }
    m_notices.add(Notice::Kind::VmStopped);
    checkpoint(u"src-vm-stopped"_s);
    return {};
}

Result<void> SourceMigration::release()
{
    m_notices.trace(u"migration_call_notifiers"_s, u"type=0"_s);
    const VmLock lock(m_vm);
    for (Device* device : m_vm.devices()) {
        if (device->ownership() != Ownership::Owned)
            continue;
        const auto keep
            = passesFds(*device, m_options.policy) ? Device::Keep::Backend : Device::Keep::Nothing;
        if (auto released = device->release(m_options.limits.release, keep); !released)
            return released;
        m_notices.add(Notice::Kind::Ownership, device->id(), 0);
    }
    return {};
}

Result<void> SourceMigration::sendRam(qint64 deadlineNs)
{
    for (const PassedBlock& block : m_passedBlocks) {
        if (auto queued = m_main.queue(message::ramBlock, 0, message::version, block.id, { &block.memfd, 1 });
            !queued)
            return queued;
    }
    if (!m_ram)
        return {};
    if (!m_dirtyLog) {
        const VmLock lock(m_vm);
        m_vm.startDirtyLog();
        m_dirtyLog = true;
    }
    collectDirtyPages();
    const auto last = m_ram->pass(deadlineNs);
    if (!last)
        return std::unexpected(last.error());
    m_ramBytes += qint64(last->bytes);
    return {};
}

Result<void> SourceMigration::sendState()
{
    m_notices.status(MigrationStatus::Device);
    const qint64 deadline = deadlineIn(m_options.limits.state);
    if (auto sent = sendRam(deadline); !sent)
        return sent;
    checkpoint(u"src-iterable-saved"_s);

    {
        const VmLock lock(m_vm);
        for (OutgoingDevice& outgoing : m_outgoing) {
            const qint64 began = monotonicNs();
            if (outgoing.optional) {
                if (auto collected = collectFds(outgoing); !collected)
                    return collected;
            }
            const auto save = [&](QCborStreamWriter& writer) {
                outgoing.device->save(writer);
                return Result<void>();
            };
            if (auto queued = queueSection(
                    outgoing.name, outgoing.device->stateVersion(), outgoing.fdSlots, save, outgoing.fds);
                !queued)
                return queued;
            for (const QString& text : outgoing.traces)
                m_notices.trace(u"cpr_save_fd"_s, text);
            m_notices.section(u"vmstate_downtime_save"_s, outgoing.device->id(), monotonicNs() - began);
        }
        const qint64 began = monotonicNs();
        const auto save = [&](QCborStreamWriter& writer) { return m_vm.saveProcessors(writer); };
        if (auto queued = queueSection(message::cpu, message::version, {}, save, {}); !queued)
            return queued;
        m_notices.section(u"vmstate_downtime_save"_s, u"cpu"_s, monotonicNs() - began);
    }
    checkpoint(u"src-non-iterable-saved"_s);
    return m_main.send(message::end, 0, message::version, m_endPayload, {}, deadline);
}

Result<void> SourceMigration::queueSection(QByteArrayView name, quint32 version,
    std::span<const FdSlot> fdSlots, const std::function<Result<void>(QCborStreamWriter&)>& save,
    std::span<const int> fds)
{
    m_buffer.resize(0); // keeps what was reserved
    {
        QCborStreamWriter writer(&m_buffer);
        writer.startArray(2);
        writer.startArray(fdSlots.size());
        for (const FdSlot& slot : fdSlots) {
            writer.startArray(2);
            writer.append(slot.name);
            writer.append(qint64(slot.id));
            writer.endArray();
        }
        writer.endArray();
        if (auto saved = save(writer); !saved)
            return saved;
        writer.endArray();
    }
    return m_main.queue(name, 0, version, m_buffer, fds);
}

Result<void> SourceMigration::awaitReady()
{
    const auto section = receive(message::ready, deadlineIn(m_options.limits.ready));
    return section ? Result<void>() : std::unexpected(section.error());
}

Result<void> SourceMigration::go()
{
    // It may have ended after it was ready: then the guest stays.
    if (m_pidFd && hasEnded(m_pidFd.get()))
        return failure(
            ErrorCode::Disconnected, u"hand the guest over"_s, {}, u"the destination's process has ended"_s);
    return m_main.send(message::go, 0, message::version, {}, {}, deadlineIn(m_options.limits.ready));
}

Result<void> SourceMigration::awaitStarted()
{
    checkpoint(u"src-downtime-end"_s);
    // Too late for a cancel.
    m_cancelAlarm.clear();
    const auto section = receive(message::started, deadlineIn(m_options.limits.started));
    return section ? Result<void>() : std::unexpected(section.error());
}

Result<Section> SourceMigration::receive(QLatin1StringView expected, qint64 deadlineNs)
{
    auto section = m_main.receive(deadlineNs);
    if (!section)
        return section;
    if (section->device == expected)
        return section;
    if (section->device != message::abort)
        return failure(ErrorCode::Protocol, u"wait for '%1'"_s.arg(expected), {},
            u"the destination sent '%1'"_s.arg(QString::fromUtf8(section->device)));
    m_destinationLetGo = true;
    auto error = message::decodeError(section->payload);
    if (!error)
        return std::unexpected(error.error());
    if (!error->object.startsWith(u"destination, step "))
        error->object = error->object.isEmpty() ? u"destination"_s : u"destination, "_s + error->object;
    return std::unexpected(*error);
}

} // namespace cutover::engine
