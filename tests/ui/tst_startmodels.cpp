// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "models/vmmmodel.h"
#include "operator/sessionrecord.h"
#include "start/attachhelp.h"
#include "start/commandmodel.h"
#include "start/destinationchooser.h"
#include "start/offers.h"
#include "start/parametersmodel.h"
#include "start/recentsessions.h"
#include "start/requestjson.h"
#include "start/sourcechooser.h"

#include <KConfigGroup>
#include <KLocalizedString>
#include <KSharedConfig>

#include <QAbstractItemModelTester>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using Mode = QAbstractItemModelTester::FailureReportingMode;

/// What the start page and the setup know, without a window.
class TestStartModels : public QObject
{
    Q_OBJECT
private:
    static op::DiscoveredVmm vmm(pid_t pid, const QString& name, const QString& memory = u"1G"_s)
    {
        op::DiscoveredVmm vmm;
        vmm.pid = pid;
        vmm.startTime = 7;
        vmm.name = name;
        vmm.binary = u"/usr/bin/qemu-system-x86_64"_s;
        vmm.facts.memorySize = memory;
        op::DiscoveredMonitor monitor;
        monitor.path = u"/run/"_s + name + u".qmp"_s;
        monitor.exists = monitor.accessible = true;
        monitor.occupancy = op::DiscoveredMonitor::Occupancy::Free;
        vmm.monitors.append(monitor);
        return vmm;
    }

    static op::Facts facts(const QString& schemaFile)
    {
        QFile file(schemaFile);
        if (!file.open(QIODevice::ReadOnly))
            qFatal("%s", qPrintable(file.errorString()));
        op::Facts facts;
        const auto schema = qmp::Schema::parse(QJsonDocument::fromJson(file.readAll()).array());
        if (!schema)
            qFatal("%s", qPrintable(schema.error().message()));
        facts.monitorUsable = true;
        facts.schema = *schema;
        facts.version = { .major = 11, .minor = 1, .micro = 3 };
        return facts;
    }

    static const ParameterRow* find(const std::vector<ParameterRow>& rows, const QString& name)
    {
        const auto found = std::ranges::find(rows, name, &ParameterRow::name);
        return found == rows.end() ? nullptr : &*found;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QLocale::setDefault(QLocale::c());
        KLocalizedString::setApplicationDomain("cutover");
    }
    void init()
    {
        QTest::failOnWarning();
        KSharedConfig::openConfig()->deleteGroup(u"RecentSessions"_s);
    }

    void vmmListsChangeOnlyWhatDiffers()
    {
        VmmModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        model.setVmms({ vmm(10, u"a"_s), vmm(20, u"b"_s) });
        QCOMPARE(inserted.size(), 2);
        const QPersistentModelIndex second = model.index(1, 0);
        model.setVmms({ vmm(5, u"new"_s), vmm(20, u"b"_s), vmm(30, u"c"_s) });
        QCOMPARE(removed.size(), 1);
        QCOMPARE(inserted.size(), 4);
        QCOMPARE(resets.size(), 0);
        QCOMPARE(second.row(), 1);
        QCOMPARE(second.data().toString(), u"b"_s);
        QCOMPARE(model.rowOf(30, 7), 2);
        QCOMPARE(model.rowOf(30, 8), -1);
        model.setVersion(u"/usr/bin/qemu-system-x86_64"_s, u"QEMU 10.0.2"_s);
        QCOMPARE(model.index(0, VmmModel::ProgramColumn).data().toString(), u"QEMU 10.0.2"_s);
        model.setVmms({});
        QCOMPARE(model.rowCount(), 0);
    }

