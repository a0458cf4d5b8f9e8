// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/fdinventory.h"

#include "operator/facts.h"

#include <KLocalizedString>

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <utility>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

constexpr auto kinds
    = std::to_array<std::pair<DeviceKind, QLatin1StringView>>({ { DeviceKind::Device, "device"_L1 },
        { DeviceKind::Ram, "ram"_L1 }, { DeviceKind::Channel, "channel"_L1 } });
constexpr auto sharings
    = std::to_array<std::pair<FdSharing, QLatin1StringView>>({ { FdSharing::Unknown, ""_L1 },
        { FdSharing::Shareable, "shareable"_L1 }, { FdSharing::Exclusive, "exclusive"_L1 } });
constexpr auto globals = std::to_array<std::pair<GlobalSwitch::Kind, QLatin1StringView>>(
    { { GlobalSwitch::Kind::None, "none"_L1 }, { GlobalSwitch::Kind::Parameter, "parameter"_L1 },
        { GlobalSwitch::Kind::Capability, "capability"_L1 } });

template <typename Table>
QString idOf(const Table& table, auto value)
{
    return QString(std::ranges::find(table, value, [](const auto& entry) { return entry.first; })->second);
}

template <typename Table>
auto valueOf(const Table& table, const QString& id)
{
    const auto found = std::ranges::find(table, id, [](const auto& entry) { return entry.second; });
    return found == table.end() ? table.front().first : found->first;
}

QJsonObject toJson(const InventoryFd& fd)
{
    QJsonObject json{ { u"name"_s, fd.name }, { u"id"_s, fd.id }, { u"kind"_s, fd.kind },
        { u"class"_s, idOf(sharings, fd.sharing) }, { u"state"_s, fd.state } };
    if (fd.number)
        json.insert("fd"_L1, *fd.number);
    return json;
}

InventoryFd fdFrom(const QJsonObject& json)
{
    InventoryFd fd{ .name = json["name"_L1].toString(),
        .id = json["id"_L1].toInt(),
        .kind = json["kind"_L1].toString(),
        .sharing = valueOf(sharings, json["class"_L1].toString()),
        .number = {},
        .state = json["state"_L1].toString() };
    if (const int number = json["fd"_L1].toInt(-1); number >= 0)
        fd.number = number;
    return fd;
}

QJsonObject toJson(const InventoryDevice& device)
{
    QJsonArray fds;
    for (const InventoryFd& fd : device.fds)
        fds.append(toJson(fd));
    QJsonObject json{ { u"id"_s, device.id }, { u"type"_s, device.type },
        { u"kind"_s, idOf(kinds, device.kind) }, { u"resource"_s, device.resource }, { u"fds"_s, fds } };
    if (!device.reopenObstacle.isEmpty())
        json.insert("reopen-obstacle"_L1, device.reopenObstacle);
    if (device.own.exists())
        json.insert("switch"_L1,
            QJsonObject{ { u"property"_s, device.own.property }, { u"path"_s, device.own.path },
                { u"on"_s, device.own.on }, { u"fixed"_s, device.own.fixed } });
    return json;
}

InventoryDevice deviceFrom(const QJsonObject& json)
{
    InventoryDevice device{ .id = json["id"_L1].toString(),
        .type = json["type"_L1].toString(),
        .kind = valueOf(kinds, json["kind"_L1].toString()),
        .resource = json["resource"_L1].toString(),
        .reopenObstacle = json["reopen-obstacle"_L1].toString(),
        .own = {},
        .fds = {} };
    const QJsonObject own = json["switch"_L1].toObject();
    device.own = { .property = own["property"_L1].toString(),
        .path = own["path"_L1].toString(),
        .on = own["on"_L1].toBool(),
        .fixed = own["fixed"_L1].toString() };
    for (const auto& fd : json["fds"_L1].toArray())
        device.fds.push_back(fdFrom(fd.toObject()));
    return device;
}

/// Looked for under the names that VMMs have for it.
GlobalSwitch globalOf(const Facts& facts)
{
    GlobalSwitch found;
    for (const QString& name : { u"migrate-fds"_s, u"local"_s }) {
        if (facts.parameters.contains(name)) {
            found = {
                .kind = GlobalSwitch::Kind::Parameter, .name = name, .on = facts.parameters[name].toBool()
            };
            break;
        }
        if (const auto on = facts.capability(name)) {
            found = { .kind = GlobalSwitch::Kind::Capability, .name = name, .on = *on };
            break;
        }
    }
    for (const auto& value : facts.parameterProvenance) {
        if (value["name"_L1].toString() == found.name && found.exists())
            found.followsMode = value["follows"_L1].toString() == "mode"_L1;
    }
    return found;
}

DeviceSwitch switchOf(const Facts& facts, const QString& path, const GlobalSwitch& global)
{
    const auto on = facts.deviceSwitches.constFind(path);
    if (on == facts.deviceSwitches.constEnd())
        return {};
    return { .property = global.name, .path = path, .on = *on, .fixed = {} };
}

/// The first column of x-query-ramblock's table, which is the one before a page size.
QStringList blockNames(const QString& table)
{
    static const QRegularExpression row(
        u"^\\s*(\\S+)\\s+\\d+ [KMG]i?B\\s"_s, QRegularExpression::MultilineOption);
    QStringList names;
    for (const QRegularExpressionMatch& match : row.globalMatch(table))
        names.append(match.captured(1));
    return names;
}

bool isNamedOnCommandLine(const Facts& facts, const QString& id)
{
    // Without a command line nothing is known against it.
    if (!facts.process || facts.process->argv.isEmpty())
        return true;
    const CommandFacts& command = facts.process->command;
    return command.objectIds.contains(id) || command.deviceIds.contains(id);
}

