// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/tapdevice.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace {

short flagsFor(const TapOptions& options)
{
    const int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (options.multiQueue ? IFF_MULTI_QUEUE : 0);
    return static_cast<short>(flags);
}

std::unexpected<Error> attachError(const TapOptions& options, int sysErrno)
{
    const QString attempt = u"open the TAP"_s;
    auto error = systemError(attempt, options.interface, sysErrno);
    Error& what = error.error();
    switch (sysErrno) {
    case EBUSY:
        what.cause = u"another process has it open"_s;
        what.remedy = u"End that process, or let it pass its descriptor."_s;
        break;
    case E2BIG:
        what.code = ErrorCode::Busy;
        what.cause = u"all its queues are in use"_s;
        break;
    case EINVAL:
        what.code = ErrorCode::InvalidArgument;
        what.cause = options.multiQueue ? u"it is not a TAP with multiple queues"_s
                                        : u"it is not a TAP, or one with multiple queues"_s;
        what.remedy = u"Make the interface with as many queues as the device has."_s;
        break;
    case EPERM:
        what.cause = u"it belongs to another user"_s;
        break;
    default:
        break;
    }
    return error;
}

} // namespace

Result<UniqueFd> openTapQueue(const TapOptions& options)
{
    const QString attempt = u"open the TAP"_s;
    const QByteArray name = options.interface.toLocal8Bit();
    if (name.isEmpty() || name.size() >= IFNAMSIZ || name.contains('%') || name.contains('\0'))
        return failure(
            ErrorCode::InvalidArgument, attempt, options.interface, u"that is no name of an interface"_s);
    if (::if_nametoindex(name.constData()) == 0) {
        return failure(ErrorCode::NotFound, attempt, options.interface, u"there is no such interface"_s,
            u"Make it first, with \"ip tuntap add mode tap\"."_s);
    }
    UniqueFd fd = UniqueFd::adopt(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd)
        return systemError(attempt, u"/dev/net/tun"_s, errno);
    ifreq request{};
    std::ranges::copy(name, request.ifr_name);
    request.ifr_flags = flagsFor(options);
    if (::ioctl(fd.get(), TUNSETIFF, &request) != 0)
        return attachError(options, errno);
    const int header = netHeaderBytes;
    const int littleEndian = 1;
    const unsigned long offloads = options.offloads ? TUN_F_CSUM : 0;
    if (::ioctl(fd.get(), TUNSETVNETHDRSZ, &header) != 0
        || ::ioctl(fd.get(), TUNSETVNETLE, &littleEndian) != 0
        || ::ioctl(fd.get(), TUNSETOFFLOAD, offloads) != 0)
        return systemError(u"set up the TAP"_s, options.interface, errno);
    return fd;
}

Result<void> checkTapQueue(int fd, const TapOptions& options)
{
    const auto refuse = [&](const QString& cause) {
        return failure(ErrorCode::Protocol, u"use the TAP"_s, options.interface, cause);
    };
    ifreq request{};
    if (::ioctl(fd, TUNGETIFF, &request) != 0)
        return refuse(u"the descriptor is not a queue of an interface (%1)"_s.arg(errnoText(errno)));
    const QString name
        = QString::fromLocal8Bit(request.ifr_name, qsizetype(::strnlen(request.ifr_name, IFNAMSIZ)));
    if (!options.interface.isEmpty() && name != options.interface)
        return refuse(u"the descriptor is a queue of '%1'"_s.arg(name));
    constexpr int mask = IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE | IFF_DETACH_QUEUE;
    if ((request.ifr_flags & mask) != (flagsFor(options) & mask)) {
        return refuse(u"the descriptor has flags 0x%1 and not 0x%2"_s.arg(request.ifr_flags & mask, 0, 16)
                .arg(flagsFor(options) & mask, 0, 16));
    }
    int header = 0;
    if (::ioctl(fd, TUNGETVNETHDRSZ, &header) != 0 || header != netHeaderBytes)
        return refuse(u"its frames have a header of %1 bytes"_s.arg(header));
    return {};
}

} // namespace cutover::vmm
