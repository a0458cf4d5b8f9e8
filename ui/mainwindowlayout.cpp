// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "mainwindow.h"

#include "runs/runspanel.h"
#include "timeline/timelinepanel.h"

#include <KConfigGroup>
#include <KSharedConfig>

#include <QDockWidget>
#include <QScreen>
#include <QVBoxLayout>

#include <utility>

namespace cutover::ui {

/// To be raised whenever a saved layout of an older version would not show all docks.
static constexpr int layoutVersion = 3;

/// A window of fewer lines of text is small.
static constexpr int smallWindowLines = 42;

/// Of the window's height, in percent.
static constexpr int leastRunsShare = 45;

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(QStringLiteral("MainWindow"));
}

QDockWidget* MainWindow::addDock(const QString& id, const QString& title, QWidget* content)
{
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(id);
    // A floating dock cannot be docked again on every Wayland compositor.
    dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetClosable);
    content->setParent(dock);
    content->layout()->setContentsMargins(6, 2, 6, 6);
    dock->setWidget(content);
    m_docks.append(dock);
    return dock;
}

QDockWidget* MainWindow::dockOf(const QWidget* content) const
{
    const auto dock = std::ranges::find_if(
        m_docks, [content](const QDockWidget* each) { return each->isAncestorOf(content); });
    Q_ASSERT(dock != m_docks.end());
    return *dock;
}

void MainWindow::goToDock(QDockWidget* dock)
{
    const QWidget* focus = focusWidget();
    if (focus && dock->isAncestorOf(focus) && dock->isVisible()) {
        dock->hide();
        m_timeline->setFocus(Qt::ShortcutFocusReason);
        return;
    }
    showStart(false);
    dock->show();
    dock->raise();
    if (dock->isAncestorOf(m_runs) && dock->height() < height() * leastRunsShare / 100)
        resizeDocks({ dock }, { height() * leastRunsShare / 100 }, Qt::Vertical);
    dock->widget()->setFocus(Qt::ShortcutFocusReason);
}

void MainWindow::bringForward(const QWidget* content)
{
    showStart(false);
    QDockWidget* dock = dockOf(content);
    dock->show();
    dock->raise();
}

void MainWindow::applyDefaultLayout()
{
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    QDockWidget* fds = m_docks[0];
    QDockWidget* breakdown = m_docks[1];
    QDockWidget* qmp = m_docks[2];
    for (QDockWidget* dock : std::as_const(m_docks))
        removeDockWidget(dock);
    addDockWidget(Qt::RightDockWidgetArea, fds);
    splitDockWidget(fds, breakdown, Qt::Vertical);
    // On a small screen everything beside the timeline shares one place.
    if (height() < fontMetrics().height() * smallWindowLines)
        tabifyDockWidget(breakdown, qmp);
    else
        addDockWidget(Qt::BottomDockWidgetArea, qmp);
    QDockWidget* runs = dockOf(m_runs);
    QDockWidget* last = qmp;
    for (QDockWidget* dock : m_docks.sliced(3)) {
        // Tables and plots beside each other need the width of the window.
        if (dock == runs && dockWidgetArea(qmp) != Qt::BottomDockWidgetArea)
            addDockWidget(Qt::BottomDockWidgetArea, dock);
        else
            tabifyDockWidget(std::exchange(last, dock), dock);
    }
    for (QDockWidget* dock : std::as_const(m_docks))
        dock->setVisible(dock != runs);
    if (dockWidgetArea(qmp) == Qt::BottomDockWidgetArea)
        qmp->raise();
    else
        breakdown->raise();
    resizeDocks({ fds }, { width() * 31 / 100 }, Qt::Horizontal);
    resizeDocks({ fds, breakdown }, { height() / 2, height() / 2 }, Qt::Vertical);
    resizeDocks({ qmp }, { height() * 3 / 10 }, Qt::Vertical);
}

void MainWindow::resetLayout()
{
    const bool hidden = !m_hiddenLayout.isEmpty();
    m_hiddenLayout.clear();
    applyDefaultLayout();
    if (hidden)
        hideDocks();
}

void MainWindow::restoreLayout()
{
    const KConfigGroup group = settings();
    if (!restoreGeometry(group.readEntry("Geometry", QByteArray()))) {
        const QSize available = screen()->availableSize();
        resize(QSize(1400, 880).boundedTo(available));
    }
    applyDefaultLayout();
    restoreState(group.readEntry("State", QByteArray()), layoutVersion);
}

void MainWindow::saveLayout()
{
    KConfigGroup group = settings();
    group.writeEntry("Geometry", saveGeometry());
    group.writeEntry("State", m_hiddenLayout.isEmpty() ? saveState(layoutVersion) : m_hiddenLayout);
    group.sync();
}

void MainWindow::hideDocks()
{
    if (!m_hiddenLayout.isEmpty())
        return;
    m_hiddenLayout = saveState(layoutVersion);
    for (QDockWidget* dock : std::as_const(m_docks))
        dock->hide();
}

void MainWindow::showDocks()
{
    if (m_hiddenLayout.isEmpty())
        return;
    restoreState(m_hiddenLayout, layoutVersion);
    m_hiddenLayout.clear();
    // Sizes that docks are given before they have ever been shown do not stay.
    if (settings().readEntry("State", QByteArray()).isEmpty())
        resizeDocks({ m_docks[0] }, { width() * 31 / 100 }, Qt::Horizontal);
}

} // namespace cutover::ui
