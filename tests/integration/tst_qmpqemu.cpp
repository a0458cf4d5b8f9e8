// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The QMP client against real QEMUs. CUTOVER_QEMU_10 and CUTOVER_QEMU_11 name the binaries; without them they
// are looked for in PATH. CUTOVER_REGENERATE=1 writes their schemas to tests/data/qmp-schema-*.json.

#include "fakes/fakeqmp.h"
#include "qmp/client.h"
#include "qmp/schema.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

using namespace cutover;
using namespace cutover::qmp;
using cutover::test::FakeQmp;
using namespace Qt::StringLiterals;

static constexpr int patienceMs = 60000;

class TestQmpQemu : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void schemaMatchesTheFixture_data() { versions(); }
    void schemaMatchesTheFixture();
    void validatesLikeQemu_data() { versions(); }
    void validatesLikeQemu();
    void passesFds_data() { versions(); }
    void passesFds();
    void qemuConnectsBack_data() { versions(); }
    void qemuConnectsBack();
    void secondClientWaits_data() { versions(); }
    void secondClientWaits();
    void killedQemu_data() { versions(); }
    void killedQemu();

private:
    static void versions();
    static QString findBinary(const QString& version);
    /// Skips the test when there is no such QEMU.
    void start(const QString& monitor);
    QString path() const { return m_folder->filePath(u"qmp"_s); }
    void connectClient();
    Result<QJsonValue> run(
        const QString& command, const QJsonObject& arguments = {}, const std::vector<int>& fds = {});

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QProcess> m_process;
    std::unique_ptr<Client> m_client;
};

void TestQmpQemu::versions()
{
    QTest::addColumn<QString>("version");
    QTest::newRow("10.0") << u"10.0"_s;
    QTest::newRow("11.1") << u"11.1"_s;
}

QString TestQmpQemu::findBinary(const QString& version)
{
    const bool ten = version == "10.0"_L1;
    QString named = qEnvironmentVariable(ten ? "CUTOVER_QEMU_10" : "CUTOVER_QEMU_11");
    if (!named.isEmpty())
        return named;
    QString exact = QStandardPaths::findExecutable(u"qemu-system-x86_64-"_s + version);
    return exact.isEmpty() && ten ? QStandardPaths::findExecutable(u"qemu-system-x86_64"_s) : exact;
}

void TestQmpQemu::init()
{
    QTest::failOnWarning();
    m_folder = std::make_unique<QTemporaryDir>();
    m_client = std::make_unique<Client>();
}

void TestQmpQemu::cleanup()
{
    m_client.reset();
    if (m_process && m_process->state() != QProcess::NotRunning) {
        m_process->kill();
        m_process->waitForFinished();
    }
    m_process.reset();
}

void TestQmpQemu::start(const QString& monitor)
{
    QFETCH(QString, version);
    const QString binary = findBinary(version);
    if (binary.isEmpty())
        QSKIP(qPrintable(u"no qemu-system-x86_64 %1 here (CUTOVER_QEMU_10, CUTOVER_QEMU_11)"_s.arg(version)));
    m_process = std::make_unique<QProcess>();
    m_process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process->start(
        binary, { u"-M"_s, u"none"_s, u"-nodefaults"_s, u"-display"_s, u"none"_s, u"-qmp"_s, monitor });
    QVERIFY(m_process->waitForStarted());
}

