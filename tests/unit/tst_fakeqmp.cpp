// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakes/fakeqmp.h"
#include "qmp/client.h"

#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace cutover;
using namespace cutover::qmp;
using cutover::test::FakeQmp;
using namespace Qt::StringLiterals;

class TestFakeQmp : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void playsAScriptFromAFile();
    void namesExpectedAndActualCommand();
    void checksArgumentsAgainstTheSchema();
    void comparesArguments();
    void neverAnswersAndCloses();
    void repliesOutOfOrder();

private:
    void connectTo(FakeQmp& fake);
    QString path() const { return m_folder->filePath(u"s"_s); }
    Result<QJsonValue>* send(const QString& command, const QJsonObject& arguments = {});

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Client> m_client;
    std::vector<std::unique_ptr<Result<QJsonValue>>> m_results;
    QStringList m_log;
};

static const QJsonValue unanswered = u"unanswered"_s;

void TestFakeQmp::init()
{
    QTest::failOnWarning();
    m_folder = std::make_unique<QTemporaryDir>();
    m_client = std::make_unique<Client>();
    m_log.clear();
    connect(m_client.get(), &Client::event, this, [this](const QString& name) { m_log.append(name); });
}

void TestFakeQmp::cleanup()
{
    m_client.reset();
    m_results.clear();
}

void TestFakeQmp::connectTo(FakeQmp& fake)
{
    QVERIFY(fake.listenAt(path()));
    m_client->connectTo(path());
    QTRY_COMPARE(m_client->state(), Client::State::Ready);
}

Result<QJsonValue>* TestFakeQmp::send(const QString& command, const QJsonObject& arguments)
{
    m_results.push_back(std::make_unique<Result<QJsonValue>>(unanswered));
    Result<QJsonValue>* result = m_results.back().get();
    m_client->call(command, arguments, [this, result, command](const Result<QJsonValue>& answer) {
        *result = answer;
        m_log.append(command);
    });
    return result;
}

void TestFakeQmp::playsAScriptFromAFile()
{
    FakeQmp fake;
    const auto loaded = fake.load(u"fakeqmp-example.json"_s);
    QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error().message()));
    connectTo(fake);
    const auto* status = send(u"query-status"_s);
    send(u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-transfer"_s } });
    const QJsonObject address{ { u"transport"_s, u"socket"_s }, { u"type"_s, u"unix"_s },
        { u"path"_s, u"/m"_s } };
    send(u"migrate"_s,
        { { u"channels"_s,
            QJsonArray{ QJsonObject{ { u"channel-type"_s, u"main"_s }, { u"addr"_s, address } } } } });
    QTRY_COMPARE(m_log,
        QStringList(
            { u"RESUME"_s, u"query-status"_s, u"migrate-set-parameters"_s, u"MIGRATION"_s, u"migrate"_s }));
    QCOMPARE((*status)->toObject().value("status"_L1), u"running"_s);
    QVERIFY(!fake.isFinished());
    fake.open(u"destination"_s);
    QTRY_VERIFY(m_log.contains(u"STOP"_s));

    const auto* cont = send(u"cont"_s);
    const auto* quit = send(u"quit"_s);
    QTRY_COMPARE(m_client->state(), Client::State::Closed);
    QCOMPARE(cont->error().cause, u"no"_s);
    QVERIFY(quit->has_value());
    QVERIFY(fake.isFinished());
    QVERIFY(fake.failures().isEmpty());
}

void TestFakeQmp::namesExpectedAndActualCommand()
{
    FakeQmp fake({ .failsTest = false });
    fake.expect(u"stop"_s);
    connectTo(fake);
    const auto* result = send(u"cont"_s);
    QTRY_VERIFY(!*result);
    QCOMPARE(fake.failures(), QStringList(u"expected 'stop', got 'cont'"_s));
    QCOMPARE(result->error().cause, fake.failures().constFirst());
    send(u"stop"_s);
    QTRY_VERIFY(fake.isFinished());
    const auto* late = send(u"stop"_s);
    QTRY_VERIFY(!*late);
    QCOMPARE(fake.failures().constLast(), u"unexpected command 'stop', the script is at its end"_s);
}

void TestFakeQmp::checksArgumentsAgainstTheSchema()
{
    FakeQmp fake({ .failsTest = false });
    fake.expect(u"migrate-set-parameters"_s);
    connectTo(fake);
    const auto* result = send(u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr"_s } });
    QTRY_VERIFY(!*result);
    QCOMPARE(fake.failures(),
        QStringList(u"'migrate-set-parameters' as QEMU 11.1 sees it: "
                    "Parameter 'mode' does not accept value 'cpr'"_s));
    send(u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-exec"_s } });
    QTRY_VERIFY(fake.isFinished());
}

void TestFakeQmp::comparesArguments()
{
    FakeQmp fake({ .failsTest = false });
    fake.expect(u"getfd"_s).with({ { u"fdname"_s, u"a"_s } });
    connectTo(fake);
    auto* result = send(u"getfd"_s, { { u"fdname"_s, u"b"_s } });
    QTRY_VERIFY(!*result);
    QCOMPARE(
        fake.failures().constLast(), u"expected 'getfd' with {\"fdname\":\"a\"}, not {\"fdname\":\"b\"}"_s);
    result = send(u"getfd"_s, { { u"fdname"_s, u"a"_s } });
    QTRY_VERIFY(!*result);
    QCOMPARE(fake.failures().constLast(), u"'getfd' without a file descriptor"_s);
    bool done = false;
    m_client->call(u"getfd"_s, { { u"fdname"_s, u"a"_s } },
        [&done](const Result<QJsonValue>& answer) { done = answer.has_value(); }, { .fds = { 0 } });
    QTRY_VERIFY(done);
    QCOMPARE(fake.receivedFds().size(), std::size_t{ 1 });
}

void TestFakeQmp::neverAnswersAndCloses()
{
    FakeQmp fake({ .inOrder = false });
    fake.expect(u"stop"_s).neverAnswers();
    fake.expect(u"cont"_s).closes();
    connectTo(fake);
    QSignalSpy closed(m_client.get(), &Client::closed);
    const auto* stop = send(u"stop"_s);
    const auto* cont = send(u"cont"_s);
    QTRY_COMPARE(closed.size(), 1);
    QCOMPARE(stop->error().code, ErrorCode::Disconnected);
    QCOMPARE(cont->error().code, ErrorCode::Disconnected);
    QVERIFY(fake.isFinished());
}

void TestFakeQmp::repliesOutOfOrder()
{
    FakeQmp fake({ .inOrder = false });
    fake.expect(u"stop"_s).waits(u"late"_s).returns();
    fake.expect(u"cont"_s);
    connectTo(fake);
    send(u"stop"_s);
    send(u"cont"_s);
    QTRY_COMPARE(m_log, QStringList(u"cont"_s));
    fake.open(u"late"_s);
    QTRY_COMPARE(m_log, QStringList({ u"cont"_s, u"stop"_s }));
}

QTEST_GUILESS_MAIN(TestFakeQmp)
#include "tst_fakeqmp.moc"
