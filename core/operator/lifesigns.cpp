// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/lifesigns.h"

#include "base/clock.h"
#include "fdpass/describe.h"
#include "fdpass/procfd.h"

#include <QDir>
#include <QFile>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <map>
#include <ranges>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

namespace cutover::op {

namespace {

/// A guest that is seldom heard has many silences; the pause's must not be crowded out by them.
constexpr std::size_t mostKept = 256;
constexpr std::chrono::milliseconds period{ 1 };
/// The threads of a destination come into being while it is watched.
constexpr int looksBetweenSearches = 20;
constexpr std::size_t mostThreads = 64;
/// A VMM uses its processors' threads also to read and to set their state, some ten µs each.
constexpr qint64 shareOfTime = 4;
constexpr std::size_t mostBytes = std::size_t{ 64 } << 10U;

UniqueFd openFile(const QByteArray& path)
{
    return UniqueFd::adopt(::open(path.constData(), O_RDONLY | O_CLOEXEC));
}

/// The whole of a small file of /proc as it is now; empty where it cannot be read any more.
QByteArray readAgain(const UniqueFd& file, QByteArray& buffer)
{
    const ssize_t size = ::pread(file.get(), buffer.data(), std::size_t(buffer.size()), 0);
    return size > 0 ? QByteArray::fromRawData(buffer.constData(), size) : QByteArray();
}

bool isProcessor(const QByteArray& name)
{
    return (name.startsWith("CPU ") || name.startsWith("ALL CPUs/")) && name.contains('/');
}

/// Sum of the frames that came out of \a interfaces, by /proc/PID/net/dev: what a guest sends its host
/// receives.
quint64 framesFrom(const QByteArray& table, const QList<QByteArray>& interfaces)
{
    quint64 frames = 0;
    for (const QByteArray& line : table.split('\n')) {
        const auto colon = line.indexOf(':');
        if (colon < 0 || !interfaces.contains(line.first(colon).trimmed()))
            continue;
        const QList<QByteArray> fields = line.sliced(colon + 1).simplified().split(' ');
        if (fields.size() > 1)
            frames += fields[1].toULongLong();
    }
    return frames;
}

} // namespace

void SilenceTracker::look(qint64 timeNs, bool sign)
{
    const qint64 lateNs = m_lookedNs ? timeNs - *m_lookedNs : 0;
    m_lookedNs = timeNs;
    if (!sign)
        return;
    if (m_open) {
        m_longest.push_back({ .fromNs = m_open->fromNs,
            .toNs = timeNs,
            .fromLateNs = m_open->fromLateNs,
            .toLateNs = lateNs });
        if (m_longest.size() > mostKept)
            m_longest.erase(std::ranges::min_element(m_longest, {}, &Stretch::lengthNs));
    }
    m_open = Stretch{ .fromNs = timeNs, .fromLateNs = lateNs };
}

std::optional<SilenceTracker::Silence> SilenceTracker::around(qint64 startNs, qint64 endNs) const
{
    const auto touches
        = [&](const Stretch& each) { return each.fromNs - each.fromLateNs <= endNs && each.toNs >= startNs; };
    std::optional<Stretch> found;
    qint64 otherwiseNs = 0;
    for (const Stretch& each : m_longest) {
        if (!touches(each))
            otherwiseNs = std::max(otherwiseNs, each.lengthNs());
        else if (!found || each.lengthNs() > found->lengthNs())
            found = each;
    }
    if (!found)
        return std::nullopt;
    return Silence{ .lengthNs = found->lengthNs(),
        .errorNs = found->fromLateNs + found->toLateNs,
        .endNs = found->toNs,
        .otherwiseNs = otherwiseNs };
}

/// What one process lets see of the guest that it has, or will have.
class LifeSigns::Process
{
public:
    explicit Process(pid_t pid)
        : m_pid(pid)
        , m_buffer(qsizetype(mostBytes), '\0')
        , m_frames(openFile(fdpass::procFolder(pid) + "/net/dev"))
    {
    }

    pid_t pid() const { return m_pid; }

    bool sentFrames()
    {
        if (m_interfaces.isEmpty() || !m_frames)
            return false;
        const QByteArray table = readAgain(m_frames, m_buffer);
        if (table.isEmpty())
            return false;
        const quint64 frames = framesFrom(table, m_interfaces);
        const auto before = std::exchange(m_framesBefore, frames);
        return before && frames > *before;
    }

