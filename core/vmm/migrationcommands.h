// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/settings.h"
#include "vmm/migrationbackend.h"

#include <QJsonObject>

#include <functional>

namespace cutover::vmm {

class FdStore;
class Machine;
class Monitor;
class RunStateTeller;
class TraceLog;

/// Everything of the monitor that has to do with migration: parameters and capabilities, migrate,
/// migrate-incoming and their relatives, the events MIGRATION, MIGRATION_PASS and DEVICE_OWNERSHIP, and the
/// engine's trace. The engine itself is behind MigrationBackend.
class MigrationCommands
{
public:
    struct Parts
    {
        Monitor& monitor;
        Machine& machine;
        TraceLog& log;
        FdStore& fds;
        MigrationBackend& backend;
        RunStateTeller& runState;
        /// Leaves precreate. Without the lock.
        std::function<Result<void>()> createDevices;
        /// An incoming migration has failed and nobody has asked to stay.
        std::function<void(const Error&)> giveUp;
    };

    /// Everything in \a parts outlives it. \a incoming: of the command line.
    MigrationCommands(Parts parts, engine::MigrationSettings settings, const engine::Incoming& incoming);

    void addTo(Monitor& monitor);

    /// Opens the listeners that the command line names. Before createDevices() if there is a CPR channel.
    Result<void> openListeners();
    /// What the settings and the channels known so far say about fds.
    engine::RealizePolicy incomingPolicy() const;
    bool isIncoming() const { return m_incoming; }
    /// True when precreate is left by the CPR state alone.
    bool awaitsCpr() const { return m_channels.cpr.has_value(); }
    const engine::MigrationSettings& settings() const { return m_settings; }

private:
    engine::Combination combination(const engine::Channels& channels, engine::CheckMoment moment) const;
    /// Tells the machine what of the settings concerns it.
    void applySettings();
    Result<QJsonValue> setParameters(const QJsonObject& arguments);
    Result<QJsonValue> setCapabilities(const QJsonObject& arguments);
    Result<QJsonValue> migrate(const QJsonObject& arguments);
    Result<QJsonValue> migrateIncoming(const QJsonObject& arguments);
    QJsonObject query() const;
    QStringList blockedReasons() const;

    void noticed(const std::vector<engine::Notice>& notices);
    void take(const engine::Notice& notice);
    void tellRunState();
    void tellStatus(engine::MigrationStatus status, qint64 timeNs);
    /// In the log, whatever is switched on there: an armed fault is never silent.
    void tellFault(bool source);
    engine::FaultTrigger::Announce faultAnnouncement();
    void tellOwnership(const engine::Notice& notice);
    void ended(const MigrationEnd& end);

    Parts m_parts;
    engine::MigrationSettings m_settings;
    engine::Channels m_channels; ///< of the incoming migration
    bool m_incoming = false;
    bool m_outgoing = false; ///< a guest was sent, or was to be
    bool m_defer = false;
    bool m_exitOnError = true;
};

} // namespace cutover::vmm
