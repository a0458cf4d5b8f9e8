// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "fdhelpers.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"
#include "vmm/devices/vhostuser.h"

#include <QTest>

#include <sys/eventfd.h>

using namespace cutover;
using namespace cutover::vmm::vhostuser;

namespace {

constexpr quint32 replyFlags = 0x5;

template <typename... Numbers>
QByteArray pack(Numbers... numbers)
{
    QByteArray bytes;
    (bytes.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
    return bytes;
}

QByteArray message(Request request, const QByteArray& payload = {}, quint32 flags = 1)
{
    return pack(static_cast<quint32>(request), flags, static_cast<quint32>(payload.size())) + payload;
}

QByteArray reply(Request request, const QByteArray& payload)
{
    return message(request, payload, replyFlags);
}

qint64 soon()
{
    return monotonicNs() + 20'000'000;
}

qint64 later()
{
    return monotonicNs() + 20'000'000'000;
}

/// The back end's end of a connection: replies are put in before the request is made.
class FakeBackEnd
{
public:
    FakeBackEnd()
    {
        auto pair = fdpass::unixSocketPair();
        if (!pair)
            qFatal("no socket pair");
        m_theirs = std::move(pair->first);
        m_ours = std::move(pair->second);
    }
    int frontEnd() const { return m_theirs.get(); }
    void say(const QByteArray& bytes, const std::vector<int>& descriptors = {})
    {
        QCOMPARE(fdpass::sendSome(m_ours.get(), std::as_bytes(std::span(bytes)), descriptors).value_or(0),
            static_cast<std::size_t>(bytes.size()));
    }
    /// What was sent until now, and the fds by the offset of the message they came with.
    QByteArray heard()
    {
        QByteArray all;
        std::array<std::byte, 4096> buffer{};
        for (;;) {
            auto chunk = fdpass::receiveSome(m_ours.get(), buffer, 8);
            if (!chunk || chunk->wouldBlock || chunk->endOfStream)
                return all;
            for (UniqueFd& fd : chunk->fds)
                fds.emplace_back(all.size(), std::move(fd));
            all.append(reinterpret_cast<const char*>(buffer.data()), static_cast<qsizetype>(chunk->size));
        }
    }
    void close() { m_ours.reset(); }

    std::vector<std::pair<qsizetype, UniqueFd>> fds;

private:
    UniqueFd m_theirs;
    UniqueFd m_ours;
};

} // namespace

class TstVhostUser : public QObject
{
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(); }

    void asksForNumbers()
    {
        FakeBackEnd back;
        FrontEnd front(QStringLiteral("disk"));
        front.attach(back.frontEnd());
        back.say(reply(Request::GetFeatures, pack(quint64{ 0x175007e46 })));
        QCOMPARE(front.features(later()).value_or(0), quint64{ 0x175007e46 });
        back.say(reply(Request::GetProtocolFeatures, pack(quint64{ 0x8f2b })));
        QCOMPARE(front.protocolFeatures(later()).value_or(0), quint64{ 0x8f2b });
        back.say(reply(Request::GetQueueNum, pack(quint64{ 4 })));
        QCOMPARE(front.queueCount(later()).value_or(0), quint64{ 4 });
        QCOMPARE(back.heard(),
            message(Request::GetFeatures) + message(Request::GetProtocolFeatures)
                + message(Request::GetQueueNum));
    }

    void asksForTheConfiguration()
    {
        FakeBackEnd back;
        FrontEnd front(QStringLiteral("disk"));
        front.attach(back.frontEnd());
        const QByteArray request = pack(quint32{ 0 }, quint32{ 4 }, quint32{ 0 }) + QByteArray(4, '\0');
        back.say(reply(Request::GetConfig, pack(quint32{ 0 }, quint32{ 4 }, quint32{ 0 }) + "abcd"));
        std::array<std::byte, 4> config{};
        QVERIFY(front.config(config, later()));
        QCOMPARE(QByteArray(reinterpret_cast<const char*>(config.data()), 4), QByteArray("abcd"));
        QCOMPARE(back.heard(), message(Request::GetConfig, request));

        back.say(reply(Request::GetConfig, {}));
        QCOMPARE(front.config(config, later()).error().code, ErrorCode::Remote);
        back.say(reply(Request::GetConfig, pack(quint32{ 1 }, quint32{ 4 }, quint32{ 0 }) + "abcd"));
        QCOMPARE(front.config(config, later()).error().code, ErrorCode::Protocol);
        std::array<std::byte, maxConfigBytes + 1> tooLong{};
        QCOMPARE(front.config(tooLong, later()).error().code, ErrorCode::InvalidArgument);
    }

