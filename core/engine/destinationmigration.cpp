// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/destinationmigration.h"

#include "base/clock.h"
#include "base/process.h"
#include "cpr/channel.h"
#include "engine/fdnames.h"
#include "engine/pidfd.h"

#include <QCborStreamReader>

#include <algorithm>
#include <array>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

Error atStep(DestinationStep step, Error error)
{
    if (error.attempt.isEmpty())
        error.attempt = u"take over the guest"_s;
    const QString place = u"destination, step %1"_s.arg(destinationStepName(step));
    error.object = error.object.isEmpty() ? place : place + u", " + error.object;
    return error;
}

std::unexpected<Error> malformed(const QString& section, const QString& cause)
{
    return failure(ErrorCode::Malformed, u"load the state"_s, section, cause);
}

QString nameOf(const Section& section)
{
    return QString::fromUtf8(section.device);
}

} // namespace

Result<std::unique_ptr<DestinationMigration>> DestinationMigration::create(
    Vm& vm, DestinationOptions options, NoticeBoard::Sink sink, Finished finished)
{
    auto cancelAlarm = CancelEvent::create();
    if (!cancelAlarm)
        return std::unexpected(cancelAlarm.error());
    auto listenerAlarm = CancelEvent::create();
    if (!listenerAlarm)
        return std::unexpected(listenerAlarm.error());
    return std::unique_ptr<DestinationMigration>(new DestinationMigration(vm, std::move(options),
        std::move(sink), std::move(finished), std::move(*cancelAlarm), std::move(*listenerAlarm)));
}

DestinationMigration::DestinationMigration(Vm& vm, DestinationOptions options, NoticeBoard::Sink sink,
    Finished finished, CancelEvent cancelAlarm, CancelEvent listenerAlarm)
    : m_vm(vm)
    , m_options(std::move(options))
    , m_notices(std::move(sink))
    , m_finished(std::move(finished))
    , m_cancelAlarm(std::move(cancelAlarm))
    , m_listenerAlarm(std::move(listenerAlarm))
{
}

DestinationMigration::~DestinationMigration()
{
    cancel();
    if (m_thread.joinable())
        m_thread.join();
}

void DestinationMigration::start()
{
    m_thread = std::jthread([this] { run(); });
}

void DestinationMigration::setCprListener(Listener listener)
{
    const std::scoped_lock lock(m_mutex);
    m_cprListener = std::move(listener);
    m_listenerAlarm.ring();
}

void DestinationMigration::setMainListener(Listener listener)
{
    const std::scoped_lock lock(m_mutex);
    m_mainListener = std::move(listener);
    m_listenerAlarm.ring();
}

void DestinationMigration::cancel()
{
    m_cancelAlarm.ring();
}

void DestinationMigration::run()
{
    DestinationState state = *step(DestinationIdle{}, DestinationBegin{ m_options.cpr });
    while (const auto next = nextStep(state)) {
        if (m_options.fault.isArmed())
            m_options.fault.reach(destinationStepName(*next));
        const Result<void> result = carryOut(*next);
        if (result) {
            state = *step(state, DestinationStepDone{ *next });
            continue;
        }
        const Error error = atStep(*next, result.error());
        if (*next != DestinationStep::SendAbort && *next != DestinationStep::SendStarted) {
            m_cause = error;
            // The wait that was interrupted is over; letting go must be able to wait.
            m_cancelAlarm.clear();
            m_notices.status(MigrationStatus::Failing);
        }
        state = *step(state, DestinationStepFailed{ *next, error });
    }
    m_main.close();
    m_notices.status(std::holds_alternative<DestinationCompleted>(state) ? MigrationStatus::Completed
                                                                         : MigrationStatus::Failed);
    m_notices.handOn();
    m_finished(state);
}

void DestinationMigration::checkpoint(const QString& name)
{
    m_notices.trace(u"vmstate_downtime_checkpoint"_s, name);
    m_options.fault.reach(name);
}

Result<void> DestinationMigration::carryOut(DestinationStep step)
{
    switch (step) {
    case DestinationStep::AwaitCpr:
        return awaitCpr();
    case DestinationStep::CreateDevices:
        return createDevices();
    case DestinationStep::AwaitMain:
        return awaitMain();
    case DestinationStep::Hello:
        return hello();
    case DestinationStep::Prepare:
        return prepare();
    case DestinationStep::AwaitState:
        return awaitState();
    case DestinationStep::Load:
        return load();
    case DestinationStep::SendReady:
        if (auto strays = m_main.requireNoStrayFds(); !strays)
            return strays;
        return m_main.send(message::ready, 0, message::version, {}, {}, deadlineIn(m_options.limits.ready));
    case DestinationStep::AwaitGo:
        return awaitGo();
    case DestinationStep::Start:
        startGuest();
        return {};
    case DestinationStep::SendStarted:
        return m_main.send(
            message::started, 0, message::version, {}, {}, deadlineIn(m_options.limits.started));
    case DestinationStep::LetGo:
        letGo();
        return {};
    case DestinationStep::SendAbort:
        return sendAbort();
    }
    return {};
}

