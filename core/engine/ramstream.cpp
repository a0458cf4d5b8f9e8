// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/ramstream.h"

#include "base/clock.h"
#include "engine/handovermessages.h"
#include "fdpass/describe.h"

#include <QtEndian>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <unistd.h>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t payloadBytes = std::size_t{ 1 } << 20U;
constexpr std::size_t runBytes = 16;
constexpr std::size_t maxIdBytes = 255;
constexpr std::uint64_t pagesPerWord = 64;
// Marks are taken this many at a time: what is written meanwhile is sent again, and each time costs a look at
// the memfd's extents.
constexpr std::size_t wordsAtOnce = 64;

enum class RunKind : std::uint32_t { Zero = 0, Bytes = 1 };

struct Run
{
    std::uint64_t firstPage = 0;
    std::uint32_t pages = 0;
    RunKind kind = RunKind::Zero;
};

void writeRun(std::byte* at, const Run& run)
{
    qToBigEndian<std::uint64_t>(run.firstPage, at);
    qToBigEndian<std::uint32_t>(run.pages, at + 8);
    qToBigEndian<std::uint32_t>(static_cast<std::uint32_t>(run.kind), at + 12);
}

/// Copies a page that the guest may be writing to: torn words cannot be, torn pages are sent again. False
/// when it was all zero.
bool copyPage(std::byte* to, std::byte* from)
{
    constexpr std::size_t step = sizeof(std::uint64_t);
    std::uint64_t all = 0;
    for (std::size_t at = 0; at < pageBytes; at += step) {
        auto* const source = reinterpret_cast<std::uint64_t*>(from + at);
        const std::uint64_t word = std::atomic_ref(*source).load(std::memory_order_relaxed);
        std::memcpy(to + at, &word, step);
        all |= word;
    }
    return all != 0;
}

