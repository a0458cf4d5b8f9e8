// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "autorecord/automaticrecording.h"
#include "autorecord/recordingfolder.h"
#include "mainwindow.h"
#include "preferences.h"
#include "preferences/applypreferences.h"
#include "preferences/preferencesdialog.h"
#include "start/startpanel.h"

#include "timeline/recording.h"

#include <KColorSchemeManager>
#include <KPageWidget>

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The preferences and what they do; the recordings that are made by themselves.
class TestPreferences : public QObject
{
    Q_OBJECT
private:
    static void show(QWidget& window)
    {
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
    }

    static PreferencesDialog* open(MainWindow& window)
    {
        window.actionGroups().find(u"settings_preferences"_s)->trigger();
        return window.findChild<PreferencesDialog*>();
    }

    static void press(PreferencesDialog* dialog, QDialogButtonBox::StandardButton which)
    {
        QTest::mouseClick(dialog->button(which), Qt::LeftButton);
    }

    static void save(QWidget& widget, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (folder.isEmpty())
            return;
        QTest::qWait(200); // until the layout has settled
        QVERIFY(widget.grab().save(folder + u'/' + name + u".png"));
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support)"_s));
        Preferences::self()->setDefaults();
        applyTextScale();
        KColorSchemeManager::instance()->activateScheme({});
    }
    void cleanupTestCase()
    {
        Preferences::self()->setDefaults();
        Preferences::self()->save();
    }

    void choicesReachTheRequest()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        PreferencesDialog* dialog = open(window);
        QVERIFY(dialog->isVisible());
        QVERIFY(!dialog->button(QDialogButtonBox::Apply)->isEnabled());
        dialog->findChild<QComboBox*>(u"kcfg_Mode"_s)->setCurrentIndex(1);
        dialog->findChild<QCheckBox*>(u"kcfg_KeepSource"_s)->click();
        dialog->findChild<QSpinBox*>(u"kcfg_SwitchoverSeconds"_s)->setValue(7);
        QVERIFY(dialog->button(QDialogButtonBox::Apply)->isEnabled());
        press(dialog, QDialogButtonBox::Ok);

        window.startPanel()->setSource(u"/run/vm/qmp.sock"_s);
        window.findChild<QPushButton*>(u"connectButton"_s)->click();
        QCOMPARE(session.asked.mode, u"normal"_s);
        QVERIFY(session.asked.keepSource);
        QCOMPARE(session.asked.limits.switchoverMs, 7000);
        QCOMPARE(session.asked.limits.connectMs, op::SessionLimits().connectMs);
        QCOMPARE(session.asked.source.qmpPath, u"/run/vm/qmp.sock"_s);
    }

    void everyPageFits()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        PreferencesDialog* dialog = open(window);
        auto* pages = dialog->findChild<KPageWidget*>();
        auto* list = pages->findChild<QAbstractItemView*>();
        QVERIFY(list);
        const QAbstractItemModel* model = list->model();
        QCOMPARE(model->rowCount(), 3);
        for (int row = 0; row < model->rowCount(); ++row) {
            list->setCurrentIndex(model->index(row, 0));
            save(*dialog, u"preferences-%1"_s.arg(row));
            for (const QWidget* control : dialog->findChildren<QWidget*>()) {
                if (control->isVisible() && control->objectName().startsWith(u"kcfg_"))
                    QVERIFY2(!control->accessibleName().isEmpty() || qobject_cast<const QCheckBox*>(control),
                        qPrintable(control->objectName()));
            }
        }
    }

    void defaultsAreThoseOfTheSession()
    {
        op::SessionRequest request;
        applyDefaults(request);
        const op::SessionRequest plain;
        QCOMPARE(request.mode, plain.mode);
        QCOMPARE(request.guarded, plain.guarded);
        QCOMPARE(request.keepSource, plain.keepSource);
        QCOMPARE(request.traceSource, plain.traceSource);
        QCOMPARE(request.limits.connectMs, plain.limits.connectMs);
        QCOMPARE(request.limits.launchMs, plain.limits.launchMs);
        QCOMPARE(request.limits.monitorMs, plain.limits.monitorMs);
        QCOMPARE(request.limits.switchoverMs, plain.limits.switchoverMs);
    }

    void textScales()
    {
        const double before = QApplication::font().pointSizeF();
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        PreferencesDialog* dialog = open(window);
        dialog->findChild<QSpinBox*>(u"kcfg_TextScale"_s)->setValue(150);
        press(dialog, QDialogButtonBox::Apply);
        QCOMPARE(QApplication::font().pointSizeF(), before * 1.5);
        QTRY_COMPARE(window.font().pointSizeF(), before * 1.5);
        QTRY_VERIFY(dialog->width() >= dialog->sizeHint().width());
        save(*dialog, u"preferences-large"_s);
        press(dialog, QDialogButtonBox::RestoreDefaults);
        press(dialog, QDialogButtonBox::Ok);
        QCOMPARE(QApplication::font().pointSizeF(), before);
    }

    void schemeIsChosen()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        PreferencesDialog* dialog = open(window);
        auto* scheme = dialog->findChild<QComboBox*>(u"scheme"_s);
        const int dark = scheme->findText(u"Breeze Dark"_s);
        QVERIFY(dark > 0);
        scheme->setCurrentIndex(dark);
        QVERIFY(dialog->button(QDialogButtonBox::Apply)->isEnabled());
        press(dialog, QDialogButtonBox::Apply);
        QTRY_VERIFY(window.palette().color(QPalette::Window).lightnessF() < 0.5F);
        QVERIFY(!dialog->button(QDialogButtonBox::Apply)->isEnabled());
        save(*dialog, u"preferences-dark"_s);
        press(dialog, QDialogButtonBox::RestoreDefaults);
        QCOMPARE(scheme->currentIndex(), 0);
        press(dialog, QDialogButtonBox::Ok);
        QTRY_VERIFY(window.palette().color(QPalette::Window).lightnessF() > 0.5F);
    }

    void namesOfRecordings()
    {
        const QDateTime time(QDate(2026, 11, 21), QTime(14, 2, 11, 318));
        QCOMPARE(recordingName(time, u"web-07"_s), u"20261121-140211-318-web-07.cutover"_s);
        QCOMPARE(recordingName(time, u"../a b\n"_s), u"20261121-140211-318-___a_b_.cutover"_s);
        QCOMPARE(recordingName(time, {}), u"20261121-140211-318-guest.cutover"_s);
        QVERIFY(isRecordingName(recordingName(time, QString(500, u'é'))));
        QVERIFY(recordingName(time, QString(500, u'é')).toUtf8().size() < 255);
        QVERIFY(!isRecordingName(u"before-the-update.cutover"_s));
    }

    void surplus()
    {
        const QList<StoredRecording> stored{ { u"20261121-100000-000-a.cutover"_s, 100 },
            { u"20261121-120000-000-a.cutover"_s, 100 }, { u"keep-me.cutover"_s, 100'000 },
            { u"20261121-110000-000-b.cutover"_s, 100 } };
        QCOMPARE(surplusRecordings(stored, { .count = 3, .bytes = 1000 }), QStringList());
        QCOMPARE(surplusRecordings(stored, { .count = 2, .bytes = 1000 }),
            QStringList{ u"20261121-100000-000-a.cutover"_s });
        QCOMPARE(surplusRecordings(stored, { .count = 9, .bytes = 250 }),
            QStringList{ u"20261121-100000-000-a.cutover"_s });
        // The newest stays, however large.
        QCOMPARE(surplusRecordings(stored, { .count = 1, .bytes = 10 }),
            (QStringList{ u"20261121-110000-000-b.cutover"_s, u"20261121-100000-000-a.cutover"_s }));
    }

    void recordsByItself()
    {
        QTemporaryDir folder;
        Preferences::setRecordingFolder(folder.filePath(u"new/one"_s));
        Preferences::setRecordingsKept(1);
        test::ScriptedSession session;
        session.source.name = u"web/07"_s;
        QStringList paths;
        for (int run = 0; run < 2; ++run) {
            AutomaticRecording recording(&session);
            connect(&recording, &AutomaticRecording::finished, this,
                [&paths](const QString& path) { paths.append(path); });
            session.go(op::state::Checking{});
            session.events.append(
                { .category = timeline::Category::Check, .name = u"before"_s, .attributes = {} });
            session.go(op::state::Ready{});
            session.go(op::state::Moving{});
            session.events.append(
                { .category = timeline::Category::Action, .name = u"within"_s, .attributes = {} });
            session.go(op::state::Finished{});
            session.events.append(
                { .category = timeline::Category::Action, .name = u"after"_s, .attributes = {} });
            QTRY_COMPARE(paths.size(), run + 1);
            const auto written = timeline::readRecording(paths.last());
            QVERIFY(written.has_value());
            QCOMPARE(written->events.size(), session.events.size() - 1);
            QCOMPARE(written->events.back().name, u"within"_s);
        }
        QVERIFY(!QFile::exists(paths[0]));
        QVERIFY(QFile::exists(paths[1]));
    }

    void recordsOnlyIfAsked()
    {
        QTemporaryDir folder;
        Preferences::setRecordingFolder(folder.filePath(u"none"_s));
        Preferences::setRecordAll(false);
        test::ScriptedSession session;
        {
            const AutomaticRecording recording(&session);
            session.go(op::state::Moving{});
            session.go(op::state::Finished{});
        }
        QVERIFY(!QFile::exists(folder.filePath(u"none"_s)));
    }

    void saysThatItCannotRecord()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(u"file"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        Preferences::setRecordingFolder(folder.filePath(u"file/below"_s));
        test::ScriptedSession session;
        AutomaticRecording recording(&session);
        QSignalSpy failed(&recording, &AutomaticRecording::failed);
        session.go(op::state::Moving{});
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(!failed[0][0].value<Error>().remedy.isEmpty());
    }
};

QTEST_MAIN(TestPreferences)
#include "tst_preferences.moc"
