// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/sectionscanner.h"

#include "engine/crc32c.h"
#include "engine/fdnames.h"
#include "engine/handovermessages.h"

#include <QCborStreamReader>
#include <QtEndian>

#include <algorithm>
#include <iterator>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

static constexpr qsizetype keptPayloadBytes = qsizetype{ 64 } << 10;
static constexpr std::size_t waitingFdsAtMost = std::size_t{ 2 } * engine::maxSectionFds;

void SectionScanner::feed(std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs)
{
    if (m_error)
        return;
    std::ranges::move(fds, std::back_inserter(m_waiting));
    if (m_waiting.size() > waitingFdsAtMost) {
        fail({ .code = ErrorCode::LimitExceeded,
            .attempt = u"follow the main channel"_s,
            .cause = u"%1 descriptors arrived ahead of their sections"_s.arg(m_waiting.size()) });
        return;
    }
    while (!m_error && step(bytes, timeNs)) { }
}

bool SectionScanner::collect(std::span<const std::byte>& bytes, std::size_t wanted)
{
    const std::size_t now = std::min(bytes.size(), wanted - m_collected.size());
    m_collected.insert(m_collected.end(), bytes.begin(), bytes.begin() + std::ptrdiff_t(now));
    bytes = bytes.subspan(now);
    m_offset += qint64(now);
    return m_collected.size() == wanted;
}

bool SectionScanner::step(std::span<const std::byte>& bytes, qint64 timeNs)
{
    switch (m_phase) {
    case Phase::StreamHeader:
        if (!collect(bytes, engine::streamHeaderBytes))
            return false;
        if (const auto checked = engine::checkStreamHeader(
                std::span<const std::byte>(m_collected).first<engine::streamHeaderBytes>());
            !checked) {
            m_section.offset = 0;
            fail(checked.error());
            return false;
        }
        m_collected.clear();
        m_phase = Phase::Head;
        return true;
    case Phase::Head:
        if (m_collected.empty() && !bytes.empty()) {
            m_section = {};
            m_section.offset = m_offset;
            m_section.beginNs = timeNs;
        }
        return collect(bytes, engine::sectionHeadBytes) && readHead();
    case Phase::Name:
        if (!collect(bytes, m_nameBytes))
            return false;
        m_section.device
            = QByteArray(reinterpret_cast<const char*>(m_collected.data()), qsizetype(m_collected.size()));
        m_crc = engine::crc32c(m_collected, m_crc);
        m_collected.clear();
        m_phase = Phase::Payload;
        return true;
    case Phase::Payload:
        readPayload(bytes);
        if (m_payloadLeft > 0)
            return false;
        m_phase = Phase::Trailer;
        return true;
    case Phase::Trailer:
        if (!collect(bytes, engine::sectionTrailerBytes))
            return false;
        complete(timeNs);
        return !m_error;
    }
    return false;
}

bool SectionScanner::readHead()
{
    const auto head = engine::decodeSectionHead(
        std::span<const std::byte>(m_collected).first<engine::sectionHeadBytes>());
    if (!head) {
        fail(head.error());
        return false;
    }
    const engine::SectionLimits limits;
    if (head->payloadBytes > limits.payloadBytes || head->fds > limits.fds) {
        fail({ .code = ErrorCode::LimitExceeded,
            .attempt = u"follow the main channel"_s,
            .cause
            = u"a section announces %1 bytes and %2 descriptors"_s.arg(head->payloadBytes).arg(head->fds) });
        return false;
    }
    m_nameBytes = head->nameBytes;
    m_section.instance = head->instance;
    m_section.version = head->version;
    m_section.announcedFds = head->fds;
    m_payloadLeft = head->payloadBytes;
    m_payload.clear();
    m_crc = engine::crc32c(m_collected);
    m_collected.clear();
    m_phase = Phase::Name;
    return true;
}

void SectionScanner::readPayload(std::span<const std::byte>& bytes)
{
    const auto part = bytes.first(std::min(bytes.size(), m_payloadLeft));
    bytes = bytes.subspan(part.size());
    m_crc = engine::crc32c(part, m_crc);
    m_payloadLeft -= part.size();
    m_offset += qint64(part.size());
    if (m_section.announcedFds > 0 && m_payload.size() < keptPayloadBytes)
        m_payload.append(reinterpret_cast<const char*>(part.data()),
            std::min(qsizetype(part.size()), keptPayloadBytes - m_payload.size()));
}

void SectionScanner::complete(qint64 timeNs)
{
    const auto crc = qFromBigEndian<std::uint32_t>(m_collected.data());
    m_collected.clear();
    m_section.intact = crc == m_crc;
    m_section.bytes = m_offset - m_section.offset;
    m_section.endNs = timeNs;
    const std::size_t count = std::min<std::size_t>(m_section.announcedFds, m_waiting.size());
    for (std::size_t i = 0; i < count; ++i) {
        m_section.fds.push_back(
            { .name = m_section.device, .id = qint32(i), .fd = std::move(m_waiting.front()) });
        m_waiting.pop_front();
    }
    nameFds();
    ++m_count;
    const bool intact = m_section.intact;
    const QString device = QString::fromLatin1(m_section.device);
    m_sections.push_back(std::move(m_section));
    m_section = {};
    m_section.offset = m_sections.back().offset;
    m_phase = Phase::Head;
    if (!intact)
        fail({ .code = ErrorCode::Malformed,
            .attempt = u"follow section"_s,
            .object = device,
            .cause = u"its checksum does not match"_s });
}

void SectionScanner::nameFds()
{
    if (m_section.fds.empty())
        return;
    if (m_section.device == engine::message::ramBlock) {
        m_section.fds.front().name = m_payload;
        return;
    }
    engine::Section named{ .device = m_section.device, .payload = m_payload };
    named.fds.resize(m_section.fds.size());
    QCborStreamReader reader(m_payload);
    if (!reader.isArray() || !reader.enterContainer())
        return;
    const auto names = engine::readFdNames(reader, named);
    if (!names)
        return;
    for (std::size_t i = 0; i < names->size(); ++i) {
        m_section.fds[i].name = (*names)[i].name;
        m_section.fds[i].id = (*names)[i].id;
    }
}

void SectionScanner::fail(const Error& error)
{
    m_error = error;
    m_errorOffset = m_section.offset;
    m_waiting.clear();
    m_section.fds.clear();
    m_collected.clear();
}

} // namespace cutover::relay