    void memory_data()
    {
        QTest::addColumn<QString>("written");
        QTest::addColumn<qint64>("bytes");
        QTest::newRow("MiB") << u"512"_s << (qint64{ 512 } << 20);
        QTest::newRow("unit") << u"4G"_s << (qint64{ 4 } << 30);
        QTest::newRow("key") << u"size=2G,slots=4,maxmem=8G"_s << (qint64{ 2 } << 30);
        QTest::newRow("none") << QString() << qint64{ -1 };
        QTest::newRow("nonsense") << u"much"_s << qint64{ -1 };
        QTest::newRow("too much") << u"9000000000T"_s << qint64{ -1 };
    }
    void memory()
    {
        QFETCH(const QString, written);
        QTEST(memoryOf(vmm(1, u"a"_s, written)), "bytes");
    }

    void programsToAsk()
    {
        op::DiscoveredVmm some = vmm(12, u"a"_s);
        QCOMPARE(programToAsk(some), u"/usr/bin/qemu-system-x86_64"_s);
        some.binaryReplaced = true;
        QCOMPARE(programToAsk(some), u"/proc/12/exe"_s);
        some.binary = u"/usr/bin/python3"_s;
        QVERIFY(programToAsk(some).isEmpty());
    }

    void sources_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("path");
        QTest::addColumn<int>("pid");
        QTest::newRow("path") << u" /run/vm.qmp "_s << u"/run/vm.qmp"_s << 0;
        QTest::newRow("marked path") << u"qmp:/run/vm.qmp"_s << u"/run/vm.qmp"_s << 0;
        QTest::newRow("pid") << u"4711"_s << QString() << 4711;
        QTest::newRow("marked pid") << u"pid:4711"_s << QString() << 4711;
        QTest::newRow("nothing") << u" "_s << QString() << 0;
        QTest::newRow("relative") << u"vm.qmp"_s << QString() << 0;
        QTest::newRow("pid zero") << u"0"_s << QString() << 0;
        QTest::newRow("no pid") << u"pid:x"_s << QString() << 0;
        QTest::newRow("too large") << u"pid:99999999999"_s << QString() << 0;
    }
    void sources()
    {
        QFETCH(const QString, text);
        QFETCH(const QString, path);
        QFETCH(const int, pid);
        const auto source = sourceFromText(text);
        QCOMPARE(source.has_value(), !path.isEmpty() || pid > 0);
        if (!source) {
            QVERIFY(!source.error().cause.isEmpty());
            return;
        }
        QCOMPARE(source->qmpPath, path);
        QCOMPARE(source->pid, pid);
    }

    void requestsAsJson()
    {
        op::SessionRequest request;
        request.source.qmpPath = u"/run/vm.qmp"_s;
        request.destination.kind = op::DestinationSpec::Kind::Command;
        request.destination.argv = { u"/opt/qemu"_s, u"-name"_s, u"a b"_s };
        request.mode = u"normal"_s;
        request.parameters = { { u"downtime-limit"_s, 20 } };
        request.defer = request.guarded = false;
        request.keepSource = true;
        const auto read = requestFromJson(op::toRecord(request));
        QVERIFY(read);
        QCOMPARE(op::toRecord(*read), op::toRecord(request));
        QCOMPARE(read->destination.argv, request.destination.argv);
        QVERIFY(!requestFromJson({}));
        QJsonObject damaged = op::toRecord(request);
        damaged.insert(u"destination"_s, QJsonObject{ { u"kind"_s, u"elsewhere"_s } });
        QVERIFY(!requestFromJson(damaged));
    }

    void recentSessions()
    {
        const QDateTime noon(QDate(2026, 5, 4), QTime(12, 0));
        op::SessionRequest request;
        request.source.pid = 4711;
        {
            RecentSessions recent;
            const QAbstractItemModelTester tester(&recent, Mode::QtTest);
            QCOMPARE(recent.rowCount(), 0);
            recent.begin(request, noon);
            const op::EndpointStatus source{ .name = u"web-07"_s, .qmpPath = u"/run/web.qmp"_s };
            recent.update(source, op::state::Ready{ .refused = true });
            QCOMPARE(recent.session(0).ended, u"refused"_s);
            recent.update(source, op::state::Finished{});
            QCOMPARE(recent.index(0, RecentSessions::WhatColumn).data().toString(), u"web-07"_s);
            QCOMPARE(recent.index(0, RecentSessions::EndColumn).data().toString(), u"migrated"_s);
            recent.leave();
            recent.update(source, op::state::Failed{});
            QCOMPARE(recent.session(0).ended, u"finished"_s);
        }
        RecentSessions again;
        QCOMPARE(again.rowCount(), 1);
        QCOMPARE(again.session(0).request.source.qmpPath, u"/run/web.qmp"_s);
        QCOMPARE(again.session(0).request.source.pid, 0);
        QCOMPARE(again.session(0).when, noon);
        for (int i = 0; i < RecentSessions::limit + 3; ++i) {
            request.source = { .qmpPath = u"/run/%1"_s.arg(i), .pid = 0 };
            again.begin(request, noon);
        }
        again.begin(request, noon);
        QCOMPARE(again.rowCount(), RecentSessions::limit);
        QCOMPARE(again.session(1).request.source.qmpPath, u"/run/%1"_s.arg(RecentSessions::limit + 1));
        again.clear();
        QCOMPARE(RecentSessions().rowCount(), 0);
    }

    void damagedSettingsAreLeftOut()
    {
        KConfigGroup group = KSharedConfig::openConfig()->group(u"RecentSessions"_s);
        group.writeEntry("Session00", "{ not json");
        group.writeEntry("Session01", R"({"source": {"qmp": "/run/a"}, "destination": {"kind": "derive"}})");
        group.writeEntry("Session02", R"({"source": 5})");
        const RecentSessions recent;
        QCOMPARE(recent.rowCount(), 1);
        QCOMPARE(recent.session(0).request.source.qmpPath, u"/run/a"_s);
    }

    void commandRowsSayEveryChange()
    {
        const QStringList source{ u"/usr/bin/qemu"_s, u"-machine"_s, u"q35"_s, u"-m"_s, u"1G"_s, u"-qmp"_s,
            u"unix:/run/vm.qmp,server=on,wait=off"_s, u"-serial"_s, u"file:/run/vm.log"_s, u"-snapshot"_s,
            u"-daemonize"_s };
        op::DeriveOptions options;
        options.binary = u"/opt/qemu"_s;
        options.socketFolder = u"/run/c"_s;
        options.cprFd = 10;
        options.tracePatterns = { u"cpr_*"_s };
        const auto derived = op::derive(source, options);
        QVERIFY(derived);
        const auto rows = commandRows({ .argv = derived->argv,
            .changes = derived->changes,
            .edits = { { .kind = op::CommandChange::Kind::Added,
                .before = {},
                .after = u"-m 1G"_s,
                .reason = u"By you."_s } } });
        const auto mark = [&](const QString& text) {
            const auto found = std::ranges::find(rows, text, &CommandRow::text);
            return found == rows.end() ? CommandRow{ .reason = u"missing"_s } : *found;
        };
        using Mark = CommandRow::Mark;
        QCOMPARE(mark(u"/opt/qemu"_s).mark, Mark::Changed);
        QCOMPARE(mark(u"/opt/qemu"_s).before, u"/usr/bin/qemu"_s);
        QCOMPARE(mark(u"-machine q35"_s).mark, Mark::Kept);
        QVERIFY(mark(u"-m 1G"_s).byYou);
        QCOMPARE(mark(u"-snapshot"_s).mark, Mark::Conflict);
        QCOMPARE(mark(u"-daemonize"_s).mark, Mark::Removed);
        QCOMPARE(mark(u"-incoming defer"_s).mark, Mark::Added);
        // One option that became two: both say what they come from.
        QCOMPARE(std::ranges::count(rows, u"-serial file:/run/vm.log"_s, &CommandRow::before), 2);
        // Nothing that differs from the source goes unmarked.
        for (const CommandRow& row : rows) {
            if (row.mark == Mark::Kept)
                QVERIFY2(QString(u' ' + source.join(u' ')).contains(QString(u' ' + row.text)),
                    qPrintable(row.text));
            else
                QVERIFY2(!row.reason.isEmpty(), qPrintable(row.text));
        }
        CommandModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        model.setRows(rows);
        QCOMPARE(model.rowCount(), static_cast<int>(rows.size()));
        QVERIFY(model.summary().contains(u"1 conflict"));
    }

    void parametersOfQemu()
    {
        op::Facts source = facts(QStringLiteral(CUTOVER_TEST_DATA "/qmp-schema-11.1.json"));
        source.parameters = { { u"downtime-limit"_s, 300 }, { u"cpu-throttle-tailslow"_s, false } };
        const auto rows = parameterRows(&source);
        QVERIFY(!find(rows, u"mode"_s));
        using Type = ParameterRow::Type;
        QCOMPARE(find(rows, u"downtime-limit"_s)->type, Type::Integer);
        QVERIFY(!find(rows, u"downtime-limit"_s)->unit.isEmpty());
        QCOMPARE(find(rows, u"cpu-throttle-tailslow"_s)->type, Type::Switch);
        QCOMPARE(find(rows, u"multifd-compression"_s)->type, Type::Choice);
        QVERIFY(find(rows, u"multifd-compression"_s)->choices.contains(u"none"_s));
        QCOMPARE(find(rows, u"block-bitmap-mapping"_s)->type, Type::Fixed);
        for (const QString& absent : { u"handover"_s, u"migrate-fds"_s }) {
            QCOMPARE(find(rows, absent)->type, Type::Fixed);
            QVERIFY(!find(rows, absent)->remark.isEmpty());
        }

        ParametersModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        model.setRows(rows);
        const auto at = [&](const QString& name, int column = ParametersModel::ValueColumn) {
            return model.index(static_cast<int>(find(rows, name) - rows.data()), column);
        };
        QSignalSpy edited(&model, &ParametersModel::edited);
        QCOMPARE(at(u"downtime-limit"_s).data().toString(), u"300 ms"_s);
        QVERIFY(model.setData(at(u"downtime-limit"_s), 20, Qt::EditRole));
        QVERIFY(model.setData(at(u"cpu-throttle-tailslow"_s), Qt::Checked, Qt::CheckStateRole));
        QCOMPARE(model.chosen(),
            (QJsonObject{ { u"downtime-limit"_s, 20 }, { u"cpu-throttle-tailslow"_s, true } }));
        QCOMPARE(edited.size(), 2);
        // The source's own value is no choice.
        QVERIFY(model.setData(at(u"downtime-limit"_s), 300, Qt::EditRole));
        QVERIFY(!model.chosen().contains(u"downtime-limit"_s));
        model.reset(at(u"cpu-throttle-tailslow"_s).row());
        QVERIFY(model.chosen().isEmpty());
        QVERIFY(!(model.flags(at(u"handover"_s)) & Qt::ItemIsEnabled));
        QVERIFY(!model.setData(at(u"handover"_s), u"prepared"_s, Qt::EditRole));
    }

    void parametersOfTheEmbeddedVmm()
    {
        const op::Facts source = facts(QStringLiteral(CUTOVER_RESOURCES "/qmp-schema.json"));
        const auto rows = parameterRows(&source);
        const ParameterRow* handover = find(rows, u"handover"_s);
        QVERIFY(handover);
        QCOMPARE(handover->type, ParameterRow::Type::Choice);
        QVERIFY(handover->choices.contains(u"early-stop"_s));
        QCOMPARE(find(rows, u"migrate-fds"_s)->type, ParameterRow::Type::Switch);
        QVERIFY(parameterRows(nullptr).empty());
    }

    void offers()
    {
        QVERIFY(offersOf(nullptr) == Offers());
        op::Facts source = facts(QStringLiteral(CUTOVER_TEST_DATA "/qmp-schema-11.1.json"));
        source.modes = { u"normal"_s, u"cpr-reboot"_s, u"cpr-transfer"_s, u"cpr-exec"_s };
        source.offersChannels = true;
        QVERIFY(offersOf(&source) == Offers());
        source.modes.removeAll(u"cpr-exec"_s);
        QVERIFY(offersOf(&source).refusedModes[u"cpr-exec"_s].contains(u"10.2"));
        source.modes.removeAll(u"cpr-transfer"_s);
        QVERIFY(offersOf(&source).refusedModes[u"cpr-transfer"_s].contains(u"11.1.3"));
    }

    void attachHelpIsACommand()
    {
        op::SessionRequest request;
        request.destination.kind = op::DestinationSpec::Kind::Attach;
        QVERIFY(attachHelp(request, {}).command.isEmpty());
        request.destination = suggestedPaths(u"web 07"_s, u"/run/user/1"_s);
        QCOMPARE(request.destination.qmpPath, u"/run/user/1/web_07-new.qmp"_s);
        const QStringList source{ u"/usr/bin/qemu"_s, u"-m"_s, u"1G"_s, u"-qmp"_s,
            u"unix:/run/vm.qmp,server=on,wait=off"_s, u"-snapshot"_s };
        const AttachHelp help = attachHelp(request, source);
        const auto words = splitCommand(help.command);
        QVERIFY(words);
        QVERIFY(words->contains(u"unix:/run/user/1/web_07-new.qmp,server=on,wait=off"_s));
        QVERIFY(help.command.contains(u"addr.path=/run/user/1/web_07-new.cpr"));
        QVERIFY(words->contains(u"-S"_s));
        QVERIFY(!help.command.contains(u"-trace"));
        QCOMPARE(help.conflicts.size(), 1);
        request.mode = u"normal"_s;
        QVERIFY(!attachHelp(request, source).command.contains(u"cpr,"));
        const AttachHelp unknown = attachHelp(request, {});
        QVERIFY(unknown.command.startsWith(u"-qmp"));
    }

    void waitingDestinations()
    {
        op::DiscoveredVmm waiting = vmm(9, u"new"_s);
        QVERIFY(!waitingDestination(waiting));
        waiting.waitsForCprState = true;
        waiting.facts.incoming
            = { { .option = 0, .kind = op::IncomingSpec::Kind::Cpr, .text = {}, .path = u"/run/new.cpr"_s },
                  { .option = 1, .kind = op::IncomingSpec::Kind::Defer, .text = {}, .path = {} } };
        const auto destination = waitingDestination(waiting);
        QVERIFY(destination);
        QCOMPARE(destination->qmpPath, u"/run/new.qmp"_s);
        QCOMPARE(destination->cprPath, u"/run/new.cpr"_s);
        QVERIFY(destination->mainPath.isEmpty());
    }

    void commandsAreSplitAsByAShell()
    {
        QCOMPARE(splitCommand(u"qemu -name 'a b' \\\n  -m 1G"_s).value_or(QStringList()),
            (QStringList{ u"qemu"_s, u"-name"_s, u"a b"_s, u"-m"_s, u"1G"_s }));
        QVERIFY(!splitCommand(u"qemu 'open"_s));
        QVERIFY(!splitCommand(u"qemu | tee log"_s));
        const QStringList odd{ u"/opt/q e/qemu"_s, u"-append"_s, u"root=/dev/vda \"x\" $HOME 'y'"_s,
            u"-empty"_s, QString() };
        QCOMPARE(splitCommand(op::shellLine(odd)).value_or(QStringList()), odd);
    }
};

QTEST_MAIN(TestStartModels)
#include "tst_startmodels.moc"
