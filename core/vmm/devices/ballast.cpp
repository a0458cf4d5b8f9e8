// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/ballast.h"

#include "vmm/devices/cborstate.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::FdClass;
using engine::Ownership;

namespace {

constexpr long tickNs = 10'000'000;
constexpr int touchesPerTick = 64;
constexpr int verifiedPerTick = 256;
constexpr qsizetype fields = 5;

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the result depends on every bit.
constexpr quint64 mix(quint64 value)
{
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

constexpr quint64 digest(quint64 index, quint64 generation)
{
    return mix(mix(index) ^ generation);
}

} // namespace

/// A page says what it must be: its place, how often it was changed, and a pattern up to its end.
struct Ballast::Page
{
    quint64 index;
    quint64 generation;
    quint64 digest;
    std::array<quint64, 509> pattern;

    void write(quint64 place)
    {
        index = place;
        generation = 0;
        digest = vmm::digest(place, 0);
        for (std::size_t word = 0; word < pattern.size(); ++word)
            pattern[word] = digest + word;
    }
    bool headFits(quint64 place) const { return index == place && digest == vmm::digest(place, generation); }
    bool fits(quint64 place) const
    {
        if (!headFits(place))
            return false;
        const quint64 first = vmm::digest(place, 0);
        for (std::size_t word = 0; word < pattern.size(); ++word) {
            if (pattern[word] != first + word)
                return false;
        }
        return true;
    }
};

Ballast::Ballast(const QString& id, BallastConfig config, IoThread& thread)
    : Device(u"ballast"_s, id, config.migrateFds)
    , m_config(config)
    , m_io(thread)
{
    static_assert(sizeof(Page) == 4096);
}

Ballast::~Ballast()
{
    detachBackend();
}

quint64 Ballast::pageCount() const
{
    return m_config.stateBytes / sizeof(Page);
}

QJsonObject Ballast::guestConfiguration() const
{
    return { { u"driver"_s, driver() }, { u"id"_s, id() }, { u"state"_s, qint64(m_config.stateBytes) } };
}

Result<void> Ballast::realizeFrontend()
{
    const QString attempt = u"set up the ballast"_s;
    if (m_config.stateBytes < minBytes || m_config.stateBytes > maxBytes
        || m_config.stateBytes % sizeof(Page) != 0) {
        return failure(ErrorCode::InvalidArgument, attempt, id(),
            u"a state of %1 bytes is not 1 MiB to 1 GiB in whole pages"_s.arg(m_config.stateBytes));
    }
    UniqueFd timer = UniqueFd::adopt(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer)
        return systemError(attempt, id(), errno);
    // It runs all the time, so that a start needs no system call of its own.
    const timespec interval{ .tv_sec = 0, .tv_nsec = tickNs };
    const itimerspec times{ .it_interval = interval, .it_value = interval };
    if (::timerfd_settime(timer.get(), 0, &times, nullptr) != 0)
        return systemError(attempt, id(), errno);
    if (auto added = m_io.add(timer.get(), EPOLLIN, [this](std::uint32_t) { tick(); }); !added)
        return added;
    m_timer = std::move(timer);
    return {};
}

QList<engine::FdSlot> Ballast::fdSlots() const
{
    return { { id(), 0, fdpass::FdKind::Memfd, FdClass::Shareable } };
}

Result<void> Ballast::openBackend()
{
    const QString attempt = u"make the state of"_s;
    UniqueFd memfd = UniqueFd::adopt(::memfd_create("cutover-ballast", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memfd || ::ftruncate(memfd.get(), off_t(m_config.stateBytes)) != 0
        || ::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        return systemError(attempt, id(), errno);
    if (auto mapped = map(std::move(memfd)); !mapped)
        return mapped;
    m_made = true;
    fill();
    return {};
}

Result<void> Ballast::attachFd(qsizetype index, UniqueFd fd)
{
    const QString attempt = u"use a descriptor of"_s;
    if (index != 0)
        return failure(ErrorCode::Protocol, attempt, id(), u"there is no such slot"_s);
    if (m_memfd)
        return failure(ErrorCode::Protocol, attempt, id(), u"the slot has one already"_s);
    struct stat status{};
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(fd.get(), &status) != 0
        || quint64(status.st_size) != m_config.stateBytes) {
        return failure(ErrorCode::Protocol, attempt, id(),
            u"it is not a memfd of %1 bytes that cannot shrink"_s.arg(m_config.stateBytes));
    }
    return map(std::move(fd));
}

Result<void> Ballast::map(UniqueFd memfd)
{
    void* base = ::mmap(nullptr, m_config.stateBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd.get(), 0);
    if (base == MAP_FAILED)
        return systemError(u"map the state of"_s, id(), errno);
    m_pages = { static_cast<Page*>(base), pageCount() };
    m_memfd = std::move(memfd);
    m_made = false;
    m_verified = pageCount();
    return {};
}

void Ballast::fill()
{
    m_sum = 0;
    for (quint64 place = 0; place < m_pages.size(); ++place) {
        m_pages[place].write(place);
        m_sum += m_pages[place].digest;
    }
    m_touches = 0;
    m_random = 0;
}

void Ballast::detachBackend()
{
    m_io.pause();
    if (!m_pages.empty())
        ::munmap(m_pages.data(), m_pages.size_bytes());
    m_pages = {};
    m_memfd.reset();
    m_owned = false;
}

Result<void> Ballast::take(int /*timeLimitMs*/)
{
    m_owned = true;
    return {};
}

Result<void> Ballast::release(int /*timeLimitMs*/, Keep keep)
{
    m_io.pause();
    m_owned = false;
    m_passes = keep == Keep::Backend;
    return {};
}

Ownership Ballast::ownership() const
{
    return m_owned ? Ownership::Owned : Ownership::None;
}

void Ballast::save(QCborStreamWriter& writer) const
{
    writer.startArray(quint64(fields));
    writer.append(m_config.stateBytes);
    writer.append(m_touches.load());
    writer.append(m_random);
    writer.append(m_sum);
    if (m_passes)
        writer.append(nullptr);
    else
        writer.appendByteString(
            reinterpret_cast<const char*>(m_pages.data()), qsizetype(m_pages.size_bytes()));
    writer.endArray();
}

qsizetype Ballast::stateSize() const
{
    const qsizetype numbers = 9 * (fields + 1);
    return m_passes && !m_owned ? numbers : numbers + qsizetype(m_config.stateBytes);
}

Result<void> Ballast::load(QCborStreamReader& reader)
{
    StateReader state(reader, id());
    state.enterArray(fields);
    if (state.number() != m_config.stateBytes)
        state.fail(u"it is of another size"_s);
    m_touches = state.number();
    m_random = state.number();
    m_sum = state.number();
    if (!m_made) {
        // Reading it now would take as long as copying it.
        state.null();
    } else {
        if (state.bytes(std::as_writable_bytes(m_pages)) != m_pages.size_bytes())
            state.fail(u"it is not complete"_s);
        quint64 sum = 0;
        for (quint64 place = 0; state.ok() && place < m_pages.size(); ++place) {
            if (!m_pages[place].headFits(place))
                state.fail(u"page %1 is damaged"_s.arg(place));
            sum += m_pages[place].digest;
        }
        if (state.ok() && sum != m_sum)
            state.fail(u"its checksum is wrong"_s);
    }
    state.leaveArray();
    m_verified = 0;
    m_verifiedSum = 0;
    return state.result();
}

void Ballast::tick()
{
    quint64 expirations = 0;
    (void)!::read(m_timer.get(), &expirations, sizeof expirations);
    for (int count = 0; count < touchesPerTick && !m_io.pausing(); ++count)
        touch();
    for (int count = 0; count < verifiedPerTick && m_verified < pageCount() && !m_io.pausing(); ++count)
        verify();
}

void Ballast::touch()
{
    m_random = mix(m_random);
    const quint64 place = m_random % m_pages.size();
    Page& page = m_pages[place];
    const quint64 before = page.digest;
    ++page.generation;
    page.digest = digest(place, page.generation);
    m_sum += page.digest - before;
    if (place < m_verified)
        m_verifiedSum += page.digest - before;
    ++m_touches;
}

void Ballast::verify()
{
    const quint64 place = m_verified;
    if (!m_pages[place].fits(place))
        ++m_wrong;
    m_verifiedSum += m_pages[place].digest;
    // A page can be whole and yet an old one: only the sum tells.
    if (++m_verified == pageCount() && m_verifiedSum != m_sum)
        ++m_wrong;
}

Ballast::Reading Ballast::reading() const
{
    return { .touches = m_touches, .pagesToVerify = pageCount() - m_verified, .wrongPages = m_wrong };
}

} // namespace cutover::vmm
