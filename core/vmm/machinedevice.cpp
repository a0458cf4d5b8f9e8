// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machinedevice.h"

#include "vmm/devices/ballast.h"
#include "vmm/devices/console.h"
#include "vmm/devices/tapnet.h"
#include "vmm/devices/vhostuserblk.h"

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace {

quint32 numberOf(const DeviceOptions& options, const QString& property)
{
    return static_cast<quint32>(options.properties[property].toInteger(1));
}

bool flagOf(const DeviceOptions& options, const QString& property, bool initial)
{
    return options.properties[property].toBool(initial);
}

QList<int> descriptorsOf(const DeviceOptions& options, const QString& property)
{
    QList<int> numbers;
    const QString list = options.properties[property].toString();
    for (const QString& number : list.split(u':', Qt::SkipEmptyParts))
        numbers << number.toInt();
    return numbers;
}

void useTapNet(MachineDevice& made, GuestMemory& memory, IoThread& thread)
{
    const DeviceOptions& options = made.options;
    auto device = std::make_unique<TapNet>(options.id,
        TapNetConfig{ .interface = options.properties["ifname"_L1].toString(),
            .sockets = descriptorsOf(options, u"fd"_s),
            .queues = numberOf(options, u"queues"_s),
            .vhost = flagOf(options, u"vhost"_s, false),
            .offloads = flagOf(options, u"offloads"_s, true),
            .migrateFds = flagOf(options, u"migrate-fds"_s, true) },
        memory, thread, made.queues);
    TapNet* const net = device.get();
    made.features = [net] { return net->features(); };
    made.capacity = [] { return quint64{ 0 }; };
    made.doorbell = [net](quint32 queue) { return net->doorbell(queue); };
    made.device = std::move(device);
}

void useVhostUserBlk(MachineDevice& made, GuestMemory& memory)
{
    const DeviceOptions& options = made.options;
    auto device = std::make_unique<VhostUserBlk>(options.id,
        VhostUserBlkConfig{ .socket = options.properties["socket"_L1].toString(),
            .migrateFds = flagOf(options, u"migrate-fds"_s, true),
            .keepRings = flagOf(options, u"keep-rings"_s, true),
            .inflight = flagOf(options, u"inflight"_s, false) },
        memory, made.queues);
    VhostUserBlk* const disk = device.get();
    made.features = [disk] { return disk->features(); };
    made.capacity = [disk] { return disk->capacityBytes(); };
    // Connection, token, then kick and call for each queue.
    made.doorbell = [disk](quint32 queue) { return disk->slotFd(2 + 2 * qsizetype{ queue }); };
    made.device = std::move(device);
}

} // namespace

DeviceShape deviceShape(const DeviceOptions& options)
{
    DeviceShape shape;
    if (options.driver == "tap-net"_L1)
        shape.type = DeviceType::Net;
    else if (options.driver == "vhost-user-blk"_L1)
        shape.type = DeviceType::Block;
    shape.queues = static_cast<quint16>(numberOf(options, u"queues"_s));
    return shape;
}

Result<MachineDevice> makeDevice(
    const DeviceOptions& options, GuestMemory& memory, IoThread& thread, std::vector<QueueLayout> queues)
{
    MachineDevice made;
    made.options = options;
    made.queues = std::move(queues);
    const bool migrateFds = flagOf(options, u"migrate-fds"_s, true);
    if (options.driver == "tap-net"_L1) {
        useTapNet(made, memory, thread);
    } else if (options.driver == "vhost-user-blk"_L1) {
        useVhostUserBlk(made, memory);
    } else if (options.driver == "console"_L1) {
        made.device = std::make_unique<Console>(options.id,
            ConsoleConfig{ .path = options.properties["path"_L1].toString(), .migrateFds = migrateFds },
            memory, thread);
    } else if (options.driver == "ballast"_L1) {
        made.device = std::make_unique<Ballast>(options.id,
            BallastConfig{ .stateBytes
                = static_cast<quint64>(options.properties["state"_L1].toInteger(qint64{ 1 } << 20)),
                .migrateFds = migrateFds },
            thread);
    } else {
        return failure(ErrorCode::NotFound, u"create the device"_s, options.id,
            u"'%1' is not a valid device model name"_s.arg(options.driver));
    }
    return made;
}

} // namespace cutover::vmm
