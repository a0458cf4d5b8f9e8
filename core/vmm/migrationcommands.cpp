// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/migrationcommands.h"

#include "vmm/fdstore.h"
#include "vmm/machine.h"
#include "vmm/monitor.h"
#include "vmm/runstateteller.h"
#include "vmm/tracelog.h"

#include <QJsonArray>

#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::CheckMoment;
using engine::MigrationStatus;
using engine::Notice;
using engine::ParameterSource;
using engine::VmLock;
using qmp::Request;

MigrationCommands::MigrationCommands(
    Parts parts, engine::MigrationSettings settings, const engine::Incoming& incoming)
    : m_parts(std::move(parts))
    , m_settings(std::move(settings))
    , m_channels(incoming.channels)
    , m_incoming(incoming.isIncoming())
    , m_defer(incoming.defer)
{
    applySettings();
    m_parts.backend.setObserver({ .noticed = [this](const std::vector<Notice>& notices) { noticed(notices); },
        .ended = [this](const MigrationEnd& end) { ended(end); } });
}

void MigrationCommands::addTo(Monitor& monitor)
{
    monitor.add(u"migrate-set-parameters"_s,
        [this](const Request& request) { return setParameters(request.arguments()); });
    monitor.add(u"query-migrate-parameters"_s,
        [this](const Request&) -> Result<QJsonValue> { return m_settings.parameters.toJson(); });
    monitor.add(u"migrate-set-capabilities"_s,
        [this](const Request& request) { return setCapabilities(request.arguments()); });
    monitor.add(u"query-migrate-capabilities"_s,
        [this](const Request&) -> Result<QJsonValue> { return m_settings.capabilities.toJson(); });
    monitor.add(u"x-query-migrate-provenance"_s, [this](const Request&) -> Result<QJsonValue> {
        return QJsonObject{ { u"parameters"_s, m_settings.parameters.provenance() },
            { u"capabilities"_s, m_settings.capabilities.provenance() } };
    });
    monitor.add(u"migrate"_s, [this](const Request& request) { return migrate(request.arguments()); });
    monitor.add(u"migrate-incoming"_s,
        [this](const Request& request) { return migrateIncoming(request.arguments()); });
    monitor.add(u"migrate_cancel"_s, [this](const Request&) -> Result<QJsonValue> {
        m_parts.backend.cancel();
        return QJsonValue();
    });
    monitor.add(u"query-migrate"_s, [this](const Request&) -> Result<QJsonValue> { return query(); });
}

void MigrationCommands::applySettings()
{
    const VmLock lock(m_parts.machine);
    m_parts.machine.setLateBlockActivate(m_settings.capabilities.capabilities().lateBlockActivate);
    m_parts.machine.setPopulate(m_settings.parameters.parameters().populate);
}

Result<QJsonValue> MigrationCommands::setParameters(const QJsonObject& arguments)
{
    if (auto set = m_settings.parameters.setAll(arguments, ParameterSource::Qmp); !set)
        return std::unexpected(set.error());
    applySettings();
    return QJsonValue();
}

Result<QJsonValue> MigrationCommands::setCapabilities(const QJsonObject& arguments)
{
    if (m_parts.backend.view().status != MigrationStatus::None && m_parts.backend.isActive() && !m_incoming)
        return qemuError(ErrorCode::Refused, u"There's a migration process in progress"_s);
    if (auto set
        = m_settings.capabilities.setAll(arguments["capabilities"_L1].toArray(), ParameterSource::Qmp);
        !set)
        return std::unexpected(set.error());
    applySettings();
    return QJsonValue();
}

engine::Combination MigrationCommands::combination(const engine::Channels& channels, CheckMoment moment) const
{
    return { .moment = moment,
        .parameters = m_settings.parameters.parameters(),
        .channels = channels,
        .defer = moment == CheckMoment::Start && m_defer };
}

engine::RealizePolicy MigrationCommands::incomingPolicy() const
{
    engine::RealizePolicy policy = combination(m_channels, CheckMoment::Start).policy();
    policy.incoming = m_incoming;
    return policy;
}

