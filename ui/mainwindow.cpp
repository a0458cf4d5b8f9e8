// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "mainwindow.h"

#include "log/logactions.h"
#include "nextstep.h"
#include "panels/breakdownbar.h"
#include "panels/eventspanel.h"
#include "panels/rankdelegate.h"
#include "panels/startpanel.h"
#include "panels/tablepanel.h"
#include "qmp/qmppanel.h"
#include "timeline/timelinepanel.h"
#include "tracelog/tracepanel.h"
#include "widgets/actionbutton.h"
#include "widgets/endpointcard.h"
#include "widgets/failurebox.h"
#include "widgets/phasestrip.h"
#include "widgets/sessioncard.h"

#include "colours.h"
#include "format.h"
#include "models/fdlist.h"
#include "timeline/phases.h"

#include <KCommandBar>
#include <KLocalizedString>

#include <QCloseEvent>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QIcon>
#include <QLabel>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

/// Breeze is drawn once for light and once for dark; only where KDE's icon engine is installed does one of
/// the two follow the palette.
static void useIconsFor(const QPalette& palette)
{
    const QString light = QStringLiteral("breeze");
    const QString dark = QStringLiteral("breeze-dark");
    const QString now = QIcon::fallbackThemeName();
    const QString wanted = Colours::of(palette).isDark() ? dark : light;
    if (now == wanted || (now != light && now != dark))
        return;
    QIcon::setFallbackThemeName(wanted);
    if (!QIcon::hasThemeIcon(QStringLiteral("go-next")))
        QIcon::setFallbackThemeName(now);
}

/// What the pause was, once it is known to be over.
static QString statusText(const op::SessionState& state, const timeline::PauseBreakdown& pause)
{
    const QString sentence = op::stateSentence(state);
    const bool moved = std::holds_alternative<op::state::Migrated>(state)
        || std::holds_alternative<op::state::Finished>(state);
    return moved && pause.isKnown() ? i18nc("a sentence and a sentence", "%1 The guest was paused for %2.",
                                          sentence, durationText(pause.pause.valueNs))
                                    : sentence;
}

MainWindow::MainWindow(SessionModel* session, QWidget* parent)
    : QMainWindow(parent)
    , m_session(session)
{
    setWindowTitle(i18n("Cutover"));
    auto* centre = new QWidget(this);
    m_failure = new FailureBox(centre);
    m_pages = new QStackedWidget(centre);
    m_start = new StartPanel([session] { return session->discover(); }, m_pages);
    m_pages->addWidget(m_start);
    m_pages->addWidget(makeSessionPage());
    auto* layout = new QVBoxLayout(centre);
    layout->addWidget(m_failure);
    layout->addWidget(m_pages, 1);
    setCentralWidget(centre);

    m_status = new QLabel(this);
    m_status->setAccessibleName(i18n("Status"));
    m_recording = new QLabel(this);
    m_recording->setAccessibleName(i18n("Number of recorded events"));
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_recording);

    useIconsFor(palette());
    makeDocks();
    makeActions();
    connectSession();
    connectSelection();
    restoreLayout();
    updateState();
    updateEndpoints();
    updateChecks();
    updateScene();
    showStart(m_session->record().isEmpty());
}

MainWindow::~MainWindow() = default;

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        useIconsFor(palette());
}

QWidget* MainWindow::makeSessionPage()
{
    auto* page = new QWidget(m_pages);
    m_source = new EndpointCard(Side::Source, page);
    m_card = new SessionCard(page);
    m_destination = new EndpointCard(Side::Destination, page);
    m_phases = new PhaseStrip(page);
    m_timeline = new TimelinePanel(m_session->record(), page);
    auto* cards = new QHBoxLayout;
    cards->setSpacing(8);
    cards->addWidget(m_source, 3);
    cards->addWidget(m_card, 2);
    cards->addWidget(m_destination, 3);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->setSpacing(8);
    layout->addLayout(cards);
    layout->addWidget(m_phases);
    layout->addWidget(m_timeline, 1);
    return page;
}

