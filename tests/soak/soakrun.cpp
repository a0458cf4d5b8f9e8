// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "soakrun.h"

#include "lab/vmmlab.h"
#include "sessionrun.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>

#include <algorithm>
#include <array>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace Qt::StringLiterals;

namespace cutover::test {

namespace {

constexpr int earlyHop = 5;
constexpr int window = 5; ///< hops whose memory is compared by its median
constexpr qint64 memorySlack = qint64{ 1 } << 20; ///< what one process differs from the next by chance

QByteArray readAll(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

qsizetype entriesOf(const QString& path)
{
    return QDir(path).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
}

qint64 medianMemory(std::vector<Holdings> some)
{
    std::ranges::sort(some, {}, &Holdings::privateBytes);
    return some[some.size() / 2].privateBytes;
}

/// Our children, ended ones that nobody has waited for included.
int childCount()
{
    int count = 0;
    const QStringList pids = QDir(u"/proc"_s).entryList({ u"[0-9]*"_s }, QDir::Dirs);
    for (const QString& pid : pids) {
        const QByteArray stat = readAll(u"/proc/"_s + pid + u"/stat"_s);
        const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
        if (fields.size() > 1 && fields[1].toInt() == ::getpid())
            ++count;
    }
    return count;
}

/// Processes, sockets and interfaces of this run, by the folder that all of them name.
QStringList remains(int childrenBefore)
{
    const QByteArray runtime = qgetenv("XDG_RUNTIME_DIR");
    QStringList list;
    const QStringList pids = QDir(u"/proc"_s).entryList({ u"[0-9]*"_s }, QDir::Dirs);
    for (const QString& pid : pids) {
        const QByteArray arguments = readAll(u"/proc/"_s + pid + u"/cmdline"_s);
        if (pid.toInt() != ::getpid() && arguments.contains(runtime))
            list << u"process %1 is left: %2"_s.arg(pid, QString::fromUtf8(arguments.left(60)));
    }
    if (const int children = childCount(); children > childrenBefore)
        list << u"%1 child processes are left"_s.arg(children - childrenBefore);
    QDirIterator files(QFile::decodeName(runtime), QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot,
        QDirIterator::Subdirectories);
    while (files.hasNext()) {
        struct stat info = {};
        const QString path = files.next();
        // A session leaves the pair's folder with its logs, and the file it listened at in it.
        if (files.fileName() == "cpr.sock"_L1 && path.contains("/pair-"_L1))
            continue;
        if (::lstat(QFile::encodeName(path).constData(), &info) == 0 && S_ISSOCK(info.st_mode))
            list << u"socket %1 is left"_s.arg(path);
    }
    if (lab::inPrivateNetwork() && ::if_nametoindex("cutover0") != 0)
        list << u"the TAP is left"_s;
    return list;
}

class Soak
{
public:
    Soak(const SoakOptions& options, SoakResult& result)
        : m_options(options)
        , m_result(result)
        , m_lab({ .accelerator = options.accelerator,
              .ramBytes = options.ramBytes,
              .processors = 2,
              .queues = 2,
              .ballastBytes = qint64{ 1 } << 20,
              .packetsPerSecond = options.packetsPerSecond })
    {
    }

    void run()
    {
        if (!start())
            return;
        QElapsedTimer clock;
        clock.start();
        for (int i = 1; i <= m_options.hops && hop(); ++i) {
            m_result.hops = i;
            m_series.push_back(holdingsOf(m_pid));
            if (i == earlyHop) {
                m_result.early = m_series.back();
                m_result.ownEarly = holdingsOf(::getpid());
            }
            if (m_options.progress)
                m_options.progress(i);
        }
        m_result.seconds = double(clock.elapsed()) / 1000;
        verifyLoad();
        if (m_result.hops >= earlyHop + window)
            verifyGrowth();
    }

private:
    void find(const QString& finding) { m_result.findings << finding; }
    bool start();
    bool hop();
    void verifyLoad();
    void verifyGrowth();

    const SoakOptions& m_options;
    SoakResult& m_result;
    lab::VmmLab m_lab;
    pid_t m_pid = 0;
    std::vector<Holdings> m_series;
};

bool Soak::start()
{
    bool started = false;
    QString trouble;
    QObject::connect(&m_lab, &lab::VmmLab::started, &m_lab, [&] { started = true; });
    QObject::connect(
        &m_lab, &lab::VmmLab::failed, &m_lab, [&](const Error& error) { trouble = error.message(); });
    m_lab.start();
    if (!QTest::qWaitFor([&] { return started || !trouble.isEmpty(); }, deadlineMs) || !started) {
        find(u"the lab did not start: "_s + trouble);
        return false;
    }
    m_result.notes = m_lab.notes();
    m_result.hadNetwork = m_lab.traffic() != nullptr;
    const QJsonValue set = ask(m_lab.qmpPath(), u"x-set-pulse-rates"_s,
        { { u"dirty-bytes-per-second"_s, -1 }, { u"blocks-per-second"_s, -1 } });
    if (set.isUndefined())
        find(u"the guest's rates could not be set"_s);
    return !set.isUndefined();
}

bool Soak::hop()
{
    timeline::Record record;
    op::Session session(record);
    const auto refused = [&](const Result<void>& asked) {
        if (!asked)
            find(u"hop %1: "_s.arg(m_result.hops + 1) + asked.error().message());
        return !asked;
    };
    const auto fails = [&] {
        find(u"hop %1: "_s.arg(m_result.hops + 1) + QString::fromUtf8(story(session)));
        return false;
    };
    if (refused(session.check({ .source = { .qmpPath = m_lab.qmpPath() } })))
        return false;
    if (!waitSettled(session) || !std::holds_alternative<op::state::Ready>(session.state()))
        return fails();
    if (refused(session.migrate()))
        return false;
    const bool settled = waitSettled(session);
    const op::EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid > 0 && !moved.gone)
        std::ignore = m_lab.takeOver(moved.pid, moved.startTicks);
    if (!settled || session.outcome() != op::Outcome::Migrated)
        return fails();
    m_pid = moved.pid;
    if (std::holds_alternative<op::state::Migrated>(session.state()) && refused(session.finish()))
        return false;
    return QTest::qWaitFor([&] { return op::isFinal(session.state()); }, deadlineMs)
            && session.outcome() == op::Outcome::Migrated
        ? true
        : fails();
}

void Soak::verifyLoad()
{
    const auto pulse = [this] { return ask(m_lab.qmpPath(), u"query-pulse"_s).toObject(); };
    const qint64 beats = pulse()[u"beats"].toInteger();
    if (!QTest::qWaitFor([&] { return pulse()[u"beats"].toInteger() > beats; }, 10'000))
        find(u"the guest does not run"_s);
    if (m_lab.traffic()) {
        m_result.traffic = m_lab.traffic()->stop(10'000);
        if (m_result.traffic.received == 0)
            find(u"no datagram came back"_s);
        if (const quint64 lost = m_result.traffic.lost(); lost > 0)
            find(u"%1 datagrams are lost"_s.arg(lost));
    }
    m_result.pulse = pulse();
    for (const QString& fault : { u"blocks-wrong"_s, u"block-errors"_s, u"ring-faults"_s }) {
        if (const qint64 count = m_result.pulse[fault].toInteger(-1); count != 0)
            find(u"%1 is %2"_s.arg(fault).arg(count));
    }
}

void Soak::verifyGrowth()
{
    SoakResult& r = m_result;
    r.early.privateBytes
        = medianMemory({ m_series.begin() + earlyHop - 1, m_series.begin() + earlyHop - 1 + window });
    // What is being closed just now is no growth.
    std::ignore = QTest::qWaitFor(
        [&] {
            r.late = holdingsOf(m_pid);
            r.ownLate = holdingsOf(::getpid());
            return r.late.fds <= r.early.fds && r.late.threads <= r.early.threads
                && r.ownLate.fds <= r.ownEarly.fds;
        },
        5000);
    r.late.privateBytes = medianMemory({ m_series.end() - window, m_series.end() });
    const auto grows = [&](const QString& what, qint64 early, qint64 late, qint64 slack = 0) {
        if (late > early + slack)
            find(u"%1 grow from %2 to %3"_s.arg(what).arg(early).arg(late));
    };
    grows(u"the guest's fds"_s, r.early.fds, r.late.fds);
    grows(u"the guest's threads"_s, r.early.threads, r.late.threads);
    grows(u"the guest's bytes of memory"_s, r.early.privateBytes, r.late.privateBytes, memorySlack);
    // Names carry numbers, which get longer.
    grows(u"the guest's bytes of arguments"_s, r.early.argumentBytes, r.late.argumentBytes, 64);
    grows(u"this process's fds"_s, r.ownEarly.fds, r.ownLate.fds);
    grows(u"this process's threads"_s, r.ownEarly.threads, r.ownLate.threads + 1); // the peer's has ended
}

} // namespace

Holdings holdingsOf(pid_t pid)
{
    const QString folder = u"/proc/%1/"_s.arg(pid);
    const QList<QByteArray> pages = readAll(folder + u"statm"_s).split(' ');
    return { .fds = entriesOf(folder + u"fd"_s),
        .threads = entriesOf(folder + u"task"_s),
        .privateBytes
        = pages.size() < 3 ? 0 : (pages[1].toLongLong() - pages[2].toLongLong()) * ::sysconf(_SC_PAGESIZE),
        .argumentBytes = readAll(folder + u"cmdline"_s).size() };
}

SoakResult soak(const SoakOptions& options)
{
    SoakResult result;
    const int children = childCount();
    Soak(options, result).run();
    QStringList left;
    // Killed processes take a moment to go.
    std::ignore = QTest::qWaitFor([&] { return (left = remains(children)).isEmpty(); }, 5000);
    result.findings += left;
    return result;
}

} // namespace cutover::test
