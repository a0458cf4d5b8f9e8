// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "lab/labprogram.h"
#include "operator/session.h"

#include <QJsonObject>
#include <QString>

namespace cutover::runs {

inline constexpr qsizetype maxSetName = 60;
inline constexpr int maxSets = 16;
inline constexpr int maxCount = 10'000; ///< runs of a set

/// What the guest of an embedded VMM does meanwhile.
enum class Load : std::uint8_t {
    Idle, ///< nothing but its heartbeat
    Work, ///< writes 64 MiB/s of memory and 500 blocks/s to its disk
    Full, ///< both as fast as it can
};

/// How each migration of a set is done, and to what.
struct Settings
{
    enum class Vmm : std::uint8_t { Embedded, Qemu };
    QString name;
    Vmm vmm = Vmm::Embedded;
    op::SourceSpec source; ///< the operator's own VMM; empty: one in a lab
    QString binary; ///< of the lab's source; empty: the usual one of its kind
    QString newBinary; ///< of the destination; empty: the source's
    QString mode = QStringLiteral("cpr-transfer"); ///< or normal
    /// The embedded VMM's parameter of that name. Of a QEMU: early-stop = stopped by us before the migration,
    /// late-stop = as QEMU does it by itself.
    QString handover;
    bool migrateFds = true; ///< false: all is copied, in normal mode
    bool guarded = true; ///< a QEMU destination starts the guest only by our cont
    qint64 ramBytes = qint64{ 256 } << 20; ///< of a lab's guest; a multiple of 1 MiB
    int queues = 1; ///< of an embedded lab's devices, 1..8
    bool devices = true; ///< an embedded lab's network, disk and console
    QString accelerator; ///< of a lab; empty: the usual one
    Load load = Load::Work;
    int hostThreads = 0; ///< of ours that use up processor time during each migration, 0..64

    bool isLab() const { return source == op::SourceSpec{}; }
    /// The guest is stopped over QMP before `migrate`.
    bool stopsByHand() const { return vmm == Vmm::Qemu && handover == QLatin1StringView("early-stop"); }
    /// The lab's VMMs differ, so that a guest that has moved does not move again.
    bool needsFreshLab() const { return isLab() && !newBinary.isEmpty() && newBinary != binary; }

    bool operator==(const Settings&) const = default;
};

/// "NAME:key=value,…" as `cutoverctl runs --set` takes it; a comma within a value is doubled. Keys: vmm,
/// source (qmp:PATH or pid:N), binary, new-binary, mode, handover, migrate-fds, guarded, ram, queues,
/// devices, accel, load, busy. InvalidArgument, with a hint as remedy, for what is unknown or contradicts
/// itself.
Result<Settings> settingsFromText(const QString& text);
/// Only what differs from the default, so that settingsFromText() gives the same again.
QString settingsText(const Settings& settings);
/// What contradicts itself, whatever it came from.
Result<void> checkSettings(const Settings& settings);

QJsonObject toJson(const Settings& settings);
/// Checked.
Result<Settings> settingsFromJson(const QJsonObject& object);

/// What the settings mean for the session of one run. The source's place is not filled in for a lab.
op::SessionRequest requestOf(const Settings& settings);
lab::LabRequest labOf(const Settings& settings);

} // namespace cutover::runs
