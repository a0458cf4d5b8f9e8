// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devicesfixture.h"

#include "devices/devicemodel.h"
#include "devices/devicespanel.h"
#include "devices/devicetext.h"
#include "fixture.h"

#include <KLocalizedString>
#include <KMessageWidget>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QCheckBox>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using Mode = QAbstractItemModelTester::FailureReportingMode;
using Stage = DeviceTree::Stage;

class TestDevices : public QObject
{
    Q_OBJECT
private:
    static QString effectOf(const DeviceModel& model, const QString& device)
    {
        return model.indexOf(device).siblingAtColumn(DeviceModel::EffectColumn).data().toString();
    }
    static QString stateOf(const DeviceModel& model, const QString& device)
    {
        return model.indexOf(device).siblingAtColumn(DeviceModel::StateColumn).data().toString();
    }

private Q_SLOTS:
    void initTestCase() { KLocalizedString::setApplicationDomain("cutover"); }
    void init() { QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support)"_s)); }

    void planBeforeTheMigration()
    {
        DeviceModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        model.setTree(deviceTree(std::vector{ test::inventoryEvent({ .disk = false }) }));
        QCOMPARE(model.tree().stage, Stage::Planned);
        QCOMPARE(model.rowCount(), 5);
        QVERIFY2(effectOf(model, u"net0"_s).startsWith(u"passes: both switches are on"),
            qPrintable(effectOf(model, u"net0"_s)));
        QVERIFY(effectOf(model, u"disk0"_s).startsWith(u"reopened: the device’s switch is off"));
        QCOMPARE(model.indexOf(u"disk0"_s).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
        QCOMPARE(model.indexOf(u"net0"_s).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
        const QModelIndex queue = model.index(1, DeviceModel::NumbersColumn, model.indexOf(u"net0"_s));
        QCOMPARE(queue.data().toString(), u"15 → —"_s);
        QCOMPARE(queue.siblingAtColumn(DeviceModel::NameColumn).data().toString(), u"net0, id 1"_s);
        const QString spoken
            = queue.siblingAtColumn(DeviceModel::NameColumn).data(Qt::AccessibleTextRole).toString();
        QVERIFY2(spoken.contains(u"net0") && spoken.contains(u"passes"), qPrintable(spoken));
        // The client that is not there is counted nowhere.
        QCOMPARE(countFds(model.tree()).total, 8);
        QCOMPARE(summaryOf(model.tree()), u"6 fds pass · 2 do not · follows the mode cpr-transfer"_s);
    }

    void refusedRouteIsSaidOfAll()
    {
        test::Switches switches;
        switches.global = false;
        const DeviceTree tree = deviceTree(std::vector{ test::inventoryEvent(switches) });
        QCOMPARE(tree.refusedRoute.effect, op::FdEffect::Refused);
        for (const DeviceNode& node : tree.devices)
            QCOMPARE(node.prediction.effect, op::FdEffect::Refused);
        QVERIFY(summaryOf(tree).startsWith(u"8 fds are refused"));
    }

    void progressAndProof()
    {
        DeviceModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        std::vector<timeline::Event> events{ test::inventoryEvent({ .disk = false }) };
        events.push_back(test::qmp(Side::Source, true, 1000, "{}", u"migrate"_s));
        events.push_back(test::trace(Side::Source, u"cpr_save_fd"_s, u"net0"_s, 0, 14));
        model.setTree(deviceTree(events));
        QCOMPARE(model.tree().stage, Stage::Moving);
        const QModelIndex first = model.index(0, DeviceModel::StateColumn, model.indexOf(u"net0"_s));
        QCOMPARE(first.data().toString(), u"saved"_s);
        events.push_back(test::trace(Side::Destination, u"cpr_find_fd"_s, u"net0"_s, 0, 21));
        model.setTree(deviceTree(events));
        QCOMPARE(first.data().toString(), u"claimed"_s);
        QCOMPARE(stateOf(model, u"net0"_s), u"1 of 3 claimed"_s);

        for (const auto& [name, id] : test::passingFds())
            events.push_back(test::proofEvent(name, id, u"same"_s));
        events.push_back(test::proofEvent(u"disk0"_s, 0, u"new"_s));
        events.push_back(test::proofEvent(u"disk0/kick"_s, 0, u"new"_s));
        model.setTree(deviceTree(events));
        QCOMPARE(model.tree().stage, Stage::Proved);
        QCOMPARE(stateOf(model, u"net0"_s), u"same file"_s);
        QCOMPARE(effectOf(model, u"net0"_s), u"passed"_s);
        QCOMPARE(stateOf(model, u"disk0"_s), u"new file"_s);
        QVERIFY(effectOf(model, u"disk0"_s).startsWith(u"reopened"));
        QCOMPARE(summaryOf(model.tree()), u"6 of 6 are the same open file · 2 new, as predicted"_s);

        // What the console saw and what it foretold are not the same thing.
        events.push_back(test::proofEvent(u"ballast0"_s, 0, u"different"_s));
        model.setTree(deviceTree(events));
        QCOMPARE(effectOf(model, u"ballast0"_s), u"not passed, against the prediction"_s);
        QCOMPARE(model.indexOf(u"ballast0"_s)
                     .siblingAtColumn(DeviceModel::EffectColumn)
                     .data(DeviceModel::RankRole)
                     .toInt(),
            int(Rank::Negative));

        // The next check plans anew.
        events.push_back(test::inventoryEvent({}));
        model.setTree(deviceTree(events));
        QCOMPARE(model.tree().stage, Stage::Planned);
        QVERIFY(effectOf(model, u"net0"_s).startsWith(u"passes"));
    }

    void capturedQemu()
    {
        DeviceModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        std::vector<timeline::Event> before = test::capturedTrace(Side::Source);
        std::erase_if(before, [](const timeline::Event& event) { return event.name == u"qemu_file_put_fd"; });
        model.setTree(deviceTree(before));
        QVERIFY(model.rowCount() > 0);
        const std::vector<timeline::Event> events = test::capturedMigration();
        model.setTree(deviceTree(events));
        QCOMPARE(model.tree().stage, Stage::Proved);
        const FdCounts counts = countFds(model.tree());
        QCOMPARE(counts.total, static_cast<int>(timeline::fdTable(events).size()));
        QCOMPARE(counts.same, counts.total);
        const QModelIndex device = model.index(0, 0);
        QVERIFY(model.rowCount(device) > 0);
        QCOMPARE(device.siblingAtColumn(DeviceModel::EffectColumn).data().toString(), u"passed"_s);
        const QModelIndex state = model.index(0, DeviceModel::StateColumn, device);
        QCOMPARE(state.data().toString(), u"same file"_s);
        QVERIFY(state.data(Qt::ToolTipRole).toString().contains(u"kcmp"));
    }

    void lostFdIsSaid()
    {
        std::vector<timeline::Event> events{ test::inventoryEvent({}) };
        events.push_back(test::qmp(Side::Source, true, 1000, "{}", u"migrate"_s));
        events.push_back(test::trace(Side::Source, u"cpr_save_fd"_s, u"ram0"_s, 0, 9));
        events.push_back({ .side = Side::Source,
            .timeNs = 2000,
            .category = timeline::Category::Trace,
            .name = u"qemu_file_put_fd"_s,
            .attributes = { { u"fd"_s, 9 }, { u"status"_s, 0 } } });
        events.push_back(test::trace(Side::Destination, u"cpr_find_fd"_s, u"ram0"_s, 0, -1));
        const DeviceTree tree = deviceTree(events);
        QCOMPARE(effectCell(*tree.find(u"ram0"_s), tree.stage).rank, Rank::Negative);
        QVERIFY(summaryOf(tree).startsWith(u"1 fd was lost"));
    }

    void switchesByMouseAndKey()
    {
        test::SwitchSession session;
        session.now = op::state::Ready{};
        session.events.append(test::inventoryEvent({}));
        DevicesPanel panel(&session);
        panel.resize(700, 400);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        QTreeView* view = panel.view();
        view->setFocus();
        view->setCurrentIndex(panel.model().indexOf(u"net0"_s));
        QTest::keyClick(view, Qt::Key_Space);
        QCOMPARE(session.switched, u"net0 off"_s);
        // At once as it is wanted, not only when the VMM has taken it.
        QCOMPARE(view->currentIndex().data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
        session.events.append(test::inventoryEvent({ .network = false }));
        QTRY_VERIFY(effectOf(panel.model(), u"net0"_s).startsWith(u"reopened"));
        QCOMPARE(view->currentIndex().data(DeviceModel::DeviceRole).toString(), u"net0"_s);

        // On an fd, space is for its device.
        view->expandAll();
        const QModelIndex disk = panel.model().indexOf(u"disk0"_s);
        view->setCurrentIndex(panel.model().index(1, DeviceModel::KindColumn, disk));
        QTest::keyClick(view, Qt::Key_Space);
        QCOMPARE(session.switched, u"disk0 off"_s);

        // A click on the box itself.
        view->scrollTo(panel.model().indexOf(u"ram0"_s));
        const QRect row = view->visualRect(panel.model().indexOf(u"ram0"_s));
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, QPoint(row.left() + 10, row.center().y()));
        QCOMPARE(session.switched, u"ram0 off"_s);

        auto* global = panel.findChild<QCheckBox*>(u"globalFdSwitch"_s);
        QVERIFY(global->text().contains(u"migrate-fds"));
        QVERIFY(global->isChecked());
        QTest::mouseClick(global, Qt::LeftButton, {}, QPoint(8, global->height() / 2));
        QCOMPARE(session.switched, u"global off"_s);
    }

    void refusedSwitchIsSaidInPlace()
    {
        test::SwitchSession session;
        session.now = op::state::Ready{};
        session.events.append(test::inventoryEvent({}));
        DevicesPanel panel(&session);
        panel.show();
        auto* message = panel.findChild<KMessageWidget*>();
        QVERIFY(message->isHidden());
        panel.view()->setCurrentIndex(panel.model().indexOf(u"net0"_s));
        QTest::keyClick(panel.view(), Qt::Key_Space);
        session.events.append({ .side = Side::Source,
            .timeNs = 5,
            .category = timeline::Category::Action,
            .name = u"switch"_s,
            .attributes = { { u"scope"_s, u"device"_s }, { u"device"_s, u"net0"_s },
                { u"property"_s, u"migrate-fds"_s }, { u"on"_s, false }, { u"ok"_s, false },
                { u"cause"_s, u"it is decided already"_s }, { u"remedy"_s, u"Start anew."_s } } });
        QTRY_VERIFY(!message->isHidden());
        QVERIFY2(message->text().contains(u"net0") && message->text().contains(u"it is decided already")
                && message->text().contains(u"Start anew."),
            qPrintable(message->text()));
        // The box is back where the VMM has it.
        QCOMPARE(panel.model().indexOf(u"net0"_s).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
    }

    void whatIsNotOfferedIsGrey()
    {
        test::SwitchSession session;
        session.now = op::state::Ready{};
        session.events.append(test::capturedMigration());
        DevicesPanel panel(&session);
        auto* global = panel.findChild<QCheckBox*>(u"globalFdSwitch"_s);
        QVERIFY(!global->isEnabled());
        QVERIFY2(
            global->toolTip().contains(u"neither “migrate-fds” nor “local”"), qPrintable(global->toolTip()));
        const QModelIndex device = panel.model().index(0, 0);
        QVERIFY(!(device.flags() & Qt::ItemIsUserCheckable));
        QVERIFY(device.data(Qt::ToolTipRole).toString().contains(u"no switches for single devices"));
        panel.view()->setCurrentIndex(device);
        QTest::keyClick(panel.view(), Qt::Key_Space);
        QVERIFY(session.switched.isEmpty());
        QVERIFY(panel.findChild<KMessageWidget*>()->text().contains(u"no switches for single devices"));
    }

    void nothingIsSetWhileAMigrationRuns()
    {
        test::SwitchSession session;
        session.now = op::state::Ready{};
        session.events.append(test::inventoryEvent({}));
        DevicesPanel panel(&session);
        Actions actions;
        panel.addActions(actions);
        panel.view()->setCurrentIndex(panel.model().indexOf(u"net0"_s));
        QVERIFY(actions.find(u"devices_switch"_s)->isEnabled());
        QVERIFY(actions.find(u"devices_pass"_s)->isEnabled());
        session.settable = failure(ErrorCode::Refused, u"set the switch"_s, {}, u"a migration runs"_s);
        session.go(op::state::Moving{});
        QVERIFY(!actions.find(u"devices_switch"_s)->isEnabled());
        QVERIFY(actions.find(u"devices_pass"_s)->toolTip().contains(u"a migration runs"));
    }

    /// A replayed recording has no VMM, but shows the same.
    void recordingShowsTheSame()
    {
        test::ScriptedSession replayed;
        replayed.events.append(test::inventoryEvent({ .disk = false }));
        test::SwitchSession live;
        live.now = op::state::Ready{};
        live.events.append(test::inventoryEvent({ .disk = false }));
        DevicesPanel one(&replayed);
        DevicesPanel other(&live);
        QCOMPARE(one.model().tree(), other.model().tree());
        QCOMPARE(one.summary(), other.summary());
        QVERIFY(!one.findChild<QCheckBox*>(u"globalFdSwitch"_s)->isEnabled());
        QVERIFY(one.findChild<QCheckBox*>(u"globalFdSwitch"_s)->isChecked());
    }

    void expansionSurvivesNewFds()
    {
        test::SwitchSession session;
        session.events.append(test::inventoryEvent({}));
        DevicesPanel panel(&session);
        panel.view()->expandAll();
        panel.view()->collapse(panel.model().indexOf(u"net0"_s));
        panel.view()->setCurrentIndex(panel.model().indexOf(u"disk0"_s));
        session.events.append(test::trace(Side::Source, u"cpr_save_fd"_s, u"net0/extra"_s, 0, 33));
        QTRY_COMPARE(panel.model().rowCount(panel.model().indexOf(u"net0"_s)), 4);
        QVERIFY(!panel.view()->isExpanded(panel.model().indexOf(u"net0"_s)));
        QVERIFY(panel.view()->isExpanded(panel.model().indexOf(u"disk0"_s)));
        QCOMPARE(panel.view()->currentIndex().data(DeviceModel::DeviceRole).toString(), u"disk0"_s);
    }
};

QTEST_MAIN(TestDevices)
#include "tst_devices.moc"
