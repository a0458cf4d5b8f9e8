// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trace/format.h"
#include "trace/parser.h"

#include "timelinehelp.h"

#include <QTest>

using namespace cutover;
using namespace cutover::trace;
using namespace Qt::StringLiterals;

class TestTraceParser : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void times_data();
    void times();
    void kinds_data();
    void kinds();
    void everyEventIsTyped_data();
    void everyEventIsTyped();
    void damagedArgumentsKeepTheLine_data();
    void damagedArgumentsKeepTheLine();
    void anIdstrMayHoldAnything_data();
    void anIdstrMayHoldAnything();
    void realLogsAreUnderstood_data();
    void realLogsAreUnderstood();
    void longLinesAreLinear();
    void bytesThatAreNoText();
    void scansFromBothEnds_data();
    void scansFromBothEnds();
    void subscriptionsNameNothingThatCouldBeMissing();
};

void TestTraceParser::times_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<qint64>("timeNs");
    QTest::addColumn<qint64>("threadId");
    QTest::addColumn<QString>("name");

    const qint64 second = 1'000'000'000;
    QTest::newRow("microseconds") << "2026-11-20T20:55:29.469562Z cpr_exec \n"_ba
                                  << 1795208129 * second + 469562000 << qint64{ 0 } << u"cpr_exec"_s;
    QTest::newRow("no fraction") << "2026-11-20T20:55:29Z cpr_exec"_ba << 1795208129 * second << qint64{ 0 }
                                 << u"cpr_exec"_s;
    QTest::newRow("nanoseconds") << "2026-11-20T20:55:29.000000001Z cpr_exec"_ba << 1795208129 * second + 1
                                 << qint64{ 0 } << u"cpr_exec"_s;
    QTest::newRow("zone") << "2026-11-20T21:55:29.5+01:00 cpr_exec"_ba << 1795208129 * second + second / 2
                          << qint64{ 0 } << u"cpr_exec"_s;
    QTest::newRow("zone without colon")
        << "2026-11-20T19:25:29-0130 cpr_exec"_ba << 1795208129 * second << qint64{ 0 } << u"cpr_exec"_s;
    QTest::newRow("old format") << "28847@1795208427.716697:cpr_exec "_ba << 1795208427 * second + 716697000
                                << qint64{ 28847 } << u"cpr_exec"_s;
    QTest::newRow("old format, name without underscore")
        << "1@2.000003:wait x"_ba << 2 * second + 3000 << qint64{ 1 } << u"wait"_s;
    QTest::newRow("none") << "cpr_exec "_ba << qint64{ 0 } << qint64{ 0 } << u"cpr_exec"_s;
    QTest::newRow("month 13") << "2026-13-20T20:55:29Z cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("no such day") << "2026-02-29T20:55:29Z cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("hour 24") << "2026-02-28T24:55:29Z cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("far future") << "9999-02-28T20:55:29Z cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("no zone") << "2026-11-20T20:55:29 cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("five digits of a second")
        << "1@2.00003:cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("number beyond a second count")
        << "1@99999999999.000003:cpr_exec"_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
    QTest::newRow("only a time") << "2026-11-20T20:55:29Z"_ba << 1795208129 * second << qint64{ 0 } << u""_s;
    QTest::newRow("empty") << ""_ba << qint64{ 0 } << qint64{ 0 } << u""_s;
}

void TestTraceParser::times()
{
    QFETCH(QByteArray, line);
    QFETCH(qint64, timeNs);
    QFETCH(qint64, threadId);
    QFETCH(QString, name);
    const Line parsed = parseLine(line);
    QCOMPARE(parsed.timeNs, timeNs);
    QCOMPARE(parsed.threadId, threadId);
    QCOMPARE(parsed.name, name);
    QCOMPARE(parsed.kind, name.isEmpty() ? LineKind::Text : LineKind::Event);
}

