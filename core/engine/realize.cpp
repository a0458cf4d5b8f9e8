// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/realize.h"

#include "fdpass/describe.h"

#include <QStringList>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

QString channelText(BackendSource channel)
{
    return channel == BackendSource::AwaitCpr ? u"the cpr channel"_s : u"the main channel"_s;
}

QString slotText(const FdSlot& slot)
{
    return u"%1, id %2"_s.arg(slot.name).arg(slot.id);
}

QString ownerText(const Device* device, const FdSlot& slot)
{
    return device ? u"device '%1'"_s.arg(device->id()) : u"RAM block '%1'"_s.arg(slot.name);
}

std::unexpected<Error> atDevice(const Device& device, const QString& attempt, const Error& error)
{
    Error outer = error;
    outer.attempt = u"%1 of the device '%2' (%3)"_s.arg(attempt, device.id(), error.attempt);
    return std::unexpected(outer);
}

} // namespace

QString backendSourceId(BackendSource source)
{
    switch (source) {
    case BackendSource::OpenNow:
        return u"open"_s;
    case BackendSource::AwaitCpr:
        return u"cpr"_s;
    case BackendSource::AwaitMain:
        return u"main"_s;
    case BackendSource::ReopenInSwitchover:
        return u"reopen"_s;
    }
    return {};
}

BackendSource backendSource(bool incoming, bool migrateFds, bool deviceMigrateFds, FdClass fdClass,
    ChannelKind channel, Handover handover, ResourceRelation resource)
{
    if (!incoming)
        return BackendSource::OpenNow;
    const bool exclusive = fdClass == FdClass::Exclusive;
    if (migrateFds && deviceMigrateFds && channel != ChannelKind::Inet) {
        const bool early = !exclusive || handover != Handover::Prepared;
        return channel == ChannelKind::Cpr && early ? BackendSource::AwaitCpr : BackendSource::AwaitMain;
    }
    return exclusive && resource != ResourceRelation::Other ? BackendSource::ReopenInSwitchover
                                                            : BackendSource::OpenNow;
}

FdSlot ramSlot(const QString& blockId)
{
    return { .name = blockId, .id = 0, .kind = fdpass::FdKind::Memfd, .fdClass = FdClass::Shareable };
}

Result<std::vector<OutgoingFd>> outgoingFds(const RealizePolicy& policy, std::span<const RamBlock> ram,
    std::span<Device* const> devices, BackendSource channel)
{
    std::vector<OutgoingFd> fds;
    const auto add = [&](const FdSlot& slot, const QString& device, bool migrateFds, int fd) -> Result<void> {
        if (policy.decide(migrateFds, slot.fdClass) != channel || (fd < 0 && slot.optional))
            return {};
        if (fd < 0)
            return failure(ErrorCode::NotFound, u"send the descriptor"_s, slotText(slot),
                u"'%1' does not have it"_s.arg(device));
        fds.push_back({ .slot = slot, .device = device, .fd = fd });
        return {};
    };
    for (const RamBlock& block : ram) {
        if (auto added = add(ramSlot(block.id), block.id, block.migrateFds, block.memfd); !added)
            return std::unexpected(added.error());
    }
    for (const Device* const device : devices) {
        const QList<FdSlot> fdSlots = device->fdSlots();
        for (qsizetype i = 0; i < fdSlots.size(); ++i) {
            if (auto added = add(fdSlots[i], device->id(), device->migrateFds(), device->slotFd(i)); !added)
                return std::unexpected(added.error());
        }
    }
    return fds;
}

Result<void> checkReopenable(const RealizePolicy& policy, std::span<Device* const> devices)
{
    for (const Device* const device : devices) {
        const QString obstacle = device->reopenObstacle();
        const BackendSource source = policy.decide(device->migrateFds(), FdClass::Exclusive);
        if (obstacle.isEmpty() || source == BackendSource::AwaitCpr || source == BackendSource::AwaitMain)
            continue;
        return failure(ErrorCode::Refused, u"migrate the device"_s, device->id(),
            u"its descriptors would not pass, and %1"_s.arg(obstacle),
            u"Set migrate-fds to on, for the migration and for the device."_s);
    }
    return {};
}

Realizer::Expected* Realizer::find(const QString& name, qint32 id)
{
    const auto found = std::ranges::find_if(m_expected,
        [&](const Expected& expected) { return expected.slot.id == id && expected.slot.name == name; });
    return found == m_expected.end() ? nullptr : &*found;
}

