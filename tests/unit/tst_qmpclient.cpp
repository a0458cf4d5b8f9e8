// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "qmppeer.h"

#include <QSignalSpy>

#include <array>
#include <fcntl.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::qmp;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// Calls, replies and events, and the descriptors that go with them.
class TestQmpClient : public QObject, private ClientAndPeer
{
    Q_OBJECT
private Q_SLOTS:
    void init() { setUp(); }
    void cleanup() { tearDown(); }

    void callsAndReplies();
    void remoteErrors();
    void repliesOutOfOrder();
    void replyIsNeverInsideCall();
    void refusesCallsUnlessReady();
    void events();
    void ignoresUnknownIds();
    void callTimesOutAndLateReplyIsDropped();
    void callsBeginInsideCallbacks();
    void sendsFds();
    void badFd();
    void queuesHugeOutput();
    void rawMessagesOfBothDirections();
    void receivedFdsAreClosed();
};

void TestQmpClient::callsAndReplies()
{
    makeReady();
    QJsonValue value;
    m_client->call(
        u"query-x"_s, { { u"a"_s, 1 } }, [&](const Result<QJsonValue>& result) { value = *result; });
    const QJsonObject request = nextRequest();
    QCOMPARE(request["execute"_L1], u"query-x"_s);
    QCOMPARE(request["arguments"_L1], QJsonValue(QJsonObject{ { u"a"_s, 1 } }));
    QVERIFY(request["id"_L1].isString());
    m_peer->send(reply(request, "\"return\": [9223372036854775807]"));
    QTRY_VERIFY(value.isArray());
    QCOMPARE(value[0].toInteger(), std::numeric_limits<qint64>::max());
    QCOMPARE(m_client->pendingCalls(), std::size_t{ 0 });
    // Without arguments and without interest in the outcome.
    m_client->call(u"stop"_s, nullptr);
    const QJsonObject stop = nextRequest();
    QVERIFY(!stop.contains("arguments"_L1));
    m_peer->send(reply(stop));
    QTRY_COMPARE(m_client->pendingCalls(), std::size_t{ 0 });
}

void TestQmpClient::remoteErrors()
{
    makeReady();
    std::optional<Error> error;
    QString errorClass;
    m_client->call(u"device_del"_s, [&](const Result<QJsonValue>& result) {
        error = result.error();
        errorClass = m_client->remoteClass();
    });
    m_peer->send(reply(nextRequest(), R"("error": {"class": "DeviceNotFound", "desc": "No such device"})"));
    QTRY_VERIFY(error);
    QCOMPARE(error->code, ErrorCode::Remote);
    QCOMPARE(error->message(), u"Cannot run the QMP command 'device_del': No such device"_s);
    QCOMPARE(errorClass, u"DeviceNotFound"_s);
    QVERIFY(m_client->remoteClass().isEmpty());
    QCOMPARE(m_client->state(), Client::State::Ready);
}

void TestQmpClient::repliesOutOfOrder()
{
    makeReady();
    QList<int> order;
    QList<QJsonObject> requests;
    for (int i = 0; i < 3; ++i)
        m_client->call(u"c"_s, [&order, i](const Result<QJsonValue>&) { order.append(i); });
    for (int i = 0; i < 3; ++i)
        requests.append(nextRequest());
    m_peer->send(reply(requests.at(2)) + reply(requests.at(0)) + reply(requests.at(1)));
    QTRY_COMPARE(order, QList<int>({ 2, 0, 1 }));
}

void TestQmpClient::replyIsNeverInsideCall()
{
    bool answered = false;
    const auto note = [&](const Result<QJsonValue>&) { answered = true; };
    m_client->call(u"c"_s, note);
    QVERIFY(!answered);
    QTRY_VERIFY(answered);
    makeReady();
    m_peer->close();
    answered = false;
    m_client->call(u"c"_s, note); // the write fails at once
    QVERIFY(!answered);
    QTRY_VERIFY(answered);
}

void TestQmpClient::refusesCallsUnlessReady()
{
    std::optional<Error> error;
    m_client->call(u"quit"_s, [&](const Result<QJsonValue>& result) { error = result.error(); });
    QTRY_VERIFY(error);
    QCOMPARE(error->code, ErrorCode::Refused);
    QCOMPARE(error->object, u"quit"_s);
    m_client->call(u"quit"_s, nullptr);
    QTest::qWait(1);
}

void TestQmpClient::events()
{
    makeReady();
    QSignalSpy events(m_client.get(), &Client::event);
    m_peer->send(
        "{\"timestamp\": {\"seconds\": 1795252356, \"microseconds\": 395100}, \"event\": \"STOP\"}\r\n"
        "{\"timestamp\": {\"seconds\": -1, \"microseconds\": -1}, \"event\": \"MIGRATION\", "
        "\"data\": {\"status\": \"setup\"}}\r\n");
    QTRY_COMPARE(events.size(), 2);
    QCOMPARE(events.at(0), QVariantList({ u"STOP"_s, QJsonObject(), qint64{ 1795252356395100000 } }));
    QCOMPARE(events.at(1),
        QVariantList({ u"MIGRATION"_s, QJsonObject{ { u"status"_s, u"setup"_s } }, qint64{ 0 } }));
}

void TestQmpClient::ignoresUnknownIds()
{
    makeReady();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"unknown id.*other-1"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"unknown id.*cutover-99"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"unknown id"_s));
    m_peer->send(
        "{\"return\": {}, \"id\": \"other-1\"}\n{\"return\": {}, \"id\": \"cutover-99\"}\n{\"return\": 1}\n");
    bool answered = false;
    m_client->call(u"c"_s, [&](const Result<QJsonValue>& result) { answered = result.has_value(); });
    m_peer->send(reply(nextRequest()));
    QTRY_VERIFY(answered);
}

