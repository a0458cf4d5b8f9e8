// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/fault.h"

#include "base/clock.h"

#include <QStringList>

#include <algorithm>
#include <array>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

namespace {

constexpr std::array kinds{ std::pair(Fault::Kind::Cut, "cut"_L1),
    std::pair(Fault::Kind::Corrupt, "corrupt"_L1), std::pair(Fault::Kind::Stall, "stall"_L1),
    std::pair(Fault::Kind::Withhold, "withhold"_L1), std::pair(Fault::Kind::Swap, "swap"_L1),
    std::pair(Fault::Kind::Duplicate, "duplicate"_L1), std::pair(Fault::Kind::Delay, "delay"_L1) };
const QByteArray everyName = "*"_ba;
constexpr qint64 offsetAtMost = qint64{ 1 } << 40;
constexpr int delayAtMostMs = 600'000;
constexpr qint64 nsPerMs = 1'000'000;

bool isByOffset(Fault::Kind kind)
{
    return kind == Fault::Kind::Cut || kind == Fault::Kind::Corrupt || kind == Fault::Kind::Stall;
}

/// Of the same size and kind as far as a VMM looks before it uses it: memory.
UniqueFd emptyLike(int fd)
{
    struct stat status{};
    const bool known = ::fstat(fd, &status) == 0;
    auto made = UniqueFd::adopt(::memfd_create("swapped-on-purpose", MFD_CLOEXEC));
    if (made && known && ::ftruncate(made.get(), status.st_size) != 0)
        made.reset();
    return made;
}

} // namespace

Fault::Expected Fault::expected() const
{
    if (kind == Kind::Delay)
        return Expected::Moves;
    if (channel == Channel::Main)
        return Expected::OneSide;
    // What comes after the entries is not used by every VMM.
    return kind == Kind::Corrupt || kind == Kind::Duplicate || kind == Kind::Cut ? Expected::OneSide
                                                                                 : Expected::Stays;
}

QString Fault::text() const
{
    const QString id = std::ranges::find(kinds, kind, &decltype(kinds)::value_type::first)->second;
    if (isByOffset(kind))
        return u"%1:%2:%3"_s.arg(id, channelId(channel)).arg(offset);
    const QString descriptor = id + u':' + QString::fromUtf8(name);
    return kind == Kind::Delay ? descriptor + u':' + QString::number(delayMs) : descriptor;
}

QString expectedId(Fault::Expected expected)
{
    switch (expected) {
    case Fault::Expected::Stays:
        return u"stays"_s;
    case Fault::Expected::Moves:
        return u"moves"_s;
    case Fault::Expected::Ends:
        return u"ends"_s;
    case Fault::Expected::OneSide:
        break;
    }
    return u"one-side"_s;
}

Result<Fault> parseFault(const QString& text)
{
    const auto refused = [&](const QString& cause) {
        return failure(ErrorCode::InvalidArgument, u"understand the fault"_s, text, cause,
            u"Write cut:cpr:100, corrupt:main:5000, stall:cpr:0, withhold:NAME, swap:NAME, "
            "duplicate:NAME or delay:NAME:500."_s);
    };
    const QString kindText = text.section(u':', 0, 0);
    const auto kind = std::ranges::find(kinds, kindText, &decltype(kinds)::value_type::second);
    if (kind == kinds.end())
        return refused(u"there is no such fault"_s);
    Fault fault{ .kind = kind->first };
    const QString rest = text.sliced(std::min(kindText.size() + 1, text.size()));
    bool ok = false;
    if (isByOffset(fault.kind)) {
        const QString channel = rest.section(u':', 0, 0);
        if (channel != u"cpr" && channel != u"main")
            return refused(u"it names no channel, cpr or main"_s);
        fault.channel = channel == u"cpr" ? Channel::Cpr : Channel::Main;
        fault.offset = rest.section(u':', 1).toLongLong(&ok);
        if (!ok || fault.offset < 0 || fault.offset > offsetAtMost)
            return refused(u"it has no number of bytes"_s);
        return fault;
    }
    QString name = rest;
    if (fault.kind == Fault::Kind::Delay) {
        name = rest.section(u':', 0, -2);
        fault.delayMs = rest.section(u':', -1).toInt(&ok);
        if (!ok || fault.delayMs <= 0 || fault.delayMs > delayAtMostMs)
            return refused(u"it has no time between 1 and %1 ms"_s.arg(delayAtMostMs));
    }
    if (name.isEmpty())
        return refused(u"it names no descriptor"_s);
    fault.name = name.toUtf8();
    return fault;
}