Result<UniqueFd> DestinationMigration::acceptFrom(Listener DestinationMigration::* listener)
{
    std::vector<int> alarms{ m_cancelAlarm.fd(), m_listenerAlarm.fd() };
    if (m_cprPeer)
        alarms.push_back(m_cprPeer.get());
    while (true) {
        int fd = -1;
        {
            const std::scoped_lock lock(m_mutex);
            fd = (this->*listener).fd();
        }
        auto ready = waitFor(fd, POLLIN, alarms, noDeadline);
        if (!ready && m_cancelAlarm.isRung())
            return std::unexpected(ready.error());
        if (!ready && m_cprPeer && hasEnded(m_cprPeer.get()))
            return std::unexpected(sourceGaveUp().error());
        m_listenerAlarm.clear();
        if (!ready)
            continue;
        // A peer that is not trusted was turned away; whoever else comes is waited for.
        const std::scoped_lock lock(m_mutex);
        if (auto socket = (this->*listener).accept(); socket && *socket)
            return socket;
    }
}

Result<void> DestinationMigration::sourceGaveUp()
{
    return failure(ErrorCode::Disconnected, u"wait for the source on the main channel"_s, {},
        u"the source has given up"_s);
}

Result<void> DestinationMigration::awaitCpr()
{
    auto socket = acceptFrom(&DestinationMigration::m_cprListener);
    if (!socket)
        return std::unexpected(socket.error());
    m_cpr = std::move(*socket);
    // Who cannot be watched is missed when it does not come to the main channel, by the operator alone.
    if (auto peer = openPeerPidFd(m_cpr.get()))
        m_cprPeer = std::move(*peer);
    m_notices.trace(u"cpr_state_load"_s, u"cpr-transfer mode"_s);
    cpr::Decoder decoder;
    const std::array alarms{ m_cancelAlarm.fd() };
    const qint64 deadline = deadlineIn(m_options.limits.connect);
    while (true) {
        const auto whole = cpr::receive(m_cpr.get(), decoder);
        if (!whole)
            return std::unexpected(whole.error());
        if (*whole)
            break;
        if (auto ready = waitFor(m_cpr.get(), POLLIN, alarms, deadline); !ready)
            return ready;
    }
    if (!decoder.duplicates().empty())
        return failure(ErrorCode::Protocol, u"read the CPR state"_s,
            cpr::displayName(decoder.duplicates().front().name), u"the descriptor was sent twice"_s);
    m_cprEntries = decoder.takeEntries();
    return {};
}

Result<void> DestinationMigration::createDevices()
{
    const VmLock lock(m_vm);
    return m_vm.createDevices(std::exchange(m_cprEntries, {}));
}

Result<void> DestinationMigration::awaitMain()
{
    // Closing the CPR channel tells the source that it can connect: not before we listen.
    while (m_cpr) {
        {
            const std::scoped_lock lock(m_mutex);
            if (m_mainListener)
                m_cpr.reset();
        }
        if (!m_cpr)
            break;
        const std::array alarms{ m_cancelAlarm.fd(), m_listenerAlarm.fd() };
        const auto hungUp = waitFor(m_cpr.get(), 0, alarms, noDeadline);
        if (hungUp)
            return sourceGaveUp();
        if (m_cancelAlarm.isRung())
            return hungUp;
        m_listenerAlarm.clear();
    }
    m_notices.status(MigrationStatus::Setup);
    auto socket = acceptFrom(&DestinationMigration::m_mainListener);
    if (!socket)
        return std::unexpected(socket.error());
    m_main = MainChannel(
        std::move(*socket), std::vector<Alarm>{ { .fd = m_cancelAlarm.fd(), .kind = Alarm::Kind::Cancel } });
    m_notices.trace(u"migration_socket_incoming_accepted"_s);
    m_notices.status(MigrationStatus::Active);
    return {};
}

