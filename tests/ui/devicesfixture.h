// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fixture.h"
#include "operator/fdswitches.h"

namespace cutover::ui::test {

/// How the switches of the pretended VMM stand.
struct Switches
{
    std::optional<bool> global; ///< absent: it follows the mode
    bool network = true;
    bool disk = true;
};

inline op::InventoryDevice device(const QString& id, const QString& type, bool on)
{
    const QString folder
        = id == u"ram0" ? QStringLiteral("/objects/") : QStringLiteral("/machine/peripheral/");
    return { .id = id,
        .type = type,
        .kind = id == u"ram0" ? op::DeviceKind::Ram : op::DeviceKind::Device,
        .resource = {},
        .reopenObstacle = {},
        .own = { .property = QStringLiteral("migrate-fds"), .path = folder + id, .on = on, .fixed = {} },
        .fds = {} };
}

inline op::InventoryFd fd(const QString& name, int id, const QString& kind, bool exclusive, int number)
{
    return { .name = name,
        .id = id,
        .kind = kind,
        .sharing = exclusive ? op::FdSharing::Exclusive : op::FdSharing::Shareable,
        .number = number < 0 ? std::nullopt : std::optional(number),
        .state = number < 0 ? QStringLiteral("absent")
            : exclusive     ? QStringLiteral("owned")
                            : QStringLiteral("open") };
}

/// What a check finds of an embedded VMM with five devices and eight open fds.
inline timeline::Event inventoryEvent(const Switches& switches)
{
    op::FdInventory inventory;
    inventory.global = { .kind = op::GlobalSwitch::Kind::Parameter,
        .name = QStringLiteral("migrate-fds"),
        .on = false,
        .followsMode = true };
    inventory.handover = QStringLiteral("prepared");
    inventory.listsFds = true;
    const QString memfd = QStringLiteral("memfd");
    const QString socket = QStringLiteral("socket");
    op::InventoryDevice ram = device(QStringLiteral("ram0"), QStringLiteral("memory-backend-memfd"), true);
    ram.fds = { fd(ram.id, 0, memfd, false, 9) };
    op::InventoryDevice network = device(QStringLiteral("net0"), QStringLiteral("tap-net"), switches.network);
    network.resource = QStringLiteral("tap0");
    network.fds = { fd(network.id, 0, QStringLiteral("tap"), true, 14),
        fd(network.id, 1, QStringLiteral("tap"), true, 15),
        fd(QStringLiteral("net0/token"), 0, memfd, false, 16) };
    op::InventoryDevice disk
        = device(QStringLiteral("disk0"), QStringLiteral("vhost-user-blk"), switches.disk);
    disk.fds = { fd(disk.id, 0, socket, true, 17),
        fd(QStringLiteral("disk0/kick"), 0, QStringLiteral("eventfd"), false, 18) };
    op::InventoryDevice console = device(QStringLiteral("console0"), QStringLiteral("console"), true);
    console.fds = { fd(QStringLiteral("console0/listener"), 0, socket, true, 19),
        fd(QStringLiteral("console0/connection"), 0, socket, true, -1) };
    op::InventoryDevice ballast = device(QStringLiteral("ballast0"), QStringLiteral("ballast"), true);
    ballast.fds = { fd(ballast.id, 0, memfd, false, 20) };
    inventory.devices = { ram, network, disk, console, ballast };
    op::FdRoute route{ .mode = QStringLiteral("cpr-transfer"),
        .on = switches.global.value_or(true),
        .chosen = switches.global.has_value(),
        .handover = inventory.handover };
    return { .side = Side::Source,
        .timeNs = 10,
        .category = timeline::Category::Inventory,
        .name = QStringLiteral("devices"),
        .attributes = { { QStringLiteral("inventory"), inventory.toJson() },
            { QStringLiteral("route"), route.toJson() } } };
}

/// Those that pass when only the disk is switched off.
inline QList<std::pair<QString, int>> passingFds()
{
    return { { QStringLiteral("ram0"), 0 }, { QStringLiteral("net0"), 0 }, { QStringLiteral("net0"), 1 },
        { QStringLiteral("net0/token"), 0 }, { QStringLiteral("console0/listener"), 0 },
        { QStringLiteral("ballast0"), 0 } };
}

inline timeline::Event trace(Side side, const QString& event, const QString& name, int id, int fd)
{
    return { .side = side,
        .timeNs = 1500,
        .category = timeline::Category::Trace,
        .name = event,
        .attributes
        = { { QStringLiteral("name"), name }, { QStringLiteral("id"), id }, { QStringLiteral("fd"), fd } } };
}

inline timeline::Event proofEvent(const QString& name, int id, const QString& identity)
{
    return { .side = Side::Console,
        .timeNs = 9000,
        .category = timeline::Category::Fd,
        .name = name,
        .attributes = { { QStringLiteral("id"), id }, { QStringLiteral("identity"), identity },
            { QStringLiteral("method"), QStringLiteral("kcmp") },
            { QStringLiteral("proof"), QStringLiteral("kcmp says so") } } };
}

/// Remembers which switch was asked for.
class SwitchSession : public ScriptedSession
{
public:
    QString switched;
    Result<void> settable;

    Result<void> canSetFdSwitches() const override { return settable; }
    Result<void> setGlobalFdSwitch(bool on) override
    {
        switched = QStringLiteral("global ") + (on ? u"on" : u"off");
        return settable;
    }
    Result<void> setDeviceFdSwitch(const QString& device, bool on) override
    {
        switched = device + (on ? u" on" : u" off");
        return settable;
    }
};

} // namespace cutover::ui::test