    bool usedProcessors(qint64 elapsedNs)
    {
        bool used = false;
        for (Thread& each : m_threads | std::views::values) {
            const QByteArray text = readAgain(each.schedstat, m_buffer);
            bool ok = false;
            const qint64 ns = text.first(std::max<qsizetype>(text.indexOf(' '), 0)).toLongLong(&ok);
            if (!ok)
                continue;
            const auto before = std::exchange(each.usedNs, ns);
            used = used || (before && ns - *before > elapsedNs / shareOfTime);
        }
        return used;
    }

    /// For the TAPs and threads that have come.
    void search()
    {
        const QByteArray folder = fdpass::procFolder(m_pid);
        for (const QString& id :
            QDir(QFile::decodeName(folder + "/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            const int tid = id.toInt();
            const QByteArray thread = folder + "/task/" + QByteArray::number(tid);
            if (m_threads.size() >= mostThreads || m_threads.contains(tid))
                continue;
            QFile name(QFile::decodeName(thread + "/comm"));
            if (name.open(QIODevice::ReadOnly) && isProcessor(name.readAll().trimmed()))
                m_threads.emplace(tid, Thread{ .schedstat = openFile(thread + "/schedstat"), .usedNs = {} });
        }
        const auto fds = m_interfaces.isEmpty() ? fdpass::listFds(m_pid) : QList<int>();
        for (const int fd : fds ? *fds : QList<int>()) {
            const auto file = fdpass::readProcFd(m_pid, fd);
            const QByteArray interface = file ? file->field("iff") : QByteArray();
            if (!interface.isEmpty() && !m_interfaces.contains(interface))
                m_interfaces.append(interface);
        }
    }

private:
    struct Thread
    {
        UniqueFd schedstat;
        std::optional<qint64> usedNs; ///< time on a processor
    };
    pid_t m_pid;
    QByteArray m_buffer;
    UniqueFd m_frames;
    QList<QByteArray> m_interfaces;
    std::optional<quint64> m_framesBefore;
    std::map<int, Thread> m_threads; ///< by thread id
};

LifeSigns::LifeSigns(pid_t pid)
{
    add(pid);
    m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LifeSigns::~LifeSigns() = default;

void LifeSigns::add(pid_t pid)
{
    const std::scoped_lock lock(m_mutex);
    if (pid <= 0 || std::ranges::contains(m_processes, pid, &Process::pid))
        return;
    m_processes.push_back(std::make_unique<Process>(pid));
    m_processes.back()->search();
}

std::vector<timeline::Silence> LifeSigns::around(qint64 startNs, qint64 endNs) const
{
    const qint64 offsetNs = sampleClockOffset().offsetNs;
    const std::scoped_lock lock(m_mutex);
    std::vector<timeline::Silence> all;
    for (const auto& [kind, tracker] : { std::pair(timeline::GapKind::Packets, &m_packets),
             std::pair(timeline::GapKind::Processors, &m_processors) }) {
        if (const auto silence = tracker->around(startNs - offsetNs, endNs - offsetNs))
            all.push_back({ .kind = kind,
                .lengthNs = silence->lengthNs,
                .errorNs = silence->errorNs,
                .endNs = silence->endNs + offsetNs,
                .otherwiseNs = silence->otherwiseNs });
    }
    return all;
}

void LifeSigns::run(const std::stop_token& stop)
{
    ::prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    qint64 lookedNs = monotonicNs();
    for (int looks = 1; !stop.stop_requested(); ++looks) {
        std::this_thread::sleep_for(period);
        const std::scoped_lock lock(m_mutex);
        const qint64 nowNs = monotonicNs();
        const qint64 elapsedNs = nowNs - std::exchange(lookedNs, nowNs);
        bool frames = false;
        bool processors = false;
        for (const auto& process : m_processes) {
            frames = process->sentFrames() || frames;
            processors = process->usedProcessors(elapsedNs) || processors;
            if (looks % looksBetweenSearches == 0)
                process->search();
        }
        m_packets.look(nowNs, frames);
        m_processors.look(nowNs, processors);
    }
}

} // namespace cutover::op
