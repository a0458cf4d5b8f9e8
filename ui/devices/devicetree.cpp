// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicetree.h"

#include "timeline/checkpoints.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;
using op::DeviceKind;
using op::InventoryDevice;
using timeline::Category;
using timeline::Event;
using timeline::FdEntry;

namespace {

/// What stands last in the record of each kind.
struct Latest
{
    const Event* source = nullptr; ///< its inventory
    std::size_t inventories = 0;
    const Event* destination = nullptr; ///< the same, of the migration after it
    const Event* change = nullptr; ///< of a switch
    bool migrating = false; ///< a migration has begun since the inventory
};

Latest latestOf(std::span<const Event> events)
{
    Latest latest;
    for (const Event& event : events) {
        if (event.category == Category::Inventory && event.side == Side::Source) {
            latest.source = &event;
            ++latest.inventories;
            latest.destination = nullptr;
            latest.migrating = false;
        } else if (event.category == Category::Inventory && event.side == Side::Destination) {
            latest.destination = &event;
        } else if (event.category == Category::Action && event.name == "switch"_L1) {
            latest.change = &event;
        } else if (event.category == Category::QmpSent && event.name == "migrate"_L1) {
            latest.migrating = true;
            latest.change = nullptr;
        }
    }
    return latest;
}

/// Those that the source has named so far: the next cpr-transfer passes them.
std::vector<FdEntry> savedSoFar(std::span<const Event> events)
{
    std::vector<FdEntry> saved;
    for (const Event& event : events) {
        if (event.category != Category::Trace || event.side != Side::Source)
            continue;
        const QString name = event.attributes["name"_L1].toString();
        const int id = event.attributes["id"_L1].toInt();
        const auto same = [&](const FdEntry& fd) { return fd.name == name && fd.id == id; };
        if (event.name == "cpr_delete_fd"_L1 || event.name == "cpr_save_fd"_L1)
            std::erase_if(saved, same);
        if (event.name != "cpr_save_fd"_L1)
            continue;
        FdEntry fd;
        fd.name = name;
        fd.id = id;
        fd.saved = true;
        fd.savedNs = event.timeNs;
        fd.sourceFd = event.attributes["fd"_L1].toInt(-1);
        saved.push_back(fd);
    }
    return saved;
}

std::vector<FdEntry> waysOf(std::span<const Event> events, const timeline::Facts& facts, const Latest& latest)
{
    if (facts.migrations.empty())
        return savedSoFar(events);
    std::vector<FdEntry> ways = timeline::fdTable(facts);
    if (!latest.source || latest.migrating)
        return ways;
    // An earlier attempt, which was made with other switches: what it left is only what the source holds.
    std::erase_if(ways, [](const FdEntry& fd) { return !fd.saved; });
    for (FdEntry& fd : ways) {
        FdEntry fresh;
        fresh.name = fd.name;
        fresh.id = fd.id;
        fresh.saved = true;
        fresh.savedNs = fd.savedNs;
        fresh.sourceFd = fd.sourceFd;
        fd = fresh;
    }
    return ways;
}

class Builder
{
public:
    Builder(op::FdInventory inventory, std::vector<FdEntry> ways)
        : m_inventory(std::move(inventory))
        , m_ways(std::move(ways))
    {
    }

    std::vector<DeviceNode> build(const op::FdRoute& route)
    {
        for (InventoryDevice& device : m_inventory.devices) {
            // Where the VMM does not list its fds, the ways say which of the supposed ones there are.
            const bool supposed = !m_inventory.listsFds;
            for (op::InventoryFd& fd : device.fds) {
                if (FdEntry* way = find(fd.name, fd.id); way && supposed && way->saved)
                    fd.state = u"saved"_s;
            }
        }
        adopt();
        std::vector<DeviceNode> nodes;
        for (const InventoryDevice& device : m_inventory.devices) {
            DeviceNode node{ .device = device,
                .prediction = op::predictDevice(m_inventory, route, device),
                .canSwitch = op::canSetDevice(m_inventory, device.id),
                .fds = {} };
            node.device.fds.clear();
            for (const op::InventoryFd& fd : device.fds) {
                const FdEntry* const way = find(fd.name, fd.id);
                node.fds.push_back({ .fd = fd,
                    .prediction = op::predictFd(m_inventory, route, device, fd),
                    .way = way ? *way : FdEntry() });
            }
            nodes.push_back(std::move(node));
        }
        return nodes;
    }

private:
    FdEntry* find(const QString& name, int id)
    {
        const auto found = std::ranges::find_if(
            m_ways, [&](const FdEntry& way) { return way.name == name && way.id == id; });
        return found == m_ways.end() ? nullptr : &*found;
    }

    /// Gives a place to the fds that the record tells of and no device has listed.
    void adopt()
    {
        for (const FdEntry& way : m_ways) {
            const bool listed = std::ranges::any_of(m_inventory.devices, [&](const InventoryDevice& device) {
                return std::ranges::any_of(device.fds,
                    [&](const op::InventoryFd& fd) { return fd.name == way.name && fd.id == way.id; });
            });
            if (listed)
                continue;
            InventoryDevice& device = homeOf(way);
            device.fds.push_back({ .name = way.name,
                .id = way.id,
                .kind = way.kind,
                .sharing = op::FdSharing::Unknown,
                .number = way.sourceFd,
                .state = u"saved"_s });
        }
    }

