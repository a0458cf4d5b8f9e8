// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/clock.h"
#include "base/uniquefd.h"

#include <QByteArray>
#include <QString>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace cutover::test {

inline bool writeFile(const char* path, const QByteArray& text)
{
    const UniqueFd file = UniqueFd::adopt(::open(path, O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.constData(), std::size_t(text.size())) == text.size();
}

/// Moves this process, which must have one thread, into a network namespace of its own. Returns why that is
/// not possible, or nothing.
inline QString enterNetwork()
{
    if (::geteuid() == 0) {
        if (::unshare(CLONE_NEWNET) != 0)
            return QStringLiteral("no network namespace: %1")
                .arg(QString::fromLocal8Bit(std::strerror(errno)));
    } else {
        const QByteArray user = QByteArray::number(::geteuid());
        const QByteArray group = QByteArray::number(::getegid());
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            return QStringLiteral("no user namespace: %1").arg(QString::fromLocal8Bit(std::strerror(errno)));
        if (!writeFile("/proc/self/setgroups", "deny") || !writeFile("/proc/self/uid_map", "0 " + user + " 1")
            || !writeFile("/proc/self/gid_map", "0 " + group + " 1"))
            return QStringLiteral("no users in the namespace");
    }
    const UniqueFd tun = UniqueFd::adopt(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    return tun ? QString()
               : QStringLiteral("no /dev/net/tun: %1").arg(QString::fromLocal8Bit(std::strerror(errno)));
}

inline ifreq requestFor(const char* interface)
{
    ifreq request{};
    std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    return request;
}

/// Deletes it although it is in use.
inline bool removeInterface(const char* interface)
{
    struct
    {
        nlmsghdr header{ .nlmsg_len = sizeof(nlmsghdr) + sizeof(ifinfomsg),
            .nlmsg_type = RTM_DELLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
        ifinfomsg link{};
    } request;
    request.link.ifi_index = int(::if_nametoindex(interface));
    const UniqueFd socket = UniqueFd::adopt(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    return ::send(socket.get(), &request, sizeof request, 0) == ssize_t{ sizeof request }
    && ::if_nametoindex(interface) == 0;
}

/// A persistent TAP with the address 10.9.0.1/24, which is up; it goes with the object.
class HostTap
{
public:
    HostTap(const char* interface, bool multiQueue, int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
        : m_interface(interface)
        , m_flags(short(flags | (multiQueue ? IFF_MULTI_QUEUE : 0)))
    {
        UniqueFd tun = attach();
        m_made = tun && ::ioctl(tun.get(), TUNSETPERSIST, 1) == 0 && configure();
    }
    HostTap(const HostTap&) = delete;
    HostTap& operator=(const HostTap&) = delete;
    ~HostTap()
    {
        if (const UniqueFd tun = attach())
            ::ioctl(tun.get(), TUNSETPERSIST, 0);
    }

    bool made() const { return m_made; }
    UniqueFd attach() const
    {
        UniqueFd tun = UniqueFd::adopt(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
        ifreq request = requestFor(m_interface);
        request.ifr_flags = m_flags;
        if (::ioctl(tun.get(), TUNSETIFF, &request) != 0)
            tun.reset();
        return tun;
    }

private:
    bool configure() const
    {
        const UniqueFd socket = UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const auto set = [&](unsigned long what, auto fill) {
            ifreq request = requestFor(m_interface);
            fill(request);
            return ::ioctl(socket.get(), what, &request) == 0;
        };
        const auto address = [](const char* text) {
            return [text](ifreq& request) {
                auto& in = reinterpret_cast<sockaddr_in&>(request.ifr_addr);
                in.sin_family = AF_INET;
                ::inet_pton(AF_INET, text, &in.sin_addr);
            };
        };
        return set(SIOCSIFTXQLEN, [](ifreq& request) { request.ifr_qlen = 10'000; })
            && set(SIOCSIFADDR, address("10.9.0.1")) && set(SIOCSIFNETMASK, address("255.255.255.0"))
            && set(SIOCSIFFLAGS, [](ifreq& request) { request.ifr_flags = IFF_UP | IFF_RUNNING; });
    }

    const char* m_interface;
    short m_flags;
    bool m_made = false;
};

/// Sends numbered datagrams to the guest at 10.9.0.2, whose echoes it counts.
class EchoClient
{
public:
    explicit EchoClient(std::size_t flows = 1)
    {
        for (std::size_t flow = 0; flow < flows; ++flow) {
            m_sockets.push_back(
                UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
            const int room = 64 << 20;
            std::ignore
                = ::setsockopt(m_sockets.back().get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
            sockaddr_in guest{};
            guest.sin_family = AF_INET;
            guest.sin_port = htons(7);
            ::inet_pton(AF_INET, "10.9.0.2", &guest.sin_addr);
            std::ignore
                = ::connect(m_sockets.back().get(), reinterpret_cast<sockaddr*>(&guest), sizeof guest);
        }
        m_last.assign(flows, 0);
    }
    ~EchoClient() { end(); }
    EchoClient(const EchoClient&) = delete;
    EchoClient& operator=(const EchoClient&) = delete;

    /// One datagram of each flow; \a bytes is its size. False when the kernel does not take it.
    bool send(std::size_t bytes = 64)
    {
        ++m_number;
        std::array<char, 1600> data{};
        std::memcpy(data.data(), &m_number, sizeof m_number);
        bool all = true;
        for (const UniqueFd& socket : m_sockets) {
            const bool taken = ::send(socket.get(), data.data(), bytes, 0) == ssize_t(bytes);
            m_sent += taken ? 1 : 0;
            all = all && taken;
        }
        return all;
    }
    void receive()
    {
        std::array<char, 1600> data{};
        for (std::size_t flow = 0; flow < m_sockets.size(); ++flow) {
            while (::recv(m_sockets[flow].get(), data.data(), data.size(), 0) >= ssize_t{ sizeof m_number }) {
                quint64 number = 0;
                std::memcpy(&number, data.data(), sizeof number);
                m_reordered += number <= m_last[flow] ? 1 : 0;
                m_last[flow] = std::max(number, m_last[flow]);
                m_received += 1;
            }
        }
    }
    /// Until every datagram has come back or the time is over.
    bool receiveAll(int limitMs = 20'000)
    {
        const qint64 deadline = monotonicNs() + qint64{ limitMs } * 1'000'000;
        while (m_received < m_sent && monotonicNs() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            receive();
        }
        return m_received == m_sent;
    }
    /// The way to the guest is known (ARP) from the first echo on; until then the kernel keeps only a few.
    bool warmUp()
    {
        const qint64 deadline = monotonicNs() + 20'000'000'000;
        while (m_received == 0 && monotonicNs() < deadline) {
            send();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            receive();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        receive();
        const bool there = m_received > 0;
        m_sent = 0;
        m_received = 0;
        m_reordered = 0;
        return there;
    }

    /// Goes on by itself, a datagram of each flow every \a intervalUs, until end().
    void begin(int intervalUs)
    {
        m_going = true;
        m_thread = std::thread([this, intervalUs] {
            while (m_going) {
                send();
                receive();
                std::this_thread::sleep_for(std::chrono::microseconds(intervalUs));
            }
        });
    }
    void end()
    {
        m_going = false;
        if (m_thread.joinable())
            m_thread.join();
    }

    quint64 sent() const { return m_sent; }
    quint64 received() const { return m_received; }
    /// Came later than one that was sent later, or twice.
    quint64 reordered() const { return m_reordered; }

private:
    std::vector<UniqueFd> m_sockets;
    std::vector<quint64> m_last;
    quint64 m_number = 0;
    std::atomic<quint64> m_sent = 0;
    std::atomic<quint64> m_received = 0;
    std::atomic<quint64> m_reordered = 0;
    std::atomic<bool> m_going = false;
    std::thread m_thread;
};

} // namespace cutover::test
