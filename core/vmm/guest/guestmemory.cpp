// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/guestmemory.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cutover::vmm {

static QString memoryAttempt()
{
    return QStringLiteral("add guest memory");
}

static int membarrier(int command)
{
    return static_cast<int>(syscall(SYS_membarrier, command, 0U, 0));
}

GuestMemory::~GuestMemory()
{
    if (m_base != nullptr)
        munmap(m_base, maxBytes);
}

Result<void> GuestMemory::checkBlock(const QString& id, quint64 bytes) const
{
    const auto refuse = [&id](const QString& cause) {
        return failure(ErrorCode::InvalidArgument, memoryAttempt(), id, cause);
    };
    if (id.isEmpty())
        return refuse(QStringLiteral("it has no id"));
    if (std::ranges::contains(m_blocks, id, &Block::id))
        return refuse(QStringLiteral("the id is taken"));
    if (bytes == 0 || bytes % engine::pageBytes != 0)
        return refuse(QStringLiteral("its size is not a number of whole pages"));
    if (bytes > maxBytes - m_bytes)
        return refuse(QStringLiteral("all blocks together are larger than 256 GiB"));
    return {};
}

Result<void> GuestMemory::reserve()
{
    if (m_base != nullptr)
        return {};
    void* const address
        = mmap(nullptr, maxBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED)
        return systemError(QStringLiteral("reserve addresses for guest memory"), {}, errno);
    m_base = static_cast<std::byte*>(address);
    // Makes the barrier of startDirtyLog() cheap; where the kernel has none, the global one is used.
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    return {};
}

