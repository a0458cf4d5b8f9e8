// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/guard.h"

#include <QJsonDocument>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

class TestGuard : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void hazards_data();
    void hazards();
};

void TestGuard::hazards_data()
{
    QTest::addColumn<QByteArray>("command");
    QTest::addColumn<GuardState>("state");
    QTest::addColumn<QString>("hazard");
    const GuardState transfer{ .side = Side::Source, .mode = u"cpr-transfer"_s, .runState = u"running"_s };
    GuardState normal = transfer;
    normal.mode = u"normal"_s;
    GuardState unknown;
    GuardState left = transfer;
    left.runState = u"postmigrate"_s;
    GuardState alone = left;
    alone.otherMayRunGuest = false;
    GuardState exec = transfer;
    exec.mode = u"cpr-exec"_s;
    GuardState execPrivate = exec;
    execPrivate.privateRam = true;
    GuardState destination{ .side = Side::Destination, .mode = {}, .runState = u"paused"_s };
    GuardState uncommitted = destination;
    uncommitted.inSession = true;
    GuardState committed = uncommitted;
    committed.otherMayRunGuest = false;
    GuardState waiting = uncommitted;
    waiting.runState = u"inmigrate"_s;

    const QByteArray uri = R"({"execute":"migrate","arguments":{"uri":"unix:/m"}})";
    const QByteArray channels
        = R"({"execute":"migrate","arguments":{"channels":[{"channel-type":"cpr","addr":{}},)"
          R"({"channel-type":"main","addr":{}}]}})";
    const QByteArray noMain
        = R"({"execute":"migrate","arguments":{"channels":[{"channel-type":"cpr","addr":{}}]}})";
    const QByteArray empty = R"({"execute":"migrate","arguments":{"channels":[]}})";
    const QByteArray cont = R"({"execute":"cont"})";
    const QByteArray quit = R"({"execute":"quit"})";
    const QString uriHazard = u"migrate-uri-in-cpr-transfer"_s;
    const QString mainHazard = u"migrate-without-main-channel"_s;
    QTest::newRow("uri in cpr-transfer") << uri << transfer << uriHazard;
    QTest::newRow("uri, mode unknown") << uri << unknown << uriHazard;
    QTest::newRow("uri in normal") << uri << normal << QString();
    QTest::newRow("uri out of band") << QByteArray(uri).replace("execute", "exec-oob") << transfer
                                     << uriHazard;
    QTest::newRow("channels") << channels << transfer << QString();
    QTest::newRow("channels without main") << noMain << transfer << mainHazard;
    QTest::newRow("channels without main, normal") << noMain << normal << mainHazard;
    QTest::newRow("no channels") << empty << transfer << mainHazard;
    QTest::newRow("channels of a wrong type")
        << QByteArray(R"({"execute":"migrate","arguments":{"channels":7}})") << transfer << mainHazard;
    QTest::newRow("cpr-exec") << uri << exec << QString();
    QTest::newRow("cpr-exec with private RAM") << uri << execPrivate << u"cpr-exec-private-ram"_s;
    const QByteArray choose = R"({"execute":"migrate-set-parameters","arguments":{"mode":"cpr-exec"}})";
    QTest::newRow("choose cpr-exec") << choose << exec << QString();
    QTest::newRow("choose cpr-exec with private RAM") << choose << execPrivate << u"cpr-exec-private-ram"_s;
    QTest::newRow("cont on a running source") << cont << transfer << QString();
    QTest::newRow("cont after the migration") << cont << left << u"cont-after-migration"_s;
    QTest::newRow("cont, state unknown") << cont << unknown << u"cont-after-migration"_s;
    QTest::newRow("cont after the destination's death") << cont << alone << QString();
    QTest::newRow("cont on a destination of its own") << cont << destination << QString();
    QTest::newRow("cont before the commit") << cont << uncommitted << u"cont-before-commit"_s;
    QTest::newRow("cont after the commit") << cont << committed << QString();
    QTest::newRow("human cont") << QByteArray(
        R"({"execute":"human-monitor-command","arguments":{"command-line":" c "}})")
                                << left << u"cont-after-migration"_s;
    QTest::newRow("human migrate") << QByteArray(
        R"({"execute":"human-monitor-command","arguments":{"command-line":"migrate -d unix:/m"}})")
                                   << transfer << uriHazard;
    QTest::newRow("human info") << QByteArray(
        R"({"execute":"human-monitor-command","arguments":{"command-line":"info status"}})")
                                << left << QString();
    QTest::newRow("quit with a guest") << quit << transfer << u"quit-with-guest"_s;
    QTest::newRow("quit after the migration") << quit << left << QString();
    QTest::newRow("quit while waiting") << quit << waiting << QString();
    QTest::newRow("quit of a loaded destination") << quit << uncommitted << u"quit-with-guest"_s;
    QTest::newRow("query") << QByteArray(R"({"execute":"query-status"})") << unknown << QString();
    QTest::newRow("not a command") << QByteArray("{}") << unknown << QString();
}

void TestGuard::hazards()
{
    QFETCH(QByteArray, command);
    QFETCH(GuardState, state);
    QFETCH(QString, hazard);
    const QJsonObject object = QJsonDocument::fromJson(command).object();
    const auto found = hazardOf(object, state);
    QCOMPARE(found ? found->id : QString(), hazard);
    const auto checked = checkCommand(object, state);
    QCOMPARE(checked.has_value(), hazard.isEmpty());
    if (!checked) {
        QCOMPARE(checked.error().code, ErrorCode::Refused);
        QVERIFY(!checked.error().cause.isEmpty());
        QVERIFY(!checked.error().remedy.isEmpty());
        QVERIFY(!checked.error().object.isEmpty());
    }
}

QTEST_GUILESS_MAIN(TestGuard)
#include "tst_guard.moc"
