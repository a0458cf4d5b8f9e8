// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakes/fakeqmp.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"
#include "qmp/client.h"
#include "qmp/server.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

using namespace cutover;
using namespace cutover::qmp;
using cutover::test::FakeQmp;
using namespace Qt::StringLiterals;

static int openFds()
{
    return int(
        QDir(u"/proc/self/fd"_s).entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size());
}

class TestQmpServer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void greetsAndNegotiates();
    void capabilities_data();
    void capabilities();
    void conversation_data();
    void conversation();
    void echoesAnyId();
    void answersLaterAndInOrder();
    void outOfOrderOnRequest();
    void droppedResponderAnswers();
    void answersAfterTheEndAreIgnored();
    void eventsReachTheNegotiated();
    void severalConnections();
    void fdsWaitForTheirCommand();
    void untakenFdsAreClosed();
    void checksArguments();
    void socketFile();
    void connectsToAListeningClient();
    void slowReader();
    void worksWithTheClient();

private:
    UniqueFd plug(Server& server);
    static void write(const UniqueFd& socket, const QByteArray& bytes, std::span<const int> fds = {});
    static QByteArray readLine(const UniqueFd& socket);
    void negotiate(const UniqueFd& socket);

    int m_fdsBefore = 0;
    std::unique_ptr<Server> m_server;
};

void TestQmpServer::initTestCase()
{
    QVERIFY(FakeQmp::schemaOf(u"11.1"_s));
}