Result<QJsonValue> MigrationCommands::migrate(const QJsonObject& arguments)
{
    if (arguments["resume"_L1].toBool())
        return qemuError(ErrorCode::Unsupported, u"Cannot resume: there is no paused postcopy migration"_s);
    if (m_parts.backend.isActive())
        return qemuError(ErrorCode::Refused,
            m_incoming ? u"Guest is waiting for an incoming migration"_s
                       : u"There's a migration process in progress"_s);
    {
        const VmLock lock(m_parts.machine);
        switch (m_parts.machine.runState()) {
        case RunState::InMigrate:
            return qemuError(ErrorCode::Refused, u"Guest is waiting for an incoming migration"_s);
        case RunState::PostMigrate:
            return qemuError(
                ErrorCode::Refused, u"Can't migrate the vm that was paused due to previous migration"_s);
        case RunState::Shutdown:
        case RunState::InternalError:
            return qemuError(ErrorCode::Refused, u"The guest has ended"_s);
        default:
            break;
        }
    }
    auto channels = engine::parseChannels(arguments, u"migrate"_s);
    if (!channels)
        return std::unexpected(channels.error());
    MigrationRequest request{ .combination = combination(*channels, CheckMoment::Migrate),
        .fds = [this](const QString& name) { return m_parts.fds.take(name); },
        .announceFault = faultAnnouncement() };
    if (auto accepted = engine::checkCombination(request.combination); !accepted)
        return std::unexpected(accepted.error());
    {
        const VmLock lock(m_parts.machine);
        const auto policy = request.combination.policy(!request.combination.mainIsInet());
        if (auto movable = engine::checkReopenable(policy, m_parts.machine.devices()); !movable)
            return std::unexpected(movable.error());
    }
    tellFault(true);
    if (auto started = m_parts.backend.start(std::move(request)); !started)
        return std::unexpected(started.error());
    m_outgoing = true;
    return QJsonValue();
}

Result<QJsonValue> MigrationCommands::migrateIncoming(const QJsonObject& arguments)
{
    bool precreate = false;
    {
        const VmLock lock(m_parts.machine);
        precreate = !m_parts.machine.isCreated();
        if (!precreate && m_parts.machine.runState() != RunState::InMigrate)
            return qemuError(ErrorCode::Refused, u"'-incoming' was not specified on the command line"_s);
    }
    if (m_channels.main)
        return qemuError(ErrorCode::Refused, u"The incoming migration has already been started"_s);
    auto channels = engine::parseChannels(arguments, u"wait for a migration"_s);
    if (!channels)
        return std::unexpected(channels.error());
    if (channels->cpr && m_channels.cpr)
        return qemuError(ErrorCode::Refused, u"The 'cpr' channel was given on the command line already"_s);
    if (channels->cpr && !precreate)
        return qemuError(ErrorCode::Refused,
            u"The machine exists already: a 'cpr' channel can be added in the phase precreate"_s);
    engine::Channels all = *channels;
    if (m_channels.cpr)
        all.cpr = m_channels.cpr;
    MigrationRequest request{ .combination = combination(all, CheckMoment::Incoming),
        .fds = [this](const QString& name) { return m_parts.fds.take(name); },
        .announceFault = faultAnnouncement() };
    if (auto accepted = engine::checkCombination(request.combination); !accepted)
        return std::unexpected(accepted.error());
    const engine::RealizePolicy policy = request.combination.policy();
    {
        const VmLock lock(m_parts.machine);
        const engine::RealizePolicy& used = m_parts.machine.policy();
        if (!precreate && (used.migrateFds != policy.migrateFds || used.channel != policy.channel))
            return qemuError(ErrorCode::Refused,
                u"The machine was created for another way of passing descriptors: set migrate-fds and the "
                u"mode "
                "with -incoming config:, or in the phase precreate"_s);
        if (precreate)
            m_parts.machine.setPolicy(policy);
    }
    const auto before = std::tuple(m_incoming, m_channels);
    m_incoming = true;
    m_channels = all;
    if (precreate && !all.cpr) {
        if (auto created = m_parts.createDevices(); !created) {
            std::tie(m_incoming, m_channels) = before;
            return std::unexpected(created.error());
        }
    }
    m_exitOnError = arguments["exit-on-error"_L1].toBool(true);
    if (!m_parts.backend.isActive())
        tellFault(false);
    if (auto listening = m_parts.backend.listen(std::move(request)); !listening) {
        m_channels = std::get<1>(before);
        return std::unexpected(listening.error());
    }
    return QJsonValue();
}