void TestQmpQemu::connectClient()
{
    start(u"unix:"_s + path() + u",server=on,wait=off"_s);
    if (QTest::currentTestResolved())
        return;
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path()), patienceMs);
    QSignalSpy ready(m_client.get(), &Client::ready);
    // The file appears with bind(), a moment before listen().
    QSignalSpy closed(m_client.get(), &Client::closed);
    m_client->connectTo(path());
    const auto connected = [&] {
        if (!closed.isEmpty()) {
            closed.clear();
            m_client->connectTo(path());
        }
        return m_client->state() == Client::State::Ready;
    };
    QTRY_VERIFY_WITH_TIMEOUT(connected(), patienceMs);
    QFETCH(QString, version);
    const auto greeting = ready.first().first().value<Greeting>();
    if (u"%1.%2"_s.arg(greeting.major).arg(greeting.minor) != version)
        QSKIP(qPrintable(
            u"the QEMU found for %1 is %2.%3"_s.arg(version).arg(greeting.major).arg(greeting.minor)));
    QCOMPARE(m_client->peerCredentials()->pid, m_process->processId());
}

Result<QJsonValue> TestQmpQemu::run(
    const QString& command, const QJsonObject& arguments, const std::vector<int>& fds)
{
    std::optional<Result<QJsonValue>> answer;
    m_client->call(command, arguments, [&](const Result<QJsonValue>& result) { answer = result; },
        { .timeoutMs = patienceMs, .fds = fds });
    [&] { QTRY_VERIFY_WITH_TIMEOUT(answer, patienceMs + 5000); }();
    return answer.value_or(QJsonValue());
}

static QMap<QString, QJsonObject> byName(const QJsonArray& schema)
{
    QMap<QString, QJsonObject> entries;
    for (const QJsonValue entry : schema)
        entries.insert(entry["name"_L1].toString(), entry.toObject());
    return entries;
}

void TestQmpQemu::schemaMatchesTheFixture()
{
    connectClient();
    if (QTest::currentTestResolved())
        return;
    QFETCH(QString, version);
    const auto answer = run(u"query-qmp-schema"_s);
    QVERIFY(answer.has_value());
    const QJsonArray array = answer->toArray();
    QVERIFY(Schema::parse(array).has_value());
    if (qEnvironmentVariableIntValue("CUTOVER_REGENERATE") == 1) {
        QFile file(QStringLiteral(CUTOVER_TEST_DATA "/qmp-schema-%1.json").arg(version));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(array).toJson(QJsonDocument::Compact) + '\n');
        return;
    }
    if (m_client->greeting() != FakeQmp::greetingOf(version))
        QSKIP("another build of QEMU than that of the fixture: CUTOVER_REGENERATE=1 updates it");
    QCOMPARE(byName(array), byName(FakeQmp::schemaArrayOf(version)));
}

void TestQmpQemu::validatesLikeQemu()
{
    connectClient();
    if (QTest::currentTestResolved())
        return;
    QFETCH(QString, version);
    const auto schema = FakeQmp::schemaOf(version);
    const std::vector<std::pair<QString, QByteArray>> commands{
        { u"nonsense"_s, "{}" },
        { u"query-status"_s, R"({"x":1})" },
        { u"getfd"_s, "{}" },
        { u"getfd"_s, R"({"fdname":5})" },
        { u"migrate-set-parameters"_s, R"({"mode":"foo"})" },
        { u"migrate-set-parameters"_s, R"({"mode":5})" },
        { u"migrate-set-parameters"_s, R"({"nope":1})" },
        { u"migrate-set-capabilities"_s, R"({"capabilities":[{"capability":"events"}]})" },
        { u"migrate-set-capabilities"_s, R"({"capabilities":[{"capability":"bah","state":true}]})" },
        { u"migrate-set-capabilities"_s, R"({"capabilities":[{"capability":"events","state":"y","z":1}]})" },
        { u"migrate-set-capabilities"_s, R"({"capabilities":[{"capability":"events","state":true,"z":1}]})" },
        { u"migrate-set-capabilities"_s, R"({"capabilities":5})" },
        { u"migrate"_s,
            R"({"channels":[{"channel-type":"cpr","addr":{"transport":"socket","type":"bad"}}]})" },
        { u"migrate"_s, R"({"channels":[{"channel-type":"cpr","addr":{"transport":"socket"}}]})" },
        { u"migrate"_s, R"({"channels":[{"channel-type":"cpr","addr":{}}]})" },
        { u"migrate"_s, R"({"channels":[{"addr":{}}]})" },
        { u"device_add"_s, R"({"bus":"x"})" },
    };
    for (const auto& [command, json] : commands) {
        const QJsonObject arguments = QJsonDocument::fromJson(json).object();
        const auto ours = schema->validate(command, arguments);
        const auto theirs = run(command, arguments);
        QVERIFY2(!ours && !theirs, json.constData());
        QCOMPARE(ours.error().cause, theirs.error().cause);
    }
}