void TestQmpServer::init()
{
    QTest::failOnWarning();
    m_fdsBefore = openFds();
    m_server = std::make_unique<Server>(ServerOptions{
        .greeting = { .major = 1, .minor = 2, .micro = 3, .package = u"p"_s, .capabilities = { u"x"_s } },
        .codec = {} });
    m_server->registerCommand(u"query-name"_s, [](const Request&, Responder responder) {
        responder.success(QJsonObject{ { u"name"_s, u"vm"_s } });
    });
    m_server->registerCommand(u"stop"_s, [this](const Request&, Responder responder) {
        m_server->broadcastEvent(u"STOP"_s, {}, 1'500'000'000);
        responder.success();
    });
    m_server->registerCommand(u"cont"_s, [](const Request&, Responder responder) {
        responder.error(u"no device"_s, ErrorClass::DeviceNotFound);
        responder.success(); // only the first answer counts
    });
}

void TestQmpServer::cleanup()
{
    m_server.reset();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QCOMPARE(openFds(), m_fdsBefore);
}

UniqueFd TestQmpServer::plug(Server& server)
{
    auto sockets = fdpass::unixSocketPair();
    server.adopt(std::move(sockets->first));
    return std::move(sockets->second);
}

void TestQmpServer::write(const UniqueFd& socket, const QByteArray& bytes, std::span<const int> fds)
{
    const auto sent = fdpass::sendSome(socket.get(), std::as_bytes(std::span(QByteArrayView(bytes))), fds);
    QCOMPARE(qsizetype(sent.value_or(0)), bytes.size());
}

/// One line, without its end; empty at the end of the stream.
QByteArray TestQmpServer::readLine(const UniqueFd& socket)
{
    QByteArray line;
    bool done = false;
    const auto step = [&] {
        std::byte byte{};
        while (!done) {
            const auto chunk = fdpass::receiveSome(socket.get(), { &byte, 1 });
            if (chunk && chunk->wouldBlock)
                return false;
            done = !chunk || chunk->endOfStream || char(byte) == '\n';
            if (!done)
                line.append(char(byte));
        }
        return true;
    };
    [&] { QTRY_VERIFY(step()); }();
    return line;
}

void TestQmpServer::negotiate(const UniqueFd& socket)
{
    QVERIFY(readLine(socket).startsWith(R"({"QMP":)"));
    write(socket, "{\"execute\":\"qmp_capabilities\"}\n");
    QCOMPARE(readLine(socket), R"({"return":{}})"_ba);
}

void TestQmpServer::greetsAndNegotiates()
{
    QSignalSpy negotiated(m_server.get(), &Server::negotiated);
    const UniqueFd socket = plug(*m_server);
    QCOMPARE(m_server->connections(), QList<quint64>{ 1 });
    QCOMPARE(readLine(socket),
        R"({"QMP":{"capabilities":["x"],"version":{"package":"p","qemu":{"major":1,"micro":3,"minor":2}}}})"_ba);
    write(socket, R"({"execute":"query-name","id":7})");
    QCOMPARE(readLine(socket),
        R"({"error":{"class":"CommandNotFound","desc":"Expecting capabilities negotiation with 'qmp_capabilities'"},"id":7})"_ba);
    QVERIFY(!m_server->isNegotiated(1));
    write(socket, R"({"execute":"qmp_capabilities"})");
    QCOMPARE(readLine(socket), R"({"return":{}})"_ba);
    QVERIFY(m_server->isNegotiated(1));
    QCOMPARE(negotiated.size(), 1);
    write(socket, R"({"execute":"qmp_capabilities"})");
    QVERIFY(readLine(socket).contains("Capabilities negotiation is already complete, command ignored"));
    QCOMPARE(m_server->peerCredentials(1)->pid, ::getpid());
    QVERIFY(!m_server->peerCredentials(2));
}

void TestQmpServer::capabilities_data()
{
    QTest::addColumn<QByteArray>("arguments");
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("offered") << R"({"enable":["x"]})"_ba << R"("return":{})"_ba;
    QTest::newRow("none") << R"({"enable":[]})"_ba << R"("return":{})"_ba;
    QTest::newRow("not offered") << R"({"enable":["oob"]})"_ba << "Capability 'oob' not available"_ba;
    QTest::newRow("no array") << R"({"enable":1})"_ba
                              << "Invalid parameter type for 'enable', expected: array"_ba;
    QTest::newRow("unexpected") << R"({"y":1})"_ba << "Parameter 'y' is unexpected"_ba;
}

void TestQmpServer::capabilities()
{
    QFETCH(QByteArray, arguments);
    QFETCH(QByteArray, answer);
    const UniqueFd socket = plug(*m_server);
    readLine(socket);
    write(socket, R"({"execute":"qmp_capabilities","arguments":)" + arguments + "}");
    const QByteArray line = readLine(socket);
    QVERIFY2(line.contains(answer), line.constData());
    QCOMPARE(m_server->isNegotiated(1), line.contains("return"));
}

void TestQmpServer::conversation_data()
{
    // What QEMU 11.1.3 does with the same bytes, apart from the wording of JSON errors.
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArrayList>("answers");
    const QByteArray name = R"({"return":{"name":"vm"}})"_ba;
    const auto row = [](const char* title, const QByteArray& input, const QByteArrayList& answers) {
        QTest::newRow(title) << input << answers;
    };
    const auto generic = [](const QByteArray& text) -> QByteArray {
        return R"({"error":{"class":"GenericError","desc":")" + text + "\"}}";
    };
    row("command", R"({"execute":"query-name"})", { name });
    row("two in a row", R"({"execute":"query-name"}{"execute":"query-name"})", { name, name });
    row("events come first", R"({"execute":"stop"})",
        { R"({"event":"STOP","timestamp":{"microseconds":500000,"seconds":1}})"_ba, R"({"return":{}})"_ba });
    row("error class", R"({"execute":"cont"})",
        { R"({"error":{"class":"DeviceNotFound","desc":"no device"}})"_ba });
    row("unknown command", R"({"execute":"nonsense"})",
        { R"({"error":{"class":"CommandNotFound","desc":"The command nonsense has not been found"}})"_ba });
    row("no execute", R"({"exec":"x"})", { generic("QMP input member 'exec' is unexpected") });
    row("nothing", R"({})", { generic("QMP input lacks member 'execute'") });
    row("execute is a number", R"({"execute":5})",
        { generic("QMP input member 'execute' must be a string") });
    row("arguments are an array", R"({"execute":"query-name","arguments":[]})",
        { generic("QMP input member 'arguments' must be an object") });
    row("more members", R"({"execute":"query-name","foo":1})",
        { generic("QMP input member 'foo' is unexpected") });
    row("goes on after bad JSON", "{\"execute\":\"query-name\",}\n{\"execute\":\"query-name\"}",
        { generic("JSON parse error, object is missing after a comma at byte 57"), name });
    row("goes on after garbage", "garbage here\n{\"execute\":\"query-name\"}",
        { generic("JSON parse error, unexpected 'g' at byte 32"), name });
    row("resynchronises", "{\"a\":{\n\xFF{\"execute\":\"query-name\"}",
        { generic("JSON parse error, unexpected 0xff at byte 39"), name });
}