void TestQmpClient::callTimesOutAndLateReplyIsDropped()
{
    makeReady();
    std::optional<Error> error;
    int patient = 0;
    m_client->call(u"patient"_s, [&](const Result<QJsonValue>&) { ++patient; });
    m_client->call(u"slow"_s, {}, [&](const Result<QJsonValue>& result) { error = result.error(); },
        { .timeoutMs = 10, .fds = {} });
    const QJsonObject first = nextRequest();
    const QJsonObject second = nextRequest();
    QTRY_VERIFY(error);
    QCOMPARE(error->code, ErrorCode::Timeout);
    QCOMPARE(error->object, u"slow"_s);
    QCOMPARE(patient, 0);
    QCOMPARE(m_client->pendingCalls(), std::size_t{ 1 });
    error.reset();
    m_peer->send(reply(second) + reply(first));
    QTRY_COMPARE(patient, 1);
    QVERIFY(!error);
    QCOMPARE(m_client->state(), Client::State::Ready);
}

void TestQmpClient::callsBeginInsideCallbacks()
{
    makeReady();
    int depth = 0;
    std::function<void(const Result<QJsonValue>&)> again = [&](const Result<QJsonValue>&) {
        if (++depth < 3)
            m_client->call(u"c"_s, again);
    };
    m_client->call(u"c"_s, again);
    for (int i = 0; i < 3; ++i)
        m_peer->send(reply(nextRequest()));
    QTRY_COMPARE(depth, 3);
}

void TestQmpClient::sendsFds()
{
    makeReady();
    std::array<int, 2> ends{};
    QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
    UniqueFd in = UniqueFd::adopt(ends[0]);
    UniqueFd out = UniqueFd::adopt(ends[1]);
    int answered = 0;
    m_client->call(u"getfd"_s, { { u"fdname"_s, u"x"_s } },
        [&](const Result<QJsonValue>& result) { answered += int(result.has_value()); },
        { .fds = { out.get(), in.get() } });
    out.reset(); // call() has its own
    in.reset();
    const QJsonObject request = nextRequest();
    QCOMPARE(m_peer->fds().size(), std::size_t{ 2 });
    QCOMPARE(::write(m_peer->fds().front().get(), "y", 1), 1);
    char byte = 0;
    QCOMPARE(::read(m_peer->fds().back().get(), &byte, 1), 1);
    QCOMPARE(byte, 'y');
    m_peer->send(reply(request));
    QTRY_COMPARE(answered, 1);
}

void TestQmpClient::badFd()
{
    makeReady();
    std::optional<Error> error;
    m_client->call(u"getfd"_s, {}, [&](const Result<QJsonValue>& result) { error = result.error(); },
        { .fds = { 0, 99999 } });
    QVERIFY(!error);
    QTRY_VERIFY(error);
    QCOMPARE(error->sysErrno, EBADF);
    QCOMPARE(m_client->state(), Client::State::Ready);
    QVERIFY(m_peer->next().isEmpty());
}

void TestQmpClient::queuesHugeOutput()
{
    makeReady();
    const QString body(8 * 1024 * 1024, u'x');
    int answered = 0;
    const auto count = [&](const Result<QJsonValue>& result) { answered += int(result.has_value()); };
    // Partly written, and its fd sent just once.
    m_client->call(u"big"_s, { { u"a"_s, body } }, count, { .fds = { 0 } });
    // A message with an fd behind it must keep its place, and its fd.
    m_client->call(u"getfd"_s, {}, count, { .fds = { 0 } });
    const QJsonObject big = nextRequest();
    QCOMPARE(big["arguments"_L1]["a"_L1].toString().size(), body.size());
    const QJsonObject second = nextRequest();
    QCOMPARE(second["execute"_L1], u"getfd"_s);
    QCOMPARE(m_peer->fds().size(), std::size_t{ 2 });
    m_peer->send(reply(big) + reply(second));
    QTRY_COMPARE(answered, 2);
}

void TestQmpClient::rawMessagesOfBothDirections()
{
    makeReady();
    QList<RawMessage> messages;
    QStringList order;
    connect(m_client.get(), &Client::rawMessage, this, [&](const RawMessage& message) {
        messages.append(message);
        order.append(message.direction == RawMessage::Direction::Sent ? u"sent"_s : u"received"_s);
    });
    const qint64 before = realtimeNs();
    m_client->call(u"c"_s, [&](const Result<QJsonValue>&) { order.append(u"reply"_s); });
    const QJsonObject request = nextRequest();
    const QByteArray answer = reply(request, "\"return\" :  {}");
    m_peer->send(answer);
    QTRY_COMPARE(order, QStringList({ u"sent"_s, u"received"_s, u"reply"_s }));
    QCOMPARE(QJsonDocument::fromJson(messages.first().bytes).object(), request);
    QVERIFY(!messages.first().bytes.endsWith('\n'));
    QCOMPARE(messages.last().bytes, answer.trimmed());
    QVERIFY(messages.first().timeNs >= before && messages.last().timeNs >= messages.first().timeNs);
}

void TestQmpClient::receivedFdsAreClosed()
{
    auto sockets = fdpass::unixSocketPair();
    const UniqueFd other = std::move(sockets->second);
    m_client->adopt(std::move(sockets->first));
    const int before = openFds();
    const int standardInput = 0;
    QVERIFY(fdpass::sendSome(
        other.get(), std::as_bytes(std::span(QByteArrayView(greetingLine))), { &standardInput, 1 }));
    QTRY_COMPARE(m_client->state(), Client::State::Negotiating);
    QCOMPARE(openFds(), before);
}

QTEST_GUILESS_MAIN(TestQmpClient)
#include "tst_qmpclient.moc"
