// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/section.h"

#include "engine/crc32c.h"

#include <QtEndian>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

constexpr std::uint32_t sectionMagic = 0x53454354; // "SECT"
constexpr std::string_view streamMagic = "CUTOVMIG";
constexpr std::size_t bufferBytes = std::size_t{ 64 } << 10U;
constexpr std::size_t growStep = std::size_t{ 1 } << 20U;
// The kernel cuts a message on a unix socket into pieces of at least this size, its fds come with the first.
constexpr std::size_t wholeMessageBelow = std::size_t{ 32 } << 10U;
constexpr std::uint64_t regroupedAtMost = std::uint64_t{ 256 } << 10U;
constexpr std::size_t pendingFdsAtMost = std::size_t{ 2 } * maxSectionFds;

template <typename T>
T read(std::span<const std::byte> bytes, std::size_t at)
{
    return qFromBigEndian<T>(bytes.subspan(at, sizeof(T)).data());
}

template <typename T>
void put(std::span<std::byte> bytes, std::size_t at, T value)
{
    qToBigEndian<T>(value, bytes.subspan(at, sizeof(T)).data());
}

QString nameText(const QByteArray& name)
{
    return QString::fromLatin1(name);
}

Error sectionError(ErrorCode code, const QByteArray& name, const QString& cause)
{
    return Error{ .code = code,
        .attempt = name.isEmpty() ? u"read a section of the main channel"_s : u"read section"_s,
        .object = nameText(name),
        .cause = cause };
}

bool isNameByte(char byte)
{
    return byte > 0x20 && byte < 0x7F;
}

QString descriptors(std::size_t count)
{
    return count == 1 ? u"1 descriptor"_s : u"%1 descriptors"_s.arg(count);
}

} // namespace

Result<void> requireVersion(const Section& section, std::uint32_t newest)
{
    if (section.version >= 1 && section.version <= newest)
        return {};
    return std::unexpected(sectionError(ErrorCode::Unsupported, section.device,
        u"it has version %1, the newest known here is %2"_s.arg(section.version).arg(newest)));
}

Result<void> requireFds(const Section& section, std::size_t count)
{
    if (section.fds.size() == count)
        return {};
    return std::unexpected(sectionError(ErrorCode::Protocol, section.device,
        u"it carries %1 instead of %2"_s.arg(descriptors(section.fds.size())).arg(count)));
}

std::unexpected<Error> unexpectedSection(const Section& section)
{
    return std::unexpected(sectionError(ErrorCode::Protocol, section.device,
        u"instance %1 of it is unknown here or out of place"_s.arg(section.instance)));
}

std::array<std::byte, streamHeaderBytes> encodeStreamHeader()
{
    std::array<std::byte, streamHeaderBytes> header{};
    std::memcpy(header.data(), streamMagic.data(), streamMagic.size());
    put(std::span(header), streamMagic.size(), streamVersion);
    return header;
}

Result<void> checkStreamHeader(std::span<const std::byte, streamHeaderBytes> header)
{
    const QString attempt = u"read the main channel's header"_s;
    if (std::memcmp(header.data(), streamMagic.data(), streamMagic.size()) != 0)
        return failure(ErrorCode::Malformed, attempt, {}, u"this is not a migration stream of cutover-vmm"_s);
    const auto version = read<std::uint32_t>(header, streamMagic.size());
    if (version != streamVersion) {
        return failure(ErrorCode::Unsupported, attempt, {},
            u"it has version %1, known here is %2"_s.arg(version).arg(streamVersion));
    }
    if (read<std::uint32_t>(header, streamMagic.size() + sizeof version) != 0)
        return failure(ErrorCode::Malformed, attempt, {}, u"its reserved word is not zero"_s);
    return {};
}

Result<SectionHead> decodeSectionHead(std::span<const std::byte, sectionHeadBytes> head)
{
    const auto damaged
        = [](const QString& cause) { return std::unexpected(sectionError(ErrorCode::Malformed, {}, cause)); };
    if (read<std::uint32_t>(head, 0) != sectionMagic)
        return damaged(u"no section begins where one should"_s);
    if (read<std::uint32_t>(head, 24) != crc32c(head.first(24)))
        return damaged(u"the checksum of its head does not match"_s);
    const SectionHead result{ .nameBytes = read<std::uint8_t>(head, 4),
        .instance = read<std::uint32_t>(head, 8),
        .version = read<std::uint32_t>(head, 12),
        .fds = read<std::uint32_t>(head, 16),
        .payloadBytes = read<std::uint32_t>(head, 20) };
    if (result.nameBytes == 0 || (read<std::uint32_t>(head, 4) & 0xFFFFFFU) != 0)
        return damaged(u"its head is not valid"_s);
    return result;
}