void TestQmpServer::conversation()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArrayList, answers);
    const UniqueFd socket = plug(*m_server);
    readLine(socket);
    write(socket, "{\"execute\":\"qmp_capabilities\"} \n");
    readLine(socket);
    write(socket, input);
    for (const QByteArray& answer : answers)
        QCOMPARE(readLine(socket), answer);
    write(socket, "\n{\"execute\":\"query-name\",\"id\":1}");
    QCOMPARE(readLine(socket), R"({"id":1,"return":{"name":"vm"}})"_ba);
}

void TestQmpServer::echoesAnyId()
{
    const UniqueFd socket = plug(*m_server);
    negotiate(socket);
    for (const QByteArray& id : { "null"_ba, R"("")"_ba, "9223372036854775807"_ba, R"([1,{"a":true}])"_ba }) {
        write(socket, R"({"execute":"query-name","id":)" + id + "}");
        QCOMPARE(readLine(socket), R"({"id":)" + id + R"(,"return":{"name":"vm"}})");
        write(socket, R"({"execute":1,"id":)" + id + "}");
        QVERIFY(readLine(socket).contains(QByteArray(R"("id":)" + id)));
    }
}

void TestQmpServer::answersLaterAndInOrder()
{
    std::optional<Responder> held;
    m_server->registerCommand(
        u"slow"_s, [&](const Request&, Responder responder) { held.emplace(std::move(responder)); });
    const UniqueFd socket = plug(*m_server);
    negotiate(socket);
    write(socket, R"({"execute":"slow","id":1}{"execute":"query-name","id":2})");
    write(socket, R"({"execute":"query-name","id":3})");
    QTRY_VERIFY(held);
    QTest::qWait(5);
    std::byte byte{};
    QVERIFY(fdpass::receiveSome(socket.get(), { &byte, 1 })->wouldBlock);
    held->success(5);
    QCOMPARE(readLine(socket), R"({"id":1,"return":5})"_ba);
    QVERIFY(readLine(socket).contains(R"("id":2)"));
    QVERIFY(readLine(socket).contains(R"("id":3)"));
}

void TestQmpServer::outOfOrderOnRequest()
{
    Server server({ .greeting = {}, .inOrder = false, .codec = {} });
    std::optional<Responder> held;
    server.registerCommand(
        u"slow"_s, [&](const Request&, Responder responder) { held.emplace(std::move(responder)); });
    server.setDefaultHandler(
        [](const Request& request, Responder responder) { responder.success(request.command()); });
    const UniqueFd socket = plug(server);
    negotiate(socket);
    write(socket, R"({"execute":"slow","id":1}{"execute":"fast","id":2})");
    QCOMPARE(readLine(socket), R"({"id":2,"return":"fast"})"_ba);
    held.reset();
    QVERIFY(readLine(socket).contains(R"("id":1)"));
}

void TestQmpServer::droppedResponderAnswers()
{
    m_server->registerCommand(u"forget"_s, [](const Request&, const Responder&) { });
    const UniqueFd socket = plug(*m_server);
    negotiate(socket);
    write(socket, R"({"execute":"forget","id":"a"})");
    QCOMPARE(readLine(socket),
        R"({"error":{"class":"GenericError","desc":"The command forget ended without an answer"},"id":"a"})"_ba);
}