Result<void> MigrationCommands::openListeners()
{
    if (!m_channels.main && !m_channels.cpr)
        return {};
    tellFault(false);
    return m_parts.backend.listen({ .combination = combination(m_channels, CheckMoment::Start),
        .fds = {},
        .announceFault = faultAnnouncement() });
}

QStringList MigrationCommands::blockedReasons() const
{
    // Channels that fit: what is left is the settings' fault.
    engine::Channels channels;
    channels.main = engine::ChannelAddress{ .path = u"main"_s };
    engine::Combination all = combination(channels, CheckMoment::Migrate);
    if (all.mode() == engine::MigrationMode::CprTransfer)
        all.channels.cpr = engine::ChannelAddress{ .path = u"cpr"_s };
    const auto accepted = engine::checkCombination(all);
    return accepted ? QStringList() : QStringList{ errorText(accepted.error()) };
}

QJsonObject MigrationCommands::query() const
{
    const MigrationView view = m_parts.backend.view();
    QJsonObject info;
    if (view.status != MigrationStatus::None)
        info.insert("status"_L1, QString(engine::migrationStatusName(view.status)));
    if (!view.error.isEmpty())
        info.insert("error-desc"_L1, view.error);
    for (const auto& [name, value] : { std::pair("total-time"_L1, view.totalMs),
             std::pair("setup-time"_L1, view.setupMs), std::pair("downtime"_L1, view.downtimeMs) }) {
        if (value && m_outgoing)
            info.insert(name, *value);
    }
    if (m_outgoing && view.totalMs) {
        quint64 total = 0;
        {
            const VmLock lock(m_parts.machine);
            total = m_parts.machine.ramBytes();
        }
        const auto sent = static_cast<qint64>(view.ramBytesSent);
        QJsonObject ram{ { u"transferred"_s, sent }, { u"total"_s, static_cast<qint64>(total) },
            { u"normal-bytes"_s, sent }, { u"normal"_s, sent / 4096 }, { u"page-size"_s, 4096 },
            { u"dirty-sync-count"_s, view.passes }, { u"precopy-bytes"_s, sent }, { u"mbps"_s, 0 } };
        for (const auto name : { "remaining"_L1, "duplicate"_L1, "dirty-pages-rate"_L1,
                 "postcopy-requests"_L1, "multifd-bytes"_L1, "pages-per-second"_L1, "downtime-bytes"_L1,
                 "postcopy-bytes"_L1, "dirty-sync-missed-zero-copy"_L1 })
            ram.insert(name, 0);
        info.insert("ram"_L1, ram);
    }
    if (view.destinationRan)
        info.insert("destination-ran"_L1, *view.destinationRan);
    if (view.destinationGone)
        info.insert("destination-gone"_L1, *view.destinationGone);
    QJsonArray addresses;
    for (const engine::ChannelAddress& address : view.listening)
        addresses.append(address.toSocketAddress());
    if (!addresses.isEmpty())
        info.insert("socket-address"_L1, addresses);
    if (const QStringList reasons = blockedReasons(); !m_incoming && !reasons.isEmpty())
        info.insert("blocked-reasons"_L1, QJsonArray::fromStringList(reasons));
    return info;
}

void MigrationCommands::noticed(const std::vector<Notice>& notices)
{
    if (m_parts.runState.told() == RunState::Precreate)
        tellRunState(); // the machine leaves precreate on the engine's thread
    for (const Notice& notice : notices)
        take(notice);
    m_parts.log.flush();
}

void MigrationCommands::tellRunState()
{
    RunState state = RunState::Precreate;
    {
        const VmLock lock(m_parts.machine);
        state = m_parts.machine.runState();
    }
    m_parts.runState.tell(state);
}