void MainWindow::makeDocks()
{
    m_fdPanel = new TablePanel(i18n("Devices and fds"),
        i18n("The descriptors of the guest’s memory and devices appear here once the source has named them "
             "in its trace."),
        &m_fds);
    m_fdPanel->view()->setItemDelegate(
        new RankDelegate(RankDelegate::Scale::Rank, FdModel::RankRole, m_fdPanel));
    m_fdPanel->setMinimumWidth(fontMetrics().averageCharWidth() * 30);
    QHeaderView* fdHeader = m_fdPanel->view()->header();
    fdHeader->setSectionResizeMode(QHeaderView::ResizeToContents);
    fdHeader->setStretchLastSection(false);
    fdHeader->setSectionResizeMode(FdModel::WhatColumn, QHeaderView::Stretch);

    m_breakdownPanel = new TablePanel(i18n("Pause breakdown"),
        i18n("After a migration this says what the pause was spent on."), &m_breakdown);
    m_breakdownPanel->setBanner(new BreakdownBar(m_breakdown, m_breakdownPanel));
    m_breakdownPanel->view()->setRootIsDecorated(true);
    QHeaderView* header = m_breakdownPanel->view()->header();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(BreakdownModel::WhatColumn, QHeaderView::Stretch);
    header->setSectionResizeMode(BreakdownModel::TimeColumn, QHeaderView::ResizeToContents);
    header->setSectionResizeMode(BreakdownModel::ShareColumn, QHeaderView::ResizeToContents);

    m_checkPanel = new TablePanel(i18n("Preflight"),
        i18n("Connect to a source: what could go wrong is checked before anything is changed."), &m_checks);
    m_checkPanel->view()->setItemDelegateForColumn(CheckModel::VerdictColumn,
        new RankDelegate(RankDelegate::Scale::Verdict, CheckModel::VerdictRole, m_checkPanel));
    m_checkPanel->setColumnWidths({ 13, 34, 50, 40 });

    m_qmp = new QmpPanel(m_session);
    m_trace = new TracePanel(m_session);
    m_logs = new LogActions({ m_qmp->log(), m_trace->log() }, this);
    m_events = new EventsPanel(m_session->record());

    addDock(QStringLiteral("fdsDock"), i18n("Devices and Fds"), m_fdPanel);
    addDock(QStringLiteral("breakdownDock"), i18n("Pause Breakdown"), m_breakdownPanel);
    addDock(QStringLiteral("qmpDock"), i18n("QMP"), m_qmp);
    addDock(QStringLiteral("preflightDock"), i18n("Preflight"), m_checkPanel);
    addDock(QStringLiteral("eventsDock"), i18n("Events"), m_events);
    addDock(QStringLiteral("traceDock"), i18n("Trace"), m_trace);
}

void MainWindow::connectSession()
{
    connect(m_session, &SessionModel::stateChanged, this, &MainWindow::updateState);
    connect(m_session, &SessionModel::endpointsChanged, this, &MainWindow::updateEndpoints);
    connect(m_session, &SessionModel::checksChanged, this, &MainWindow::updateChecks);
    connect(m_session, &SessionModel::verified, this, [this] {
        m_timeline->refresh();
        m_timeline->showPause();
    });
    connect(m_session, &SessionModel::labChanged, this, [this] {
        m_start->setBusy(m_session->isLabStarting());
        updateActions();
    });
    connect(m_session, &SessionModel::noted, this,
        [this](const op::Failure& note) { m_failure->showFailure(note, FailureBox::Weight::Note); });
    connect(
        m_session, &SessionModel::failed, this, [this](const Error& error) { m_failure->showError(error); });
    connect(m_card, &SessionCard::changed, this, [this] {
        if (m_actions.find(QStringLiteral("session_check"))->isEnabled())
            checkAgain();
    });
    connect(m_start, &StartPanel::connectRequested, this, &MainWindow::begin);
    connect(m_start, &StartPanel::labRequested, this, &MainWindow::startLab);
    connect(m_timeline, &TimelinePanel::sceneChanged, this, &MainWindow::updateScene);
}

void MainWindow::connectSelection()
{
    connect(m_timeline, &TimelinePanel::eventSelected, m_events, &EventsPanel::selectEvent);
    connect(m_events, &EventsPanel::eventSelected, m_timeline, &TimelinePanel::selectEvent);
    connect(m_timeline, &TimelinePanel::eventSelected, m_logs, &LogActions::selectEvent);
    connect(m_events, &EventsPanel::eventSelected, m_logs, &LogActions::selectEvent);
    connect(m_logs, &LogActions::eventSelected, this, [this](std::size_t event) {
        m_timeline->selectEvent(event);
        m_events->selectEvent(event);
    });
    connect(m_logs, &LogActions::timelineWanted, this,
        [this] { m_timeline->setFocus(Qt::ShortcutFocusReason); });
    connect(m_logs, &LogActions::wanted, this, &MainWindow::bringForward);
    connect(m_qmp, &QmpPanel::wanted, this, &MainWindow::bringForward);
    connect(m_trace, &TracePanel::wanted, this, &MainWindow::bringForward);
}