FaultFilter::FaultFilter(std::vector<Fault> faults)
{
    for (Fault& each : faults)
        m_pending.push_back({ .fault = std::move(each) });
}

void FaultFilter::read(std::span<const std::byte> bytes)
{
    std::ignore = m_decoder.feed(bytes);
    m_names.clear();
    for (const cpr::Entry& entry : m_decoder.takeEntries())
        m_names.push_back(entry.name);
}

bool FaultFilter::applyToFd(const Fault& fault, std::size_t index, std::vector<UniqueFd>& fds)
{
    const auto at = fds.begin() + std::ptrdiff_t(index);
    switch (fault.kind) {
    case Fault::Kind::Withhold:
        fds.erase(at);
        return true;
    case Fault::Kind::Swap:
        if (auto other = emptyLike(at->get())) {
            *at = std::move(other);
            return true;
        }
        return false;
    case Fault::Kind::Duplicate:
        if (auto copy = at->duplicate()) {
            fds.insert(at, *std::move(copy));
            return true;
        }
        return false;
    default:
        return false;
    }
}

LinkFilter::Verdict FaultFilter::inspect(
    End from, qint64 offset, std::span<std::byte> bytes, std::vector<UniqueFd>& fds)
{
    Verdict verdict{ .passBytes = bytes.size() };
    if (from == End::Destination)
        return verdict;
    // The same piece is shown again after a hold.
    if (offset == m_readUpTo) {
        read(bytes);
        m_readUpTo = offset + qint64(bytes.size());
    }
    const qint64 end = offset + qint64(bytes.size());
    for (Pending& each : m_pending) {
        const Fault& fault = each.fault;
        if (each.done)
            continue;
        if (isByOffset(fault.kind)) {
            if (fault.offset >= end)
                continue;
            const auto at = std::size_t(std::max(fault.offset - offset, qint64(0)));
            if (fault.kind == Fault::Kind::Stall) {
                verdict.hold = true;
                if (!std::exchange(each.told, true))
                    m_done.push_back(fault);
                return verdict;
            }
            each.done = true;
            m_done.push_back(fault);
            if (fault.kind == Fault::Kind::Corrupt)
                bytes[at] ^= std::byte{ 0x10 };
            else
                verdict.passBytes = std::min(verdict.passBytes, at);
            continue;
        }
        if (fault.kind == Fault::Kind::Withhold && fault.name == everyName) {
            if (!fds.empty() && !std::exchange(each.told, true))
                m_done.push_back(fault);
            fds.clear();
            continue;
        }
        const auto name = std::ranges::find(m_names, fault.name);
        const auto index = std::size_t(std::distance(m_names.begin(), name));
        if (name == m_names.end() || index >= fds.size())
            continue;
        if (fault.kind == Fault::Kind::Delay) {
            if (each.resumeNs == 0) {
                each.resumeNs = monotonicNs() + fault.delayMs * nsPerMs;
                m_done.push_back(fault);
            }
            if (monotonicNs() < each.resumeNs) {
                verdict.hold = true;
                verdict.resumeNs = each.resumeNs;
                return verdict;
            }
            each.done = true;
        } else if (applyToFd(fault, index, fds)) {
            each.done = true;
            m_done.push_back(fault);
        }
    }
    return verdict;
}

} // namespace cutover::relay
