// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/udpframe.h"

#include <QtEndian>

#include <algorithm>

namespace cutover::lab {

namespace {

constexpr qsizetype virtioBytes = 12;
constexpr qsizetype ethernetBytes = 14;
constexpr qsizetype ipBytes = 20;
constexpr qsizetype udpBytes = 8;
constexpr qsizetype ipAt = virtioBytes + ethernetBytes;
constexpr qsizetype shortestFrame = 60; // IEEE 802.3, without the frame check sequence
constexpr quint8 needsChecksum = 1; // VIRTIO_NET_HDR_F_NEEDS_CSUM
constexpr quint16 ipv4Type = 0x0800;
constexpr quint8 versionAndLength = 0x45;
constexpr quint8 timeToLive = 64;
constexpr quint8 udpProtocol = 17;
constexpr quint16 dontFragment = 0x4000;
constexpr quint16 fragmentMask = 0x3fff; // more fragments, and the offset

template <typename T>
void put(QByteArray& bytes, qsizetype at, T value)
{
    qToBigEndian(value, bytes.data() + at);
}

template <typename T>
T get(QByteArrayView bytes, qsizetype at)
{
    return qFromBigEndian<T>(bytes.data() + at);
}

/// Of the pseudo header, as a sum for internetChecksum(). \a ip begins with the IPv4 header.
quint32 pseudoHeaderSum(QByteArrayView ip, quint16 udpLength)
{
    quint32 sum = quint32{ udpProtocol } + udpLength;
    for (qsizetype at = 12; at < ipBytes; at += 2)
        sum += get<quint16>(ip, at);
    return sum;
}

} // namespace

quint16 internetChecksum(QByteArrayView bytes, quint32 start)
{
    quint64 sum = start;
    qsizetype at = 0;
    for (; at + 1 < bytes.size(); at += 2)
        sum += get<quint16>(bytes, at);
    if (at < bytes.size())
        sum += quint64{ static_cast<quint8>(bytes[at]) } << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<quint16>(~sum);
}

QByteArray makeUdpMessage(const UdpDatagram& datagram)
{
    const qsizetype payloadBytes = datagram.payload.size();
    if (payloadBytes > longestUdpPayload)
        return {};
    const auto udpLength = static_cast<quint16>(udpBytes + payloadBytes);
    const qsizetype frameBytes = ethernetBytes + ipBytes + udpLength;
    QByteArray message(virtioBytes + std::max(frameBytes, shortestFrame), '\0');
    std::ranges::copy(datagram.to.mac, message.begin() + virtioBytes);
    std::ranges::copy(datagram.from.mac, message.begin() + virtioBytes + qsizetype(datagram.to.mac.size()));
    put(message, virtioBytes + 12, ipv4Type);

    put(message, ipAt, versionAndLength);
    put(message, ipAt + 2, static_cast<quint16>(ipBytes + udpLength));
    put(message, ipAt + 6, dontFragment);
    put(message, ipAt + 8, timeToLive);
    put(message, ipAt + 9, udpProtocol);
    put(message, ipAt + 12, datagram.from.address);
    put(message, ipAt + 16, datagram.to.address);
    put(message, ipAt + 10, internetChecksum(QByteArrayView(message).sliced(ipAt, ipBytes)));

    constexpr qsizetype udpAt = ipAt + ipBytes;
    put(message, udpAt, datagram.from.port);
    put(message, udpAt + 2, datagram.to.port);
    put(message, udpAt + 4, udpLength);
    std::ranges::copy(datagram.payload, message.begin() + udpAt + udpBytes);
    const quint16 sum = internetChecksum(QByteArrayView(message).sliced(udpAt, udpLength),
        pseudoHeaderSum(QByteArrayView(message).sliced(ipAt), udpLength));
    // Zero would mean that there is none.
    put(message, udpAt + 6, sum == 0 ? quint16{ 0xffff } : sum);
    return message;
}

std::optional<UdpDatagram> parseUdpMessage(QByteArrayView message)
{
    if (message.size() < ipAt + ipBytes + udpBytes || get<quint16>(message, virtioBytes + 12) != ipv4Type)
        return std::nullopt;
    QByteArrayView ip = message.sliced(ipAt);
    const auto first = get<quint8>(ip, 0);
    const qsizetype headerBytes = (first & 0x0f) * qsizetype{ 4 };
    const qsizetype totalBytes = get<quint16>(ip, 2);
    if (first >> 4 != 4 || headerBytes < ipBytes || totalBytes < headerBytes + udpBytes
        || totalBytes > ip.size() || get<quint8>(ip, 9) != udpProtocol
        || (get<quint16>(ip, 6) & fragmentMask) != 0 || internetChecksum(ip.first(headerBytes)) != 0)
        return std::nullopt;
    ip = ip.first(totalBytes);
    const QByteArrayView udp = ip.sliced(headerBytes);
    const auto udpLength = get<quint16>(udp, 4);
    if (udpLength < udpBytes || udpLength > udp.size())
        return std::nullopt;
    const bool checked = (get<quint8>(message, 0) & needsChecksum) == 0 && get<quint16>(udp, 6) != 0;
    if (checked && internetChecksum(udp.first(udpLength), pseudoHeaderSum(ip, udpLength)) != 0)
        return std::nullopt;

    UdpDatagram datagram;
    std::copy_n(message.begin() + virtioBytes, datagram.to.mac.size(), datagram.to.mac.begin());
    std::copy_n(message.begin() + virtioBytes + qsizetype(datagram.to.mac.size()), datagram.from.mac.size(),
        datagram.from.mac.begin());
    datagram.from.address = get<quint32>(ip, 12);
    datagram.to.address = get<quint32>(ip, 16);
    datagram.from.port = get<quint16>(udp, 0);
    datagram.to.port = get<quint16>(udp, 2);
    datagram.payload = udp.first(udpLength).sliced(udpBytes).toByteArray();
    return datagram;
}

} // namespace cutover::lab