void TestQmpServer::answersAfterTheEndAreIgnored()
{
    std::vector<Responder> held;
    m_server->registerCommand(
        u"slow"_s, [&](const Request&, Responder responder) { held.push_back(std::move(responder)); });
    UniqueFd first = plug(*m_server);
    const UniqueFd second = plug(*m_server);
    negotiate(first);
    negotiate(second);
    write(first, R"({"execute":"slow"})");
    write(second, R"({"execute":"slow"})");
    QTRY_COMPARE(held.size(), std::size_t{ 2 });
    m_server->closeConnection(1);
    held.front().success();
    QCOMPARE(m_server->connections(), QList<quint64>{ 2 });
    m_server.reset();
    held.back().success();
    QCOMPARE(readLine(second), ""_ba);
}

void TestQmpServer::eventsReachTheNegotiated()
{
    const UniqueFd first = plug(*m_server);
    const UniqueFd second = plug(*m_server);
    negotiate(first);
    readLine(second);
    const qint64 before = QDateTime::currentSecsSinceEpoch();
    m_server->broadcastEvent(u"MIGRATION"_s, { { u"status"_s, u"setup"_s } });
    const QJsonObject event = QJsonDocument::fromJson(readLine(first)).object();
    QCOMPARE(event["event"_L1], u"MIGRATION"_s);
    QCOMPARE(event["data"_L1]["status"_L1], u"setup"_s);
    QVERIFY(event["timestamp"_L1]["seconds"_L1].toInteger() >= before);
    write(second, "{\"execute\":\"qmp_capabilities\"}\n");
    QCOMPARE(readLine(second), R"({"return":{}})"_ba);
}

void TestQmpServer::severalConnections()
{
    constexpr int count = 20;
    std::vector<UniqueFd> sockets;
    sockets.reserve(count);
    for (int i = 0; i < count; ++i)
        sockets.push_back(plug(*m_server));
    for (const UniqueFd& socket : sockets)
        negotiate(socket);
    QSignalSpy disconnected(m_server.get(), &Server::disconnected);
    for (std::size_t i = 0; i < sockets.size(); i += 2)
        sockets[i].reset();
    QTRY_COMPARE(disconnected.size(), count / 2);
    QCOMPARE(m_server->connections().size(), count / 2);
    for (std::size_t i = 1; i < sockets.size(); i += 2) {
        write(sockets[i], R"({"execute":"query-name"})");
        QCOMPARE(readLine(sockets[i]), R"({"return":{"name":"vm"}})"_ba);
    }
}

void TestQmpServer::fdsWaitForTheirCommand()
{
    std::vector<UniqueFd> taken;
    m_server->registerCommand(u"getfd"_s, [&](const Request& request, Responder responder) {
        std::vector<UniqueFd> fds = request.takeFds();
        if (fds.empty()) {
            responder.error(u"No file descriptor supplied via SCM_RIGHTS"_s);
            return;
        }
        for (UniqueFd& fd : fds)
            taken.push_back(std::move(fd));
        responder.success();
    });
    const UniqueFd socket = plug(*m_server);
    negotiate(socket);
    write(socket, R"({"execute":"getfd"})");
    QVERIFY(readLine(socket).contains("No file descriptor supplied"));
    const UniqueFd null = UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int number = null.get();
    // As QEMU does: fds that came with a command that does not take them are there for the next.
    write(socket, R"({"execute":"query-name"})", { &number, 1 });
    readLine(socket);
    write(socket, R"({"execute":"getfd"})");
    QCOMPARE(readLine(socket), R"({"return":{}})"_ba);
    QCOMPARE(taken.size(), std::size_t{ 1 });
    struct stat ours{};
    struct stat theirs{};
    QCOMPARE(::fstat(number, &ours), 0);
    QCOMPARE(::fstat(taken.front().get(), &theirs), 0);
    QCOMPARE(theirs.st_rdev, ours.st_rdev);
    QVERIFY(::fcntl(taken.front().get(), F_GETFD) & FD_CLOEXEC);
    // Each of several pipelined commands gets its own.
    write(socket, R"({"execute":"getfd"})", { &number, 1 });
    write(socket, R"({"execute":"getfd"})", { &number, 1 });
    QCOMPARE(readLine(socket), R"({"return":{}})"_ba);
    QCOMPARE(readLine(socket), R"({"return":{}})"_ba);
    QCOMPARE(taken.size(), std::size_t{ 3 });
}

