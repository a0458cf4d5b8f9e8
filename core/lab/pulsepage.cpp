// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/pulsepage.h"

#include <QtEndian>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#ifdef CUTOVER_PULSE_IMAGE
extern "C" const std::array<char, 4096> cutoverPulseBlock;
#endif

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr qsizetype imageBytes = qsizetype{ 64 } * 1024; ///< QEMU takes multiples of it only
constexpr quint64 magic = 0x5441'4542'4f54'5543;
constexpr quint32 version = 1;
constexpr quint32 ringLength = 256;
constexpr quint32 fastestRate = 1'000'000;
constexpr qint64 second = 1'000'000'000;

constexpr std::size_t versionAt = 8;
constexpr std::size_t ringLengthAt = 12;
constexpr std::size_t rateAt = 16;
constexpr std::size_t beatsAt = 24;
constexpr std::size_t ringAt = 64;
static_assert(ringAt + ringLength * sizeof(quint64) <= pulsePageBytes);

/// Another process writes there.
template <typename T>
T load(const std::byte* bytes, std::size_t offset)
{
    return qFromLittleEndian(__atomic_load_n(reinterpret_cast<const T*>(bytes + offset), __ATOMIC_ACQUIRE));
}

std::unexpected<Error> noPage(const QString& cause)
{
    return failure(ErrorCode::Malformed, u"read the guest's heartbeat"_s, {}, cause);
}

} // namespace

QByteArray pulseImage()
{
#ifdef CUTOVER_PULSE_IMAGE
    QByteArray image(imageBytes - qsizetype(cutoverPulseBlock.size()), '\0');
    image.append(cutoverPulseBlock.data(), qsizetype(cutoverPulseBlock.size()));
    return image;
#else
    return {};
#endif
}

Result<PulsePage> PulsePage::read(std::span<const std::byte> bytes)
{
    if (bytes.size() < pulsePageBytes || std::bit_cast<std::uintptr_t>(bytes.data()) % sizeof(quint64) != 0)
        return noPage(u"it is not a whole page"_s);
    const std::byte* const page = bytes.data();
    if (load<quint64>(page, 0) != magic)
        return noPage(u"the guest has none"_s);
    if (const auto its = load<quint32>(page, versionAt); its != version)
        return noPage(u"its version is %1, not %2"_s.arg(its).arg(version));
    if (const auto its = load<quint32>(page, ringLengthAt); its != ringLength)
        return noPage(u"it keeps %1 beats, not %2"_s.arg(its).arg(ringLength));
    const auto rate = load<quint32>(page, rateAt);
    if (rate == 0 || rate > fastestRate)
        return noPage(u"it says that it beats %1 times a second"_s.arg(rate));
    return PulsePage(page, second / rate);
}

std::optional<PulseBeat> PulsePage::latest() const
{
    if (load<quint64>(m_bytes, 0) != magic)
        return std::nullopt;
    const auto number = load<quint32>(m_bytes, beatsAt);
    if (number == 0)
        return std::nullopt;
    const PulseBeat beat{ .number = number, .ticks = ticksOf(number) };
    // We may have been held up for so long that another beat has taken its place.
    const bool overtaken = load<quint32>(m_bytes, beatsAt) - number >= ringLength;
    return overtaken ? latest() : std::optional(beat);
}

quint64 PulsePage::ticksOf(quint32 number) const
{
    return load<quint64>(m_bytes, ringAt + number % ringLength * sizeof(quint64));
}

std::optional<quint64> PulsePage::longestTicks(const PulseBeat& from, const PulseBeat& to) const
{
    const quint32 beats = to.number - from.number;
    if (beats == 0 || beats >= ringLength)
        return std::nullopt;
    quint64 longest = 0;
    quint64 before = from.ticks;
    for (quint32 i = 1; i <= beats; ++i) {
        const quint64 ticks = i == beats ? to.ticks : ticksOf(from.number + i);
        if (ticks < before || ticks > to.ticks)
            return std::nullopt;
        longest = std::max(longest, ticks - before);
        before = ticks;
    }
    const bool overtaken = load<quint32>(m_bytes, beatsAt) - from.number >= ringLength;
    return overtaken ? std::nullopt : std::optional(longest);
}

} // namespace cutover::lab