bool isZero(std::span<const std::byte> bytes)
{
    return bytes.empty()
        || (bytes.front() == std::byte{ 0 }
            && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// Tells holes of a memfd, which read as zero and would be filled by reading them through a mapping. Looks
/// again after forget(): a hole is one only as long as nobody writes to it.
class Extents
{
public:
    explicit Extents(const RamBlock& block)
        : m_block(block)
    {
    }

    void forget() { m_end = m_begin = 0; }
    bool isHole(std::uint64_t page)
    {
        const std::uint64_t offset = page * pageBytes;
        if (offset < m_begin || offset >= m_end)
            look(offset);
        return m_hole;
    }

private:
    void look(std::uint64_t offset)
    {
        m_begin = offset;
        m_end = m_block.bytes;
        m_hole = false;
        if (m_block.memfd < 0)
            return;
        const off_t data = ::lseek(m_block.memfd, static_cast<off_t>(offset), SEEK_DATA);
        if (data < 0) {
            m_hole = errno == ENXIO;
            return;
        }
        const std::uint64_t dataBegin = static_cast<std::uint64_t>(data) / pageBytes * pageBytes;
        m_hole = dataBegin > offset;
        if (m_hole) {
            m_end = std::min(dataBegin, m_block.bytes);
            return;
        }
        const off_t hole = ::lseek(m_block.memfd, static_cast<off_t>(offset), SEEK_HOLE);
        if (hole > data)
            m_end = std::min(
                (static_cast<std::uint64_t>(hole) + pageBytes - 1) / pageBytes * pageBytes, m_block.bytes);
    }

    const RamBlock& m_block;
    std::uint64_t m_begin = 0;
    std::uint64_t m_end = 0;
    bool m_hole = false;
};

} // namespace

/// Gathers runs of one block and sends a section whenever it is full.
class RamSender::Writer
{
public:
    Writer(RamSender& sender, const RamBlock& block, RamPass& pass, qint64 deadlineNs)
        : m_sender(sender)
        , m_block(block)
        , m_pass(pass)
        , m_deadlineNs(deadlineNs)
    {
    }

    Result<void> begin()
    {
        const QByteArray id = m_block.id.toUtf8();
        if (std::size_t(id.size()) > maxIdBytes) {
            return failure(ErrorCode::InvalidArgument, u"send the RAM block"_s, m_block.id,
                u"its id has more than %1 bytes"_s.arg(maxIdBytes));
        }
        m_sender.m_payload[0] = static_cast<std::byte>(id.size());
        std::memcpy(m_sender.m_payload.data() + 1, id.constData(), std::size_t(id.size()));
        m_headBytes = m_used = 1 + std::size_t(id.size());
        return {};
    }

    Result<void> add(std::uint64_t page, bool hole)
    {
        if (m_used + runBytes + pageBytes > payloadBytes) {
            const auto sent = end();
            if (!sent)
                return sent;
        }
        if (hole) {
            extend(page, RunKind::Zero);
            return {};
        }
        // Where the bytes go if the page continues the open run; if not, a run's head comes before them.
        const bool continues = continuesRun(page, RunKind::Bytes);
        std::byte* const to = m_sender.m_payload.data() + m_used + (continues ? 0 : runBytes);
        if (!copyPage(to, m_block.base + page * pageBytes)) {
            extend(page, RunKind::Zero);
            return {};
        }
        extend(page, RunKind::Bytes);
        m_used += pageBytes;
        return {};
    }

    Result<void> end()
    {
        closeRun();
        if (m_used == m_headBytes)
            return {};
        const auto* const bytes = reinterpret_cast<const char*>(m_sender.m_payload.data());
        const auto sent = m_sender.m_channel.send(
            message::ram, 0, ramVersion, QByteArrayView(bytes, qsizetype(m_used)), {}, m_deadlineNs);
        m_used = m_headBytes;
        return sent;
    }

private:
    bool continuesRun(std::uint64_t page, RunKind kind) const
    {
        return m_run.pages > 0 && m_run.kind == kind && page == m_run.firstPage + m_run.pages
            && m_run.pages < std::numeric_limits<std::uint32_t>::max();
    }

    void extend(std::uint64_t page, RunKind kind)
    {
        ++(kind == RunKind::Zero ? m_pass.zeroPages : m_pass.pages);
        if (continuesRun(page, kind)) {
            ++m_run.pages;
            return;
        }
        closeRun();
        m_run = Run{ .firstPage = page, .pages = 1, .kind = kind };
        m_runAt = m_used;
        m_used += runBytes;
    }

    void closeRun()
    {
        if (m_run.pages > 0)
            writeRun(m_sender.m_payload.data() + m_runAt, m_run);
        m_run = {};
    }

    RamSender& m_sender;
    const RamBlock& m_block;
    RamPass& m_pass;
    qint64 m_deadlineNs;
    std::size_t m_headBytes = 0;
    std::size_t m_used = 0;
    Run m_run; // without pages while none is open
    std::size_t m_runAt = 0;
};

RamSender::RamSender(MainChannel& channel, std::span<const RamBlock> blocks)
    : m_channel(channel)
    , m_blocks(blocks.begin(), blocks.end())
    , m_payload(payloadBytes)
{
}

std::uint64_t RamSender::pagesLeft() const
{
    std::uint64_t pages = 0;
    for (const RamBlock& block : m_blocks)
        pages += block.dirty->count();
    return pages;
}

std::uint64_t RamSender::pagesTotal() const
{
    std::uint64_t pages = 0;
    for (const RamBlock& block : m_blocks)
        pages += block.bytes / pageBytes;
    return pages;
}

Result<RamPass> RamSender::pass(qint64 deadlineNs)
{
    RamPass result;
    const qint64 begin = monotonicNs();
    const std::uint64_t bytesBefore = m_channel.bytesSent();
    for (const RamBlock& block : m_blocks) {
        const auto sent = passBlock(block, result, deadlineNs);
        if (!sent)
            return std::unexpected(sent.error());
    }
    result.bytes = m_channel.bytesSent() - bytesBefore;
    result.durationNs = monotonicNs() - begin;
    result.pagesLeft = pagesLeft();
    return result;
}

Result<void> RamSender::passBlock(const RamBlock& block, RamPass& result, qint64 deadlineNs)
{
    Writer writer(*this, block, result, deadlineNs);
    Extents extents(block);
    auto sent = writer.begin();
    const std::uint64_t pages = block.bytes / pageBytes;
    std::array<std::uint64_t, wordsAtOnce> marks{};
    for (std::uint64_t first = 0; sent && first < pages; first += wordsAtOnce * pagesPerWord) {
        for (std::size_t i = 0; i < wordsAtOnce; ++i) {
            const std::uint64_t page = first + i * pagesPerWord;
            marks[i] = page < pages ? block.dirty->take(page) : 0;
        }
        extents.forget();
        for (std::size_t i = 0; i < wordsAtOnce; ++i) {
            for (std::uint64_t bits = marks[i]; sent && bits != 0; bits &= bits - 1) {
                const std::uint64_t page = first + i * pagesPerWord + std::uint64_t(std::countr_zero(bits));
                if (page < pages)
                    sent = writer.add(page, extents.isHole(page));
            }
        }
    }
    return sent ? writer.end() : sent;
}

RamReceiver::RamReceiver(std::span<const RamBlock> blocks)
    : m_blocks(blocks.begin(), blocks.end())
{
}

Result<void> RamReceiver::apply(const Section& section)
{
    const auto wrong = [&section](const QString& block, const QString& cause) {
        return failure(ErrorCode::Malformed, block.isEmpty() ? u"read section"_s : u"read the RAM block"_s,
            block.isEmpty() ? QString::fromLatin1(section.device) : block, cause);
    };
    auto checked = requireVersion(section, ramVersion);
    if (checked)
        checked = requireFds(section, 0);
    if (!checked)
        return checked;

    auto rest = std::as_bytes(std::span(section.payload.constData(), std::size_t(section.payload.size())));
    const std::size_t idBytes = rest.empty() ? 0 : std::to_integer<std::size_t>(rest.front());
    if (rest.size() < 1 + idBytes || idBytes == 0)
        return wrong({}, u"it names no RAM block"_s);
    const QString id = QString::fromUtf8(section.payload.sliced(1, qsizetype(idBytes)));
    const auto block = std::ranges::find(m_blocks, id, &RamBlock::id);
    if (block == m_blocks.end())
        return wrong({}, u"there is no RAM block '%1' here"_s.arg(fdpass::printable(id)));
    rest = rest.subspan(1 + idBytes);

    const std::uint64_t pages = block->bytes / pageBytes;
    while (!rest.empty()) {
        if (rest.size() < runBytes)
            return wrong(id, u"a run of pages is cut off"_s);
        const auto first = qFromBigEndian<std::uint64_t>(rest.data());
        const auto count = qFromBigEndian<std::uint32_t>(rest.data() + 8);
        const auto kind = qFromBigEndian<std::uint32_t>(rest.data() + 12);
        rest = rest.subspan(runBytes);
        if (count == 0 || first >= pages || count > pages - first) {
            return wrong(id,
                u"%1 pages from page %2 on are not within its %3 pages"_s.arg(count).arg(first).arg(pages));
        }
        if (kind == std::uint32_t(RunKind::Zero)) {
            clear(*block, first, count);
        } else if (kind == std::uint32_t(RunKind::Bytes)) {
            if (rest.size() / pageBytes < count)
                return wrong(id, u"the bytes of a run of pages are cut off"_s);
            const std::size_t bytes = std::size_t(count) * pageBytes;
            std::memcpy(block->base + first * pageBytes, rest.data(), bytes);
            rest = rest.subspan(bytes);
        } else {
            return wrong(id, u"a run of pages of unknown kind %1"_s.arg(kind));
        }
        m_pages += count;
    }
    return {};
}

void RamReceiver::clear(const RamBlock& block, std::uint64_t firstPage, std::uint64_t pages)
{
    Extents extents(block);
    for (std::uint64_t page = firstPage; page < firstPage + pages; ++page) {
        if (extents.isHole(page))
            continue;
        const std::span bytes(block.base + page * pageBytes, pageBytes);
        if (!isZero(bytes))
            std::memset(bytes.data(), 0, bytes.size());
    }
}

} // namespace cutover::engine