void TestTraceParser::kinds_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<bool>("isEvent");
    QTest::addColumn<bool>("isTyped");
    QTest::addColumn<QString>("arguments");

    QTest::newRow("error with time")
        << "2026-11-20T20:55:29.469562Z qemu-system-x86_64: Sibling indicated error 1"_ba << false << false
        << u"qemu-system-x86_64: Sibling indicated error 1"_s;
    QTest::newRow("error without time")
        << "qemu-system-x86_64: could not configure /dev/net/tun (tap0): Device or resource busy"_ba << false
        << false << u"qemu-system-x86_64: could not configure /dev/net/tun (tap0): Device or resource busy"_s;
    QTest::newRow("continuation") << "  (qemu) more text_here"_ba << false << false
                                  << u"  (qemu) more text_here"_s;
    QTest::newRow("sentence") << "Unexpected end"_ba << false << false << u"Unexpected end"_s;
    QTest::newRow("unknown event") << "kvm_set_irq irq 3"_ba << true << false << u"irq 3"_s;
    QTest::newRow("unknown event without arguments") << "postcopy_start "_ba << true << false << u""_s;
    QTest::newRow("known") << "migrate_set_state new state active"_ba << true << true
                           << u"new state active"_s;
    QTest::newRow("carriage return") << "migrate_set_state new state active\r\n"_ba << true << true
                                     << u"new state active"_s;
}

void TestTraceParser::kinds()
{
    QFETCH(QByteArray, line);
    const Line parsed = parseLine(line);
    QTEST(parsed.kind == LineKind::Event, "isEvent");
    QTEST(parsed.isTyped(), "isTyped");
    QTEST(parsed.arguments, "arguments");
}