Result<void> checkSection(QByteArrayView name, std::size_t payloadBytes, std::size_t fds)
{
    const auto invalid = [&](const QString& cause) {
        return failure(ErrorCode::InvalidArgument, u"send section"_s, QString::fromLatin1(name), cause);
    };
    if (name.isEmpty() || std::size_t(name.size()) > maxSectionName || !std::ranges::all_of(name, isNameByte))
        return invalid(u"its name is not 1 to %1 printable characters without spaces"_s.arg(maxSectionName));
    if (payloadBytes > SectionLimits().payloadBytes)
        return invalid(u"%1 bytes are too many"_s.arg(payloadBytes));
    if (fds > maxSectionFds)
        return invalid(u"%1 are too many"_s.arg(descriptors(fds)));
    return {};
}

void appendSectionHead(std::vector<std::byte>& out, QByteArrayView name, std::uint32_t instance,
    std::uint32_t version, std::size_t payloadBytes, std::size_t fds)
{
    const std::size_t at = out.size();
    out.resize(at + sectionHeadBytes + std::size_t(name.size()));
    const auto head = std::span(out).subspan(at, sectionHeadBytes);
    put(head, 0, sectionMagic);
    put(head, 4, static_cast<std::uint8_t>(name.size()));
    put(head, 8, instance);
    put(head, 12, version);
    put(head, 16, static_cast<std::uint32_t>(fds));
    put(head, 20, static_cast<std::uint32_t>(payloadBytes));
    put(head, 24, crc32c(head.first(24)));
    std::memcpy(out.data() + at + sectionHeadBytes, name.data(), std::size_t(name.size()));
}

std::array<std::byte, sectionTrailerBytes> encodeSectionTrailer(std::uint32_t crc)
{
    std::array<std::byte, sectionTrailerBytes> trailer{};
    put(std::span(trailer), 0, crc);
    return trailer;
}

SectionDecoder::SectionDecoder()
    : m_buffer(bufferBytes)
{
}

std::span<std::byte> SectionDecoder::space()
{
    const std::size_t missing = m_payloadBytes - m_payloadReceived;
    m_direct = m_phase == Phase::Payload && m_begin == m_end && missing >= bufferBytes;
    if (m_direct) {
        growPayload(1);
        auto* const payload = reinterpret_cast<std::byte*>(m_section.payload.data());
        return { payload + m_payloadReceived, std::size_t(m_section.payload.size()) - m_payloadReceived };
    }
    if (m_begin > 0) {
        std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
        m_end -= m_begin;
        m_begin = 0;
    }
    return std::span(m_buffer).subspan(m_end);
}

void SectionDecoder::commit(std::size_t bytes, std::vector<UniqueFd> fds)
{
    bool filled = false;
    if (m_direct) {
        const auto* const payload = reinterpret_cast<const std::byte*>(m_section.payload.constData());
        m_crc = crc32c({ payload + m_payloadReceived, bytes }, m_crc);
        m_payloadReceived += bytes;
        filled = m_payloadReceived == std::size_t(m_section.payload.size());
        m_direct = false;
    } else {
        m_end += bytes;
        filled = m_end == m_buffer.size();
    }
    m_received += bytes;
    if (m_error)
        return;
    const bool whole = !filled && bytes < wholeMessageBelow;
    for (UniqueFd& fd : fds) {
        m_fds.push_back(
            { .fd = std::move(fd), .ownerBeginsBefore = whole ? m_received : m_received + regroupedAtMost });
    }
}

Result<bool> SectionDecoder::nextHeader()
{
    if (m_error)
        return std::unexpected(*m_error);
    if (buffered().size() < streamHeaderBytes)
        return false;
    const auto checked = checkStreamHeader(consume(streamHeaderBytes).first<streamHeaderBytes>());
    if (!checked)
        return fail(checked.error());
    return true;
}

Result<std::optional<Section>> SectionDecoder::next(const SectionLimits& limits)
{
    if (m_error)
        return std::unexpected(*m_error);
    if (m_fds.size() > pendingFdsAtMost) {
        return fail(sectionError(ErrorCode::LimitExceeded, m_section.device,
            u"%1 arrived ahead of their sections"_s.arg(descriptors(m_fds.size()))));
    }
    while (m_phase != Phase::Complete) {
        const auto more = advance(limits);
        if (!more)
            return fail(more.error());
        if (!*more)
            return std::nullopt;
    }
    m_phase = Phase::Head;
    return std::exchange(m_section, {});
}

Result<void> SectionDecoder::requireNoStrayFds()
{
    if (m_error)
        return std::unexpected(*m_error);
    if (m_fds.empty() || m_phase != Phase::Head)
        return {};
    return fail(sectionError(ErrorCode::Protocol, {},
        u"%1 arrived on the channel that no section announces"_s.arg(descriptors(m_fds.size()))));
}

Result<bool> SectionDecoder::advance(const SectionLimits& limits)
{
    switch (m_phase) {
    case Phase::Head:
        return readHead();
    case Phase::Name:
        return readName(limits);
    case Phase::Payload:
        return readPayload();
    case Phase::Trailer:
        return readTrailer();
    case Phase::Complete:
        break;
    }
    return true;
}