Result<void> GuestMemory::checkMemfd(const QString& id, quint64 bytes, int memfd)
{
    struct stat info{};
    if (fstat(memfd, &info) != 0)
        return systemError(memoryAttempt(), id, errno);
    if (!S_ISREG(info.st_mode) || std::cmp_not_equal(info.st_size, bytes))
        return failure(ErrorCode::Malformed, memoryAttempt(), id,
            QStringLiteral("its memfd has %1 bytes instead of %2").arg(info.st_size).arg(bytes));
    const int seals = fcntl(memfd, F_GET_SEALS);
    const bool sealed
        = seals >= 0 && ((seals & F_SEAL_SHRINK) != 0 || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    if (!sealed || (seals & F_SEAL_WRITE) != 0)
        return failure(ErrorCode::Malformed, memoryAttempt(), id,
            QStringLiteral("its memfd is not writable, or cannot be sealed against shrinking"));
    return {};
}

Result<void> GuestMemory::addBlock(const QString& id, quint64 bytes, bool migrateFds)
{
    if (const auto checked = checkBlock(id, bytes); !checked)
        return checked;
    auto memfd
        = UniqueFd::adopt(memfd_create(id.toUtf8().left(200).constData(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memfd)
        return systemError(QStringLiteral("create the memfd of guest memory"), id, errno);
    if (ftruncate(memfd.get(), static_cast<off_t>(bytes)) != 0)
        return systemError(QStringLiteral("size the memfd of guest memory"), id, errno);
    if (fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        return systemError(QStringLiteral("seal the memfd of guest memory"), id, errno);
    return addBlock(id, bytes, migrateFds, std::move(memfd));
}

Result<void> GuestMemory::addBlock(const QString& id, quint64 bytes, bool migrateFds, UniqueFd memfd)
{
    if (const auto checked = checkBlock(id, bytes); !checked)
        return checked;
    if (const auto checked = checkMemfd(id, bytes, memfd.get()); !checked)
        return checked;
    if (const auto reserved = reserve(); !reserved)
        return reserved;
    void* const wanted = m_base + m_bytes;
    if (mmap(wanted, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memfd.get(), 0) == MAP_FAILED)
        return systemError(QStringLiteral("map guest memory"), id, errno);
    m_blocks.push_back({ .id = id,
        .start = m_bytes,
        .bytes = bytes,
        .migrateFds = migrateFds,
        .memfd = std::move(memfd),
        .dirty = std::make_unique<engine::DirtyBitmap>(bytes) });
    m_bytes += bytes;
    return {};
}

Result<void> GuestMemory::replaceBlock(const QString& id, UniqueFd memfd)
{
    const auto block = std::ranges::find(m_blocks, id, &Block::id);
    if (block == m_blocks.end())
        return failure(
            ErrorCode::NotFound, memoryAttempt(), id, QStringLiteral("there is no block of that name"));
    if (const auto checked = checkMemfd(id, block->bytes, memfd.get()); !checked)
        return checked;
    if (dup3(memfd.get(), block->memfd.get(), O_CLOEXEC) < 0)
        return systemError(memoryAttempt(), id, errno);
    if (mmap(m_base + block->start, block->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
            block->memfd.get(), 0)
        == MAP_FAILED)
        return systemError(QStringLiteral("map guest memory"), id, errno);
    return {};
}

Result<std::vector<GuestMemory::Extent>> GuestMemory::dataExtents() const
{
    std::vector<Extent> extents;
    for (const Block& block : m_blocks) {
        const auto end = static_cast<off_t>(block.bytes);
        off_t hole = 0;
        while (hole < end) {
            const off_t data = lseek(block.memfd.get(), hole, SEEK_DATA);
            if (data < 0 && errno == ENXIO)
                break;
            if (data >= 0)
                hole = lseek(block.memfd.get(), data, SEEK_HOLE);
            if (data < 0 || hole < 0)
                return systemError(QStringLiteral("find the data of guest memory"), block.id, errno);
            extents.push_back({ .address = block.start + static_cast<quint64>(data),
                .bytes = static_cast<quint64>(std::min(hole, end) - data) });
        }
    }
    return extents;
}

Result<void> GuestMemory::populate()
{
    const auto extents = dataExtents();
    if (!extents)
        return std::unexpected(extents.error());
    for (const Extent& extent : *extents) {
        int result = 0;
        do {
            result = madvise(m_base + extent.address, extent.bytes, MADV_POPULATE_WRITE);
        } while (result != 0 && errno == EINTR);
        if (result != 0)
            return systemError(QStringLiteral("populate guest memory"), {}, errno);
    }
    return {};
}

void GuestMemory::markLogged(quint64 guestAddress, quint64 bytes)
{
    for (const Block& block : m_blocks) {
        const quint64 end = block.start + block.bytes;
        if (bytes == 0 || guestAddress >= end || guestAddress < block.start)
            continue;
        const quint64 here = std::min(bytes, end - guestAddress);
        const quint64 last = (guestAddress - block.start + here - 1) / engine::pageBytes;
        for (quint64 page = (guestAddress - block.start) / engine::pageBytes; page <= last; ++page)
            block.dirty->mark(page);
        guestAddress += here;
        bytes -= here;
    }
}

void GuestMemory::startDirtyLog()
{
    m_logging.store(true, std::memory_order_seq_cst);
    // A thread that has just read "off" must not have its write still under way when the page is first
    // copied: the barrier runs on every thread, so that the guest's writes need none.
    if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)
        membarrier(MEMBARRIER_CMD_GLOBAL);
    for (const Block& block : m_blocks)
        block.dirty->markAll();
}

void GuestMemory::stopDirtyLog()
{
    m_logging.store(false, std::memory_order_relaxed);
}

std::vector<engine::RamBlock> GuestMemory::blocks() const
{
    std::vector<engine::RamBlock> blocks;
    blocks.reserve(m_blocks.size());
    for (const Block& block : m_blocks)
        blocks.push_back({ .id = block.id,
            .bytes = block.bytes,
            .memfd = block.memfd.get(),
            .base = m_base + block.start,
            .dirty = block.dirty.get(),
            .migrateFds = block.migrateFds });
    return blocks;
}

} // namespace cutover::vmm
