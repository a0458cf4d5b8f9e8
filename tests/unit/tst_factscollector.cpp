// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/factscollector.h"

#include "qmp/server.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

namespace {

constexpr int deadlineMs = 20000;

QJsonValue json(const char* text)
{
    return QJsonDocument::fromJson(QByteArray("[") + text + "]").array().at(0);
}

const char* const schemaText = R"([
 {"name":"migrate-set-parameters","meta-type":"command","arg-type":"1","ret-type":"0","features":[]},
 {"name":"migrate","meta-type":"command","arg-type":"2","ret-type":"0","features":[]},
 {"name":"0","meta-type":"object","members":[]},
 {"name":"1","meta-type":"object","members":[{"name":"mode","type":"3","default":null}]},
 {"name":"2","meta-type":"object","members":[{"name":"channels","type":"str","default":null}]},
 {"name":"3","meta-type":"enum","members":[{"name":"normal"},{"name":"cpr-transfer"}],"values":["normal","cpr-transfer"]},
 {"name":"str","meta-type":"builtin","json-type":"string"}])";

/// A VMM that answers what it is told to, and remembers what it was asked.
class ScriptedVmm
{
public:
    explicit ScriptedVmm(const QString& path)
    {
        m_server.setDefaultHandler([this](const qmp::Request& request, qmp::Responder responder) {
            const QJsonObject arguments = request.arguments();
            QString key = request.command();
            for (const QString& name : { u"path"_s, u"property"_s, u"mode"_s }) {
                if (arguments.contains(name))
                    key += u' ' + arguments.value(name).toString();
            }
            asked << key;
            if (key == hangsAt)
                m_held.push_back(std::move(responder));
            else if (answers.contains(key))
                responder.success(answers.value(key));
            else
                responder.error(u"not here"_s, qmp::ErrorClass::CommandNotFound);
        });
        if (!m_server.listenAt(path))
            qFatal("cannot listen");
    }

    void dropClients()
    {
        for (const quint64 connection : m_server.connections())
            m_server.closeConnection(connection);
    }

    QHash<QString, QJsonValue> answers;
    QStringList asked;
    QString hangsAt;

private:
    static qmp::ServerOptions options()
    {
        qmp::ServerOptions options;
        options.greeting.major = 11;
        options.greeting.minor = 1;
        options.greeting.micro = 3;
        return options;
    }
    std::vector<qmp::Responder> m_held;
    qmp::Server m_server{ options() };
};

} // namespace

class TestFactsCollector : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void collectsEverything();
    void switchesAreAskedUnderTheirName();
    void modeIsSetBack();
    void modeStaysWhileMigrating();
    void refusedModeGivesNoReasons();
    void nothingOffered();
    void lostConnection();
    void notConnected();
    void deletedWhileWaiting();
    void probesBinaries();

private:
    std::optional<Facts> collect(const QString& mode);

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<ScriptedVmm> m_vmm;
    std::unique_ptr<qmp::Client> m_client;
};