Realizer::Realized* Realizer::realized(const Device* device)
{
    const auto found = std::ranges::find(m_devices, device, &Realized::device);
    return found == m_devices.end() ? nullptr : &*found;
}

Result<void> Realizer::expect(Expected expected)
{
    if (find(expected.slot.name, expected.slot.id)) {
        return failure(ErrorCode::InvalidArgument, u"await the descriptor"_s, slotText(expected.slot),
            u"another part of the machine has the same name"_s);
    }
    m_expected.push_back(std::move(expected));
    return {};
}

Result<BackendSource> Realizer::expectRam(const QString& blockId, bool migrateFds)
{
    const BackendSource source = m_policy.decide(migrateFds, FdClass::Shareable);
    if (source != BackendSource::OpenNow) {
        if (auto done = expect({ .slot = ramSlot(blockId), .channel = source }); !done)
            return std::unexpected(done.error());
    }
    return source;
}

UniqueFd Realizer::takeRam(const QString& blockId)
{
    Expected* const expected = find(blockId, 0);
    return expected && !expected->device ? std::move(expected->memory) : UniqueFd();
}

Result<void> Realizer::realize(Device& device, ResourceRelation resource)
{
    if (auto frontend = device.realizeFrontend(); !frontend)
        return atDevice(device, u"realize the frontend"_s, frontend.error());

    const QList<FdSlot> fdSlots = device.fdSlots();
    BackendSource latest = BackendSource::OpenNow;
    std::vector<BackendSource> sources;
    for (const FdSlot& slot : fdSlots) {
        const BackendSource source = m_policy.decide(device.migrateFds(), slot.fdClass, resource);
        sources.push_back(source);
        latest = std::max(latest, source);
    }
    const bool awaits = latest == BackendSource::AwaitCpr || latest == BackendSource::AwaitMain;
    for (qsizetype i = 0; awaits && i < fdSlots.size(); ++i) {
        const bool either = !m_policy.handoverKnown && m_policy.channel == ChannelKind::Cpr
            && fdSlots[i].fdClass == FdClass::Exclusive;
        const auto done = expect({ .slot = fdSlots[i],
            .channel = either ? BackendSource::AwaitMain : sources[std::size_t(i)],
            .eitherChannel = either,
            .device = &device,
            .index = i });
        if (!done) {
            std::erase_if(m_expected, [&](const Expected& expected) { return expected.device == &device; });
            return done;
        }
    }
    if (latest == BackendSource::OpenNow) {
        if (auto opened = device.openBackend(); !opened) {
            device.detachBackend();
            return atDevice(device, u"open the backend"_s, opened.error());
        }
    }
    if (latest == BackendSource::ReopenInSwitchover)
        m_toReopen.push_back(&device);
    m_devices.push_back({ .device = &device, .source = latest, .open = latest == BackendSource::OpenNow });
    return {};
}

BackendSource Realizer::sourceOf(const Device& device) const
{
    const auto found = std::ranges::find(m_devices, &device, &Realized::device);
    if (found == m_devices.end())
        return BackendSource::OpenNow;
    if (found->source != BackendSource::AwaitMain && found->source != BackendSource::AwaitCpr)
        return found->source;
    BackendSource latest = BackendSource::AwaitCpr;
    for (const Expected& expected : m_expected) {
        if (expected.device == &device && !expected.slot.optional)
            latest = std::max(latest, expected.cameBy.value_or(expected.channel));
    }
    return latest;
}

bool Realizer::isComplete(const Device& device) const
{
    const auto found = std::ranges::find(m_devices, &device, &Realized::device);
    if (found == m_devices.end())
        return false;
    if (found->source == BackendSource::OpenNow || found->source == BackendSource::ReopenInSwitchover)
        return found->open;
    return std::ranges::none_of(m_expected, [&](const Expected& expected) {
        return expected.device == &device && !expected.cameBy && !expected.slot.optional;
    });
}

Result<void> Realizer::learnSourceResources(const QHash<QString, QString>& resources)
{
    const std::vector<Device*> waiting = m_toReopen;
    for (Device* const device : waiting) {
        const auto other = resources.find(device->id());
        if (other == resources.end() || other->isEmpty() || *other == device->resource())
            continue;
        if (auto opened = device->openBackend(); !opened) {
            device->detachBackend();
            return atDevice(*device, u"open the backend"_s, opened.error());
        }
        Realized* const entry = realized(device);
        entry->open = true;
        entry->source = BackendSource::OpenNow;
        std::erase(m_toReopen, device);
    }
    return {};
}

