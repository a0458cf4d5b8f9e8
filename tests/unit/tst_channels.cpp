// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/channels.h"
#include "engine/optiontext.h"
#include "engine/wait.h"
#include "fdhelpers.h"
#include "fdpass/unixsocket.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::engine;
using namespace Qt::StringLiterals;

class TestChannels : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void options();
    void sizes_data();
    void sizes();
    void incoming_data();
    void incoming();
    void incomingErrors_data();
    void incomingErrors();
    void qmpChannels_data();
    void qmpChannels();
    void qmpErrors_data();
    void qmpErrors();
    void addressesSurviveJson();
    void unixListener();
    void replacedSocketFileStays();
    void dynamicPort_data();
    void dynamicPort();
    void inheritedListener();
    void fdsByName();
    void wrongFds();
    void nobodyListens();
    void fullQueueEndsInTimeout();
    void alarmEndsTheWait();
};

void TestChannels::options()
{
    QCOMPARE(splitOption({}), QList<OptionItem>());
    QCOMPARE(splitOption(u"a,b=c,,d,e="_s),
        (QList<OptionItem>{ { {}, u"a"_s }, { u"b"_s, u"c,d"_s }, { u"e"_s, {} } }));
    QCOMPARE(splitOption(u"a,"_s), (QList<OptionItem>{ { {}, u"a"_s }, { {}, {} } }));
    QCOMPARE(splitOption(u"k=a=b"_s), (QList<OptionItem>{ { u"k"_s, u"a=b"_s } }));
}

void TestChannels::sizes_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("bytes"); // -1: no size
    const auto row = [](const QString& text, qint64 bytes) {
        QTest::newRow(qPrintable(u'<' + text + u'>')) << text << bytes;
    };
    row(u"0"_s, 0);
    row(u"512"_s, 512);
    row(u"4k"_s, 4096);
    row(u"64M"_s, 64 << 20);
    row(u"1.5G"_s, 3LL << 29);
    row(u"2T"_s, 2LL << 40);
    row(u"7B"_s, 7);
    row(u"4194304T"_s, 1LL << 62);
    row(u"4194305T"_s, -1);
    for (const QString& bad : { u""_s, u"M"_s, u"-1"_s, u"-1M"_s, u"1.M"_s, u".5M"_s, u"1.3B"_s, u"1e3"_s,
             u"0x10"_s, u"1MM"_s, u" 1"_s, u"1.-5M"_s, u"99999999999999999999"_s, u"9999999999999.5T"_s })
        row(bad, -1);
}

void TestChannels::sizes()
{
    QFETCH(QString, text);
    QFETCH(qint64, bytes);
    QCOMPARE(parseSize(text).value_or(-1), bytes);
}

Q_DECLARE_METATYPE(Incoming)

