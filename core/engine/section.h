// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QByteArray>
#include <QByteArrayView>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

/// The main channel's format. Integers are big-endian.
///
///     stream header    "CUTOVMIG", u32 version, u32 0
///     section          u32 magic "SECT", u8 length of the name, 3 bytes 0, u32 instance, u32 version,
///                      u32 fd count, u32 payload length, u32 CRC-32C of these 24 bytes,
///                      name, payload, u32 CRC-32C of everything before it from the magic on
///
/// The head has a checksum of its own so that a damaged length is found before it is waited for. A section's
/// fds travel with any of its bytes, in order.
namespace cutover::engine {

inline constexpr std::uint32_t streamVersion = 1;
inline constexpr std::size_t streamHeaderBytes = 16;
inline constexpr std::size_t sectionHeadBytes = 28;
inline constexpr std::size_t sectionTrailerBytes = 4;
inline constexpr std::size_t maxSectionName = 255;
inline constexpr std::uint32_t maxSectionFds = 1024;

/// What one section may have at most; more is an error before anything is allocated for it.
struct SectionLimits
{
    std::uint32_t payloadBytes = (1U << 30U) + (64U << 20U);
    std::uint32_t fds = maxSectionFds;
};

struct Section
{
    QByteArray device; ///< printable ASCII without spaces, 1 to 255 bytes
    std::uint32_t instance = 0;
    std::uint32_t version = 0;
    QByteArray payload;
    std::vector<UniqueFd> fds; ///< as many as the section announced
};

/// An Unsupported error that names the section when its version is 0 or above \a newest.
Result<void> requireVersion(const Section& section, std::uint32_t newest);
/// A Protocol error that names the section when it does not carry exactly \a count fds.
Result<void> requireFds(const Section& section, std::size_t count);
/// The Protocol error for a section that nobody here expects.
std::unexpected<Error> unexpectedSection(const Section& section);

std::array<std::byte, streamHeaderBytes> encodeStreamHeader();
/// Malformed for another format, Unsupported for another version.
Result<void> checkStreamHeader(std::span<const std::byte, streamHeaderBytes> header);

/// The fixed part of a section, its name not included.
struct SectionHead
{
    std::size_t nameBytes = 0; ///< 1 to 255
    std::uint32_t instance = 0;
    std::uint32_t version = 0;
    std::uint32_t fds = 0; ///< as announced, not checked against any limit
    std::uint32_t payloadBytes = 0; ///< the same
};

/// Malformed for bytes that are no head, or whose checksum does not match.
Result<SectionHead> decodeSectionHead(std::span<const std::byte, sectionHeadBytes> head);

/// InvalidArgument for a name or a length that the format cannot hold.
Result<void> checkSection(QByteArrayView name, std::size_t payloadBytes, std::size_t fds);
/// Head and name of a section, appended to \a out. Precondition: checkSection().
void appendSectionHead(std::vector<std::byte>& out, QByteArrayView name, std::uint32_t instance,
    std::uint32_t version, std::size_t payloadBytes, std::size_t fds);
/// The checksum \a crc, as it ends a section.
std::array<std::byte, sectionTrailerBytes> encodeSectionTrailer(std::uint32_t crc);

/// Turns bytes and fds into sections, however they are cut into pieces. Never allocates more than 1 MiB, or
/// as much again as has arrived, ahead of what arrives.
///
/// fds are claimed by sections in the order of both, when a section is complete; each must have arrived by
/// the last byte of its section. An fd that no section it can belong to has announced is an error: it may
/// belong to the sections that its piece has bytes of, and, when that piece may be the beginning of a longer
/// message that somebody in between put together, to those up to 256 KiB later.
class SectionDecoder
{
public:
    SectionDecoder();

    /// Where the next bytes belong; never empty while next() has nothing to return. Valid until the next
    /// call.
    std::span<std::byte> space();
    /// The first \a bytes of space() have arrived, and \a fds with them.
    void commit(std::size_t bytes, std::vector<UniqueFd> fds);

    /// The stream's header; false = more bytes are needed. Only at the stream's beginning.
    Result<bool> nextHeader();
    /// The next section, nothing when more bytes are needed. An error closes every fd and is final: each
    /// further call returns it.
    Result<std::optional<Section>> next(const SectionLimits& limits);
    /// Protocol error when fds have arrived that no section has claimed. To be asked when the peer has no
    /// section on the way.
    Result<void> requireNoStrayFds();

    /// True between two sections: nothing of the next one has arrived.
    bool atBoundary() const { return m_phase == Phase::Head && m_begin == m_end; }
    /// The name of the section that is being received, empty between two.
    QByteArray partialName() const { return m_phase == Phase::Head ? QByteArray() : m_section.device; }

private:
    enum class Phase : std::uint8_t { Head, Name, Payload, Trailer, Complete };
    struct Arrival
    {
        UniqueFd fd;
        std::uint64_t ownerBeginsBefore = 0; // stream offset
    };

    /// One step; false = more bytes are needed.
    Result<bool> advance(const SectionLimits& limits);
    Result<bool> readHead();
    Result<bool> readName(const SectionLimits& limits);
    bool readPayload();
    Result<bool> readTrailer();
    Result<void> claimFds();
    void growPayload(std::size_t bytes);
    std::unexpected<Error> fail(Error error);
    std::span<const std::byte> buffered() const
    {
        return std::span(m_buffer).subspan(m_begin, m_end - m_begin);
    }
    std::span<const std::byte> consume(std::size_t bytes);

    std::vector<std::byte> m_buffer;
    std::size_t m_begin = 0; // of the bytes in m_buffer that are not consumed yet
    std::size_t m_end = 0;
    bool m_direct = false; // space() was given out inside the payload
    std::uint64_t m_received = 0; // bytes of the stream
    std::deque<Arrival> m_fds;
    Phase m_phase = Phase::Head;
    Section m_section;
    std::size_t m_nameBytes = 0;
    std::size_t m_payloadBytes = 0;
    std::size_t m_payloadReceived = 0;
    std::size_t m_announcedFds = 0;
    std::uint32_t m_crc = 0;
    std::optional<Error> m_error;
};

} // namespace cutover::engine
