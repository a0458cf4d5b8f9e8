// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "mainwindow.h"

#include <KLocalizedString>
#include <KSharedConfig>

#include <QAction>
#include <QDockWidget>
#include <QRegularExpression>
#include <QSize>
#include <QStandardPaths>
#include <QTest>

/// What every test of the window needs before and around what it tests.
namespace cutover::ui::test {

/// Deadlines only end a test that hangs.
inline constexpr int deadlineMs = 120'000;

/// For initTestCase(): the settings and recordings of the user are neither read nor written. \a
/// runtimeFolder: where pairs, labs and sockets go; empty: where they always go.
inline void setUp(const QString& runtimeFolder = {})
{
    QStandardPaths::setTestModeEnabled(true);
    if (!runtimeFolder.isEmpty())
        qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtimeFolder));
    KLocalizedString::setApplicationDomain("cutover");
}

/// For init(): a warning fails the test, and the window, as well as what \a groups of the settings keep, is
/// as on the first day.
inline void startAfresh(const QStringList& groups = {})
{
    // The offscreen platform says this of what it has no window manager for.
    QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
    for (const QString& group : QStringList{ QStringLiteral("MainWindow") } + groups)
        KSharedConfig::openConfig()->deleteGroup(group);
}

/// Without a size, as large as it wants to be.
inline void show(QWidget& window, QSize size = {})
{
    if (size.isValid())
        window.resize(size);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.activateWindow();
    QTest::qWait(0);
}

inline QAction* action(const MainWindow& window, const QString& id)
{
    return window.actionGroups().find(id);
}

inline QDockWidget* raise(MainWindow& window, const QString& name)
{
    auto* dock = window.findChild<QDockWidget*>(name);
    dock->show();
    dock->raise();
    std::ignore = QTest::qWaitFor([&] { return !dock->visibleRegion().isEmpty(); });
    return dock;
}

/// For whoever looks at it: in the folder CUTOVER_SCREENSHOTS, if that is set.
inline void save(const QImage& image, const QString& name)
{
    const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
    if (!folder.isEmpty())
        QVERIFY(image.save(folder + u'/' + name + QStringLiteral(".png")));
}

/// \a settleMs: for what is laid out and animated. Costs time only where pictures are wanted.
inline void save(QWidget& widget, const QString& name, int settleMs = 200)
{
    if (qEnvironmentVariableIsEmpty("CUTOVER_SCREENSHOTS"))
        return;
    QTest::qWait(settleMs);
    save(widget.grab().toImage(), name);
}

} // namespace cutover::ui::test