void TestChannels::incoming_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<Incoming>("expected");
    const auto row = [](const char* tag, const QStringList& arguments, const Incoming& expected) {
        QTest::newRow(tag) << arguments << expected;
    };
    const ChannelAddress cpr{ .transport = Transport::Unix, .path = u"/c"_s };
    row("none", {}, {});
    row("defer", { u"defer"_s }, { .defer = true });
    row("unix", { u"unix:/run/a,b"_s },
        { .channels = { .main = ChannelAddress{ .transport = Transport::Unix, .path = u"/run/a,b"_s } } });
    row("tcp", { u"tcp:127.0.0.1:0"_s },
        { .channels = { .main = ChannelAddress{ .transport = Transport::Inet, .host = u"127.0.0.1"_s } } });
    row("tcp without host", { u"tcp::4444"_s },
        { .channels = { .main
              = ChannelAddress{ .transport = Transport::Inet, .host = u"localhost"_s, .port = 4444 } } });
    row("tcp v6", { u"tcp:[::1]:65535"_s },
        { .channels
            = { .main = ChannelAddress{ .transport = Transport::Inet, .host = u"::1"_s, .port = 65535 } } });
    row("fd", { u"fd:7"_s },
        { .channels = { .main = ChannelAddress{ .transport = Transport::Fd, .fd = u"7"_s } } });
    row("dotted", { u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c"_s, u"defer"_s },
        { .defer = true, .channels = { .cpr = cpr } });
    row("dotted fd", { u"cpr,addr.transport=socket,addr.type=fd,addr.str=9"_s },
        { .channels = { .cpr = ChannelAddress{ .transport = Transport::Fd, .fd = u"9"_s } } });
    row("dotted key",
        { u"channel-type=main,addr.transport=socket,addr.type=inet,addr.host=::1,addr.port=1"_s },
        { .channels
            = { .main = ChannelAddress{ .transport = Transport::Inet, .host = u"::1"_s, .port = 1 } } });
    row("dotted comma", { u"cpr,addr.transport=socket,addr.type=unix,addr.path=/a,,b"_s },
        { .channels = { .cpr = ChannelAddress{ .transport = Transport::Unix, .path = u"/a,b"_s } } });
    row("json", { uR"({"channel-type":"cpr","addr":{"transport":"socket","type":"unix","path":"/c"}})"_s },
        { .channels = { .cpr = cpr } });
    row("config", { u"config:mode=cpr-transfer"_s }, { .config = u"mode=cpr-transfer"_s });
    row("all", { u"config:{}"_s, u"unix:/m"_s, u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c"_s },
        { .channels = { .main = ChannelAddress{ .transport = Transport::Unix, .path = u"/m"_s }, .cpr = cpr },
            .config = u"{}"_s });
}

void TestChannels::incoming()
{
    QFETCH(QStringList, arguments);
    QFETCH(Incoming, expected);
    const auto parsed = parseIncoming(arguments);
    QVERIFY2(parsed, parsed ? "" : qPrintable(parsed.error().message()));
    QCOMPARE(*parsed, expected);
    QCOMPARE(parsed->isIncoming(), expected.defer || expected.channels.main || expected.channels.cpr);
}

void TestChannels::incomingErrors_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("named");
    const auto row = [](const char* tag, const QStringList& arguments, const QString& named) {
        QTest::newRow(tag) << arguments << named;
    };
    row("second config", { u"config:a=1"_s, u"config:b=2"_s }, u"config: was given before"_s);
    row("second defer", { u"defer"_s, u"defer"_s }, u"twice"_s);
    row("second main", { u"unix:/a"_s, u"unix:/b"_s }, u"'main': the channel was given twice"_s);
    row("second cpr",
        { u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c"_s,
            u"cpr,addr.transport=socket,addr.type=unix,addr.path=/d"_s },
        u"'cpr': the channel was given twice"_s);
    row("main and defer", { u"unix:/a"_s, u"defer"_s }, u"cannot be deferred"_s);
    row("defer and main", { u"defer"_s, u"unix:/a"_s }, u"deferred before"_s);
    row("empty", { {} }, u"none of unix:PATH"_s);
    row("scheme", { u"foo:bar"_s }, u"foo:bar"_s);
    row("exec", { u"exec:cat"_s }, u"exec"_s);
    row("no path", { u"unix:"_s }, u"path"_s);
    row("no port", { u"tcp:localhost"_s }, u"tcp:HOST:PORT"_s);
    row("bad port", { u"tcp:localhost:65536"_s }, u"65535"_s);
    row("port name", { u"tcp:localhost:http"_s }, u"65535"_s);
    row("other host", { u"tcp:192.0.2.1:1"_s }, u"'192.0.2.1' is not a loopback address"_s);
    row("host name", { u"tcp:example.org:1"_s }, u"example.org"_s);
    row("any address", { u"tcp:0.0.0.0:1"_s }, u"0.0.0.0"_s);
    row("no fd", { u"fd:"_s }, u"missing"_s);
    row("channel type", { u"channel-type=foo,addr.transport=socket,addr.type=unix,addr.path=/c"_s },
        u"foo"_s);
    row("dotted type", { u"cpr,addr.transport=socket,addr.type=zz,addr.path=/c"_s }, u"zz"_s);
    row("dotted twice", { u"cpr,addr.transport=socket,addr.transport=socket"_s }, u"addr.transport"_s);
    row("dotted key", { u"cpr,foo=1"_s }, u"foo"_s);
    row("dotted rest", { u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c,addr.foo=1"_s }, u"foo"_s);
    row("dotted missing", { u"cpr,addr.transport=socket,addr.type=unix"_s }, u"path"_s);
    row("dotted transport", { u"cpr,addr.type=unix,addr.path=/c"_s }, u"transport"_s);
    row("json", { u"{\"channel-type\":"_s }, u"at byte"_s);
    row("json addr", { uR"({"channel-type":"cpr"})"_s }, u"addr"_s);
}

void TestChannels::incomingErrors()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, named);
    const auto parsed = parseIncoming(arguments);
    QVERIFY(!parsed);
    QVERIFY2(parsed.error().message().contains(named), qPrintable(parsed.error().message()));
    QVERIFY(parsed.error().message().contains(u"-incoming"));
}

