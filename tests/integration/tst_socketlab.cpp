// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/identity.h"
#include "lab/vmmlab.h"
#include "sessionrun.h"
#include "vmmpair.h"

#include <QJsonArray>
#include <QTemporaryDir>

#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;
using lab::LabNetwork;

namespace {

lab::VmmLabOptions optionsFor(LabNetwork network)
{
    return { .ramBytes = qint64{ 32 } << 20,
        .queues = 2,
        .network = network,
        .disk = false,
        .packetsPerSecond = 1000 };
}

QString notesOf(const lab::VmmLab& lab)
{
    return lab.notes().join(u' ');
}

QJsonObject fdOf(const QString& qmpPath, const QString& name, int id)
{
    const QJsonArray list = ask(qmpPath, u"query-cpr-fds"_s).toArray();
    for (const QJsonValue& entry : list) {
        if (entry[u"name"].toString() == name && entry[u"id"].toInteger() == id)
            return entry.toObject();
    }
    return {};
}

bool goesOn(const lab::TrafficPeer& peer)
{
    const quint64 before = peer.reading().received;
    return QTest::qWaitFor([&] { return peer.reading().received > before + 50; }, deadlineMs);
}

} // namespace

/// A lab of a process that has no private network, as where none is allowed.
class TestSocketLab : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void choosesTheNetwork_data();
    void choosesTheNetwork();
    void handsOver_data();
    void handsOver();
    void isRefusedWhereItWouldNotPass_data();
    void isRefusedWhereItWouldNotPass();

private:
    std::optional<QTemporaryDir> m_runtime;
};

void TestSocketLab::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestSocketLab::choosesTheNetwork_data()
{
    QTest::addColumn<LabNetwork>("asked");
    QTest::addColumn<LabNetwork>("got");
    QTest::addColumn<QString>("note");
    QTest::newRow("auto") << LabNetwork::Auto << LabNetwork::Socket
                          << u"socket pair, without a TAP: Cannot use a private"_s;
    QTest::newRow("tap") << LabNetwork::Tap << LabNetwork::None
                         << u"No network: Cannot use a private network"_s;
    QTest::newRow("socket") << LabNetwork::Socket << LabNetwork::Socket << u"without a TAP: as asked for."_s;
    QTest::newRow("none") << LabNetwork::None << LabNetwork::None << QString();
}

void TestSocketLab::choosesTheNetwork()
{
    QFETCH(const LabNetwork, asked);
    QFETCH(const LabNetwork, got);
    QFETCH(const QString, note);
    VmmPair pair(optionsFor(asked));
    QVERIFY2(pair.start(), qPrintable(pair.error()));
    QCOMPARE(pair.lab().network(), got);
    QVERIFY2(notesOf(pair.lab()).contains(note), qPrintable(notesOf(pair.lab())));
    QCOMPARE(pair.lab().notes().isEmpty(), note.isEmpty());
    QCOMPARE(pair.lab().traffic() != nullptr, got == LabNetwork::Socket);
    const QJsonObject fd = fdOf(pair.lab().qmpPath(), u"net0"_s, 1);
    QCOMPARE(fd.isEmpty(), got == LabNetwork::None);
    if (got == LabNetwork::None)
        return;
    QCOMPARE(fd[u"kind"].toString(), u"socket"_s);
    QCOMPARE(fd[u"class"].toString(), u"exclusive"_s);
    QCOMPARE(fd[u"state"].toString(), u"owned"_s);
    QCOMPARE(fd[u"resource"].toString(), u"fd=500:501"_s);
    QVERIFY(fd[u"reopen-obstacle"].toString().contains(u"socket"));
    QVERIFY(goesOn(*pair.lab().traffic()));
}

void TestSocketLab::handsOver_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<QString>("handover");
    QTest::newRow("prepared") << u"cpr-transfer"_s << u"prepared"_s;
    QTest::newRow("early-stop") << u"cpr-transfer"_s << u"early-stop"_s;
    QTest::newRow("late-stop") << u"cpr-transfer"_s << u"late-stop"_s;
    QTest::newRow("normal") << u"normal"_s << u"prepared"_s;
}

