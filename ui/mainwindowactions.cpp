// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "mainwindow.h"

#include "breakdown/breakdownpanel.h"
#include "demo/demostrip.h"
#include "devices/devicespanel.h"
#include "exports/exporter.h"
#include "help/help.h"
#include "log/logactions.h"
#include "nextstep.h"
#include "panels/eventspanel.h"
#include "preferences/applypreferences.h"
#include "preferences/preferencesdialog.h"
#include "preflight/preflightpanel.h"
#include "pulse/pulsepanel.h"
#include "qmp/qmppanel.h"
#include "replay/recordings.h"
#include "rescue/rescuepanel.h"
#include "runs/runspanel.h"
#include "start/setuppanel.h"
#include "start/startpanel.h"
#include "timeline/timelinepanel.h"
#include "tracelog/tracepanel.h"
#include "widgets/actionbutton.h"
#include "widgets/endpointcard.h"
#include "widgets/failurebox.h"
#include "widgets/sessioncard.h"

#include "operator/sessionmachine.h"

#include <KActionMenu>
#include <KColorSchemeManager>
#include <KColorSchemeMenu>
#include <KCommandBar>
#include <KLocalizedString>

#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>
#include <QStackedWidget>

namespace cutover::ui {

void MainWindow::makeActions()
{
    m_recordings->addActions(m_actions);
    m_exporter->addActions(m_actions);
    makeSessionActions();
    m_start->addActions(m_actions);
    m_setup->addActions(m_actions);
    makeViewActions();
    m_devices->addActions(m_actions);
    m_timeline->addActions(m_actions);
    m_preflight->addActions(m_actions);
    m_source->addActions(m_actions);
    m_destination->addActions(m_actions);
    m_breakdown->addActions(m_actions);
    m_pulse->addActions(m_actions);
    QAction* preferences
        = m_actions.add(i18n("Settings"), QStringLiteral("settings_preferences"), i18n("Preferences…"),
            QStringLiteral("configure"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Comma), this);
    preferences->setToolTip(i18n("Colours, text size, recordings, and what a migration starts with"));
    connect(preferences, &QAction::triggered, this, &MainWindow::showPreferences);
    m_events->addActions(m_actions);
    m_qmp->addActions(m_actions);
    m_logs->addActions(m_actions);
    m_trace->addActions(m_actions);
    m_runs->addActions(m_actions);
    const QString help = i18n("Help");
    QAction* commands = m_actions.add(help, QStringLiteral("help_commands"), i18n("Find a Command…"),
        QStringLiteral("search"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_I), this);
    connect(commands, &QAction::triggered, this, &MainWindow::showCommands);
    m_rescue->addActions(m_actions);
    m_demo->addActions(m_actions);
    m_help = new Help(m_actions, this);
    m_help->addActions(m_actions);
    m_help->loadShortcuts();
    makeMenus();
    m_start->offerActions(m_actions);
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
    add("session_lab", i18n("Start a Lab Pair"), "media-playback-start", Qt::CTRL | Qt::Key_L,
        [this] { startLab(lab::LabRequest::of(m_start->labBinary()), m_start->defaults()); });
    add("session_check", i18n("Check Again"), "view-refresh", Qt::Key_F5, [this] { checkAgain(); });
    add("session_migrate", i18n("Migrate"), "go-next", Qt::CTRL | Qt::Key_M,
        [this] { report(m_session->migrate()); });
    add("session_cancel", i18n("Cancel"), "dialog-cancel", Qt::CTRL | Qt::Key_Period,
        [this] { report(m_session->cancel()); });
    add("session_finish", i18n("Finish"), "dialog-ok-apply", Qt::CTRL | Qt::Key_E,
        [this] { report(m_session->finish()); });
    add("session_rescue", i18n("Rescue…"), "help-hint", Qt::CTRL | Qt::ALT | Qt::Key_0, [this] {
        if (!m_session->rescueView())
            takeUpLeftPair();
        m_rescue->goToSteps();
    });
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
        // Behind the nine there are Ctrl+Alt+9, Ctrl+Alt+8, …
        const bool second = number > 9;
        const auto key = static_cast<Qt::Key>(Qt::Key_0 + (second ? 19 - number : number));
        ++number;
        QAction* go = m_actions.add(group, u"view_" + dock->objectName(), dock->windowTitle(), {},
            QKeySequence(second ? Qt::CTRL | Qt::ALT | key : Qt::CTRL | key), this);
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
    QMenu* session = nullptr;
    for (const KCommandBar::ActionGroup& group : m_actions.groups()) {
        const QString first = group.actions.first()->objectName();
        // Runs are many sessions.
        QMenu* menu = first.startsWith(u"runs_") && session ? session->addMenu(group.name)
                                                            : menuBar()->addMenu(group.name);
        if (first == u"session_connect")
            session = menu;
        menu->setToolTipsVisible(true);
        for (QAction* action : group.actions) {
            const QString id = action->objectName();
            if (id == u"session_quit")
                continue;
            if (id == u"session_check" || id == u"preflight_fix" || id == u"source_copy_pid"
                || id == u"pulse_gap" || id == u"view_timeline" || id == u"timeline_fit")
                menu->addSeparator();
            menu->addAction(action);
            if (id == u"recording_open")
                menu->addMenu(m_recordings->recentMenu());
        }
        // Panels add their actions after it.
        if (group.actions.contains(m_actions.find(QStringLiteral("session_quit")))) {
            menu->addSeparator();
            menu->addAction(m_actions.find(QStringLiteral("session_quit")));
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
    allow(action("session_lab"), m_session->canBegin(),
        i18n("Start a guest to try things on, in a private folder and network"));
    const Result<void> canDrive = m_session->canDrive();
    const auto drive = [&](const char* id, const Result<void>& allowed, const QString& tip) {
        allow(action(id), canDrive ? allowed : canDrive, tip);
    };
    drive("session_check", canCheck, i18n("Look again at what could go wrong"));
    drive("session_migrate", op::canMigrate(state), i18n("Move the guest to the destination"));
    drive("session_cancel", op::canCancel(state), i18n("Stop; the guest stays on the source"));
    drive("session_finish", op::canFinish(state), i18n("End the source; the destination takes its place"));
    // Files are not looked for while the guest may be standing still.
    const bool canRescue
        = canDrive && (m_session->rescueView() || (!isUnderWay(state) && !m_session->leftPairs().isEmpty()));
    drive("session_rescue",
        canRescue ? Result<void>()
                  : failure(ErrorCode::Refused, i18n("rescue"), {}, i18n("no migration was left unfinished")),
        i18n("Says what can be done for a guest whose migration was left unfinished"));
    m_recordings->updateActions();
    m_exporter->updateActions();
    if (m_recordings->isShown()) {
        m_mainAction = m_recordings->mainAction();
        m_card->mainButton()->setAction(m_mainAction);
        return;
    }

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
    case NextStep::Rescue:
        m_mainAction = action("session_rescue");
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

void MainWindow::showPreferences()
{
    const PreferencesDialog* dialog = PreferencesDialog::open(this);
    connect(dialog, &PreferencesDialog::settingsChanged, this, &MainWindow::applyPreferences,
        Qt::UniqueConnection);
    connect(dialog, &PreferencesDialog::helpRequested, m_help,
        [this] { m_help->showGuide(QStringLiteral("preferences")); });
}

void MainWindow::applyPreferences()
{
    op::SessionRequest request;
    applyDefaults(request);
    m_start->setDefaults(request);
    if (m_card->choose(request) && m_actions.find(QStringLiteral("session_check"))->isEnabled())
        checkAgain();
}

} // namespace cutover::ui