void TestQmpQemu::passesFds()
{
    connectClient();
    if (QTest::currentTestResolved())
        return;
    QCOMPARE(run(u"getfd"_s, { { u"fdname"_s, u"a"_s } }).error().cause,
        u"No file descriptor supplied via SCM_RIGHTS"_s);
    // Pipelined: each command must find its own fd.
    constexpr int count = 20;
    int answered = 0;
    std::vector<UniqueFd> readEnds;
    for (int i = 0; i < count; ++i) {
        std::array<int, 2> ends{};
        QCOMPARE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        readEnds.push_back(UniqueFd::adopt(ends[0]));
        const UniqueFd writeEnd = UniqueFd::adopt(ends[1]);
        m_client->call(u"getfd"_s, { { u"fdname"_s, u"fd%1"_s.arg(i) } },
            [&](const Result<QJsonValue>& result) { answered += int(result.has_value()); },
            { .fds = { writeEnd.get() } });
    }
    QTRY_COMPARE_WITH_TIMEOUT(answered, count, patienceMs);
    // QEMU holds the only write ends now: end of file comes exactly when it closes the fd of that name.
    char byte = 0;
    for (int i = count - 1; i >= 0; --i) {
        const int end = readEnds.at(std::size_t(i)).get();
        QCOMPARE(::read(end, &byte, 1), -1);
        QVERIFY(run(u"closefd"_s, { { u"fdname"_s, u"fd%1"_s.arg(i) } }).has_value());
        QCOMPARE(::read(end, &byte, 1), 0);
    }
}

void TestQmpQemu::qemuConnectsBack()
{
    QVERIFY(m_client->listenAt(path()));
    start(u"unix:"_s + path() + u",server=off"_s);
    if (QTest::currentTestResolved())
        return;
    QTRY_COMPARE_WITH_TIMEOUT(m_client->state(), Client::State::Ready, patienceMs);
    QCOMPARE(m_client->peerCredentials()->pid, m_process->processId());
    QSignalSpy events(m_client.get(), &Client::event);
    QVERIFY(run(u"stop"_s).has_value());
    QCOMPARE(events.size(), 1);
    QCOMPARE(events.first().first().toString(), u"STOP"_s);
    QVERIFY(events.first().at(2).toLongLong() > 0);
    QSignalSpy closed(m_client.get(), &Client::closed);
    QVERIFY(run(u"quit"_s).has_value());
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, patienceMs);
    QCOMPARE(closed.first().first().value<Error>().code, ErrorCode::Disconnected);
}

void TestQmpQemu::secondClientWaits()
{
    connectClient();
    if (QTest::currentTestResolved())
        return;
    Client second;
    second.connectTo(path());
    QVERIFY(run(u"query-status"_s).has_value());
    QCOMPARE(second.state(), Client::State::Connecting);
    m_client->close();
    QTRY_COMPARE_WITH_TIMEOUT(second.state(), Client::State::Ready, patienceMs);
}

void TestQmpQemu::killedQemu()
{
    connectClient();
    if (QTest::currentTestResolved())
        return;
    QSignalSpy closed(m_client.get(), &Client::closed);
    m_process->kill();
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, patienceMs);
    QCOMPARE(closed.first().first().value<Error>().code, ErrorCode::Disconnected);
}

QTEST_GUILESS_MAIN(TestQmpQemu)
#include "tst_qmpqemu.moc"
