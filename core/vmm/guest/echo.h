// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstddef>
#include <cstdint>

namespace cutover::vmm::pulse {

enum class Echo : std::uint8_t {
    Ignore, ///< too short, or multicast: answering would only disturb
    Frame, ///< turned around
    ArpReply, ///< a question that was answered
};

inline void swapBytes(std::uint8_t* a, std::uint8_t* b, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t held = a[i];
        a[i] = b[i];
        b[i] = held;
    }
}

inline std::uint16_t bigEndian16(const std::uint8_t* bytes)
{
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

/// Answers an ARP request for whatever address it asks for (RFC 826); \a packet begins behind the Ethernet
/// header.
inline bool answerArp(std::uint8_t* packet, std::size_t length, const std::uint8_t* mac)
{
    constexpr std::size_t request = 28;
    if (length < request || bigEndian16(packet) != 1 || bigEndian16(packet + 2) != 0x0800 || packet[4] != 6
        || packet[5] != 4 || bigEndian16(packet + 6) != 1)
        return false;
    std::uint8_t* const sender = packet + 8;
    std::uint8_t* const target = packet + 18;
    // An announcement or a probe (RFC 5227) asks nothing.
    std::uint8_t different = 0;
    std::uint8_t given = 0;
    for (std::size_t i = 6; i < 10; ++i) {
        different = static_cast<std::uint8_t>(different | (sender[i] ^ target[i]));
        given = static_cast<std::uint8_t>(given | sender[i]);
    }
    if (different == 0 || given == 0)
        return false;
    packet[7] = 2;
    swapBytes(sender, target, 10);
    for (std::size_t i = 0; i < 6; ++i)
        sender[i] = mac[i];
    return true;
}

/// Sends \a frame back to where it came from: swaps the Ethernet addresses, those of IPv4 or IPv6, and the
/// ports of UDP. All checksums, finished or partial, stay what they were, since a swap does not change a sum.
inline Echo turnAround(std::uint8_t* frame, std::size_t length, const std::uint8_t* mac)
{
    constexpr std::size_t ethernet = 14;
    constexpr std::uint8_t udp = 17;
    if (length < ethernet)
        return Echo::Ignore;
    bool broadcast = true;
    for (std::size_t i = 0; i < 6; ++i)
        broadcast = broadcast && frame[i] == 0xff;
    const bool group = (frame[0] & 1) != 0;
    const std::uint16_t type = bigEndian16(frame + 12);
    std::uint8_t* const packet = frame + ethernet;
    const std::size_t left = length - ethernet;

    Echo result = Echo::Frame;
    if (type == 0x0806) {
        if (!answerArp(packet, left, mac))
            return Echo::Ignore;
        result = Echo::ArpReply;
    } else if (group && !broadcast) {
        return Echo::Ignore;
    }
    swapBytes(frame, frame + 6, 6);
    if (group)
        for (std::size_t i = 0; i < 6; ++i)
            frame[6 + i] = mac[i];

    if (type == 0x0800 && left >= 20 && packet[0] >> 4 == 4) {
        const auto header = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
        swapBytes(packet + 12, packet + 16, 4);
        const bool firstFragment = (bigEndian16(packet + 6) & 0x1fff) == 0;
        if (packet[9] == udp && firstFragment && header >= 20 && left >= header + 8)
            swapBytes(packet + header, packet + header + 2, 2);
    } else if (type == 0x86dd && left >= 40 && packet[0] >> 4 == 6) {
        swapBytes(packet + 8, packet + 24, 16);
        if (packet[6] == udp && left >= 48)
            swapBytes(packet + 40, packet + 42, 2);
    }
    return result;
}

} // namespace cutover::vmm::pulse
