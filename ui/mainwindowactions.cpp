// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "mainwindow.h"

#include "log/logactions.h"
#include "nextstep.h"
#include "panels/startpanel.h"
#include "qmp/qmppanel.h"
#include "timeline/timelinepanel.h"
#include "tracelog/tracepanel.h"
#include "widgets/actionbutton.h"
#include "widgets/failurebox.h"
#include "widgets/sessioncard.h"

#include "operator/sessionmachine.h"

#include <KAboutData>
#include <KActionMenu>
#include <KColorSchemeManager>
#include <KColorSchemeMenu>
#include <KCommandBar>
#include <KLocalizedString>

#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QStackedWidget>

namespace cutover::ui {

void MainWindow::makeActions()
{
    makeSessionActions();
    makeViewActions();
    for (QAction* action : m_timeline->timelineActions())
        m_actions.add(i18n("Timeline"), action);
    m_qmp->addActions(m_actions);
    m_logs->addActions(m_actions);
    m_trace->addActions(m_actions);
    const QString help = i18n("Help");
    QAction* commands = m_actions.add(help, QStringLiteral("help_commands"), i18n("Find a Command…"),
        QStringLiteral("search"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_I), this);
    connect(commands, &QAction::triggered, this, &MainWindow::showCommands);
    QAction* about = m_actions.add(help, QStringLiteral("help_about"), i18n("About Cutover"),
        QStringLiteral("help-about"), QKeySequence(Qt::CTRL | Qt::Key_F1), this);
    connect(about, &QAction::triggered, this, &MainWindow::showAbout);
    makeMenus();
    updateActions();
}

void MainWindow::makeSessionActions()
{
    const QString group = i18n("Session");
    const auto add
        = [&](const char* id, const QString& text, const char* icon, const QKeySequence& keys, auto slot) {
              QAction* action = m_actions.add(
                  group, QString::fromLatin1(id), text, QString::fromLatin1(icon), keys, this);
              connect(action, &QAction::triggered, this, slot);
          };
    add("session_connect", i18n("Connect…"), "network-connect", Qt::CTRL | Qt::Key_O,
        [this] { showStart(true); });
    add("session_lab", i18n("Start a QEMU Pair"), "media-playback-start", Qt::CTRL | Qt::Key_L,
        [this] { startLab(m_start->labBinary()); });
    add("session_check", i18n("Check Again"), "view-refresh", Qt::Key_F5, [this] { checkAgain(); });
    add("session_migrate", i18n("Migrate"), "go-next", Qt::CTRL | Qt::Key_M,
        [this] { report(m_session->migrate()); });
    add("session_cancel", i18n("Cancel"), "dialog-cancel", Qt::CTRL | Qt::Key_Period,
        [this] { report(m_session->cancel()); });
    add("session_finish", i18n("Finish"), "dialog-ok-apply", Qt::CTRL | Qt::Key_E,
        [this] { report(m_session->finish()); });
    add("session_next", i18n("Do What Comes Next"), "", Qt::CTRL | Qt::Key_Return, [this] {
        if (m_mainAction && m_mainAction->isEnabled())
            m_mainAction->trigger();
    });
    add("session_quit", i18n("Quit"), "application-exit", Qt::CTRL | Qt::Key_Q, [this] { close(); });
}

void MainWindow::makeViewActions()
{
    const QString group = i18n("View");
    int number = 1;
    for (QDockWidget* dock : std::as_const(m_docks)) {
        QAction* go = m_actions.add(group, u"view_" + dock->objectName(), dock->windowTitle(), {},
            QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + number++)), this);
        go->setToolTip(i18n("Goes there; from there, closes it"));
        connect(go, &QAction::triggered, this, [this, dock] { goToDock(dock); });
    }
    QAction* timeline = m_actions.add(group, QStringLiteral("view_timeline"), i18n("Go to the Timeline"), {},
        QKeySequence(Qt::CTRL | Qt::Key_T), this);
    connect(timeline, &QAction::triggered, this, [this] {
        showStart(false);
        m_timeline->setFocus(Qt::ShortcutFocusReason);
    });
    QAction* reset = m_actions.add(group, QStringLiteral("view_reset"), i18n("Reset Layout"),
        QStringLiteral("view-restore"), QKeySequence(Qt::CTRL | Qt::Key_0), this);
    connect(reset, &QAction::triggered, this, &MainWindow::resetLayout);
}

void MainWindow::makeMenus()
{
    for (const KCommandBar::ActionGroup& group : m_actions.groups()) {
        QMenu* menu = menuBar()->addMenu(group.name);
        menu->setToolTipsVisible(true);
        for (QAction* action : group.actions) {
            const QString id = action->objectName();
            if (id == u"session_check" || id == u"session_quit" || id == u"view_timeline"
                || id == u"timeline_fit")
                menu->addSeparator();
            menu->addAction(action);
        }
        if (group.actions.first()->objectName().startsWith(u"view_")) {
            menu->addSeparator();
            menu->addAction(KColorSchemeMenu::createMenu(KColorSchemeManager::instance(), this));
        }
    }
}

void MainWindow::updateActions()
{
    if (!m_actions.find(QStringLiteral("session_connect")))
        return;
    const op::SessionState& state = m_session->state();
    const auto action = [this](const char* id) { return m_actions.find(QString::fromLatin1(id)); };
    const bool looking
        = std::holds_alternative<op::state::Ready>(state) || std::holds_alternative<op::state::Failed>(state);
    const Result<void> canCheck = looking
        ? Result<void>()
        : failure(ErrorCode::Refused, i18n("check"), {},
              isUnderWay(state) ? i18n("a migration is under way") : i18n("no source is connected"));
    allow(
        action("session_connect"), m_session->canBegin(), i18n("Choose the VMM whose guest is to be moved"));
    allow(action("session_lab"), m_session->canBegin(), i18n("Start a QEMU of our own in a private folder"));
    allow(action("session_check"), canCheck, i18n("Look again at what could go wrong"));
    allow(action("session_migrate"), op::canMigrate(state), i18n("Move the guest to the destination"));
    allow(action("session_cancel"), op::canCancel(state), i18n("Stop; the guest stays on the source"));
    allow(action("session_finish"), op::canFinish(state),
        i18n("End the source; the destination takes its place"));

    const NextStepInfo next = nextStep(state, m_session->request().keepSource);
    switch (next.step) {
    case NextStep::Connect:
        m_mainAction = action("session_connect");
        break;
    case NextStep::Check:
        m_mainAction = action("session_check");
        break;
    case NextStep::Migrate:
        m_mainAction = action("session_migrate");
        break;
    case NextStep::Cancel:
        m_mainAction = action("session_cancel");
        break;
    case NextStep::Finish:
        m_mainAction = action("session_finish");
        break;
    }
    m_card->mainButton()->setAction(m_mainAction);
    m_card->mainButton()->setText(next.label);
    m_card->mainButton()->setAccessibleName(next.label);
    m_card->mainButton()->setEnabled(next.enabled && m_mainAction->isEnabled());
    m_card->mainButton()->setToolTip(next.reason);
}

void MainWindow::showCommands()
{
    if (!m_commandBar)
        m_commandBar = new KCommandBar(this);
    m_commandBar->setActions(m_actions.groups());
    m_commandBar->show();
}

void MainWindow::showAbout()
{
    const KAboutData about = KAboutData::applicationData();
    QMessageBox::about(this, i18n("About Cutover"),
        i18n("<h3>%1 %2</h3><p>%3</p><p>Qt %4</p>", about.displayName(), about.version(),
            about.shortDescription(), QString::fromLatin1(qVersion())));
}

} // namespace cutover::ui
