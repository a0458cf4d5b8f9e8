// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/commandline.h"

#include <QHash>
#include <QJsonObject>
#include <QSet>

#include <optional>
#include <vector>

namespace cutover::op {

/// One difference between the source's command line and the destination's.
struct CommandChange
{
    enum class Kind : std::uint8_t {
        Added,
        Removed,
        Replaced,
        Warning, ///< kept as it is; the operator should know what that means
        Conflict, ///< kept as it is; the destination cannot start or would harm the source with it
    };
    Kind kind = Kind::Added;
    QString before; ///< the option as the source has it; empty for Added
    QString after; ///< empty for Removed
    QString reason; ///< one sentence for the operator
};

/// A path that the source owns and what the destination uses until it takes the source's place.
struct PathMove
{
    QString sourcePath; ///< as on the source's command line
    QString destinationPath;
    bool operator==(const PathMove&) const = default;
};

struct DeriveOptions
{
    QString binary; ///< empty: the source's program
    /// The command line is that of the source's process, which closes what it has open but what it hands on.
    bool sameProcess = false;
    /// The network backends of the running source; absent: those of the command line, which is the source's.
    std::optional<std::vector<NetworkBackend>> sourceNetwork;
    QString machineType; ///< the source's machine type with aliases resolved; empty: kept as written
    QString socketFolder; ///< existing private folder for everything that needs a path of its own
    QString connectBackPath; ///< `-qmp unix:…,server=off`, first of all monitors; empty: none
    QString monitorPath; ///< permanent monitor; empty: socketFolder/monitor
    QString mainPath; ///< unix main channel for `-incoming unix:`; empty: `-incoming defer`
    QString cprPath; ///< CPR channel by path; empty: by cprFd
    /// CPR listener's fd number in the destination; -1 and no path: no CPR channel. QEMU 11.1 takes it, 10.0
    /// exits with "bad cpr channel socket type; must be unix" before it has touched anything.
    int cprFd = -1;
    bool startPaused = true; ///< -S
    QJsonObject earlyParameters; ///< `-incoming config:…`, for a VMM that has it; empty: none
    /// The property that passes a device's fds, and its value by the device's or object's id, where it can
    /// have been set since the source was started.
    QString fdSwitch;
    QHash<QString, bool> fdSwitches;
    /// The devices whose fds come with the migration: numbers of theirs on the command line are not used.
    QSet<QString> passedDevices;
    QString logFile; ///< -D; empty: socketFolder/trace.log
    QStringList tracePatterns; ///< empty: trace::subscription()
};

struct DerivedCommand
{
    QStringList argv;
    std::vector<CommandChange> changes; ///< in the order of the command line, additions last
    std::vector<PathMove> moves; ///< to be renamed onto the source's paths when the source is gone
    QString monitorPath; ///< of the permanent monitor
    QString logFile;

    bool hasConflicts() const;
    QString shellLine() const { return op::shellLine(argv); }
};

/// The destination's command line: the same machine, other sockets, incoming channels and logs.
/// Pure; to be run in the source's working folder. Each difference is in changes.
Result<DerivedCommand> derive(const QStringList& sourceArgv, const DeriveOptions& options);

} // namespace cutover::op