void TestChannels::qmpChannels_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<QString>("main");
    QTest::addColumn<QString>("cpr");
    QTest::newRow("uri") << uR"({"uri":"unix:/m"})"_s << u"unix:/m"_s << QString();
    QTest::newRow("both")
        << uR"({"channels":[{"channel-type":"main","addr":{"transport":"socket","type":"unix","path":"/m"}},
            {"channel-type":"cpr","addr":{"transport":"socket","type":"unix","path":"/c"}}]})"_s
        << u"unix:/m"_s << u"unix:/c"_s;
    QTest::newRow("inet")
        << uR"({"channels":[{"channel-type":"main","addr":{"transport":"socket","type":"inet","host":"127.0.0.1","port":"99"}}]})"_s
        << u"tcp:127.0.0.1:99"_s << QString();
    QTest::newRow("none") << uR"({"channels":[]})"_s << QString() << QString();
}

void TestChannels::qmpChannels()
{
    QFETCH(QString, json);
    QFETCH(QString, main);
    QFETCH(QString, cpr);
    const auto channels = parseChannels(QJsonDocument::fromJson(json.toUtf8()).object(), u"migrate"_s);
    QVERIFY2(channels, channels ? "" : qPrintable(channels.error().message()));
    QCOMPARE(channels->main ? channels->main->text() : QString(), main);
    QCOMPARE(channels->cpr ? channels->cpr->text() : QString(), cpr);
}

void TestChannels::qmpErrors_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<QString>("named");
    QTest::newRow("nothing") << u"{}"_s << u"one of 'uri' and 'channels'"_s;
    QTest::newRow("both") << uR"({"uri":"unix:/m","channels":[]})"_s << u"exclude"_s;
    QTest::newRow("uri type") << uR"({"uri":1})"_s << u"uri"_s;
    QTest::newRow("channels type") << uR"({"channels":{}})"_s << u"not a list"_s;
    QTest::newRow("entry") << uR"({"channels":[1]})"_s << u"not an object"_s;
    QTest::newRow("entry key") << uR"({"channels":[{"channel-type":"main","addr":{},"x":1}]})"_s << u"'x'"_s;
    QTest::newRow("port as number")
        << uR"({"channels":[{"channel-type":"main","addr":{"transport":"socket","type":"inet","host":"::1","port":1}}]})"_s
        << u"port"_s;
    QTest::newRow("file")
        << uR"({"channels":[{"channel-type":"main","addr":{"transport":"file","filename":"/f","offset":0}}]})"_s
        << u"file"_s;
    QTest::newRow("nul") << uR"({"uri":"unix:/a\u0000b"})"_s << u"NUL"_s;
}