    InventoryDevice& homeOf(const FdEntry& way)
    {
        const QString owner = way.name.section(u'/', 0, 0);
        if (!owner.isEmpty()) {
            const auto named = std::ranges::find(m_inventory.devices, owner, &InventoryDevice::id);
            if (named != m_inventory.devices.end())
                return *named;
        }
        const bool memory = way.kind == "memfd"_L1 || m_inventory.ramBlocks.contains(way.name);
        return memory ? group(DeviceKind::Ram, i18n("Firmware and video RAM"))
                      : group(DeviceKind::Device, i18n("Other descriptors"));
    }

    InventoryDevice& group(DeviceKind kind, const QString& title)
    {
        const auto found = std::ranges::find(m_inventory.devices, title, &InventoryDevice::id);
        if (found != m_inventory.devices.end())
            return *found;
        m_inventory.devices.push_back(
            { .id = title, .type = {}, .kind = kind, .resource = {}, .own = {}, .fds = {} });
        return m_inventory.devices.back();
    }

    op::FdInventory m_inventory;
    std::vector<FdEntry> m_ways;
};

InventoryDevice cprChannel(int listener)
{
    return { .id = i18n("CPR channel"),
        .type = {},
        .kind = DeviceKind::Channel,
        .resource = {},
        .own = {},
        .fds = { { .name = i18nc("a socket that is listened on", "listener"),
            .kind = u"socket"_s,
            .sharing = op::FdSharing::Exclusive,
            .number = listener,
            .state = {} } } };
}

SwitchRefusal refusalOf(const Event& event)
{
    return { .side = event.side,
        .device = event.attributes["device"_L1].toString(),
        .property = event.attributes["property"_L1].toString(),
        .on = event.attributes["on"_L1].toBool(),
        .cause = event.attributes["cause"_L1].toString(),
        .remedy = event.attributes["remedy"_L1].toString() };
}

} // namespace

const DeviceNode* DeviceTree::find(const QString& id) const
{
    const auto found
        = std::ranges::find_if(devices, [&](const DeviceNode& node) { return node.device.id == id; });
    return found == devices.end() ? nullptr : &*found;
}

bool DeviceTree::operator==(const DeviceTree& other) const
{
    return stage == other.stage && inventory == other.inventory && global == other.global
        && route == other.route && refusedRoute == other.refusedRoute && refusal == other.refusal
        && devices == other.devices;
}

DeviceTree deviceTree(std::span<const Event> events)
{
    const Latest latest = latestOf(events);
    const timeline::Facts facts(events);
    std::vector<FdEntry> ways = waysOf(events, facts, latest);
    DeviceTree tree;
    op::FdInventory inventory;
    if (latest.source) {
        inventory = op::FdInventory::fromJson(latest.source->attributes["inventory"_L1].toObject());
        tree.route = op::FdRoute::fromJson(latest.source->attributes["route"_L1].toObject());
    } else if (ways.empty()) {
        return tree;
    } else {
        // A record without a check: descriptors were saved to be passed.
        tree.route.mode = u"cpr-transfer"_s;
    }
    const bool proved = std::ranges::any_of(ways, [](const FdEntry& way) { return !way.identity.isEmpty(); });
    const bool moving = latest.source ? latest.migrating : !facts.migrations.empty();
    tree.stage = !moving ? DeviceTree::Stage::Planned
        : proved         ? DeviceTree::Stage::Proved
                         : DeviceTree::Stage::Moving;
    tree.inventory = latest.inventories;
    tree.global = inventory.global;
    tree.canSetGlobal = op::canSetGlobal(inventory);
    tree.refusedRoute = op::refusedRoute(inventory, tree.route);
    if (latest.change && !latest.change->attributes["ok"_L1].toBool())
        tree.refusal = refusalOf(*latest.change);
    if (tree.route.inheritedListener >= 0)
        inventory.devices.push_back(cprChannel(tree.route.inheritedListener));
    tree.devices = Builder(std::move(inventory), std::move(ways)).build(tree.route);
    if (!latest.destination)
        return tree;
    // The numbers on the other side, also of what did not pass.
    const op::FdInventory there
        = op::FdInventory::fromJson(latest.destination->attributes["inventory"_L1].toObject());
    for (DeviceNode& node : tree.devices) {
        const InventoryDevice* const device = there.find(node.device.id);
        if (!device)
            continue;
        for (FdNode& fd : node.fds) {
            const auto same = std::ranges::find_if(device->fds, [&](const op::InventoryFd& other) {
                return other.name == fd.fd.name && other.id == fd.fd.id;
            });
            if (same != device->fds.end() && !fd.way.destinationFd)
                fd.way.destinationFd = same->number;
        }
    }
    return tree;
}

bool concernsDevices(const Event& event)
{
    switch (event.category) {
    case Category::Inventory:
    case Category::Fd:
        return true;
    case Category::Action:
        return event.name == "switch"_L1;
    case Category::QmpSent:
        return event.name == "migrate"_L1;
    case Category::QmpEvent:
        return event.name == "MIGRATION"_L1;
    case Category::Trace:
        return event.name.startsWith("cpr_"_L1) || event.name.startsWith("qemu_file_"_L1)
            || event.name == "migrate_set_state"_L1;
    default:
        return false;
    }
}

} // namespace cutover::ui