void TestSocketLab::handsOver()
{
    QFETCH(const QString, mode);
    QFETCH(const QString, handover);
    lab::VmmLab lab(optionsFor(LabNetwork::Auto));
    QSignalSpy started(&lab, &lab::VmmLab::started);
    lab.start();
    QTRY_VERIFY_WITH_TIMEOUT(!started.isEmpty(), deadlineMs);
    QVERIFY(lab.traffic() && goesOn(*lab.traffic()));
    QList<QJsonObject> before;
    for (int queue = 0; queue < 2; ++queue)
        before << fdOf(lab.qmpPath(), u"net0"_s, queue);

    timeline::Record record;
    Session session(record);
    SessionRequest request{ .source = { .qmpPath = lab.qmpPath() }, .mode = mode, .keepSource = true };
    request.parameters = mode == "normal"_L1 ? QJsonObject{ { u"migrate-fds"_s, true } }
                                             : QJsonObject{ { u"handover"_s, handover } };
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session).constData());
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    const EndpointStatus source = session.endpoint(Side::Source);
    const EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid > 0 && !moved.gone)
        std::ignore = lab.takeOver(moved.pid, moved.startTicks);
    QVERIFY(goesOn(*lab.traffic()));
    if (handover == "late-stop"_L1) {
        QVERIFY2(session.outcome() == Outcome::Failed, story(session).constData());
        QVERIFY2(story(session).toLower().contains("busy"), story(session).constData());
        QCOMPARE(ask(lab.qmpPath(), u"query-status"_s)[u"status"].toString(), u"running"_s);
    } else {
        QVERIFY2(session.outcome() == Outcome::Migrated, story(session).constData());
        for (int queue = 0; queue < 2; ++queue) {
            const QJsonObject after = fdOf(moved.qmpPath, u"net0"_s, queue);
            const auto proof = fdpass::compareFds(
                source.pid, before[queue][u"fd"].toInt(-1), moved.pid, after[u"fd"].toInt(-1));
            QVERIFY2(proof.identity == fdpass::Identity::Same, qPrintable(proof.text));
            QCOMPARE(after[u"state"].toString(), u"owned"_s);
            QCOMPARE(after[u"resource"], before[queue][u"resource"]);
        }
    }
    const lab::TrafficReading traffic = lab.traffic()->stop(deadlineMs);
    QCOMPARE(traffic.lost(), 0ULL);
    QCOMPARE(traffic.reordered, 0ULL);
}

void TestSocketLab::isRefusedWhereItWouldNotPass_data()
{
    QTest::addColumn<bool>("deviceOn");
    QTest::addColumn<QString>("mode");
    QTest::newRow("the device's switch is off") << false << u"cpr-transfer"_s;
    QTest::newRow("the migration's switch is off") << true << u"normal"_s;
}

/// The guest keeps its network and stays where it is; console and VMM both say why.
void TestSocketLab::isRefusedWhereItWouldNotPass()
{
    QFETCH(const bool, deviceOn);
    QFETCH(const QString, mode);
    lab::VmmLabOptions options = optionsFor(LabNetwork::Socket);
    options.networkMigrateFds = deviceOn;
    VmmPair pair(options);
    QVERIFY2(pair.start(), qPrintable(pair.error()));
    const bool passes = mode != "normal"_L1;
    QVERIFY(!pair.source(u"migrate-set-parameters"_s, { { u"mode"_s, mode }, { u"migrate-fds"_s, passes } })
            .isUndefined());
    QJsonArray channels;
    for (const QString& type : passes ? QStringList{ u"main"_s, u"cpr"_s } : QStringList{ u"main"_s })
        channels.append(QJsonObject{ { u"channel-type"_s, type },
            { u"addr"_s,
                QJsonObject{ { u"transport"_s, u"socket"_s }, { u"type"_s, u"unix"_s },
                    { u"path"_s, QString(u"/nowhere/"_s + type) } } } });
    QVERIFY(pair.source(u"migrate"_s, { { u"channels"_s, channels } }).isUndefined());
    QVERIFY2(
        pair.error().contains(u"net0") && pair.error().contains(u"would not pass"), qPrintable(pair.error()));
    QVERIFY(pair.sourceRuns());
    pair.client().close();

    timeline::Record record;
    Session session(record);
    SessionRequest request{ .source = { .qmpPath = pair.lab().qmpPath() }, .mode = mode };
    if (!passes)
        request.parameters = { { u"migrate-fds"_s, false } };
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    const auto* ready = std::get_if<state::Ready>(&session.state());
    QVERIFY2(ready, story(session).constData());
    QVERIFY(ready->refused);
    QVERIFY(goesOn(*pair.lab().traffic()));
    QCOMPARE(pair.lab().traffic()->stop(deadlineMs).lost(), 0ULL);
}

QTEST_GUILESS_MAIN(TestSocketLab)
#include "tst_socketlab.moc"
