// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/commandline.h"
#include "operator/procfs.h"
#include "qmp/schema.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonObject>
#include <QStringList>

#include <optional>
#include <vector>

namespace cutover::op {

/// Three numbers, comparable; what a VMM or a binary says of itself.
struct Version
{
    int major = 0;
    int minor = 0;
    int micro = 0;

    auto operator<=>(const Version&) const = default;
    QString toString() const;
    /// The first "N.N[.N]" after the word "version", or of the text.
    static std::optional<Version> parse(const QString& text);
};

/// A memory backend as the running VMM has it.
struct MemoryBackendFacts
{
    QString id;
    QString type; ///< "memory-backend-memfd", ...
    qint64 size = -1; ///< bytes; -1 unknown
    std::optional<bool> share;
    QString path; ///< of memory-backend-file
    bool operator==(const MemoryBackendFacts&) const = default;
};

struct BlockNodeFacts
{
    QString nodeName;
    QString driver;
    QString file;
    bool writable = false;
    bool operator==(const BlockNodeFacts&) const = default;
};

/// A device or object of the running VMM that has an id.
struct NamedItem
{
    QString id;
    QString type;
    bool operator==(const NamedItem&) const = default;
};

/// What /proc says about the VMM's process; absent where it is not known or not permitted to look.
struct ProcessFacts
{
    pid_t pid = 0;
    quint64 startTime = 0;
    uid_t uid = 0;
    QString executable; ///< without " (deleted)"
    bool executableReplaced = false;
    QString workingDirectory;
    QStringList argv; ///< empty: not permitted
    CommandFacts command;
    std::optional<OpenFilesLimit> openFilesLimit;
    int openFiles = -1; ///< -1: not permitted
    int passableFiles = -1; ///< memfds, VFIO and iommufd among them: the least a CPR stream carries
    std::optional<bool> kcmpPermitted; ///< whether the identity of its fds can be proved
};

/// What is known of one VMM at one moment. An absent value was not offered or not permitted;
/// notOffered names what the VMM does not have.
struct Facts
{
    QString address; ///< the monitor's path, for messages
    bool monitorUsable = false; ///< greeting and negotiation succeeded
    QString monitorError; ///< why not
    Version version;
    QString package;
    std::optional<qmp::Schema> schema;
    QStringList notOffered; ///< commands, or "command object property"
    QString name;

    QString runState; ///< empty: unknown
    QString migrationStatus; ///< "none" if nothing has been migrated; empty: unknown
    QString migrationError;
    QStringList modes; ///< MigMode values that can be set
    bool offersChannels = false; ///< migrate takes channels
    QHash<QString, bool> capabilities;
    QJsonObject parameters;
    std::optional<QStringList> blockedReasons; ///< for blockedReasonsMode
    QString blockedReasonsMode;

    QString machineType; ///< resolved, as -machine takes it: "pc-q35-10.0"
    QString memoryBackendId; ///< of the machine
    std::optional<bool> auxRamShare;
    bool confidentialGuest = false;
    qint64 ramSize = -1; ///< bytes
    std::vector<MemoryBackendFacts> memoryBackends;
    QString ramBlocks; ///< x-query-ramblock's text
    std::optional<std::vector<NamedItem>> objects; ///< of /objects
    std::optional<std::vector<NamedItem>> peripherals; ///< devices with an id
    std::vector<BlockNodeFacts> blockNodes;
    QStringList characterDevices; ///< labels

    std::optional<QJsonArray> cprFds; ///< query-cpr-fds' answer
    QHash<QString, bool> deviceSwitches; ///< by path in the VMM's tree: the property that passes fds
    QJsonArray parameterProvenance; ///< where each migration parameter's value comes from

    std::optional<ProcessFacts> process;
    qint64 availableMemory = -1; ///< of the host

    std::optional<bool> capability(const QString& name) const;
    bool isRunning() const { return runState == QLatin1StringView("running"); }
};

/// Reads what /proc tells about \a pid; what is not permitted stays absent. NotFound if it is gone.
Result<ProcessFacts> collectProcess(pid_t pid, const ProcFs& proc = ProcFs());

} // namespace cutover::op