void TestTraceParser::everyEventIsTyped_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("attributes");
    const auto row = [](const char* line, const char* json) {
        QTest::newRow(QByteArray(line).left(60).constData()) << QByteArray(line) << QByteArray(json);
    };
    row("cpr_save_fd /rom@etc/acpi/tables, id 0, fd 22", R"({"name":"/rom@etc/acpi/tables","id":0,"fd":22})");
    row("cpr_delete_fd ram0, id 3", R"({"name":"ram0","id":3})");
    row("cpr_find_fd ram0, id 0 returns -1", R"({"name":"ram0","id":0,"fd":-1})");
    row("cpr_state_save cpr-transfer mode", R"({"mode":"cpr-transfer"})");
    row("cpr_state_load cpr-transfer mode", R"({"mode":"cpr-transfer"})");
    row("cpr_transfer_input /run/a b/cpr.sock", R"({"path":"/run/a b/cpr.sock"})");
    row("cpr_transfer_output /run/cpr.sock", R"({"path":"/run/cpr.sock"})");
    row("cpr_exec ", "{}");
    row("qemu_file_put_fd ioc cpr-out, fd 24 -> status 0", R"({"channel":"cpr-out","fd":24,"status":0})");
    row("qemu_file_get_fd ioc cpr-in -> fd 10", R"({"channel":"cpr-in","fd":10})");
    row("qemu_ram_alloc_shared pc.bios size 262144 max_size 262145 fd 20 host 0x7f5364a00000",
        R"({"name":"pc.bios","size":262144,"maxSize":262145,"fd":20,"host":"0x7f5364a00000"})");
    row("qemu_ram_alloc_shared pc.bios size 1 max_size 2 fd -1 host (nil)",
        R"({"name":"pc.bios","size":1,"maxSize":2,"fd":-1,"host":"0x0"})");
    row("migrate_set_state new state pre-switchover", R"({"state":"pre-switchover"})");
    row("migrate_error error=Sibling indicated error 1", R"({"error":"Sibling indicated error 1"})");
    row("migration_cleanup ", "{}");
    row("migration_cancel ", "{}");
    row("migration_call_notifiers type=2", R"({"type":2})");
    row("runstate_set current_run_state 9 (running) new_state 7 (finish-migrate)",
        R"({"fromNumber":9,"from":"running","toNumber":7,"to":"finish-migrate"})");
    row("vm_state_notify running 0 reason 7 (finish-migrate)",
        R"({"running":0,"reasonNumber":7,"reason":"finish-migrate"})");
    row("vm_stop_flush_all ret -5", R"({"result":-5})");
    row("migration_socket_incoming_accepted ", "{}");
    row("migration_socket_outgoing_connected ", R"({"host":""})");
    row("migration_socket_outgoing_connected hostname=example", R"({"host":"example"})");
    row("migration_socket_outgoing_connected hostname=(null)", R"({"host":""})");
    row("migration_socket_outgoing_error error=No such file", R"({"error":"No such file"})");
    row("process_incoming_migration_co_end ret=-22", R"({"result":-22})");
    row("process_incoming_migration_co_end ret=0 postcopy-state=0", R"({"result":0})");
    row("migrate_global_state_pre_save saved state: running", R"({"state":"running"})");
    row("migrate_global_state_post_load loaded state: paused", R"({"state":"paused"})");
    row("vmstate_downtime_checkpoint src-downtime-start", R"({"name":"src-downtime-start"})");
    row("vmstate_downtime_save type=non-iterable idstr=0000:00:1f.0/ICH9LPC instance_id=0 downtime=235",
        R"({"type":"non-iterable","idstr":"0000:00:1f.0/ICH9LPC","instanceId":0,"downtimeUs":235})");
    row("vmstate_downtime_load type=iterable idstr=ram instance_id=1 downtime=5",
        R"({"type":"iterable","idstr":"ram","instanceId":1,"downtimeUs":5})");
    row("savevm_section_start ram, section_id 1", R"({"idstr":"ram","sectionId":1})");
    row("savevm_section_end ram, section_id 1 -> -1", R"({"idstr":"ram","sectionId":1,"result":-1})");
    row("savevm_section_skip slirp, section_id 4294967295", R"({"idstr":"slirp","sectionId":4294967295})");
    row("qemu_loadvm_state_section 8", R"({"type":8})");
    row("qemu_loadvm_state_section_startfull 9(0000:00:00.0/mch) 0 1",
        R"({"sectionId":9,"idstr":"0000:00:00.0/mch","instanceId":0,"versionId":1})");
    row("qemu_loadvm_state_section_partend 1", R"({"sectionId":1})");
    row("vmstate_save 0000:00:00.0/mch, mch", R"({"idstr":"0000:00:00.0/mch","description":"mch"})");
    row("vmstate_load ram, (old)", R"j({"idstr":"ram","description":"(old)"})j");
    row("vmstate_load_state_fail mch too old", R"({"description":"mch too","reason":"old"})");
    row("vmstate_load_state_success mch", R"({"description":"mch"})");
    row("vmstate_load_field_error field \"a \"b\"\" load failed, ret = -22",
        R"({"field":"a \"b\"","result":-22})");
    row("source_return_path_thread_shut 0x1", R"({"value":1})");
    row("source_return_path_thread_bad_end ", "{}");
    row("source_return_path_thread_end ", "{}");
    row("migrate_send_rp_message 2: len 4", R"({"type":2,"length":4})");
    row("vfio_cpr_find_device ioas_id 1, devid 2, hwpt_id 3", R"({"ioasId":1,"deviceId":2,"hwptId":3})");
    row("iommufd_change_process fd=12 (1)", R"({"fd":12,"result":1})");
    row("iommu_backend_set_fd pre-opened /dev/iommu fd=12", R"({"fd":12})");
}

void TestTraceParser::everyEventIsTyped()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, attributes);
    const QJsonObject expected = QJsonDocument::fromJson(attributes).object();
    for (const QByteArray& prefix :
        { ""_ba, "2026-11-20T21:09:15.074523Z "_ba, "9764@1795253994.655243:"_ba }) {
        const Line parsed = parseLine(QByteArray(prefix + line));
        QVERIFY2(parsed.isTyped(), QByteArray(prefix + line).constData());
        QCOMPARE(trace::attributes(parsed), expected);
    }
}