void TestFactsCollector::init()
{
    QTest::failOnWarning();
    m_client.reset();
    m_vmm.reset();
    m_dir = std::make_unique<QTemporaryDir>();
    const QString path = m_dir->filePath(u"qmp"_s);
    m_vmm = std::make_unique<ScriptedVmm>(path);
    m_client = std::make_unique<qmp::Client>();
    QSignalSpy ready(m_client.get(), &qmp::Client::ready);
    m_client->connectTo(path);
    QVERIFY(ready.wait(deadlineMs));
    m_vmm->answers = { { u"query-qmp-schema"_s, json(schemaText) },
        { u"query-status"_s, json(R"({"status":"running","running":true})") },
        { u"query-migrate"_s, json(R"({"blocked-reasons":["b1","b2"]})") },
        { u"query-migrate-capabilities"_s, json(R"([{"capability":"events","state":true}])") },
        { u"query-migrate-parameters"_s, json(R"({"mode":"normal","x":1})") },
        { u"query-name"_s, json(R"({"name":"web"})") },
        { u"query-memory-size-summary"_s, json(R"({"base-memory":100,"plugged-memory":20})") },
        { u"query-memdev"_s,
            json(R"([{"id":"ram0","size":120,"share":true},{"id":"f","size":5,"share":false}])") },
        { u"query-named-block-nodes"_s,
            json(
                R"([{"node-name":"#b1","drv":"file","file":"/d","ro":false},{"node-name":"c","drv":"raw","file":"/c","ro":true}])") },
        { u"query-chardev"_s, json(R"([{"label":"serial0","filename":"x","frontend-open":true}])") },
        { u"x-query-ramblock"_s, json(R"({"human-readable-text":"blocks"})") },
        { u"qom-list /objects"_s,
            json(
                R"([{"name":"type","type":"string"},{"name":"compat_monitor0","type":"child<monitor-qmp>"},{"name":"ram0","type":"child<memory-backend-memfd>"},{"name":"f","type":"child<memory-backend-file>"}])") },
        { u"qom-list /machine/peripheral"_s, json(R"([{"name":"rng","type":"child<virtio-rng-pci>"}])") },
        { u"qom-get /machine type"_s, json(R"("pc-q35-10.0-machine")") },
        { u"qom-get /machine aux-ram-share"_s, json("true") },
        { u"qom-get /machine memory-backend"_s, json(R"("/objects/ram0")") },
        { u"qom-get /machine confidential-guest-support"_s, json(R"("")") },
        { u"qom-get /objects/f mem-path"_s, json(R"("/dev/shm/f")") },
        { u"migrate-set-parameters cpr-transfer"_s, json("{}") },
        { u"migrate-set-parameters normal"_s, json("{}") } };
}

std::optional<Facts> TestFactsCollector::collect(const QString& mode)
{
    FactsCollector collector(m_client.get(), { .mode = mode, .pid = {} });
    std::optional<Facts> result;
    connect(&collector, &FactsCollector::finished, &collector, [&](const Facts& facts) { result = facts; });
    QSignalSpy failed(&collector, &FactsCollector::failed);
    collector.start();
    std::ignore = QTest::qWaitFor([&] { return result || !failed.isEmpty(); }, deadlineMs);
    return result;
}

void TestFactsCollector::collectsEverything()
{
    const auto facts = collect({});
    QVERIFY(facts);
    QVERIFY(facts->monitorUsable);
    QCOMPARE(facts->version.toString(), u"11.1.3"_s);
    QCOMPARE(facts->modes, (QStringList{ u"normal"_s, u"cpr-transfer"_s }));
    QVERIFY(facts->offersChannels);
    QCOMPARE(facts->runState, u"running"_s);
    QCOMPARE(facts->migrationStatus, u"none"_s);
    QCOMPARE(facts->blockedReasons.value(), (QStringList{ u"b1"_s, u"b2"_s }));
    QCOMPARE(facts->blockedReasonsMode, u"normal"_s);
    QCOMPARE(facts->capability(u"events"_s), std::optional(true));
    QCOMPARE(facts->capability(u"other"_s), std::nullopt);
    QCOMPARE(facts->name, u"web"_s);
    QCOMPARE(facts->ramSize, 120);
    QCOMPARE(facts->memoryBackends.size(), 2U);
    QCOMPARE(facts->memoryBackends[0].type, u"memory-backend-memfd"_s);
    QCOMPARE(facts->memoryBackends[0].share, std::optional(true));
    QCOMPARE(facts->memoryBackends[1].path, u"/dev/shm/f"_s);
    QCOMPARE(facts->machineType, u"pc-q35-10.0"_s);
    QCOMPARE(facts->memoryBackendId, u"ram0"_s);
    QCOMPARE(facts->auxRamShare, std::optional(true));
    QVERIFY(!facts->confidentialGuest);
    QCOMPARE(facts->objects->size(), 2U);
    QCOMPARE(facts->peripherals->front().type, u"virtio-rng-pci"_s);
    QCOMPARE(facts->blockNodes.size(), 2U);
    QVERIFY(facts->blockNodes[0].writable);
    QVERIFY(!facts->blockNodes[1].writable);
    QCOMPARE(facts->characterDevices, QStringList{ u"serial0"_s });
    QCOMPARE(facts->ramBlocks, u"blocks"_s);
    QCOMPARE(facts->notOffered, QStringList());
    QCOMPARE(facts->process->pid, ::getpid()); // the scripted VMM is this program
    QCOMPARE(facts->process->kcmpPermitted, std::optional(true));
    QVERIFY(facts->process->openFiles > 0);
    QVERIFY(facts->availableMemory > 0);
    QVERIFY(m_vmm->asked.filter(u"migrate-set-parameters"_s).isEmpty());
}

void TestFactsCollector::switchesAreAskedUnderTheirName()
{
    m_vmm->answers[u"query-migrate-parameters"_s] = json(R"({"mode":"normal","local":true})");
    m_vmm->answers[u"qom-get /objects/ram0 local"_s] = json("true");
    m_vmm->answers[u"qom-get /machine/peripheral/rng local"_s] = json("false");
    const auto facts = collect({});
    QVERIFY(facts);
    QCOMPARE(facts->deviceSwitches,
        (QHash<QString, bool>{ { u"/objects/ram0"_s, true }, { u"/machine/peripheral/rng"_s, false } }));
    QCOMPARE(facts->notOffered, QStringList{ u"qom-get /objects/f local"_s });
    // Not in the schema, so not asked.
    QVERIFY(!m_vmm->asked.contains(u"query-cpr-fds"_s));
    QVERIFY(!facts->cprFds);
}

void TestFactsCollector::modeIsSetBack()
{
    const auto facts = collect(u"cpr-transfer"_s);
    QVERIFY(facts);
    QCOMPARE(facts->blockedReasonsMode, u"cpr-transfer"_s);
    QCOMPARE(facts->blockedReasons.value(), (QStringList{ u"b1"_s, u"b2"_s }));
    QCOMPARE(m_vmm->asked.last(3),
        (QStringList{ u"migrate-set-parameters cpr-transfer"_s, u"query-migrate"_s,
            u"migrate-set-parameters normal"_s }));
}

void TestFactsCollector::modeStaysWhileMigrating()
{
    m_vmm->answers[u"query-migrate"_s] = json(R"({"status":"active"})");
    const auto facts = collect(u"cpr-transfer"_s);
    QVERIFY(facts);
    QCOMPARE(facts->blockedReasonsMode, u"normal"_s);
    QVERIFY(m_vmm->asked.filter(u"migrate-set-parameters"_s).isEmpty());
}

void TestFactsCollector::refusedModeGivesNoReasons()
{
    m_vmm->answers.remove(u"migrate-set-parameters cpr-transfer"_s);
    const auto facts = collect(u"cpr-transfer"_s);
    QVERIFY(facts);
    QVERIFY(!facts->blockedReasons);
    QCOMPARE(m_vmm->asked.last(), u"migrate-set-parameters normal"_s);
}

void TestFactsCollector::nothingOffered()
{
    m_vmm->answers.clear();
    const auto facts = collect(u"cpr-transfer"_s);
    QVERIFY(facts);
    QVERIFY(facts->monitorUsable);
    QVERIFY(facts->runState.isEmpty());
    QVERIFY(facts->modes.isEmpty());
    QVERIFY(!facts->objects);
    QVERIFY(facts->notOffered.contains(u"query-status"_s));
    QVERIFY(m_vmm->asked.filter(u"migrate-set-parameters"_s).isEmpty());
}

void TestFactsCollector::lostConnection()
{
    m_vmm->hangsAt = u"query-chardev"_s;
    FactsCollector collector(m_client.get(), { .mode = {}, .pid = {} });
    QSignalSpy failed(&collector, &FactsCollector::failed);
    QSignalSpy finished(&collector, &FactsCollector::finished);
    collector.start();
    QVERIFY(QTest::qWaitFor([this] { return m_vmm->asked.contains(u"query-chardev"_s); }, deadlineMs));
    m_vmm->dropClients();
    QVERIFY(QTest::qWaitFor([&] { return !failed.isEmpty(); }, deadlineMs));
    QCOMPARE(failed.size(), 1);
    QVERIFY(finished.isEmpty());
    QCOMPARE(failed[0][0].value<Error>().code, ErrorCode::Disconnected);
}

void TestFactsCollector::notConnected()
{
    qmp::Client idle;
    FactsCollector collector(&idle, { .mode = {}, .pid = {} });
    QSignalSpy failed(&collector, &FactsCollector::failed);
    collector.start();
    QVERIFY(failed.isEmpty());
    QVERIFY(failed.wait(deadlineMs));
}

void TestFactsCollector::deletedWhileWaiting()
{
    m_vmm->hangsAt = u"query-status"_s;
    {
        FactsCollector collector(m_client.get(), { .mode = {}, .pid = {} });
        collector.start();
        QVERIFY(QTest::qWaitFor([this] { return m_vmm->asked.contains(u"query-status"_s); }, deadlineMs));
    }
    m_vmm->dropClients();
    QVERIFY(QTest::qWaitFor([this] { return m_client->state() == qmp::Client::State::Closed; }, deadlineMs));
}

void TestFactsCollector::probesBinaries()
{
    const QString program = m_dir->filePath(u"vmm"_s);
    QFile file(program);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#!/bin/sh\n[ \"$1\" = -version ] && echo 'VMM version 7.8.9 (x)' && echo more\n");
    file.close();
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
    const QString slow = m_dir->filePath(u"slow"_s);
    QFile other(slow);
    QVERIFY(other.open(QIODevice::WriteOnly));
    other.write("#!/bin/sh\nexec sleep 1000\n");
    other.close();
    QVERIFY(other.setPermissions(QFile::ReadOwner | QFile::ExeOwner));

    const auto probe = [](const QString& name, int timeoutMs) {
        std::optional<BinaryFacts> result;
        QObject context;
        probeBinary(name, &context, [&](const BinaryFacts& facts) { result = facts; }, timeoutMs);
        if (result)
            qFatal("answered from inside the call");
        std::ignore = QTest::qWaitFor([&] { return result.has_value(); }, deadlineMs);
        return result.value_or(BinaryFacts());
    };
    const BinaryFacts good = probe(program, deadlineMs);
    QVERIFY(good.executable);
    QCOMPARE(good.versionText, u"VMM version 7.8.9 (x)"_s);
    QCOMPARE(good.version->toString(), u"7.8.9"_s);
    const BinaryFacts silent = probe(slow, 50);
    QVERIFY(silent.executable);
    QVERIFY(!silent.version);
    QVERIFY(!probe(m_dir->filePath(u"none"_s), deadlineMs).exists);
    QVERIFY(!probe(u"no-such-program"_s, deadlineMs).exists);
    const BinaryFacts folder = probe(m_dir->path(), deadlineMs);
    QVERIFY(folder.exists);
    QVERIFY(!folder.executable);
}

QTEST_GUILESS_MAIN(TestFactsCollector)
#include "tst_factscollector.moc"