Result<void> DestinationMigration::hello()
{
    const qint64 deadline = deadlineIn(m_options.limits.connect);
    if (auto sent = m_main.sendHeader(deadline); !sent)
        return sent;
    if (auto header = m_main.receiveHeader(deadline); !header)
        return header;
    auto section = receive(deadline);
    if (!section)
        return std::unexpected(section.error());
    if (section->device != message::hello)
        return failure(
            ErrorCode::Protocol, u"greet the source"_s, {}, u"it sent '%1' first"_s.arg(nameOf(*section)));
    const auto hello = message::decodeHello(section->payload);
    if (!hello)
        return std::unexpected(hello.error());
    m_sourceWasRunning = hello->running;
    if (auto pidFd = openPidFd(hello->source.pid, hello->source.startTimeTicks)) {
        m_sourcePidFd = std::move(*pidFd);
        m_main.addAlarm({ .fd = m_sourcePidFd.get(), .kind = Alarm::Kind::PeerExit });
    }

    const VmLock lock(m_vm);
    const QString difference
        = message::configurationDifference(hello->configuration, m_vm.guestConfiguration());
    if (!difference.isEmpty())
        return failure(ErrorCode::Refused, u"take over the guest"_s, {},
            u"source and destination are configured differently: "_s + difference,
            u"Start the destination with the source's machine, RAM and devices."_s);
    if (section->fds.size() == 1) {
        auto word = StartedWord::adopt(std::move(section->fds.front()));
        if (!word)
            return std::unexpected(word.error());
        m_vm.setStartedWord(std::make_shared<StartedWord>(std::move(*word)));
    } else if (!section->fds.empty() || m_main.canPassFds()) {
        return failure(ErrorCode::Protocol, u"greet the source"_s, message::hello,
            u"%1 descriptors came with it, one was expected"_s.arg(section->fds.size()),
            u"Check whether a proxy between the two does not pass descriptors."_s);
    }
    return {};
}

Result<void> DestinationMigration::prepare()
{
    if (auto prepared = m_vm.prepareForState(); !prepared)
        return prepared;
    {
        const VmLock lock(m_vm);
        m_ram = std::make_unique<RamReceiver>(m_vm.ramBlocks());
        m_state.reserve(m_vm.devices().size() + 1);
    }
    const auto startTime = processStartTime(::getpid());
    if (!startTime)
        return std::unexpected(startTime.error());
    m_notices.holdBack();
    return m_main.send(message::prepared, 0, message::version,
        message::encode(message::Prepared{ { .pid = ::getpid(), .startTimeTicks = *startTime } }), {},
        deadlineIn(m_options.limits.prepare));
}

Result<void> DestinationMigration::awaitState()
{
    // The source may copy RAM, or wait for its operator, as long as it likes; its end is seen.
    while (true) {
        auto section = receive(m_state.empty() ? noDeadline : deadlineIn(m_options.limits.state));
        if (!section)
            return std::unexpected(section.error());
        if (section->device == message::end) {
            const auto end = message::decodeEnd(section->payload);
            if (!end)
                return std::unexpected(end.error());
            if (end->sections != qint64(m_state.size()))
                return malformed(message::end,
                    u"%1 sections were announced, %2 came"_s.arg(end->sections).arg(m_state.size()));
            return {};
        }
        if (auto taken = takeSection(std::move(*section)); !taken)
            return taken;
    }
}

Result<void> DestinationMigration::takeSection(Section section)
{
    if (section.device == message::ram)
        return m_ram->apply(section);
    if (section.device == message::ramBlock) {
        if (auto one = requireFds(section, 1); !one)
            return one;
        const VmLock lock(m_vm);
        return m_vm.attachRam(QString::fromUtf8(section.payload), std::move(section.fds.front()));
    }
    const bool twice
        = std::ranges::any_of(m_state, [&](const Section& other) { return other.device == section.device; });
    if (twice)
        return malformed(nameOf(section), u"the section came twice"_s);
    if (m_state.size() > m_vm.devices().size())
        return malformed(nameOf(section), u"more sections came than there are devices"_s);
    m_state.push_back(std::move(section));
    return {};
}

Section* DestinationMigration::findSection(QByteArrayView name)
{
    const auto section = std::ranges::find(m_state, name, &Section::device);
    return section == m_state.end() ? nullptr : &*section;
}