void TestTraceParser::damagedArgumentsKeepTheLine_data()
{
    QTest::addColumn<QByteArray>("line");
    for (const char* line : { "cpr_save_fd ram0, id 0, fd ", "cpr_save_fd ram0, id 0", "cpr_save_fd ",
             "cpr_save_fd", "cpr_save_fd ram0, id 99999999999, fd 1", "cpr_find_fd ram0, id 0 returns x",
             "runstate_set current_run_state 9 (running) new_state 7 (finish-migrate",
             "vmstate_downtime_save type=iterable idstr=ram instance_id=0 downtime=",
             "vmstate_downtime_save type=iterable idstr=ram instance_id=0 downtime=99999999999999999999",
             "qemu_ram_alloc_shared pc.bios size -1 max_size 2 fd 1 host 0x1", "qemu_loadvm_state_section -",
             "qemu_loadvm_state_section 8 9", "qemu_loadvm_state_section_partend -1",
             "migration_cleanup now" })
        QTest::newRow(line) << QByteArray(line);
}

void TestTraceParser::damagedArgumentsKeepTheLine()
{
    QFETCH(QByteArray, line);
    const Line parsed = parseLine(line);
    QCOMPARE(parsed.kind, LineKind::Event);
    QVERIFY(!parsed.isTyped());
    const qsizetype space = line.indexOf(' ');
    QCOMPARE(parsed.name.toUtf8(), space < 0 ? line : line.first(space));
    QCOMPARE(trace::attributes(parsed)[u"arguments"].toString().toUtf8(),
        space < 0 ? QByteArray() : line.sliced(space + 1));
}

void TestTraceParser::anIdstrMayHoldAnything_data()
{
    QTest::addColumn<QString>("idstr");
    for (const char* idstr : { "ram", "0000:00:1f.2/ich9_ahci", "a device with spaces",
             "x instance_id=7 downtime=9", "a idstr=b", "", "Gerät/äöü", "%s %d" })
        QTest::newRow(idstr) << QString::fromUtf8(idstr);
}

void TestTraceParser::anIdstrMayHoldAnything()
{
    QFETCH(QString, idstr);
    const QString line
        = u"vmstate_downtime_load type=non-iterable idstr="_s + idstr + u" instance_id=3 downtime=-4"_s;
    const Line parsed = parseLine(line.toUtf8());
    const auto* load = std::get_if<VmstateDowntimeLoad>(&parsed.value);
    QVERIFY(load);
    if (!idstr.contains(u" idstr=")) {
        QCOMPARE(load->idstr, idstr);
        QCOMPARE(load->type, u"non-iterable"_s);
    }
    QCOMPARE(load->instanceId, 3);
    QCOMPARE(load->downtimeUs, -4);

    const QString name = idstr + u", id 5, fd 6"_s;
    const Line saved = parseLine(QString(u"cpr_save_fd "_s + name + u", id -1, fd 22"_s).toUtf8());
    const auto* save = std::get_if<CprSaveFd>(&saved.value);
    QVERIFY(save);
    QCOMPARE(save->name, name);
    QCOMPARE(save->id, -1);
    QCOMPARE(save->fd, 22);
}

void TestTraceParser::realLogsAreUnderstood_data()
{
    QTest::addColumn<QString>("path");
    const QDir folder(QStringLiteral(CUTOVER_TEST_DATA "/logs"));
    const QStringList names = folder.entryList({ u"*.log"_s });
    QVERIFY(names.size() >= 10);
    for (const QString& name : names)
        QTest::newRow(name.toUtf8().constData()) << QString(u"logs/"_s + name);
}