void TestChannels::qmpErrors()
{
    QFETCH(QString, json);
    QFETCH(QString, named);
    const auto channels = parseChannels(QJsonDocument::fromJson(json.toUtf8()).object(), u"migrate"_s);
    QVERIFY(!channels);
    QVERIFY2(channels.error().message().contains(named), qPrintable(channels.error().message()));
}

void TestChannels::addressesSurviveJson()
{
    for (const QString& uri : { u"unix:/a b"_s, u"tcp:127.0.0.1:5"_s, u"tcp:[::1]:5"_s, u"fd:name"_s }) {
        const auto address = parseUri(uri, u"migrate"_s);
        QVERIFY(address);
        QCOMPARE(address->text(), uri);
        QCOMPARE(*parseAddress(address->toJson(), u"migrate"_s), *address);
        QVERIFY(!address->toSocketAddress().contains(u"transport"));
    }
}

void TestChannels::unixListener()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"main"_s);
    const qsizetype before = test::openFdCount();
    {
        auto listener = listenOn({ .transport = Transport::Unix, .path = path });
        QVERIFY(listener);
        QVERIFY(listener->canPassFds());
        QVERIFY(QFile::exists(path));
        auto none = listener->accept();
        QVERIFY(none && !*none);
        auto client = connectTo(listener->address(), 1000);
        QVERIFY(client);
        auto server = listener->accept();
        QVERIFY(server && *server);
        QVERIFY(canPassFds(server->get()) && canPassFds(client->get()));
        QVERIFY(::fcntl(server->get(), F_GETFL) & O_NONBLOCK);
        QVERIFY(::fcntl(server->get(), F_GETFD) & FD_CLOEXEC);
        Listener moved = std::move(*listener);
        QVERIFY(QFile::exists(path));
    }
    QVERIFY(!QFile::exists(path));
    QCOMPARE(test::openFdCount(), before);
}

void TestChannels::replacedSocketFileStays()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"main"_s);
    auto listener = listenOn({ .transport = Transport::Unix, .path = path });
    QVERIFY(listener);
    QVERIFY(QFile::rename(path, folder.filePath(u"old"_s)));
    auto second = listenOn({ .transport = Transport::Unix, .path = path });
    QVERIFY(second);
    listener->close();
    QVERIFY(QFile::exists(path));
    QVERIFY(connectTo(second->address(), 1000));
}

void TestChannels::dynamicPort_data()
{
    QTest::addColumn<QString>("host");
    QTest::newRow("v4") << u"127.0.0.1"_s;
    QTest::newRow("name") << u"localhost"_s;
    QTest::newRow("v6") << u"::1"_s;
}

void TestChannels::dynamicPort()
{
    QFETCH(QString, host);
    auto listener = listenOn({ .transport = Transport::Inet, .host = host, .port = 0 });
    if (!listener && host == u"::1")
        QSKIP("this machine has no IPv6");
    QVERIFY(listener);
    QVERIFY(listener->address().port != 0);
    QVERIFY(!listener->canPassFds());
    auto client = connectTo(listener->address(), 5000);
    QVERIFY(client);
    QVERIFY(waitFor(listener->fd(), POLLIN, {}, deadlineIn(5000)));
    auto server = listener->accept();
    QVERIFY(server && *server);
    QVERIFY(!canPassFds(server->get()));
    const auto taken = listenOn(listener->address());
    QCOMPARE(taken.error().sysErrno, EADDRINUSE);
    QVERIFY(taken.error().message().contains(listener->address().text()));
}

