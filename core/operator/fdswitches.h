// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "operator/fdinventory.h"

#include <QHash>

/// What both layers of switches do: before a migration, in words, for each fd. All of it is pure.
namespace cutover::op {

struct Plan;

/// How the guest is going to be moved, as far as fds care.
struct FdRoute
{
    QString mode; ///< MigMode
    bool on = false; ///< the global switch, as it will be in force
    bool chosen = false; ///< somebody has set it; else it follows the mode
    QString handover; ///< empty: the VMM knows no policies
    bool mainCarriesFds = true; ///< the main channel is a unix socket
    int inheritedListener = -1; ///< number in the destination of the CPR listener that it inherits; -1 = none
    /// By device: the switch of an attached destination that was found to be another than the source's.
    QHash<QString, bool> otherSwitches;

    /// The mode passes descriptors; cpr-reboot passes none.
    bool isCpr() const
    {
        return mode.startsWith(QLatin1StringView("cpr-")) && mode != QLatin1StringView("cpr-reboot");
    }
    QJsonObject toJson() const;
    static FdRoute fromJson(const QJsonObject& json);
    bool operator==(const FdRoute&) const = default;
};

FdRoute routeOf(const FdInventory& inventory, const Plan& plan);

enum class FdEffect : std::uint8_t {
    Passes, ///< the same open file on both sides
    Reopened, ///< opened by name by the destination, after the source has released it
    MadeAnew, ///< the destination makes its own; nothing of it needs to be kept
    Copied, ///< the destination makes its own, and what is in it is sent
    Inherited, ///< the console gives it to the destination
    Nothing, ///< there is none now
    Refused, ///< the migration would fail on it
    Unknown,
};
/// Stable: "passes", "reopened", ...
QString fdEffectId(FdEffect effect);
/// One or two translated words.
QString fdEffectWord(FdEffect effect);

/// What will happen to an fd, and why.
struct FdPrediction
{
    FdEffect effect = FdEffect::Unknown;
    QString channel; ///< "cpr" or "main"; empty when it does not pass
    QString reason; ///< translated, goes on after "passes: "
    QString remedy; ///< translated, one sentence; for Refused

    /// Whether both sides will have the same open file.
    bool isSame() const { return effect == FdEffect::Passes; }
    QString sentence() const; ///< "passes: both switches are on, …"
    bool operator==(const FdPrediction&) const = default;
};

/// Why no fd at all can be dealt with as the switches stand; effect Unknown when nothing speaks against it.
FdPrediction refusedRoute(const FdInventory& inventory, const FdRoute& route);

FdPrediction predictFd(
    const FdInventory& inventory, const FdRoute& route, const InventoryDevice& device, const InventoryFd& fd);

/// Of a device: what its fds have in common, or what matters most of it. Unknown without any fd.
FdPrediction predictDevice(const FdInventory& inventory, const FdRoute& route, const InventoryDevice& device);

/// Why the operator's switch, or a device's, cannot be set on this VMM; success when it can.
Result<void> canSetGlobal(const FdInventory& inventory);
Result<void> canSetDevice(const FdInventory& inventory, const QString& device);

} // namespace cutover::op