void TestTraceParser::realLogsAreUnderstood()
{
    QFETCH(QString, path);
    // Asked for with a pattern, but of no interest.
    static const QStringList untyped{ u"source_return_path_thread_entry"_s,
        u"source_return_path_thread_loop_top"_s, u"source_return_path_thread_pong"_s,
        u"qemu_loadvm_state_section_command"_s };
    qsizetype count = 0;
    for (const QByteArray& line : test::dataFile(path).split('\n')) {
        if (line.isEmpty())
            continue;
        const Line parsed = parseLine(line);
        ++count;
        QVERIFY2(parsed.kind == LineKind::Event && parsed.timeNs > 0, line.constData());
        QVERIFY2(parsed.isTyped() || untyped.contains(parsed.name), line.constData());
        QCOMPARE(parsed.threadId > 0, path.contains(u"qemu-10.0"));
    }
    QVERIFY(count > 50);
}

void TestTraceParser::longLinesAreLinear()
{
    // With backtracking this would take hours.
    QByteArray line = "vmstate_save "_ba;
    for (int i = 0; i < 300'000; ++i)
        line += ", ";
    QVERIFY(parseLine(line).isTyped());
    line.replace(0, 13, "runstate_set current_run_state 1 (");
    QVERIFY(!parseLine(line).isTyped());
}

void TestTraceParser::bytesThatAreNoText()
{
    const Line parsed = parseLine(QByteArrayView("cpr_save_fd a\xff\0b, id 0, fd 3", 28));
    const auto* save = std::get_if<CprSaveFd>(&parsed.value);
    QVERIFY(save);
    QCOMPARE(save->name.size(), 4);
    QCOMPARE(save->fd, 3);
}

void TestTraceParser::scansFromBothEnds_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QByteArray>("format");
    QTest::addColumn<bool>("fits");
    QTest::addColumn<QStringList>("parts");
    QTest::newRow("empty") << u""_s << ""_ba << true << QStringList{};
    QTest::newRow("text left over") << u"x"_s << ""_ba << false << QStringList{};
    QTest::newRow("string") << u"a b"_s << "%s"_ba << true << QStringList{ u"a b"_s };
    QTest::newRow("number, string, number")
        << u"1 a 2 3"_s << "%d %s %d"_ba << true << QStringList{ u"1"_s, u"a 2"_s, u"3"_s };
    QTest::newRow("two strings") << u"a, b, c"_s << "%s, %s"_ba << true << QStringList{ u"a, b"_s, u"c"_s };
    QTest::newRow("separator missing") << u"a b"_s << "%s, %s"_ba << false << QStringList{};
    QTest::newRow("left out") << u"ret=3 x=4"_s << "ret=%d x=%_"_ba << true << QStringList{ u"3"_s };
    QTest::newRow("hexadecimal") << u"at 0x1f."_s << "at %p."_ba << true << QStringList{ u"0x1f"_s };
    QTest::newRow("hexadecimal from the end")
        << u"a at 0x1f"_s << "%s at %p"_ba << true << QStringList{ u"a"_s, u"0x1f"_s };
    QTest::newRow("only a sign") << u"-"_s << "%d"_ba << false << QStringList{};
}

void TestTraceParser::scansFromBothEnds()
{
    QFETCH(QString, text);
    QFETCH(QByteArray, format);
    QFETCH(bool, fits);
    const auto scanned = scan(text, QLatin1StringView(format));
    QCOMPARE(scanned.has_value(), fits);
    QStringList parts;
    for (const QStringView part : scanned.value_or(QList<QStringView>()))
        parts.append(part.toString());
    QTEST(parts, "parts");
}

void TestTraceParser::subscriptionsNameNothingThatCouldBeMissing()
{
    for (const QString& pattern : subscription())
        QVERIFY2(pattern.contains(u'*'), qPrintable(pattern));
}

QTEST_GUILESS_MAIN(TestTraceParser)
#include "tst_traceparser.moc"