    void receivesTheInflightRegion()
    {
        const qsizetype fdsBefore = test::openFdCount();
        {
            FakeBackEnd back;
            FrontEnd front(QStringLiteral("disk"));
            front.attach(back.frontEnd());
            const UniqueFd region = test::makeMemfd("inflight", 8192);
            const QByteArray payload = pack(quint64{ 8192 }, quint64{ 0 }, quint16{ 2 }, quint16{ 256 });
            back.say(reply(Request::GetInflightFd, payload), { region.get() });
            const auto inflight = front.inflight(2, 256, later());
            QVERIFY(inflight);
            QCOMPARE(inflight->bytes, quint64{ 8192 });
            QVERIFY(inflight->fd);

            Batch batch;
            batch.setInflightFd(*inflight);
            QVERIFY(front.send(batch, later()));
            QCOMPARE(back.heard(),
                message(
                    Request::GetInflightFd, pack(quint64{ 0 }, quint64{ 0 }, quint16{ 2 }, quint16{ 256 }))
                    + message(Request::SetInflightFd, payload));
            QCOMPARE(back.fds.size(), 1UZ);

            back.say(reply(Request::GetInflightFd, payload));
            QCOMPARE(front.inflight(2, 256, later()).error().code, ErrorCode::Protocol);
        }
        QCOMPARE(test::openFdCount(), fdsBefore);
    }

