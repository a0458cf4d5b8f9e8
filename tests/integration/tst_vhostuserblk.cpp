// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "../unit/fdhelpers.h"
#include "blkmachine.h"
#include "blkpeer.h"
#include "storagedaemon.h"

#include <QTest>

#include <cstring>

using namespace cutover;
using namespace cutover::test;
using engine::Device;
using engine::Ownership;

namespace {

constexpr qint64 imageBytes = 8 << 20;

QString errorOf(const Result<void>& result)
{
    return result ? QString() : result.error().message();
}

#define VERIFY_OK(result) QCOMPARE(errorOf(result), QString())
#define VERIFY_DONE(machine, call) QVERIFY2((machine).call, qPrintable((machine).error()))

} // namespace

class TstVhostUserBlk : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (StorageDaemon::program().isEmpty())
            QSKIP("qemu-storage-daemon is not installed");
    }
    void init()
    {
        QTest::failOnWarning();
        m_fds = openFdCount();
    }
    void cleanup() { QCOMPARE(openFdCount(), m_fds); }

    void works_data()
    {
        QTest::addColumn<int>("queues");
        QTest::newRow("1 queue") << 1;
        QTest::newRow("4 queues") << 4;
    }
    void works()
    {
        QFETCH(const int, queues);
        const StorageDaemon daemon(imageBytes, queues);
        QVERIFY(daemon.isReady());
        BlkMachine machine(static_cast<quint16>(queues), { .socket = daemon.socket() });
        QVERIFY2(machine.isOk(), qPrintable(machine.error()));
        QCOMPARE(machine.slotCount(), 2 + 2 * queues);
        VERIFY_OK(machine.device().openBackend());
        QCOMPARE(machine.device().capacityBytes(), quint64{ imageBytes });
        QCOMPARE(machine.device().ownership(), Ownership::None);
        VERIFY_DONE(machine, start());
        QCOMPARE(machine.device().ownership(), Ownership::Owned);
        VERIFY_DONE(machine, work(64, 1));
        VERIFY_DONE(machine, stop());
        QCOMPARE(machine.device().ownership(), Ownership::None);
        QVERIFY(machine.save().size() <= machine.device().stateSize());
        // And back again, on the same connection.
        VERIFY_DONE(machine, start());
        VERIFY_DONE(machine, verify(64, 1));
        VERIFY_DONE(machine, work(64, 2));
        machine.device().detachBackend();
        QCOMPARE(machine.device().slotFd(0), -1);
    }

    void refuses()
    {
        const StorageDaemon daemon(imageBytes, 1);
        QVERIFY(daemon.isReady());
        BlkMachine first(1, { .socket = daemon.socket() });
        VERIFY_OK(first.device().openBackend());
        BlkMachine second(1, { .socket = daemon.socket(), .openTimeLimitMs = 100 });
        const auto busy = second.device().openBackend();
        QVERIFY(!busy);
        QCOMPARE(busy.error().code, ErrorCode::Busy);
        QCOMPARE(second.device().slotFd(0), -1);
        first.device().detachBackend();

        BlkMachine many(2, { .socket = daemon.socket() });
        QCOMPARE(many.device().openBackend().error().code, ErrorCode::Unsupported);
        BlkMachine inflight(1, { .socket = daemon.socket(), .inflight = true });
        QCOMPARE(inflight.device().openBackend().error().code, ErrorCode::Unsupported);

        const StorageDaemon readOnly(imageBytes, 1, false);
        QVERIFY(readOnly.isReady());
        BlkMachine writer(1, { .socket = readOnly.socket() });
        QCOMPARE(writer.device().openBackend().error().code, ErrorCode::Refused);
        BlkMachine lost(1, { .socket = daemon.socket() + QStringLiteral("x") });
        QCOMPARE(lost.device().openBackend().error().code, ErrorCode::NotFound);
        QCOMPARE(lost.device().take(100).error().code, ErrorCode::InvalidArgument);
    }

    void passesTheConnection_data()
    {
        QTest::addColumn<int>("queues");
        QTest::addColumn<bool>("copyRam");
        QTest::addColumn<bool>("sourceKeeps");
        QTest::addColumn<bool>("peerKeeps");
        QTest::newRow("1 queue") << 1 << false << false << false;
        QTest::newRow("4 queues") << 4 << false << false << false;
        QTest::newRow("4 queues, RAM copied") << 4 << true << false << false;
        QTest::newRow("rings kept") << 4 << false << true << true;
        QTest::newRow("rings kept, RAM copied") << 4 << true << true << true;
        QTest::newRow("rings kept by the source") << 4 << false << true << false;
        QTest::newRow("rings kept by the peer") << 4 << false << false << true;
    }
    void passesTheConnection()
    {
        QFETCH(const int, queues);
        QFETCH(const bool, copyRam);
        QFETCH(const bool, sourceKeeps);
        QFETCH(const bool, peerKeeps);
        const StorageDaemon daemon(imageBytes, queues);
        QVERIFY(daemon.isReady());
        BlkMachine source(
            static_cast<quint16>(queues), { .socket = daemon.socket(), .keepRings = sourceKeeps });
        if (copyRam)
            source.memory().startDirtyLog();
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, work(64, 1));
        // Whatever is in flight when the processors stop is waited for.
        for (quint64 round = 2; round < 6; ++round) {
            for (std::size_t queue = 0; queue < source.layouts().size(); ++queue) {
                BlockDriver driver = source.driver(queue);
                for (quint16 slot = 0; slot < BlockDriver::depth; ++slot)
                    driver.write(slot, BlkMachine::place(queue) + slot, round);
                driver.kick();
            }
            VERIFY_DONE(source, stop());
            BlkPeer peer;
            QCOMPARE(peer.give(source, copyRam, peerKeeps, round % 2 == 0), QString());
            QCOMPARE(peer.order("start"), QString());
            QCOMPARE(peer.order("verify",
                         { { QStringLiteral("count"), 16 }, { QStringLiteral("round"), qint64(round) } }),
                QString());
            QCOMPARE(source.device().take(1000).error().code, ErrorCode::Busy);
            QCOMPARE(peer.order("work",
                         { { QStringLiteral("count"), 40 }, { QStringLiteral("round"), qint64(round) } }),
                QString());
            QCOMPARE(peer.order("stop"), QString());
            if (copyRam)
                break;
            VERIFY_DONE(source, start());
            VERIFY_DONE(source, verify(40, round));
        }
    }

    void rollsBack_data()
    {
        QTest::addColumn<QStringList>("orders");
        QTest::addColumn<bool>("copyRam");
        const QString start = QStringLiteral("start");
        const QString replies = QStringLiteral("leave-replies");
        const QString stop = QStringLiteral("stop");
        for (const bool copy : { false, true }) {
            const char* suffix = copy ? ", RAM copied" : "";
            QTest::addRow("never used%s", suffix) << QStringList() << copy;
            QTest::addRow("taken%s", suffix) << QStringList{ start } << copy;
            QTest::addRow("taken and released%s", suffix) << QStringList{ start, stop } << copy;
            QTest::addRow("replies left%s", suffix) << QStringList{ replies } << copy;
            QTest::addRow("taken, replies left%s", suffix) << QStringList{ start, replies, replies } << copy;
        }
    }
    void rollsBack()
    {
        QFETCH(const QStringList, orders);
        QFETCH(const bool, copyRam);
        const StorageDaemon daemon(imageBytes, 2);
        QVERIFY(daemon.isReady());
        BlkMachine source(2, { .socket = daemon.socket() });
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, work(20, 1));
        VERIFY_DONE(source, stop());
        {
            BlkPeer peer;
            QCOMPARE(peer.give(source, copyRam, false, false), QString());
            for (const QString& order : orders)
                QCOMPARE(peer.order(order.toLatin1().constData()), QString());
            peer.kill();
        }
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, verify(20, 1));
        VERIFY_DONE(source, work(20, 2));
        VERIFY_DONE(source, stop());
    }

    void reconnectsWhereTheStreamIsCut()
    {
        const StorageDaemon daemon(imageBytes, 1);
        QVERIFY(daemon.isReady());
        BlkMachine source(1, { .socket = daemon.socket() });
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, work(20, 1));
        VERIFY_DONE(source, stop());
        {
            // Half a request: the back end waits for the rest of it.
            BlkPeer peer;
            QCOMPARE(peer.give(source, false, false, false), QString());
            const std::array<std::byte, 5> half{};
            QVERIFY(fdpass::sendSome(source.device().slotFd(0), half));
            peer.kill();
        }
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, verify(20, 1));
    }

    void reopens()
    {
        const StorageDaemon daemon(imageBytes, 2);
        QVERIFY(daemon.isReady());
        BlkMachine source(2, { .socket = daemon.socket() });
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, work(20, 1));
        VERIFY_DONE(source, stop(Device::Keep::Nothing));
        QCOMPARE(source.device().slotFd(0), -1);
        BlkPeer peer;
        QCOMPARE(
            peer.order({ { QStringLiteral("do"), QStringLiteral("open") }, { QStringLiteral("queues"), 2 },
                           { QStringLiteral("socket"), daemon.socket() },
                           { QStringLiteral("state"), QString::fromLatin1(source.save().toBase64()) } },
                { source.ramFd() }),
            QString());
        QCOMPARE(peer.order("start"), QString());
        QCOMPARE(peer.order("verify", { { QStringLiteral("count"), 20 }, { QStringLiteral("round"), 1 } }),
            QString());
        QCOMPARE(peer.order("work", { { QStringLiteral("count"), 20 }, { QStringLiteral("round"), 2 } }),
            QString());

        QCOMPARE(source.device().take(100).error().code, ErrorCode::Busy);
        QCOMPARE(peer.order("stop", { { QStringLiteral("keep"), int(Device::Keep::Nothing) } }), QString());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, verify(20, 2));
        VERIFY_DONE(source, work(20, 3));
    }

    void keepsItsPromiseWhenNothingAnswers()
    {
        StorageDaemon daemon(imageBytes, 1);
        QVERIFY(daemon.isReady());
        BlkMachine source(1, { .socket = daemon.socket() });
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, work(20, 1));
        ::kill(static_cast<pid_t>(daemon.pid()), SIGSTOP);
        BlockDriver driver = source.driver(0);
        for (quint16 slot = 0; slot < BlockDriver::depth; ++slot)
            driver.write(slot, slot, 7);
        driver.kick();
        const auto slow = source.device().release(50, Device::Keep::Backend);
        QVERIFY(!slow);
        QCOMPARE(slow.error().code, ErrorCode::Timeout);
        QCOMPARE(source.device().ownership(), Ownership::Owned);
        ::kill(static_cast<pid_t>(daemon.pid()), SIGCONT);
        VERIFY_DONE(source, stop());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, verify(16, 7));

        ::kill(static_cast<pid_t>(daemon.pid()), SIGSTOP);
        const auto silent = source.device().release(50, Device::Keep::Nothing);
        QVERIFY(!silent);
        QCOMPARE(silent.error().code, ErrorCode::Timeout);
        QCOMPARE(source.device().ownership(), Ownership::None);
        ::kill(static_cast<pid_t>(daemon.pid()), SIGCONT);
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, verify(16, 7));

        daemon.kill();
        for (quint16 slot = 0; slot < BlockDriver::depth; ++slot)
            driver.read(slot, slot);
        QCOMPARE(source.device().release(BlkMachine::limitMs, Device::Keep::Backend).error().code,
            ErrorCode::Disconnected);
    }

    void confirmsLater()
    {
        StorageDaemon daemon(imageBytes, 2);
        QVERIFY(daemon.isReady());
        BlkMachine source(2, { .socket = daemon.socket() });
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        VERIFY_DONE(source, work(20, 1));
        BlkMachine next(2, {}, UniqueFd::adopt(::fcntl(source.ramFd(), F_DUPFD_CLOEXEC, 0)));
        BlkMachine last(2, {}, UniqueFd::adopt(::fcntl(source.ramFd(), F_DUPFD_CLOEXEC, 0)));
        VERIFY_DONE(next, attach(source.duplicates()));
        VERIFY_DONE(last, attach(source.duplicates()));
        // Nothing of this waits for the back end, which is stopped.
        ::kill(static_cast<pid_t>(daemon.pid()), SIGSTOP);
        VERIFY_DONE(source, stop());
        VERIFY_DONE(next, start());
        const auto late = next.device().confirm(50);
        QVERIFY(!late);
        QCOMPARE(late.error().code, ErrorCode::Timeout);
        ::kill(static_cast<pid_t>(daemon.pid()), SIGCONT);
        VERIFY_DONE(next, verify(20, 1));
        // The reply was given up, so the connection has to be put in order: by whoever has it next.
        QCOMPARE(next.device().release(1000, Device::Keep::Backend).error().code, ErrorCode::Timeout);
        VERIFY_DONE(next, start());
        VERIFY_OK(next.device().confirm(1000));
        VERIFY_DONE(next, verify(20, 1));
        VERIFY_DONE(next, stop());
        VERIFY_DONE(last, start());
        VERIFY_OK(last.device().confirm(BlkMachine::limitMs));
        VERIFY_DONE(last, verify(20, 1));

        // A back end that ends is noticed by the one that asks.
        VERIFY_DONE(last, stop());
        BlkMachine dead(2, {}, UniqueFd::adopt(::fcntl(source.ramFd(), F_DUPFD_CLOEXEC, 0)));
        VERIFY_DONE(dead, attach(last.duplicates()));
        ::kill(static_cast<pid_t>(daemon.pid()), SIGSTOP);
        VERIFY_DONE(dead, start());
        daemon.kill();
        QCOMPARE(dead.device().confirm(BlkMachine::limitMs).error().code, ErrorCode::Disconnected);
    }

    void rejectsDamagedStates()
    {
        BlkMachine machine(2, {});
        QVERIFY2(machine.isOk(), qPrintable(machine.error()));
        const QByteArray state = machine.save();
        VERIFY_DONE(machine, load(state));
        for (qsizetype length = 0; length < state.size(); ++length) {
            QCborStreamReader reader(state.first(length));
            QCOMPARE(machine.device().load(reader).error().code, ErrorCode::Malformed);
        }
        // Whatever one byte is changed to, the answer is a yes or a no.
        for (qsizetype at = 0; at < state.size(); ++at) {
            for (const int change : { 1, 0x20, 0x80, 0xff }) {
                QByteArray damaged = state;
                damaged[at] = static_cast<char>(damaged[at] ^ change);
                (void)machine.load(damaged);
            }
        }
        BlkMachine other(1, {});
        QVERIFY(!other.load(state));
    }

    void marksWhatTheBackEndWrote()
    {
        const StorageDaemon daemon(imageBytes, 1);
        QVERIFY(daemon.isReady());
        BlkMachine source(1, { .socket = daemon.socket() });
        VERIFY_OK(source.device().openBackend());
        VERIFY_DONE(source, start());
        source.memory().startDirtyLog();
        engine::DirtyBitmap& dirty = *source.memory().blocks().front().dirty;
        for (quint64 page = 0; page < dirty.pages(); page += 64)
            (void)dirty.take(page);
        VERIFY_DONE(source, work(20, 1));
        VERIFY_DONE(source, stop());
        const vmm::QueueLayout& layout = source.layouts().front();
        QVERIFY(dirty.test(layout.used / engine::pageBytes));
        for (quint64 page = 0; page < layout.bufferBytes / engine::pageBytes; ++page)
            QVERIFY(dirty.test(layout.buffers / engine::pageBytes + page));
        QVERIFY(!dirty.test(layout.available / engine::pageBytes));
    }

private:
    qsizetype m_fds = 0;
};

int main(int argc, char** argv)
{
    if (argc == 2 && std::strcmp(argv[1], BlkPeer::option) == 0)
        return BlkPeer::run();
    const QCoreApplication application(argc, argv);
    TstVhostUserBlk test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vhostuserblk.moc"
