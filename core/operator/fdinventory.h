// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::op {

struct Facts;

/// Who may hold an fd while the other side still works with it, as its VMM says.
enum class FdSharing : std::uint8_t { Unknown, Shareable, Exclusive };

/// One fd that a device works with. (name, id) is its key on every channel.
struct InventoryFd
{
    QString name;
    int id = 0;
    QString kind; ///< as fdpass::fdKindId(); empty = not known
    FdSharing sharing = FdSharing::Unknown;
    std::optional<int> number; ///< in the VMM's process
    QString state; ///< the VMM's word: "open", "owned", "absent", "awaited-cpr"…; empty = it has none

    bool operator==(const InventoryFd&) const = default;
};

/// The device's own switch: it passes its fds whenever the migration passes fds.
struct DeviceSwitch
{
    QString property; ///< empty: the device has none
    QString path; ///< of the object in the VMM's tree that has the property
    bool on = false;
    QString fixed; ///< why it cannot be set while the VMM runs, translated; empty: it can

    bool exists() const { return !property.isEmpty(); }
    bool isSettable() const { return exists() && fixed.isEmpty(); }
    bool operator==(const DeviceSwitch&) const = default;
};

enum class DeviceKind : std::uint8_t { Device, Ram, Channel };

struct InventoryDevice
{
    QString id;
    QString type; ///< "tap-net", "memory-backend-memfd"…; empty = not known
    DeviceKind kind = DeviceKind::Device;
    QString resource; ///< what stands behind it on the host: an interface, a path; may be empty
    /// Why its exclusive fds pass or the VMM refuses the migration, in the VMM's words; empty: they can be
    /// opened by name.
    QString reopenObstacle;
    DeviceSwitch own;
    std::vector<InventoryFd> fds;

    bool operator==(const InventoryDevice&) const = default;
};

/// The operator's switch for a whole migration, under the name that the VMM has for it.
struct GlobalSwitch
{
    enum class Kind : std::uint8_t { None, Parameter, Capability };
    Kind kind = Kind::None;
    QString name; ///< "migrate-fds", "local"; empty for None
    bool on = false; ///< as it is set on the VMM
    bool followsMode = false; ///< nobody has set it: on in the CPR modes, off in the others

    bool exists() const { return kind != Kind::None; }
    bool operator==(const GlobalSwitch&) const = default;
};

/// What one VMM says of its devices, their fds, and both layers of switches at one moment.
struct FdInventory
{
    GlobalSwitch global;
    QString handover; ///< the policy in force; empty: the VMM knows none
    bool listsFds = false; ///< the VMM names its fds itself; else they are what is known from elsewhere
    std::vector<InventoryDevice> devices; ///< RAM first
    QStringList ramBlocks; ///< the names of all blocks of RAM, those of firmware and video among them

    const InventoryDevice* find(const QString& id) const;
    QJsonObject toJson() const;
    /// What is missing or of a wrong type stays as it is by default.
    static FdInventory fromJson(const QJsonObject& json);
    bool operator==(const FdInventory&) const = default;
};

FdInventory inventoryOf(const Facts& facts);
/// Puts the answer to query-cpr-fds in place of the fds that \a inventory has.
void takeFds(FdInventory& inventory, const QJsonArray& answer);

/// The name that the VMM has for the operator's switch; empty when it has none.
QString globalSwitchName(const Facts& facts);

} // namespace cutover::op
