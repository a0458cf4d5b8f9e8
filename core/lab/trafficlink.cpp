// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/trafficlink.h"

#include "lab/udpframe.h"

#include <QHostAddress>
#include <QtEndian>

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr quint16 echoPort = 7;
constexpr quint16 ownPort = 40007;
constexpr qsizetype longestMessage = 2048;
// Locally administered, and 10.77.0.1 and 10.77.0.2, as a TAP of the lab has them.
const UdpEnd hostEnd{ .mac = { 0x52, 0x54, 0x00, 0xc7, 0xff, 0x00 }, .address = 0x0a4d0001, .port = ownPort };
const UdpEnd guestEnd{
    .mac = { 0x52, 0x54, 0x00, 0xc7, 0x00, 0x00 }, .address = 0x0a4d0002, .port = echoPort
};

sockaddr_in addressOf(const QString& text, quint16 portNumber)
{
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = qToBigEndian(portNumber);
    address.sin_addr.s_addr = qToBigEndian(QHostAddress(text).toIPv4Address());
    return address;
}

class UdpLink final : public TrafficLink
{
public:
    explicit UdpLink(UniqueFd socket)
        : m_socket(std::move(socket))
    {
    }
    bool send(const QByteArray& payload) override
    {
        return ::send(m_socket.get(), payload.constData(), std::size_t(payload.size()), MSG_NOSIGNAL)
            == payload.size();
    }
    std::optional<QByteArray> receive() override
    {
        const ssize_t size = ::recv(m_socket.get(), m_buffer.data(), m_buffer.size(), 0);
        return size < 0 ? std::nullopt : std::optional(QByteArray(m_buffer.data(), size));
    }
    int fd() const override { return m_socket.get(); }

private:
    UniqueFd m_socket;
    std::array<char, longestMessage> m_buffer{};
};

class FrameLink final : public TrafficLink
{
public:
    explicit FrameLink(std::vector<UniqueFd> sockets)
        : m_sockets(std::move(sockets))
    {
    }
    bool send(const QByteArray& payload) override
    {
        const QByteArray message = makeUdpMessage({ .from = hostEnd, .to = guestEnd, .payload = payload });
        return !message.isEmpty()
            && ::send(socket(), message.constData(), std::size_t(message.size()), MSG_NOSIGNAL)
            == message.size();
    }
    std::optional<QByteArray> receive() override
    {
        while (true) {
            const ssize_t size = ::recv(socket(), m_buffer.data(), m_buffer.size(), 0);
            if (size < 0 && errno == EINTR)
                continue;
            if (size < 0 || (size == 0 && !hasPeer())) {
                m_gone = size == 0 || errno != EAGAIN;
                return std::nullopt;
            }
            auto datagram = parseUdpMessage(QByteArrayView(m_buffer.data(), size));
            if (datagram && datagram->from == guestEnd && datagram->to == hostEnd)
                return std::move(datagram->payload);
        }
    }
    int fd() const override { return m_gone ? -1 : socket(); }

private:
    int socket() const { return m_sockets.front().get(); }
    bool hasPeer() const
    {
        pollfd polled{ .fd = socket(), .events = POLLRDHUP, .revents = 0 };
        return ::poll(&polled, 1, 0) == 0;
    }

    std::vector<UniqueFd> m_sockets;
    std::array<char, longestMessage> m_buffer{};
    bool m_gone = false;
};

} // namespace

Result<std::unique_ptr<TrafficLink>> makeUdpLink(const QString& hostAddress, const QString& guestAddress)
{
    const QString attempt = u"send traffic to the guest"_s;
    UniqueFd socket = UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return systemError(attempt, guestAddress, errno);
    const sockaddr_in near = addressOf(hostAddress, 0);
    const sockaddr_in far = addressOf(guestAddress, echoPort);
    const int room = 8 << 20;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0
        || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&near), sizeof near) != 0
        || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&far), sizeof far) != 0)
        return systemError(attempt, guestAddress, errno);
    return std::make_unique<UdpLink>(std::move(socket));
}

std::unique_ptr<TrafficLink> makeFrameLink(std::vector<UniqueFd> sockets)
{
    return std::make_unique<FrameLink>(std::move(sockets));
}

} // namespace cutover::lab
