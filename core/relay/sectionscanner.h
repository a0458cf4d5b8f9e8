// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/section.h"

#include <QByteArray>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace cutover::relay {

/// One section of the embedded engine's main channel as it went by.
struct SeenSection
{
    QByteArray device;
    std::uint32_t instance = 0;
    std::uint32_t version = 0;
    qint64 offset = 0; ///< of its first byte in the stream
    qint64 bytes = 0; ///< all of it: head, name, payload, trailer
    qint64 beginNs = 0; ///< when its first byte was passed on
    qint64 endNs = 0; ///< and its last
    struct Fd
    {
        QByteArray name; ///< as the section names it, else the section's own name
        qint32 id = 0;
        UniqueFd fd;
    };
    std::vector<Fd> fds;
    std::uint32_t announcedFds = 0;
    bool intact = true; ///< its checksum matches
};

/// Follows the sections of a stream that belongs to somebody else: counts and times them without keeping
/// their payload (of sections with fds the first 64 KiB, for the names in it). What a VMM would refuse is an
/// error here, too, and ends the following; the bytes go on.
class SectionScanner
{
public:
    /// Bytes that went by at \a timeNs, with fds; the fds are closed at the latest by the destructor.
    void feed(std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs);
    /// The sections that were completed since the last call.
    std::vector<SeenSection> take() { return std::exchange(m_sections, {}); }

    /// True between two sections, or before the first one.
    bool atBoundary() const { return m_phase == Phase::Head && m_collected.empty(); }
    std::size_t waitingFds() const { return m_waiting.size(); } ///< no section has claimed them yet
    std::size_t sectionCount() const { return m_count; }
    const std::optional<Error>& error() const { return m_error; }
    qint64 errorOffset() const { return m_errorOffset; } ///< of the section or header that is wrong

private:
    enum class Phase : std::uint8_t { StreamHeader, Head, Name, Payload, Trailer };

    /// Collects up to \a wanted bytes; false = more are needed.
    bool collect(std::span<const std::byte>& bytes, std::size_t wanted);
    bool step(std::span<const std::byte>& bytes, qint64 timeNs);
    bool readHead();
    void readPayload(std::span<const std::byte>& bytes);
    void complete(qint64 timeNs);
    void nameFds();
    void fail(const Error& error);

    Phase m_phase = Phase::StreamHeader;
    std::vector<std::byte> m_collected;
    qint64 m_offset = 0;
    SeenSection m_section; // being followed
    std::size_t m_nameBytes = 0;
    std::size_t m_payloadLeft = 0;
    QByteArray m_payload; // its beginning, of a section with fds
    std::uint32_t m_crc = 0;
    std::deque<UniqueFd> m_waiting;
    std::vector<SeenSection> m_sections;
    std::size_t m_count = 0;
    std::optional<Error> m_error;
    qint64 m_errorOffset = 0;
};

} // namespace cutover::relay
