// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/channels.h"
#include "engine/settings.h"
#include "vmm/devicetypes.h"
#include "vmm/kvm/accelerators.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <cstdint>

namespace cutover::vmm {

/// One -qmp monitor.
struct MonitorOptions
{
    QString path;
    bool server = false; ///< listens; else it connects to a listener
    bool wait = false; ///< a server that waits for its first client before anything else starts

    bool operator==(const MonitorOptions&) const = default;
};

/// What the program was asked to do.
struct VmmOptions
{
    enum class Action : std::uint8_t { Run, Print };
    Action action = Action::Run;
    QString text; ///< Print: help or version, for standard output; the other members are not filled

    QString name;
    quint64 memoryBytes = quint64{ 256 }
        << 20; ///< a multiple of 4 KiB; the sum of the objects, where there are any
    int processors = 1; ///< 1..64
    AcceleratorWish accelerator;
    QString compat; ///< machine version, one of engine::compatVersions()
    QString
        memoryBackend; ///< id of one of objects, or empty; RAM is all of them, or one block of the VM's own
    bool precreate = false;
    bool startPaused = false;
    bool timestamps = false;
    QString logFile;
    QStringList tracePatterns;
    QList<MonitorOptions> monitors;
    QList<DeviceOptions> objects; ///< in the order of the command line
    QList<DeviceOptions> devices;
    QList<PropertyDefault> defaults; ///< of compat, then -global: for device_add and object-add
    engine::Incoming incoming;
    engine::MigrationSettings settings; ///< compat, -global and config: merged
};

/// Parses the arguments (without the program's name) of cutover-vmm, spelled as QEMU's. An error names the
/// option and the key; unknown options and keys, options given twice that cannot be, ids given twice and
/// refused combinations of migration settings are errors. Reads and opens nothing.
Result<VmmOptions> parseCommandLine(const QStringList& arguments);

} // namespace cutover::vmm