void addMemory(FdInventory& inventory, const Facts& facts)
{
    for (const MemoryBackendFacts& backend : facts.memoryBackends) {
        InventoryDevice ram{ .id = backend.id,
            .type = backend.type,
            .kind = DeviceKind::Ram,
            .resource = backend.path,
            .reopenObstacle = {},
            .own = switchOf(facts, u"/objects/"_s + backend.id, inventory.global),
            .fds = {} };
        if (ram.own.exists() && !isNamedOnCommandLine(facts, backend.id))
            ram.own.fixed = i18n("this memory has no object on the command line that a switch could be set "
                                 "on: start the VMM with -object %1,id=%2,…",
                backend.type, backend.id);
        if (backend.share.value_or(false) || backend.type == "memory-backend-memfd"_L1)
            ram.fds.push_back({ .name = backend.id,
                .kind = backend.type == "memory-backend-file"_L1 ? u"file"_s : u"memfd"_s,
                .sharing = FdSharing::Shareable,
                .number = {},
                .state = {} });
        inventory.devices.push_back(std::move(ram));
    }
}

/// The backends of network devices: where a VMM keeps them apart from its devices, they have the fds.
void addNetwork(FdInventory& inventory, const Facts& facts)
{
    if (!facts.process)
        return;
    for (const NetworkBackend& backend : facts.process->command.networkBackends) {
        if (backend.type != "tap"_L1 || backend.id.isEmpty())
            continue;
        InventoryDevice device{ .id = backend.id,
            .type = backend.type,
            .kind = DeviceKind::Device,
            .resource = backend.ifname,
            .reopenObstacle = {},
            .own = {},
            .fds = { { .name = backend.id,
                .kind = u"tap"_s,
                .sharing = FdSharing::Exclusive,
                .number = {},
                .state = {} } } };
        if (backend.passesLocally)
            device.own = { .property = u"local-migration-supported"_s,
                .path = {},
                .on = *backend.passesLocally,
                .fixed = i18n("it is an option of the network backend, decided when the VMM starts") };
        inventory.devices.push_back(std::move(device));
    }
}

} // namespace

QString globalSwitchName(const Facts& facts)
{
    return globalOf(facts).name;
}

const InventoryDevice* FdInventory::find(const QString& id) const
{
    const auto found = std::ranges::find(devices, id, &InventoryDevice::id);
    return found == devices.end() ? nullptr : &*found;
}

QJsonObject FdInventory::toJson() const
{
    QJsonArray list;
    for (const InventoryDevice& device : devices)
        list.append(op::toJson(device));
    QJsonObject json{ { u"handover"_s, handover }, { u"lists-fds"_s, listsFds }, { u"devices"_s, list },
        { u"ram-blocks"_s, QJsonArray::fromStringList(ramBlocks) } };
    json.insert("global"_L1,
        QJsonObject{ { u"kind"_s, idOf(globals, global.kind) }, { u"name"_s, global.name },
            { u"on"_s, global.on }, { u"follows-mode"_s, global.followsMode } });
    return json;
}

FdInventory FdInventory::fromJson(const QJsonObject& json)
{
    FdInventory inventory;
    const QJsonObject global = json["global"_L1].toObject();
    inventory.global = { .kind = valueOf(globals, global["kind"_L1].toString()),
        .name = global["name"_L1].toString(),
        .on = global["on"_L1].toBool(),
        .followsMode = global["follows-mode"_L1].toBool() };
    inventory.handover = json["handover"_L1].toString();
    inventory.listsFds = json["lists-fds"_L1].toBool();
    for (const auto& block : json["ram-blocks"_L1].toArray())
        inventory.ramBlocks.append(block.toString());
    for (const auto& device : json["devices"_L1].toArray())
        inventory.devices.push_back(deviceFrom(device.toObject()));
    return inventory;
}

void takeFds(FdInventory& inventory, const QJsonArray& answer)
{
    inventory.listsFds = true;
    for (InventoryDevice& device : inventory.devices)
        device.fds.clear();
    for (const auto& value : answer) {
        const QJsonObject entry = value.toObject();
        const QString id = entry["device"_L1].toString();
        auto device = std::ranges::find(inventory.devices, id, &InventoryDevice::id);
        if (device == inventory.devices.end()) {
            inventory.devices.push_back({ .id = id });
            device = std::prev(inventory.devices.end());
        }
        device->fds.push_back(fdFrom(entry));
        if (device->resource.isEmpty())
            device->resource = entry["resource"_L1].toString();
        device->reopenObstacle = entry["reopen-obstacle"_L1].toString();
    }
}

FdInventory inventoryOf(const Facts& facts)
{
    FdInventory inventory{ .global = globalOf(facts),
        .handover = facts.parameters["handover"_L1].toString(),
        .listsFds = false,
        .devices = {},
        .ramBlocks = blockNames(facts.ramBlocks) };
    addMemory(inventory, facts);
    addNetwork(inventory, facts);
    for (const NamedItem& item : facts.peripherals.value_or(std::vector<NamedItem>())) {
        const QString path = u"/machine/peripheral/"_s + item.id;
        // Without a list of fds, a device that has no switch is nothing that could be said about fds.
        if (!facts.cprFds && !facts.deviceSwitches.contains(path))
            continue;
        inventory.devices.push_back({ .id = item.id,
            .type = item.type,
            .kind = DeviceKind::Device,
            .resource = {},
            .reopenObstacle = {},
            .own = switchOf(facts, path, inventory.global),
            .fds = {} });
    }
    if (facts.cprFds)
        takeFds(inventory, *facts.cprFds);
    return inventory;
}

} // namespace cutover::op