void TestChannels::inheritedListener()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"cpr"_s);
    auto socket = fdpass::listenUnix(path);
    QVERIFY(socket);
    const int number = socket->release();
    {
        auto listener = listenOn({ .transport = Transport::Fd, .fd = QString::number(number) });
        QVERIFY(listener);
        QCOMPARE(listener->fd(), number);
        QVERIFY(listener->canPassFds());
        QVERIFY(::fcntl(number, F_GETFD) & FD_CLOEXEC);
        QVERIFY(connectTo({ .transport = Transport::Unix, .path = path }, 1000));
    }
    QVERIFY(QFile::exists(path));
    QVERIFY(::fcntl(number, F_GETFD) < 0);
}

void TestChannels::fdsByName()
{
    auto pair = fdpass::unixSocketPair();
    QVERIFY(pair);
    const FdLookup lookup = [&](const QString& name) -> Result<UniqueFd> {
        if (name != u"mig")
            return failure(
                ErrorCode::NotFound, u"find the descriptor"_s, name, u"getfd has not brought it"_s);
        return std::move(pair->first);
    };
    const ChannelAddress address{ .transport = Transport::Fd, .fd = u"mig"_s };
    QVERIFY(connectTo(address, 1000, -1, lookup));
    // With a lookup a number is a name: it cannot reach an fd of this process.
    QCOMPARE(connectTo({ .transport = Transport::Fd, .fd = u"5"_s }, 1000, -1, lookup).error().code,
        ErrorCode::NotFound);
}

void TestChannels::wrongFds()
{
    auto pair = fdpass::unixSocketPair();
    QVERIFY(pair);
    const int number = pair->first.get();
    const auto listen = listenOn({ .transport = Transport::Fd, .fd = QString::number(number) });
    QCOMPARE(listen.error().code, ErrorCode::InvalidArgument);
    QVERIFY(listen.error().cause.contains(u"listening"));
    QVERIFY(::fcntl(number, F_GETFD) >= 0);
    for (const QString& bad : { u"0"_s, u"2"_s, u"-1"_s, u"name"_s, u"4294967303"_s, u"1048575"_s })
        QVERIFY2(!listenOn({ .transport = Transport::Fd, .fd = bad }), qPrintable(bad));
}

void TestChannels::nobodyListens()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"main"_s);
    const auto missing = connectTo({ .transport = Transport::Unix, .path = path }, 1000);
    QCOMPARE(missing.error().code, ErrorCode::NotFound);
    QVERIFY(missing.error().message().contains(path));
    ChannelAddress closed;
    {
        auto listener = listenOn({ .transport = Transport::Inet, .host = u"127.0.0.1"_s });
        QVERIFY(listener);
        closed = listener->address();
    }
    QCOMPARE(connectTo(closed, 1000).error().sysErrno, ECONNREFUSED);
}

void TestChannels::fullQueueEndsInTimeout()
{
    QTemporaryDir folder;
    auto listener = listenOn({ .transport = Transport::Unix, .path = folder.filePath(u"main"_s) });
    QVERIFY(listener);
    std::vector<UniqueFd> clients;
    while (true) {
        auto client = connectTo(listener->address(), 20);
        if (!client) {
            QCOMPARE(client.error().code, ErrorCode::Timeout);
            break;
        }
        clients.push_back(std::move(*client));
        QVERIFY(clients.size() < 100);
    }
    // Room in the queue ends the wait.
    QVERIFY(*listener->accept());
    QVERIFY(connectTo(listener->address(), 5000));
}

void TestChannels::alarmEndsTheWait()
{
    QTemporaryDir folder;
    auto listener = listenOn({ .transport = Transport::Unix, .path = folder.filePath(u"main"_s) });
    QVERIFY(listener);
    auto alarm = CancelEvent::create();
    QVERIFY(alarm);
    alarm->ring();
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 100; ++i) {
        auto client = connectTo(listener->address(), 3600'000, alarm->fd());
        if (!client) {
            QCOMPARE(client.error().code, ErrorCode::Cancelled);
            return;
        }
        clients.push_back(std::move(*client));
    }
    QFAIL("the listener's queue has no end");
}

QTEST_GUILESS_MAIN(TestChannels)
#include "tst_channels.moc"
