// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakes/fakeqmp.h"
#include "qmp/commandhistory.h"
#include "qmp/commandtext.h"
#include "qmp/jsonwalk.h"
#include "qmp/messagehead.h"
#include "qmp/socatline.h"
#include "qmp/suggestions.h"

#include <KSharedConfig>

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// What is typed, understood without a window. In the texts, | is the cursor.
class TestQmpCommand : public QObject
{
    Q_OBJECT
private:
    std::shared_ptr<const qmp::Schema> m_schema;

    static QString compact(const QJsonObject& object)
    {
        return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
    }
    static qsizetype takeCursor(QString& text)
    {
        const qsizetype cursor = text.indexOf(u'|');
        text.remove(cursor, 1);
        return cursor;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        m_schema = test::FakeQmp::schemaOf(u"11.1"_s);
        QVERIFY(m_schema);
    }
    void init() { QTest::failOnWarning(); }

    void understands_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("command");
        QTest::newRow("name alone") << u" query-status "_s << QStringLiteral(R"({"execute":"query-status"})");
        QTest::newRow("typed by the schema")
            << u"migrate-set-parameters max-bandwidth=1048576 mode=cpr-transfer"_s
            << QStringLiteral(
                   R"({"arguments":{"max-bandwidth":1048576,"mode":"cpr-transfer"},"execute":"migrate-set-parameters"})");
        QTest::newRow("a number that is a string")
            << u"device_del id=5"_s << QStringLiteral(R"({"arguments":{"id":"5"},"execute":"device_del"})");
        QTest::newRow("spaces in quotes")
            << u"human-monitor-command command-line='info status'"_s
            << QStringLiteral(
                   R"({"arguments":{"command-line":"info status"},"execute":"human-monitor-command"})");
        QTest::newRow("on and off")
            << u"trace-event-set-state name=cpr_* enable=on"_s
            << QStringLiteral(
                   R"({"arguments":{"enable":true,"name":"cpr_*"},"execute":"trace-event-set-state"})");
        QTest::newRow("dots and JSON inside")
            << QStringLiteral(
                   R"(migrate channels=[{"channel-type":"main", "addr":{"transport":"socket","type":"unix","path":"/a b"}}])")
            << QStringLiteral(
                   R"({"arguments":{"channels":[{"addr":{"path":"/a b","transport":"socket","type":"unix"},"channel-type":"main"}]},"execute":"migrate"})");
        QTest::newRow("JSON over lines")
            << u"{\"execute\": \"qom-get\",\n \"arguments\": {\"path\": \"/machine\", \"property\": \"type\"},\n \"id\": 7}"_s
            << QStringLiteral(R"({"arguments":{"path":"/machine","property":"type"},"execute":"qom-get"})");
    }
    void understands()
    {
        QFETCH(const QString, text);
        const CommandText parsed = CommandText::parse(text, m_schema.get());
        QVERIFY2(!parsed.problem(), qPrintable(parsed.problem().value_or(CommandText::Problem()).text));
        QTEST(compact(parsed.command()), "command");
    }

    void withoutSchemaAValueIsWhatItLooksLike()
    {
        const CommandText parsed
            = CommandText::parse(u"x a=5 b=true c=text d=\"5\" e=[1,2] f.g=-1.5 h="_s, nullptr);
        QVERIFY(!parsed.problem());
        QCOMPARE(compact(parsed.command()),
            QStringLiteral(
                R"({"arguments":{"a":5,"b":true,"c":"text","d":"5","e":[1,2],"f":{"g":-1.5},"h":""},"execute":"x"})"));
    }

    void marksWhatIsWrong_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("marked");
        QTest::addColumn<QString>("says");
        QTest::addColumn<bool>("wellFormed");
        QTest::newRow("unknown command")
            << u"query-statsu"_s << u"query-statsu"_s << u"has not been found"_s << true;
        QTest::newRow("unknown argument")
            << u"query-status a=1"_s << u"a"_s << u"'a' is unexpected"_s << true;
        QTest::newRow("wrong value") << u"migrate-set-parameters mode=warp"_s << u"warp"_s
                                     << u"does not accept value 'warp'"_s << true;
        QTest::newRow("wrong type") << u"migrate-set-parameters max-bandwidth=fast"_s << u"fast"_s
                                    << u"expected: integer"_s << true;
        QTest::newRow("missing") << u"qom-get path=/machine"_s << u"qom-get"_s << u"'property' is missing"_s
                                 << true;
        QTest::newRow("no equals sign") << u"qom-get /machine"_s << u"/machine"_s << u"name=value"_s << false;
        QTest::newRow("open quote") << u"qom-get path='/machine property=a"_s
                                    << u"path='/machine property=a"_s << u"not closed"_s << false;
        QTest::newRow("twice") << u"qom-get path=a path=b"_s << u"path=b"_s << u"twice"_s << false;
        QTest::newRow("JSON, wrong value")
            << QStringLiteral(R"({"execute": "migrate-set-parameters", "arguments": {"mode": "warp"}})")
            << u"\"warp\""_s << u"does not accept"_s << true;
        QTest::newRow("JSON, unknown argument")
            << QStringLiteral(R"({"execute": "query-status", "arguments": {"x": 1}})") << u"\"x\""_s
            << u"unexpected"_s << true;
        QTest::newRow("JSON, deep") << QStringLiteral(
            R"({"execute": "migrate", "arguments": {"channels": [{"channel-type": "mian", "addr": {"transport": "socket", "type": "unix", "path": "/a"}}]}})")
                                    << u"\"mian\""_s << u"'mian'"_s << true;
        QTest::newRow("JSON, no command")
            << QStringLiteral(R"({"arguments": {}})") << u"\"arguments\""_s << u"execute"_s << false;
        QTest::newRow("JSON, stray member") << QStringLiteral(R"({"execute": "stop", "argumens": {}})")
                                            << u"\"argumens\""_s << u"argumens"_s << false;
    }
    void marksWhatIsWrong()
    {
        QFETCH(const QString, text);
        QFETCH(const QString, says);
        const CommandText parsed = CommandText::parse(text, m_schema.get());
        QVERIFY(parsed.problem());
        const TextRange where = parsed.problem()->where;
        QTEST(text.sliced(where.start, where.length), "marked");
        QVERIFY2(parsed.problem()->text.contains(says), qPrintable(parsed.problem()->text));
        QTEST(parsed.isWellFormed(), "wellFormed");
    }

    void unfinishedJsonGoesOn()
    {
        QVERIFY(CommandText::parse(u"{\"execute\":"_s, nullptr).isUnfinished());
        QVERIFY(CommandText::parse(u"{\"execute\": \"sto"_s, nullptr).isUnfinished());
        QVERIFY(!CommandText::parse(u"{\"execute\": \"stop\"}"_s, nullptr).isUnfinished());
        QVERIFY(!CommandText::parse(u"stop"_s, nullptr).isUnfinished());
        QVERIFY(CommandText::parse(u" \n"_s, nullptr).isEmpty());
    }

    void suggests_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("result");
        QTest::newRow("command") << u"query-mig|"_s << u"query-migrate"_s << u"query-migrate"_s;
        QTest::newRow("inside a command")
            << u"set-par|"_s << u"migrate-set-parameters"_s << u"migrate-set-parameters"_s;
        QTest::newRow("argument") << u"migrate-set-parameters max-ba|"_s << u"max-bandwidth"_s
                                  << u"migrate-set-parameters max-bandwidth="_s;
        QTest::newRow("required argument first") << u"qom-get |"_s << u"path"_s << u"qom-get path="_s;
        QTest::newRow("what is there is not offered")
            << u"qom-get path=/machine |"_s << u"property"_s << u"qom-get path=/machine property="_s;
        QTest::newRow("value of an enumeration")
            << u"migrate-set-parameters mode=cpr-t|"_s << u"cpr-transfer"_s
            << u"migrate-set-parameters mode=cpr-transfer"_s;
        QTest::newRow("boolean") << u"trace-event-set-state name=a enable=|"_s << u"true"_s
                                 << u"trace-event-set-state name=a enable=true"_s;
        QTest::newRow("JSON member") << u"{|"_s << u"execute"_s << u"{\"execute\": "_s;
        QTest::newRow("JSON command")
            << u"{\"execute\": \"query-stat|"_s << u"query-stats"_s << u"{\"execute\": \"query-stats\""_s;
        QTest::newRow("JSON argument")
            << u"{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/machine\", \"prop|\"}}"_s
            << u"property"_s
            << u"{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"/machine\", \"property\"}}"_s;
        QTest::newRow("JSON, in an array")
            << u"{\"execute\": \"migrate\", \"arguments\": {\"channels\": [{\"channel-type\": \"|"_s
            << u"main"_s
            << u"{\"execute\": \"migrate\", \"arguments\": {\"channels\": [{\"channel-type\": \"main\""_s;
        QTest::newRow("JSON, a name in an array")
            << u"{\"execute\": \"migrate\", \"arguments\": {\"channels\": [{\"ad|"_s << u"addr"_s
            << u"{\"execute\": \"migrate\", \"arguments\": {\"channels\": [{\"addr\": "_s;
    }
    void suggests()
    {
        QFETCH(QString, text);
        QFETCH(const QString, result);
        const qsizetype cursor = takeCursor(text);
        const Suggestions found = suggest(text, cursor, *m_schema);
        QVERIFY(!found.items.isEmpty());
        QTEST(found.items.first().text, "first");
        QCOMPARE(text.replace(found.range.start, found.range.length, found.items.first().insert), result);
    }

    void suggestsNothingWhereNothingFits()
    {
        QVERIFY(suggest(u"query-status"_s, 12, *m_schema).items.size() != 1);
        QVERIFY(suggest(u"no-such-command a"_s, 17, *m_schema).items.isEmpty());
        QVERIFY(suggest(u"qom-get path=/ma"_s, 16, *m_schema).items.isEmpty());
        QVERIFY(suggest(u"{\"execute\": \"stop\" "_s, 18, *m_schema).items.isEmpty());
    }

    void helps()
    {
        const QString get = commandHelp(u"qom-get"_s, 7, *m_schema);
        QVERIFY2(get.contains(u"path: string") && get.contains(u"property: string"), qPrintable(get));
        const QString mode = commandHelp(u"migrate-set-parameters mode="_s, 28, *m_schema);
        QVERIFY2(mode.contains(u"cpr-transfer"), qPrintable(mode));
        QVERIFY(commandHelp(u"query-status "_s, 13, *m_schema).contains(u"no arguments"));
        QVERIFY(commandHelp(u"nonsense"_s, 8, *m_schema).isEmpty());
        QVERIFY(commandHelp(u"migrate-set-parameters "_s, 23, *m_schema).contains(u"more"));
    }

    /// Whatever somebody types in whatever order, nothing is read beyond the text.
    void survivesEveryPrefix()
    {
        const QString text
            = u"{\"execute\": \"migrate\", \"arguments\": {\"channels\": [{\"addr\": {\"a\": [1, \"x\\\"\"]}}], } ] } : ,"_s;
        for (qsizetype end = 0; end <= text.size(); ++end) {
            for (qsizetype cursor = 0; cursor <= end; ++cursor) {
                const QString part = text.first(end);
                const Suggestions found = suggest(part, cursor, *m_schema);
                QVERIFY(found.range.start >= 0 && found.range.end() <= part.size());
                std::ignore = commandHelp(part, cursor, *m_schema);
            }
            const CommandText parsed = CommandText::parse(text.first(end), m_schema.get());
            if (parsed.problem()) {
                QVERIFY(parsed.problem()->where.start >= 0);
                QVERIFY(parsed.problem()->where.end() <= end);
            }
        }
        for (const QString& odd :
            { u"="_s, u"=a"_s, u"a =b"_s, u"a b.=1"_s, u"a .b=1"_s, u"'"_s, u"a x=}"_s })
            std::ignore = suggest(odd, odd.size(), *m_schema);
    }

    void messageHeads_data()
    {
        QTest::addColumn<QString>("raw");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("id");
        const auto row = [](const char* name, const QString& raw, MessageKind kind, const QString& id) {
            QTest::newRow(name) << raw << static_cast<int>(kind) << id;
        };
        row("command", u"{\"execute\": \"stop\", \"id\": \"c1\"}"_s, MessageKind::Command, u"\"c1\""_s);
        row("out of band", u"{\"exec-oob\": \"stop\", \"id\": 5}"_s, MessageKind::Command, u"5"_s);
        row("reply", u"{\"return\": {\"id\": \"inner\", \"event\": 1}, \"id\": \"c1\"}"_s, MessageKind::Reply,
            u"\"c1\""_s);
        row("id first", u"{\"id\": {\"a\": [1]}, \"return\": []}"_s, MessageKind::Reply, u"{\"a\": [1]}"_s);
        row("error", u"{\"error\": {\"class\": \"GenericError\", \"desc\": \"a } \\\" b\"}, \"id\": 1}"_s,
            MessageKind::Error, u"1"_s);
        row("event", u"{\"timestamp\": {\"seconds\": 1}, \"event\": \"STOP\"}"_s, MessageKind::Event, {});
        row("greeting", u"{\"QMP\": {\"version\": {}}}"_s, MessageKind::Other, {});
        row("cut", u"{\"return\": {\"a\": \"b"_s, MessageKind::Reply, {});
        row("not JSON", u"hello"_s, MessageKind::Other, {});
        row("empty", {}, MessageKind::Other, {});
        row("escape at the end", u"{\"a\\"_s, MessageKind::Other, {});
    }
    void messageHeads()
    {
        QFETCH(const QString, raw);
        const MessageHead head = messageHead(raw);
        QTEST(static_cast<int>(head.kind), "kind");
        QTEST(head.id, "id");
        for (qsizetype end = 0; end < raw.size(); ++end)
            std::ignore = messageHead(QStringView(raw).first(end));
    }

    void shellLineSurvivesAShell()
    {
        const QString line = socatLine(u"/run/it's.sock"_s,
            u"{\"execute\": \"x\", \"arguments\": {\"a\": \"don't\"}, \"id\": \"c7\"}"_s);
        QVERIFY(line.contains(u"socat -t 5 - UNIX-CONNECT:"));
        QProcess shell;
        shell.start(u"sh"_s, { u"-c"_s, line.section(u" | "_s, 0, 0) });
        QVERIFY(shell.waitForFinished());
        const QList<QByteArray> sent = shell.readAllStandardOutput().trimmed().split('\n');
        QCOMPARE(sent.size(), 2);
        QCOMPARE(QJsonDocument::fromJson(sent[0]).object()[u"execute"].toString(), u"qmp_capabilities"_s);
        const QJsonObject command = QJsonDocument::fromJson(sent[1]).object();
        QCOMPARE(command[u"arguments"][u"a"].toString(), u"don't"_s);
        QVERIFY(!command.contains(u"id"));
        QVERIFY(socatLine({}, u"{}"_s).contains(u"$QMP_SOCKET"));
    }

    void historyIsKept()
    {
        KSharedConfig::openConfig()->deleteGroup(u"QmpCommandLine"_s);
        {
            CommandHistory history;
            history.add(u"stop"_s);
            history.add(u"query-status"_s);
            history.add(u"stop"_s);
            history.add(QString(5000, u'x'));
            QCOMPARE(history.entries().size(), 3);
        }
        CommandHistory history;
        QCOMPARE(history.entries(), (QStringList{ u"query-status"_s, u"stop"_s }));
        QCOMPARE(history.step(-1, u"typed"_s), u"stop"_s);
        QCOMPARE(history.step(-1, u"stop"_s), u"query-status"_s);
        QVERIFY(!history.step(-1, {}));
        QCOMPARE(history.step(1, {}), u"stop"_s);
        QCOMPARE(history.step(1, {}), u"typed"_s);
        QVERIFY(!history.step(1, {}));
        KSharedConfig::openConfig()->deleteGroup(u"QmpCommandLine"_s);
    }
};

QTEST_MAIN(TestQmpCommand)
#include "tst_qmpcommand.moc"