void TestQmpServer::untakenFdsAreClosed()
{
    UniqueFd socket = plug(*m_server);
    negotiate(socket);
    const int before = openFds();
    const int number = 0;
    for (int i = 0; i < 5; ++i) {
        write(socket, R"({"execute":"query-name"})", { &number, 1 });
        readLine(socket);
        QCOMPARE(openFds(), before + 1);
    }
    socket.reset();
    QTRY_VERIFY(m_server->connections().isEmpty());
    QCOMPARE(openFds(), before - 2); // both ends
}

void TestQmpServer::checksArguments()
{
    m_server->setSchema(FakeQmp::schemaOf(u"11.1"_s));
    m_server->registerCommand(u"getfd"_s,
        [](const Request& request, Responder responder) { responder.success(request.arguments()); });
    m_server->registerCommand(u"x-own"_s,
        [](const Request& request, Responder responder) { responder.success(request.arguments()); });
    const UniqueFd socket = plug(*m_server);
    negotiate(socket);
    write(socket, R"({"execute":"getfd"})");
    QVERIFY(readLine(socket).contains("Parameter 'fdname' is missing"));
    write(socket, R"({"execute":"getfd","arguments":{"fdname":"a"}})");
    QCOMPARE(readLine(socket), R"({"return":{"fdname":"a"}})"_ba);
    write(socket, R"({"execute":"x-own","arguments":{"any":1}})"); // the schema does not know it
    QCOMPARE(readLine(socket), R"({"return":{"any":1}})"_ba);
}

void TestQmpServer::socketFile()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"s"_s);
    QVERIFY(m_server->listenAt(path));
    struct stat status{};
    QCOMPARE(::stat(qPrintable(path), &status), 0);
    QCOMPARE(status.st_mode & 0777U, 0600U);
    Server other;
    QCOMPARE(other.listenAt(path).error().code, ErrorCode::Busy);
    QVERIFY(!other.adoptListener(UniqueFd()));
    const UniqueFd socket = *fdpass::connectUnix(path);
    negotiate(socket);
    m_server->close();
    QCOMPARE(readLine(socket), ""_ba);
    QVERIFY(!QFile::exists(path));
    QVERIFY(m_server->listenAt(path));
}

void TestQmpServer::connectsToAListeningClient()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"s"_s);
    Client client;
    QVERIFY(client.listenAt(path));
    m_server->adopt(*fdpass::connectUnix(path));
    QTRY_COMPARE(client.state(), Client::State::Ready);
}

void TestQmpServer::slowReader()
{
    // A client that does not read its answers delays nobody else and loses none.
    int served = 0;
    m_server->registerCommand(u"big"_s, [&](const Request&, Responder responder) {
        ++served;
        responder.success(QString(20'000, u'x'));
    });
    const UniqueFd socket = plug(*m_server);
    const UniqueFd other = plug(*m_server);
    negotiate(socket);
    negotiate(other);
    for (int i = 0; i < 50; ++i)
        write(socket, R"({"execute":"big"})");
    write(other, R"({"execute":"query-name"})");
    QCOMPARE(readLine(other), R"({"return":{"name":"vm"}})"_ba);
    for (int i = 0; i < 50; ++i)
        QVERIFY(readLine(socket).size() > 20'000);
    QCOMPARE(served, 50);
}

void TestQmpServer::worksWithTheClient()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"s"_s);
    QVERIFY(m_server->listenAt(path));
    Client client;
    QSignalSpy events(&client, &Client::event);
    client.connectTo(path);
    QTRY_COMPARE(client.state(), Client::State::Ready);
    constexpr int count = 2000;
    int answered = 0;
    for (int i = 0; i < count; ++i)
        client.call(
            u"stop"_s, [&](const Result<QJsonValue>& result) { answered += int(result.has_value()); });
    QTRY_COMPARE(answered, count);
    QCOMPARE(events.size(), count);
    QCOMPARE(events.first().at(2).toLongLong(), 1'500'000'000);
}

QTEST_GUILESS_MAIN(TestQmpServer)
#include "tst_qmpserver.moc"