void MainWindow::begin(op::SessionRequest request)
{
    m_card->fill(request);
    m_failure->clear();
    const auto begun = m_session->begin(request);
    report(begun);
    if (begun)
        showStart(false);
}

void MainWindow::checkAgain()
{
    op::SessionRequest request = m_session->request();
    m_card->fill(request);
    m_failure->clear();
    report(m_session->check(request));
}

void MainWindow::startLab(const QString& binary)
{
    m_failure->clear();
    op::SessionRequest request;
    m_card->fill(request);
    report(m_session->startLab(binary, request));
}

void MainWindow::report(const Result<void>& result)
{
    if (!result)
        m_failure->showError(result.error());
}

void MainWindow::showStart(bool start)
{
    const bool changes = m_pages->currentIndex() != (start ? 0 : 1);
    if (start)
        hideDocks();
    m_pages->setCurrentIndex(start ? 0 : 1);
    // The page that is not shown must not keep the window from being small.
    for (int i = 0; i < m_pages->count(); ++i) {
        const auto policy = i == m_pages->currentIndex() ? QSizePolicy::Preferred : QSizePolicy::Ignored;
        m_pages->widget(i)->setSizePolicy(policy, policy);
    }
    m_pages->updateGeometry();
    if (!start) {
        centralWidget()->layout()->activate();
        showDocks();
    }
    updateActions();
    if (changes || !focusWidget())
        (start ? static_cast<QWidget*>(m_start) : m_card->mainButton())->setFocus(Qt::OtherFocusReason);
}

void MainWindow::updateState()
{
    const op::SessionState& state = m_session->state();
    if (isUnderWay(state))
        showStart(false);
    m_card->setState(state);
    m_status->setText(statusText(state, m_timeline->scene().pause));
    const auto failure = m_session->failure();
    if (failure
        && (std::holds_alternative<op::state::Failed>(state)
            || std::holds_alternative<op::state::Stranded>(state)))
        m_failure->showFailure(*failure, FailureBox::Weight::Error);
    else if (isUnderWay(state))
        m_failure->clear();
    updateActions();
}

void MainWindow::updateEndpoints()
{
    const bool begun = !std::holds_alternative<op::state::Idle>(m_session->state());
    m_source->setStatus(m_session->endpoint(Side::Source), begun);
    m_destination->setStatus(m_session->endpoint(Side::Destination), begun);
    const QString guest = m_session->endpoint(Side::Source).name;
    setWindowTitle(guest.isEmpty() ? i18n("Cutover") : i18nc("guest, program", "%1 — Cutover", guest));
}

void MainWindow::updateChecks()
{
    m_checks.setChecks(m_session->checks());
    const auto& checks = m_session->checks();
    m_checkPanel->setSummary(m_checks.summary());
    const op::Verdict worst = op::worst(checks);
    for (QDockWidget* dock : std::as_const(m_docks)) {
        if (dock->widget() != m_checkPanel)
            continue;
        dock->setWindowTitle(checks.empty()     ? i18n("Preflight")
                : worst == op::Verdict::Refuse  ? i18n("Preflight ✕")
                : worst == op::Verdict::Warning ? i18n("Preflight !")
                                                : i18n("Preflight ✓"));
        if (worst == op::Verdict::Refuse)
            dock->raise();
    }
}

void MainWindow::updateScene()
{
    const auto events = m_session->record().events();
    m_phases->setPhases(timeline::phases(events));
    m_fds.setRows(fdList(events));
    m_fdPanel->setSummary(m_fds.summary());
    const timeline::PauseBreakdown& pause = m_timeline->scene().pause;
    m_breakdown.setBreakdown(pause);
    m_status->setText(statusText(m_session->state(), pause));
    m_breakdownPanel->setSummary(pause.isKnown()
            ? i18n("%1 · %2", durationText(pause.pause.valueNs), evidenceTitle(pause.pause.tier))
            : QString());
    m_recording->setText(i18np("%1 event", "%1 events", static_cast<int>(events.size())));
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (isUnderWay(m_session->state()) && !m_closeAnnounced) {
        m_closeAnnounced = true;
        m_failure->showError({ .code = ErrorCode::Busy,
            .attempt = i18n("close the window"),
            .object = {},
            .cause = i18n("a migration is under way"),
            .remedy = i18n("Cancel it, or close again: the guest goes on on one side, and “cutoverctl "
                           "rescue” finds the pair.") });
        event->ignore();
        return;
    }
    saveLayout();
    QMainWindow::closeEvent(event);
}

} // namespace cutover::ui
