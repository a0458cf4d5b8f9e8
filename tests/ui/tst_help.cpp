// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "help/guide.h"
#include "help/guideview.h"
#include "help/guidewindow.h"
#include "help/shortcutsheet.h"
#include "help/vmmversions.h"
#include "mainwindow.h"

#include <KAboutData>
#include <KConfigGroup>
#include <KLocalizedString>
#include <KSharedConfig>

#include <QAction>
#include <QDockWidget>
#include <QLineEdit>
#include <QPrinter>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTreeWidget>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The guide as text, in its window, and from the main window; the shortcut sheet; the versions.
class TestHelp : public QObject
{
    Q_OBJECT
private:
    static void save(QWidget& widget, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (!folder.isEmpty())
            QVERIFY(widget.grab().save(folder + u'/' + name + u".png"));
    }

    static GuideWindow* guideOf(MainWindow& window) { return window.findChild<GuideWindow*>(); }

private Q_SLOTS:
    void initTestCase()
    {
        test::setUp();
        KAboutData::setApplicationData({ u"cutover"_s, u"Cutover"_s, u"0.1.0"_s,
            u"Live-update the process that runs a virtual machine"_s, KAboutLicense::GPL_V3 });
    }
    void init() { test::startAfresh({ u"GuideWindow"_s, u"Shortcuts"_s }); }

    void anchors()
    {
        QCOMPARE(guideAnchor(u"The main button"_s), u"the-main-button"_s);
        QCOMPARE(guideAnchor(u"1. “Évidence”: yes!"_s), u"1-évidence-yes"_s);
        QCOMPARE(guideHeadings(u"# A\ntext\n```\n# not this\n```\n## B c #\n"_s),
            (QStringList{ u"A"_s, u"B c"_s }));
        QCOMPARE(guideLinks(u"[a](b.md) and ![c](d.png \"t\") [e](action:f)"_s),
            (QStringList{ u"b.md"_s, u"d.png"_s, u"action:f"_s }));
    }

    void pagesAreWhole_data()
    {
        QTest::addColumn<QString>("id");
        const Guide guide = Guide::load();
        for (const GuidePage& page : guide.pages())
            QTest::newRow(qPrintable(page.id)) << page.id;
    }
    void pagesAreWhole()
    {
        QFETCH(const QString, id);
        const Guide guide = Guide::load();
        const GuidePage* page = guide.find(id);
        QVERIFY(page->text.startsWith(u"# "));
        QVERIFY(page->text.size() > 200);
        const QStringList inIndex = guideLinks(guide.find(u"index")->text);
        QVERIFY2(id == u"index" || inIndex.contains(id + u".md"), "the index does not link to it");

        test::ScriptedSession session;
        const MainWindow window(&session);
        for (const QString& target : guideLinks(page->text)) {
            if (target.startsWith(u"action:")) {
                QVERIFY2(window.actionGroups().find(target.sliced(7)), qPrintable(target));
                continue;
            }
            if (target.startsWith(u"https://"))
                continue;
            const QString other = target.section(u'#', 0, 0);
            const QString anchor = target.section(u'#', 1);
            const GuidePage* linked = other.isEmpty() ? page : guide.find(QStringView(other).chopped(3));
            QVERIFY2(linked && (other.isEmpty() || other.endsWith(u".md")), qPrintable(target));
            QStringList anchors;
            for (const QString& heading : guideHeadings(linked->text))
                anchors.append(guideAnchor(heading));
            QVERIFY2(anchor.isEmpty() || anchors.contains(anchor), qPrintable(target));
        }
    }