void MigrationCommands::take(const Notice& notice)
{
    switch (notice.kind) {
    case Notice::Kind::Status:
        tellStatus(notice.status, notice.timeNs);
        break;
    case Notice::Kind::VmStopped:
        m_parts.runState.tell(RunState::FinishMigrate, notice.timeNs);
        break;
    case Notice::Kind::VmStarted:
        m_parts.runState.tell(RunState::Running, notice.timeNs);
        break;
    case Notice::Kind::Pass:
        if (m_settings.capabilities.value(u"events"_s))
            m_parts.monitor.emitEvent(u"MIGRATION_PASS"_s, { { u"pass"_s, notice.value } }, notice.timeNs);
        break;
    case Notice::Kind::Trace:
        m_parts.log.write(notice.name, notice.text, notice.timeNs);
        break;
    case Notice::Kind::SectionTrace:
        m_parts.log.write(notice.name,
            u"type=%1 idstr=%2 instance_id=0 downtime=%3"_s
                .arg(notice.text == "ram"_L1 ? u"iterable"_s : u"non-iterable"_s, notice.text)
                .arg(notice.value / 1000),
            notice.timeNs);
        break;
    case Notice::Kind::Ownership:
        tellOwnership(notice);
        break;
    }
}

void MigrationCommands::tellStatus(MigrationStatus status, qint64 timeNs)
{
    const QString name = engine::migrationStatusName(status);
    m_parts.log.write(u"migrate_set_state"_s, u"new state "_s + name, timeNs);
    if (m_settings.capabilities.value(u"events"_s))
        m_parts.monitor.emitEvent(u"MIGRATION"_s, { { u"status"_s, name } }, timeNs);
}

void MigrationCommands::tellFault(bool source)
{
    const engine::FaultPoint fault = m_settings.parameters.parameters().fault;
    if (fault.isOn(source))
        m_parts.log.writeNow(u"x_fault_armed"_s, fault.text());
}

engine::FaultTrigger::Announce MigrationCommands::faultAnnouncement()
{
    return [&log = m_parts.log](const QString& fault) { log.writeNow(u"x_fault_done"_s, fault); };
}

void MigrationCommands::tellOwnership(const Notice& notice)
{
    QString resource;
    {
        const VmLock lock(m_parts.machine);
        for (const engine::Device* device : m_parts.machine.devices()) {
            if (device->id() == notice.text)
                resource = device->resource();
        }
    }
    // Some devices have nothing that only one can own.
    if (resource.isEmpty())
        return;
    const bool owned = notice.value != 0;
    m_parts.log.write(u"x_device_ownership"_s,
        u"%1 resource %2 owned %3"_s.arg(notice.text, resource).arg(int(owned)), notice.timeNs);
    m_parts.monitor.emitEvent(u"DEVICE_OWNERSHIP"_s,
        { { u"device"_s, notice.text }, { u"resource"_s, resource }, { u"owned"_s, owned } }, notice.timeNs);
}

void MigrationCommands::ended(const MigrationEnd& end)
{
    {
        const VmLock lock(m_parts.machine);
        if (end.outgoing)
            m_parts.machine.handoverEnded(end.completed);
        else if (end.completed)
            m_parts.machine.traceFoundFds(engine::BackendSource::AwaitMain);
    }
    tellRunState();
    // One that was asked for over QMP is for one migration, not for the next one of an unsuspecting operator.
    std::ignore = m_settings.parameters.set(u"x-fault"_s, QJsonValue::Null, ParameterSource::Qmp);
    if (end.error)
        m_parts.log.write(u"migrate_error"_s, u"error="_s + errorText(*end.error));
    if (end.outgoing)
        m_parts.log.write(u"migration_call_notifiers"_s, end.completed ? u"type=2"_s : u"type=3"_s);
    m_parts.log.write(u"migration_cleanup"_s);
    m_parts.log.flush();
    if (end.outgoing)
        return;
    m_incoming = false;
    if (end.completed)
        return;
    m_channels = {};
    m_incoming = m_defer = true;
    if (end.error && m_exitOnError)
        m_parts.giveUp(*end.error);
}

} // namespace cutover::vmm