    void rejectsBadReplies_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("fds");
        QTest::addColumn<ErrorCode>("code");
        const QByteArray eight = pack(quint64{ 1 });
        QTest::newRow("other request") << reply(Request::GetQueueNum, eight) << 0 << ErrorCode::Protocol;
        QTest::newRow("not a reply") << message(Request::GetFeatures, eight) << 0 << ErrorCode::Protocol;
        QTest::newRow("version 2") << message(Request::GetFeatures, eight, 0x6) << 0 << ErrorCode::Protocol;
        QTest::newRow("short") << reply(Request::GetFeatures, "abcd") << 0 << ErrorCode::Protocol;
        QTest::newRow("long") << reply(Request::GetFeatures, eight + eight) << 0 << ErrorCode::Protocol;
        QTest::newRow("huge") << pack(quint32{ 1 }, replyFlags, ~quint32{ 0 }) << 0 << ErrorCode::Protocol;
        QTest::newRow("cut header") << reply(Request::GetFeatures, eight).first(7) << 0 << ErrorCode::Timeout;
        QTest::newRow("cut payload") << reply(Request::GetFeatures, eight).chopped(1) << 0
                                     << ErrorCode::Timeout;
        QTest::newRow("silence") << QByteArray() << 0 << ErrorCode::Timeout;
        QTest::newRow("an fd") << reply(Request::GetFeatures, eight) << 1 << ErrorCode::LimitExceeded;
    }

    void rejectsBadReplies()
    {
        QFETCH(const QByteArray, bytes);
        QFETCH(const int, fds);
        QFETCH(const ErrorCode, code);
        const qsizetype fdsBefore = test::openFdCount();
        {
            FakeBackEnd back;
            FrontEnd front(QStringLiteral("disk"));
            front.attach(back.frontEnd());
            const auto nulls = test::openNulls(static_cast<std::size_t>(fds));
            if (!bytes.isEmpty())
                back.say(bytes, test::numbersOf(nulls));
            const auto first = front.features(code == ErrorCode::Timeout ? soon() : later());
            QVERIFY(!first);
            QCOMPARE(first.error().code, code);
            QCOMPARE(first.error().object, QStringLiteral("disk"));
            // The position in the stream is lost: nothing more is read from it.
            back.say(reply(Request::GetFeatures, pack(quint64{ 1 })));
            QCOMPARE(front.features(later()).error(), first.error());
        }
        QCOMPARE(test::openFdCount(), fdsBefore);
    }

    void noticesTheEnd()
    {
        FakeBackEnd back;
        FrontEnd front(QStringLiteral("disk"));
        front.attach(back.frontEnd());
        back.close();
        QCOMPARE(front.features(later()).error().code, ErrorCode::Disconnected);
    }

    void batchesKeepTheOrder()
    {
        FakeBackEnd back;
        const UniqueFd call = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
        const UniqueFd kick = test::makeMemfd("kick");
        Batch batch;
        batch.setVringNum(1, 256);
        batch.setVringBase(1, 5);
        batch.setVringAddr(1, { .desc = 0x1000, .avail = 0x2000, .used = 0x3000 });
        batch.setVringCall(1, call.get());
        batch.setVringKick(1, kick.get());
        batch.setVringEnable(1, true);
        batch.rewriteVringBase(1, 0xfffe);
        batch.needReply();

        FrontEnd front(QStringLiteral("disk"));
        front.attach(back.frontEnd());
        back.say(reply(Request::SetVringEnable, pack(quint64{ 0 })));
        QVERIFY(front.sendAcknowledged(batch, Request::SetVringEnable, later()));
        const QByteArray first = message(Request::SetVringNum, pack(quint32{ 1 }, quint32{ 256 }))
            + message(Request::SetVringBase, pack(quint32{ 1 }, quint32{ 0xfffe }))
            + message(Request::SetVringAddr,
                pack(quint32{ 1 }, quint32{ 0 }, quint64{ 0x1000 }, quint64{ 0x3000 }, quint64{ 0x2000 },
                    quint64{ 0 }));
        const QByteArray second = message(Request::SetVringCall, pack(quint64{ 1 }));
        const QByteArray third = message(Request::SetVringKick, pack(quint64{ 1 }))
            + message(Request::SetVringEnable, pack(quint32{ 1 }, quint32{ 1 }), 0x9);
        QCOMPARE(back.heard(), first + second + third);
        // A receiving call never goes past a message with fds.
        QCOMPARE(back.fds.size(), 2UZ);
        QVERIFY(back.fds[0].first <= first.size());
        QVERIFY(back.fds[1].first <= first.size() + second.size());

        // The same batch again, from another place.
        back.say(reply(Request::SetVringEnable, pack(quint64{ 3 })));
        batch.rewriteVringBase(1, 7);
        QCOMPARE(
            front.sendAcknowledged(batch, Request::SetVringEnable, later()).error().code, ErrorCode::Remote);
        QVERIFY(back.heard().contains(message(Request::SetVringBase, pack(quint32{ 1 }, quint32{ 7 }))));
        QCOMPARE(back.fds.size(), 4UZ);
    }

    void sendsTheMemoryTable()
    {
        FakeBackEnd back;
        const UniqueFd low = test::makeMemfd("low", 4096);
        const UniqueFd high = test::makeMemfd("high", 8192);
        const std::array regions{
            MemoryRegion{
                .guestAddress = 0, .bytes = 4096, .userAddress = 0x10000, .offset = 0, .fd = low.get() },
            MemoryRegion{
                .guestAddress = 4096, .bytes = 8192, .userAddress = 0x11000, .offset = 0, .fd = high.get() },
        };
        Batch batch;
        batch.setProtocolFeatures(protocol::config);
        batch.setOwner();
        batch.setFeatures(protocolFeaturesBit);
        batch.setMemTable(regions);
        QVERIFY(batch.send(back.frontEnd(), later(), {}));
        QCOMPARE(back.heard(),
            message(Request::SetProtocolFeatures, pack(quint64{ 0x200 })) + message(Request::SetOwner)
                + message(Request::SetFeatures, pack(quint64{ 1 } << 30))
                + message(Request::SetMemTable,
                    pack(quint32{ 2 }, quint32{ 0 }, quint64{ 0 }, quint64{ 4096 }, quint64{ 0x10000 },
                        quint64{ 0 }, quint64{ 4096 }, quint64{ 8192 }, quint64{ 0x11000 }, quint64{ 0 })));
        QCOMPARE(back.fds.size(), 2UZ);
    }

    void stopsRings()
    {
        FakeBackEnd back;
        FrontEnd front(QStringLiteral("disk"));
        front.attach(back.frontEnd());
        back.say(reply(Request::GetVringBase, pack(quint32{ 0 }, quint32{ 12 }))
            + reply(Request::GetVringBase, pack(quint32{ 1 }, quint32{ 0xffff })));
        std::array<quint16, 2> indices{};
        QVERIFY(front.stopRings(indices, later()));
        QCOMPARE(indices, (std::array<quint16, 2>{ 12, 0xffff }));
        QCOMPARE(back.heard(),
            message(Request::GetVringBase, pack(quint32{ 0 }, quint32{ 0 }))
                + message(Request::GetVringBase, pack(quint32{ 1 }, quint32{ 0 })));

        back.say(reply(Request::GetVringBase, pack(quint32{ 1 }, quint32{ 12 })));
        QCOMPARE(front.stopRings(indices, later()).error().code, ErrorCode::Protocol);
    }

    void synchronizesAfterAnotherUser()
    {
        FakeBackEnd back;
        FrontEnd front(QStringLiteral("disk"));
        front.attach(back.frontEnd());
        QCOMPARE(front.features(soon()).error().code, ErrorCode::Timeout);
        // The late reply, the other user's unread acknowledgement, then ours.
        back.say(reply(Request::GetFeatures, pack(quint64{ 1 }))
            + reply(Request::SetVringEnable, pack(quint64{ 0 }))
            + reply(Request::GetVringBase, pack(quint32{ 0 }, quint32{ 4 }))
            + reply(Request::GetProtocolFeatures, pack(quint64{ 0x8f2b })));
        QVERIFY(front.synchronize(1, later()));
        back.say(reply(Request::GetQueueNum, pack(quint64{ 2 })));
        QCOMPARE(front.queueCount(later()).value_or(0), quint64{ 2 });

        // The other user has read a header but not what follows it.
        back.say(pack(quint64{ 0 }) + reply(Request::GetVringBase, pack(quint32{ 0 }, quint32{ 4 })));
        QCOMPARE(front.synchronize(1, later()).error().code, ErrorCode::Protocol);
    }

    void waitsForRoomInTheSocket()
    {
        FakeBackEnd back;
        int size = 1;
        QCOMPARE(::setsockopt(back.frontEnd(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
        Batch batch;
        for (quint32 i = 0; i < 1000; ++i)
            batch.setVringNum(i, 256);
        const auto sent = batch.send(back.frontEnd(), soon(), QStringLiteral("disk"));
        QVERIFY(!sent);
        QCOMPARE(sent.error().code, ErrorCode::Timeout);
        QCOMPARE(sent.error().object, QStringLiteral("disk"));
    }
};

QTEST_GUILESS_MAIN(TstVhostUser)
#include "tst_vhostuser.moc"