    void searches()
    {
        QTemporaryDir folder;
        const auto write = [&folder](const QString& name, const QByteArray& text) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(text);
        };
        write(u"zebra.md"_s, "# Zebra\nIt has **stripes**.\n\n## Food\nGrass, and [water](index.md).\n");
        write(u"alpha.md"_s, "# Alpha\nNothing here.\n");
        write(u"index.md"_s, "# Contents\n- [Z](zebra.md)\n");
        const Guide guide = Guide::load(folder.path());
        QStringList order;
        for (const GuidePage& page : guide.pages())
            order.append(page.id);
        QCOMPARE(order, (QStringList{ u"index"_s, u"zebra"_s, u"alpha"_s }));
        QCOMPARE(guide.search(u"  "_s).size(), 0);
        QCOMPARE(guide.search(u"STRIPES"_s).value(0).page, u"zebra"_s);
        const QList<GuideHit> hits = guide.search(u"water grass"_s);
        QCOMPARE(hits.size(), 1);
        QCOMPARE(hits[0].heading, u"Food"_s);
        QCOMPARE(hits[0].excerpt, u"Grass, and water."_s);
        QVERIFY(guide.search(u"grass stripes"_s).isEmpty());
    }

    void guideByMouseAndKey()
    {
        GuideWindow window;
        test::show(window);
        GuideView* view = window.view();
        QCOMPARE(view->page(), u"index"_s);
        save(window, u"guide-index"_s);
        window.showPage(u"glossary"_s);
        save(window, u"guide-glossary"_s);
        auto* contents = window.findChild<QTreeWidget*>(u"guideContents"_s);
        QVERIFY(contents->currentItem()->text(0) == window.guide().find(u"glossary")->title);
        QTest::keyClick(&window, Qt::Key_Left, Qt::AltModifier);
        QTRY_COMPARE(view->page(), u"index"_s);
        QTest::keyClick(&window, Qt::Key_Right, Qt::AltModifier);
        QTRY_COMPARE(view->page(), u"glossary"_s);

        QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
        auto* search = window.findChild<QLineEdit*>();
        QVERIFY(search->hasFocus());
        QTest::keyClicks(search, u"reopened"_s);
        QVERIFY(contents->topLevelItemCount() > 1);
        QTest::keyClick(search, Qt::Key_Return);
        QVERIFY(!view->extraSelections().isEmpty());
        save(window, u"guide-search"_s);
        QTest::keyClicks(search, u" xyzzy"_s);
        QCOMPARE(contents->topLevelItemCount(), 1);
        QVERIFY(!(contents->topLevelItem(0)->flags() & Qt::ItemIsEnabled));
        search->clear();
        QCOMPARE(contents->topLevelItemCount(), static_cast<int>(window.guide().pages().size()));

        window.showPage(u"troubleshooting"_s, u"the-preflight-refuses"_s);
        QCOMPARE(view->textCursor().block().text(), u"The preflight refuses"_s);
        QTest::keyClick(&window, Qt::Key_Home, Qt::AltModifier);
        QTRY_COMPARE(view->page(), u"index"_s);
        window.showPage(u"no-such-page"_s);
        QCOMPARE(view->page(), u"index"_s);
        QTest::keyClick(&window, Qt::Key_Escape);
        QVERIFY(!window.isVisible());
    }

    void linksDoWhatTheySay()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        window.resize(1280, 800);
        test::show(window);
        window.actionGroups().find(u"help_guide"_s)->trigger();
        GuideWindow* guide = guideOf(window);
        QVERIFY(guide->isVisible());
        Q_EMIT guide->view()->anchorClicked(QUrl(u"start.md"_s));
        QCOMPARE(guide->view()->page(), u"start"_s);
        save(*guide, u"guide-start"_s);
        // Not possible now: the guide says why.
        Q_EMIT guide->view()->anchorClicked(QUrl(u"action:session_migrate"_s));
        QVERIFY(session.calls.isEmpty());
        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
        Q_EMIT guide->view()->anchorClicked(QUrl(u"action:session_migrate"_s));
        QCOMPARE(session.calls, QStringList{ u"migrate"_s });
    }

    void contextHelp()
    {
        test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        window.resize(1280, 800);
        test::show(window);
        const Guide guide = Guide::load();
        for (QDockWidget* dock : window.findChildren<QDockWidget*>()) {
            dock->show();
            dock->raise();
            dock->widget()->setFocus();
            const QString page = guidePageFor(window.focusWidget());
            QVERIFY2(page != u"index", qPrintable(dock->objectName() + u" has no page in the guide"_s));
            QTest::keyClick(&window, Qt::Key_F1);
            QVERIFY(guideOf(window)->isVisible());
            if (guide.find(page))
                QCOMPARE(guideOf(window)->view()->page(), page);
            window.activateWindow();
        }
    }

    void sheetHasEveryAction()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window);
        window.actionGroups().find(u"help_shortcuts"_s)->trigger();
        auto* sheet = window.findChild<ShortcutSheet*>();
        QVERIFY(sheet->isVisible());
        auto* tree = sheet->findChild<QTreeWidget*>();
        const auto shown = [tree] {
            QStringList texts;
            for (int i = 0; i < tree->topLevelItemCount(); ++i) {
                for (int j = 0; j < tree->topLevelItem(i)->childCount(); ++j) {
                    if (!tree->topLevelItem(i)->child(j)->isHidden())
                        texts.append(tree->topLevelItem(i)->child(j)->text(0));
                }
            }
            return texts;
        };
        QCOMPARE(shown().size(), window.actionGroups().all().size());
        save(*sheet, u"shortcuts"_s);
        QTest::keyClicks(sheet->findChild<QLineEdit*>(), u"ctrl+m"_s);
        QCOMPARE(shown(), QStringList{ u"Migrate"_s });

        QTemporaryDir folder;
        QPrinter printer;
        printer.setOutputFileName(folder.filePath(u"sheet.pdf"_s));
        sheet->print(&printer);
        QFile pdf(folder.filePath(u"sheet.pdf"_s));
        QVERIFY(pdf.open(QIODevice::ReadOnly));
        QVERIFY(pdf.readAll().startsWith("%PDF"));
        const QString html = shortcutSheetHtml(window.actionGroups().groups());
        for (const QAction* action : window.actionGroups().all())
            QVERIFY2(html.contains(KLocalizedString::removeAcceleratorMarker(action->text()).toHtmlEscaped()),
                qPrintable(action->text()));
    }

    void shortcutsAreKept()
    {
        test::ScriptedSession session;
        const QString id = u"session_migrate"_s;
        KConfigGroup group = KSharedConfig::openConfig()->group(u"Shortcuts"_s);
        group.writeEntry(id, u"Ctrl+Shift+M"_s);
        {
            MainWindow window(&session);
            QCOMPARE(window.actionGroups().find(id)->shortcut(), QKeySequence(u"Ctrl+Shift+M"_s));
        }
        group.deleteEntry(id);
        MainWindow window(&session);
        QCOMPARE(window.actionGroups().find(id)->shortcut(), QKeySequence(u"Ctrl+M"_s));
    }

    void versions_data()
    {
        QTest::addColumn<QString>("output");
        QTest::addColumn<QString>("version");
        QTest::newRow("QEMU") << u"QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1)\nCopyright (c) …\n"_s
                              << u"11.1.3 (Debian 1:11.1.3+ds-1)"_s;
        QTest::newRow("ours") << u"cutover-vmm 0.1.0\n"_s << u"0.1.0"_s;
        QTest::newRow("something else") << u"command not found\n"_s << QString();
    }
    void versions()
    {
        QFETCH(const QString, output);
        QTEST(vmmVersion(output), "version");
    }

    void versionsOfPrograms()
    {
        QTemporaryDir folder;
        const auto script = [&folder](const QString& name, const QByteArray& text) {
            QFile file(folder.filePath(name));
            if (!file.open(QIODevice::WriteOnly))
                qFatal("%s", qPrintable(file.errorString()));
            file.write("#!/bin/sh\n" + text);
            file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
            return file.fileName();
        };
        const QString good = script(u"good"_s, "echo 'QEMU emulator version 10.0.8'\n");
        const QString bad = script(u"bad"_s, "exit 1\n");
        QList<VmmProgram> programs;
        QObject parent;
        auto* versions = new VmmVersions({ bad, good, folder.filePath(u"absent"_s) }, &parent);
        connect(versions, &VmmVersions::found, this, [&programs](const auto& found) { programs = found; });
        QTRY_COMPARE(programs.size(), 1);
        QCOMPARE(programs[0].path, good);
        QCOMPARE(programs[0].version, u"10.0.8"_s);
        QSignalSpy none(new VmmVersions({}, &parent), &VmmVersions::found);
        QTRY_COMPARE(none.size(), 1);
    }

    void aboutNamesVersions()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window);
        window.actionGroups().find(u"help_about"_s)->trigger();
        QTRY_VERIFY(window.findChild<QDialog*>());
        save(*window.findChild<QDialog*>(), u"about"_s);
    }
};

QTEST_MAIN(TestHelp)
#include "tst_help.moc"