Result<bool> SectionDecoder::readHead()
{
    if (buffered().size() < sectionHeadBytes)
        return false;
    const auto bytes = consume(sectionHeadBytes).first<sectionHeadBytes>();
    const auto head = decodeSectionHead(bytes);
    if (!head)
        return std::unexpected(head.error());
    m_nameBytes = head->nameBytes;
    m_section.instance = head->instance;
    m_section.version = head->version;
    m_announcedFds = head->fds;
    m_payloadBytes = head->payloadBytes;
    m_payloadReceived = 0;
    m_crc = crc32c(bytes);
    m_phase = Phase::Name;
    return true;
}

Result<bool> SectionDecoder::readName(const SectionLimits& limits)
{
    if (buffered().size() < m_nameBytes)
        return false;
    const auto name = consume(m_nameBytes);
    m_crc = crc32c(name, m_crc);
    m_section.device = QByteArray(reinterpret_cast<const char*>(name.data()), qsizetype(name.size()));
    if (!std::ranges::all_of(m_section.device, isNameByte)) {
        m_section.device.clear();
        return std::unexpected(sectionError(ErrorCode::Malformed, {}, u"its name is not printable"_s));
    }
    const auto tooMuch = [this](const QString& what, std::uint32_t limit) {
        return std::unexpected(sectionError(ErrorCode::LimitExceeded, m_section.device,
            u"it announces %1, at most %2 are accepted"_s.arg(what).arg(limit)));
    };
    if (m_payloadBytes > limits.payloadBytes)
        return tooMuch(u"%1 bytes"_s.arg(m_payloadBytes), limits.payloadBytes);
    if (m_announcedFds > limits.fds)
        return tooMuch(descriptors(m_announcedFds), limits.fds);
    m_phase = Phase::Payload;
    return true;
}

bool SectionDecoder::readPayload()
{
    const std::size_t bytes = std::min(buffered().size(), m_payloadBytes - m_payloadReceived);
    if (bytes > 0) {
        const auto piece = consume(bytes);
        m_crc = crc32c(piece, m_crc);
        growPayload(bytes);
        std::memcpy(m_section.payload.data() + m_payloadReceived, piece.data(), bytes);
        m_payloadReceived += bytes;
    }
    if (m_payloadReceived < m_payloadBytes)
        return false;
    m_phase = Phase::Trailer;
    return true;
}

Result<bool> SectionDecoder::readTrailer()
{
    if (buffered().size() < sectionTrailerBytes)
        return false;
    if (read<std::uint32_t>(consume(sectionTrailerBytes), 0) != m_crc) {
        return std::unexpected(
            sectionError(ErrorCode::Malformed, m_section.device, u"its checksum does not match"_s));
    }
    const auto claimed = claimFds();
    if (!claimed)
        return std::unexpected(claimed.error());
    m_phase = Phase::Complete;
    return true;
}

Result<void> SectionDecoder::claimFds()
{
    const auto wrong = [this](std::size_t arrived, const QString& guess) {
        return std::unexpected(sectionError(ErrorCode::Protocol, m_section.device,
            u"it announces %1, %2 arrived on the channel"_s.arg(descriptors(m_announcedFds)).arg(arrived)
                + guess));
    };
    const std::size_t arrived = m_fds.size();
    if (arrived < m_announcedFds)
        return wrong(arrived, u" (a proxy that does not pass descriptors?)"_s);
    m_section.fds.reserve(m_announcedFds);
    for (std::size_t i = 0; i < m_announcedFds; ++i) {
        m_section.fds.push_back(std::move(m_fds.front().fd));
        m_fds.pop_front();
    }
    const std::uint64_t sectionEnd = m_received - (m_end - m_begin);
    const auto isStray = [&](const Arrival& arrival) { return arrival.ownerBeginsBefore <= sectionEnd; };
    if (std::ranges::any_of(m_fds, isStray))
        return wrong(arrived, {});
    return {};
}

void SectionDecoder::growPayload(std::size_t bytes)
{
    const std::size_t needed = m_payloadReceived + bytes;
    if (needed > std::size_t(m_section.payload.size()))
        m_section.payload.resize(
            qsizetype(std::min(m_payloadBytes, std::max(needed, m_payloadReceived + growStep))));
}

std::span<const std::byte> SectionDecoder::consume(std::size_t bytes)
{
    const auto taken = buffered().first(bytes);
    m_begin += bytes;
    return taken;
}

std::unexpected<Error> SectionDecoder::fail(Error error)
{
    m_fds.clear();
    m_section = {};
    m_phase = Phase::Head;
    m_begin = m_end = 0;
    m_error = std::move(error);
    return std::unexpected(*m_error);
}

} // namespace cutover::engine
