// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/process.h"
#include "fakes/channelproxy.h"
#include "fdpass/describe.h"
#include "lab/privatenetwork.h"
#include "lab/vmmlab.h"
#include "sessionrun.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>
#include <memory>
#include <optional>

namespace cutover::test {

/// Whether every thread of \a pid has ended (Z) or stopped (T).
inline bool allThreadsAre(pid_t pid, char state)
{
    const QDir tasks(QStringLiteral("/proc/%1/task").arg(pid));
    const QStringList threads = tasks.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    return std::ranges::all_of(threads, [&](const QString& thread) {
        QFile stat(tasks.filePath(thread + QStringLiteral("/stat")));
        if (!stat.open(QIODevice::ReadOnly))
            return true;
        const QByteArray text = stat.readAll();
        return text.isEmpty() || text.mid(text.lastIndexOf(')') + 2).startsWith(state);
    });
}

/// A way to hand the guest over, with descriptors.
struct Way
{
    QString mode = QStringLiteral("cpr-transfer");
    QString handover = QStringLiteral("prepared");
    QString accelerator = QStringLiteral("thread");
    bool isCpr() const { return mode == QStringLiteral("cpr-transfer"); }
    QByteArray name() const
    {
        const QString way = isCpr() ? handover : mode;
        return (accelerator == QStringLiteral("thread") ? way : accelerator + QStringLiteral(", ") + way)
            .toLatin1();
    }
};

/// What happens to one attempt on its way.
struct Disturbance
{
    fakes::Tampering cprForth;
    fakes::Tampering forth;
    fakes::Tampering back;
    int timeLimitMs = 20'000; ///< of every wait, on both sides
};

/// A lab's busy guest and, one after the other, the destinations that try to take it over. Each attempt goes
/// through proxies; the monitors are spoken to directly.
class VmmPair
{
public:
    explicit VmmPair(lab::VmmLabOptions options)
        : m_lab(std::move(options))
    {
    }
    ~VmmPair() { m_proxies.clear(); }

    bool start()
    {
        QSignalSpy started(&m_lab, &lab::VmmLab::started);
        QSignalSpy failed(&m_lab, &lab::VmmLab::failed);
        m_lab.start();
        if (!QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, deadlineMs)
            || !failed.isEmpty()) {
            m_error = failed.isEmpty() ? QString() : failed.first().first().value<Error>().message();
            return false;
        }
        QSignalSpy ready(&m_client, &qmp::Client::ready);
        m_client.connectTo(m_lab.qmpPath());
        return QTest::qWaitFor([&] { return !ready.isEmpty(); }, deadlineMs);
    }

    lab::VmmLab& lab() { return m_lab; }
    const lab::VmmLab& lab() const { return m_lab; }
    pid_t sourcePid() const { return m_lab.sourcePid(); }
    pid_t destinationPid() const { return m_destination ? m_destination->pid() : 0; }
    bool destinationIsAlive() const { return m_destination && m_destination->isRunning(); }
    QString destinationQmp() const { return file(QStringLiteral("qmp")); }
    QString destinationLog() const { return file(QStringLiteral("log")); }
    const QString& error() const { return m_error; } ///< of the latest source() that failed

    /// A command to the source; Undefined for an error.
    QJsonValue source(const QString& command, const QJsonObject& arguments = {})
    {
        QJsonValue answer(QJsonValue::Undefined);
        bool done = false;
        m_error.clear();
        m_client.call(command, arguments, [&](const Result<QJsonValue>& result) {
            if (result)
                answer = *result;
            else
                m_error = result.error().message();
            done = true;
        });
        std::ignore = QTest::qWaitFor([&] { return done; }, deadlineMs);
        return answer;
    }
    qmp::Client& client() { return m_client; }

    /// The source's command line with channels of its own; \a change edits it before it is run.
    bool launchDestination(
        const Way& way, int timeLimitMs, const std::function<void(QStringList&)>& change = {})
    {
        m_proxies.clear();
        m_destination.reset();
        ++m_number;
        QStringList argv = m_lab.arguments();
        const auto replace
            = [&](const QString& option, const QString& value) { argv[argv.indexOf(option) + 1] = value; };
        replace(QStringLiteral("-qmp"), QStringLiteral("unix:%1,server=on,wait=off").arg(destinationQmp()));
        replace(QStringLiteral("-D"), destinationLog());
        argv << QStringLiteral("-incoming") << QStringLiteral("unix:") + file(QStringLiteral("main"));
        QString config = QStringLiteral("config:mode=") + way.mode + QStringLiteral(",migrate-fds=on");
        if (way.isCpr()) {
            argv << QStringLiteral("-incoming")
                 << QStringLiteral("cpr,addr.transport=socket,addr.type=unix,addr.path=")
                    + file(QStringLiteral("cpr"));
            config += QStringLiteral(",handover=") + way.handover;
        }
        for (const QString& limit : limits())
            config += QStringLiteral(",%1=%2").arg(limit).arg(timeLimitMs);
        argv << QStringLiteral("-incoming") << config;
        if (change)
            change(argv);
        SpawnOptions spawn;
        spawn.argv = argv;
        spawn.stdoutPath = spawn.stderrPath = file(QStringLiteral("err"));
        auto child = ChildProcess::spawn(spawn);
        if (!child)
            return false;
        m_destination = std::move(*child);
        return QTest::qWaitFor(
                   [&] {
                       return !m_destination->isRunning()
                           || (QFileInfo::exists(destinationQmp())
                               && QFileInfo::exists(file(QStringLiteral("main"))));
                   },
                   deadlineMs)
            && m_destination->isRunning();
    }