Result<void> DestinationMigration::load()
{
    const VmLock lock(m_vm);
    m_notices.section(u"vmstate_downtime_load"_s, u"ram"_s, 0);
    for (Device* device : m_vm.devices()) {
        Section* const section = findSection(device->id().toUtf8());
        if (!section)
            return malformed(device->id(), u"its section is missing"_s);
        const qint64 began = monotonicNs();
        if (auto loaded = loadDevice(*device, *section); !loaded)
            return loaded;
        m_notices.section(u"vmstate_downtime_load"_s, device->id(), monotonicNs() - began);
    }
    qint64 began = monotonicNs();
    if (auto complete = m_vm.completeBackends(m_options.limits.release); !complete)
        return complete;
    m_notices.section(u"vmstate_downtime_load"_s, u"backends"_s, monotonicNs() - began);
    for (Device* device : m_vm.devices()) {
        if (device->ownership() == Ownership::Owned)
            m_notices.add(Notice::Kind::Ownership, device->id(), 1);
    }

    began = monotonicNs();
    Section* const section = findSection(message::cpu);
    if (!section)
        return malformed(message::cpu, u"its section is missing"_s);
    if (m_state.size() != m_vm.devices().size() + 1)
        return malformed(message::end, u"a section belongs to no device of this machine"_s);
    QCborStreamReader reader(section->payload);
    reader.enterContainer();
    if (auto names = readFdNames(reader, *section); !names)
        return std::unexpected(names.error());
    if (auto loaded = m_vm.loadProcessors(reader); !loaded)
        return loaded;
    m_notices.section(u"vmstate_downtime_load"_s, u"cpu"_s, monotonicNs() - began);
    checkpoint(u"dst-precopy-loadvm-completed"_s);
    return {};
}

Result<void> DestinationMigration::loadDevice(Device& device, Section& section)
{
    if (section.version != device.stateVersion())
        return failure(ErrorCode::Unsupported, u"load the state"_s, device.id(),
            u"its section has version %1, this VMM reads version %2"_s.arg(section.version)
                .arg(device.stateVersion()));
    QCborStreamReader reader(section.payload);
    if (!reader.isArray() || !reader.enterContainer())
        return malformed(device.id(), u"it is not an array"_s);
    auto entries = readFdNames(reader, section);
    if (!entries)
        return std::unexpected(entries.error());
    if (auto attached = m_vm.attachDeviceFds(device, std::move(*entries)); !attached)
        return attached;
    if (auto loaded = device.load(reader); !loaded)
        return loaded;
    if (reader.lastError() != QCborError::NoError || reader.hasNext())
        return malformed(device.id(), u"something follows its state"_s);
    return {};
}

Result<void> DestinationMigration::awaitGo()
{
    const auto section = receive(deadlineIn(m_options.limits.ready));
    if (!section)
        return std::unexpected(section.error());
    if (section->device != message::go)
        return failure(
            ErrorCode::Protocol, u"wait for the source's GO"_s, {}, u"it sent '%1'"_s.arg(nameOf(*section)));
    return {};
}

void DestinationMigration::startGuest()
{
    checkpoint(u"dst-precopy-bh-enter"_s);
    const VmLock lock(m_vm);
    m_vm.guestArrived(m_sourceWasRunning);
    if (m_vm.processorsRunning())
        m_notices.add(Notice::Kind::VmStarted);
    checkpoint(u"dst-precopy-bh-vm-started"_s);
}

void DestinationMigration::letGo()
{
    const VmLock lock(m_vm);
    m_state.clear();
    m_ram.reset();
    m_vm.letGo();
}

Result<void> DestinationMigration::sendAbort()
{
    if (m_main.isOpen())
        return m_main.send(message::abort, 0, message::version, message::encode(m_cause), {},
            deadlineIn(m_options.limits.rollback));
    Listener listener;
    {
        const std::scoped_lock lock(m_mutex);
        listener = std::move(m_mainListener);
    }
    // The source hears the cause only where it will look next.
    const bool told = m_cpr && listener;
    m_cpr.reset();
    if (!told)
        return {};
    const qint64 deadline = deadlineIn(m_options.limits.rollback);
    if (auto ready = waitFor(listener.fd(), POLLIN, {}, deadline); !ready)
        return ready;
    auto socket = listener.accept();
    if (!socket || !*socket)
        return socket ? Result<void>() : std::unexpected(socket.error());
    MainChannel channel(std::move(*socket));
    if (auto sent = channel.sendHeader(deadline); !sent)
        return sent;
    if (auto sent = channel.send(message::abort, 0, message::version, message::encode(m_cause), {}, deadline);
        !sent)
        return sent;
    // What the source has already sent must be read, or closing would discard the message on its way.
    while (channel.receiveHeader(deadline) && channel.receive(deadline)) { }
    return {};
}

Result<Section> DestinationMigration::receive(qint64 deadlineNs)
{
    auto section = m_main.receive(deadlineNs);
    if (!section || section->device != message::abort)
        return section;
    auto error = message::decodeError(section->payload);
    if (!error)
        return std::unexpected(error.error());
    return std::unexpected(*error);
}

} // namespace cutover::engine
