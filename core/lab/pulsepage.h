// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QByteArray>

#include <cstddef>
#include <optional>
#include <span>

/// The guest that a QEMU lab starts in place of a firmware (resources/guest/pulse.S), and the page of its RAM
/// in which it counts its beats.
namespace cutover::lab {

/// What QEMU's -bios takes; empty in a build that could not make it.
QByteArray pulseImage();

inline constexpr qint64 pulsePageAddress = 0x10000; ///< guest-physical, and so in the backend of its RAM
inline constexpr std::size_t pulsePageBytes = 4096;

struct PulseBeat
{
    quint32 number = 0; ///< since the guest's boot; the first is 1, and after 49 days it begins anew
    quint64 ticks = 0; ///< the guest's time-stamp counter at that beat

    bool operator==(const PulseBeat&) const = default;
};

/// A view of the page, which a running guest may be writing: each number is read whole. Little-endian:
/// magic "CUTOBEAT", u32 version (1), u32 length of the ring (256), u32 beats a second, u32 0, u32 beats;
/// from byte 64 the ring: u64 ticks of beat n at n % 256, written before the counter.
class PulsePage
{
public:
    /// \a bytes: borrowed, at an address that 8 divides; anything may be in there. Malformed with what is
    /// wrong where it is no page of this version.
    static Result<PulsePage> read(std::span<const std::byte> bytes);

    /// Whether it still is one, and the latest beat; nothing before the first.
    std::optional<PulseBeat> latest() const;
    /// The most ticks from one beat to the next, from the one after number \a from up to \a to; nothing where
    /// the ring does not go back so far. Both as latest() had them, \a from first.
    std::optional<quint64> longestTicks(const PulseBeat& from, const PulseBeat& to) const;
    qint64 intervalNs() const { return m_intervalNs; } ///< nominal, between two beats; above 0

private:
    PulsePage(const std::byte* bytes, qint64 intervalNs)
        : m_bytes(bytes)
        , m_intervalNs(intervalNs)
    {
    }
    quint64 ticksOf(quint32 number) const;

    const std::byte* m_bytes;
    qint64 m_intervalNs;
};

} // namespace cutover::lab