/// What one system call can tell. Descriptions read /proc, which would be the longest part of a switchover.
static bool isPlainly(fdpass::FdKind kind, int fd)
{
    switch (kind) {
    case fdpass::FdKind::Memfd:
        return ::fcntl(fd, F_GET_SEALS) >= 0;
    case fdpass::FdKind::Tap: {
        ifreq request = {};
        return ::ioctl(fd, TUNGETIFF, &request) == 0;
    }
    case fdpass::FdKind::Socket: {
        struct stat status = {};
        return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
    }
    default:
        return false;
    }
}

Result<void> Realizer::check(const Expected& expected, int fd) const
{
    if (isPlainly(expected.slot.kind, fd))
        return {};
    const auto description = fdpass::describeFd(fd);
    if (!description)
        return std::unexpected(description.error());
    if (description->kind == expected.slot.kind)
        return {};
    return failure(ErrorCode::Protocol, u"take the descriptor"_s, slotText(expected.slot),
        u"%1 needs a %2, but what came is %3"_s.arg(ownerText(expected.device, expected.slot),
            fdpass::fdKindId(expected.slot.kind), description->text));
}

Result<void> Realizer::arrived(BackendSource channel, const QString& name, qint32 id, UniqueFd fd)
{
    Expected* const expected = find(name, id);
    const QString attempt = u"take the descriptor"_s;
    if (!expected) {
        return failure(ErrorCode::Protocol, attempt, u"%1, id %2"_s.arg(fdpass::printable(name)).arg(id),
            u"it came over %1, but nothing here expects it"_s.arg(channelText(channel)),
            u"Set the switches migrate-fds of both sides' devices alike."_s);
    }
    if (expected->cameBy)
        return failure(ErrorCode::Protocol, attempt, slotText(expected->slot),
            u"it came over %1 a second time"_s.arg(channelText(channel)));
    if (expected->channel != channel && !expected->eitherChannel) {
        return failure(ErrorCode::Protocol, attempt, slotText(expected->slot),
            u"it came over %1, but %2 expects it over %3"_s.arg(channelText(channel),
                ownerText(expected->device, expected->slot), channelText(expected->channel)));
    }
    if (auto kind = check(*expected, fd.get()); !kind)
        return kind;
    if (expected->device) {
        if (auto attached = expected->device->attachFd(expected->index, std::move(fd)); !attached)
            return atDevice(*expected->device, u"attach a descriptor"_s, attached.error());
    } else {
        expected->memory = std::move(fd);
    }
    expected->cameBy = channel;
    return {};
}

Result<void> Realizer::complete(BackendSource channel, const Device* device) const
{
    QStringList missing;
    const Expected* first = nullptr;
    for (const Expected& expected : m_expected) {
        if (expected.cameBy || expected.slot.optional || expected.channel != channel
            || (device && expected.device != device))
            continue;
        if (!first)
            first = &expected;
        missing += u"%1 of %2"_s.arg(slotText(expected.slot), ownerText(expected.device, expected.slot));
    }
    if (!first)
        return {};
    return failure(ErrorCode::Protocol, u"take the descriptor"_s, slotText(first->slot),
        u"it did not come over %1 (missing: %2)"_s.arg(channelText(channel), missing.join(u"; "_s)),
        u"Set the switches migrate-fds of both sides' devices alike, and check whether a proxy between the two does not pass descriptors."_s);
}

QList<FdSlot> Realizer::awaited(BackendSource channel) const
{
    QList<FdSlot> fdSlots;
    for (const Expected& expected : m_expected) {
        if (!expected.cameBy && (expected.channel == channel || expected.eitherChannel))
            fdSlots.append(expected.slot);
    }
    return fdSlots;
}

Result<void> Realizer::reopen()
{
    for (Device* const device : m_toReopen) {
        Realized* const entry = realized(device);
        if (entry->open)
            continue;
        if (auto opened = device->openBackend(); !opened) {
            device->detachBackend();
            return atDevice(*device, u"reopen the backend"_s, opened.error());
        }
        entry->open = true;
    }
    return {};
}

void Realizer::detachAll()
{
    for (const Realized& entry : m_devices)
        entry.device->detachBackend();
    m_devices.clear();
    m_expected.clear();
    m_toReopen.clear();
}

} // namespace cutover::engine