    /// False, with error(), when the source refused the migration at once.
    bool migrate(const Way& way, const Disturbance& disturbance = {})
    {
        QJsonObject parameters{ { QStringLiteral("mode"), way.mode },
            { QStringLiteral("migrate-fds"), true } };
        if (way.isCpr())
            parameters.insert(QStringLiteral("handover"), way.handover);
        for (const QString& limit : limits())
            parameters.insert(limit, disturbance.timeLimitMs);
        if (source(QStringLiteral("migrate-set-parameters"), parameters).isUndefined())
            return false;
        QJsonArray channels{ channel(QStringLiteral("main"), disturbance.forth, disturbance.back) };
        if (way.isCpr())
            channels.append(channel(QStringLiteral("cpr"), disturbance.cprForth, {}));
        return !source(QStringLiteral("migrate"), { { QStringLiteral("channels"), channels } }).isUndefined();
    }

    /// The source's last word: completed, failed or cancelled; empty when it has ended.
    QString waitForEnd()
    {
        QString status;
        std::ignore = QTest::qWaitFor(
            [&] {
                const QJsonValue answer = source(QStringLiteral("query-migrate"));
                status = answer[QStringLiteral("status")].toString();
                m_cause = m_error + answer[QStringLiteral("error-desc")].toString();
                return answer.isUndefined() || status == QStringLiteral("completed")
                    || status == QStringLiteral("failed") || status == QStringLiteral("cancelled");
            },
            deadlineMs);
        return status;
    }
    const QString& cause() const { return m_cause; } ///< after waitForEnd(): the error, if any

    qint64 bytesForth() const { return m_proxies.front()->bytesForth(); }
    qint64 bytesBack() const { return m_proxies.front()->bytesBack(); }
    qint64 bytesCpr() const { return m_proxies.back()->bytesForth(); }
    void closeProxies() { m_proxies.clear(); }

    bool sourceRuns()
    {
        return source(QStringLiteral("query-status"))[QStringLiteral("running")].toBool()
            && beats(m_lab.qmpPath());
    }
    QString sourceState()
    {
        return source(QStringLiteral("query-status"))[QStringLiteral("status")].toString();
    }
    /// Waits until the destination has ended or runs the guest; true for the latter.
    bool destinationRuns()
    {
        bool running = false;
        std::ignore = QTest::qWaitFor(
            [&] {
                if (!destinationIsAlive())
                    return true;
                running = ask(destinationQmp(), QStringLiteral("query-status"))[QStringLiteral("running")]
                              .toBool();
                return running;
            },
            10'000);
        return running && beats(destinationQmp());
    }
    bool waitDestinationEnded()
    {
        return QTest::qWaitFor([&] { return !destinationIsAlive(); }, 10'000);
    }
    void signalDestination(int signal) const
    {
        if (destinationIsAlive())
            std::ignore = m_destination->sendSignal(signal);
    }
    qsizetype sourceFds() const
    {
        const auto fds = fdpass::listFds(sourcePid());
        return fds ? fds->size() : -1;
    }

    /// Where the destination listens for that \a type, main or cpr.
    QString channelPath(const QString& type) const { return file(type); }
    /// The path at which the destination's channel of that \a type, main or cpr, is reached through a proxy.
    QString openProxy(const QString& type, const fakes::Tampering& forth, const fakes::Tampering& back)
    {
        const QString path = file(type) + QStringLiteral("-proxy");
        m_proxies.push_back(std::make_unique<fakes::ChannelProxy>(path, file(type), forth, back));
        return path;
    }

private:
    static QStringList limits()
    {
        QStringList names;
        for (const char* name : { "connect", "prepare", "release", "state", "ready", "started", "rollback" })
            names << QString::fromLatin1(name) + QStringLiteral("-time-limit");
        return names;
    }
    QString file(const QString& name) const
    {
        return m_lab.folder() + QStringLiteral("/d%1.").arg(m_number) + name;
    }
    QJsonObject channel(const QString& type, const fakes::Tampering& forth, const fakes::Tampering& back)
    {
        const QString path = openProxy(type, forth, back);
        return { { QStringLiteral("channel-type"), type },
            { QStringLiteral("addr"),
                QJsonObject{ { QStringLiteral("transport"), QStringLiteral("socket") },
                    { QStringLiteral("type"), QStringLiteral("unix") },
                    { QStringLiteral("path"), path } } } };
    }
    /// Whether the guest's pulse goes on.
    static bool beats(const QString& qmpPath)
    {
        const auto read = [&] {
            return ask(qmpPath, QStringLiteral("query-pulse"))[QStringLiteral("beats")].toInteger();
        };
        const qint64 before = read();
        return QTest::qWaitFor([&] { return read() > before; }, 10'000);
    }

    lab::VmmLab m_lab;
    qmp::Client m_client;
    std::unique_ptr<ChildProcess> m_destination;
    std::vector<std::unique_ptr<fakes::ChannelProxy>> m_proxies; ///< main first
    QString m_error;
    QString m_cause;
    int m_number = 0;
};

} // namespace cutover::test
