// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QtTypes>

#include <array>
#include <optional>

namespace cutover::lab {

using MacAddress = std::array<quint8, 6>;

/// Where a UDP datagram comes from or goes to, on an Ethernet.
struct UdpEnd
{
    MacAddress mac{};
    quint32 address = 0; ///< IPv4, in the machine's byte order
    quint16 port = 0;

    bool operator==(const UdpEnd&) const = default;
};

struct UdpDatagram
{
    UdpEnd from;
    UdpEnd to;
    QByteArray payload;
};

/// The most that fits an Ethernet frame of the usual size.
inline constexpr qsizetype longestUdpPayload = 1500 - 20 - 8;

/// One message of a network that is a socket pair: 12 bytes of virtio_net_hdr_v1 that ask for nothing
/// (virtio 1.2, 5.1.6), then the frame: Ethernet II, IPv4 without options (RFC 791), UDP (RFC 768), all
/// checksums filled in, padded to 60 bytes. Empty for a payload that is too long.
QByteArray makeUdpMessage(const UdpDatagram& datagram);

/// The datagram in such a message; nothing when it is another protocol, a fragment, cut short, or a checksum
/// is wrong. A UDP checksum that the header says is left open, or that is zero, is not looked at.
std::optional<UdpDatagram> parseUdpMessage(QByteArrayView message);

/// The one's complement of the one's complement sum (RFC 1071) of \a bytes and \a start, which is such a sum
/// of what comes before; an odd byte is followed by a zero.
quint16 internetChecksum(QByteArrayView bytes, quint32 start = 0);

} // namespace cutover::lab
