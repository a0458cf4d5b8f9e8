// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "mainwindow.h"

#include "breakdown/breakdownpanel.h"
#include "demo/demostrip.h"
#include "demo/director.h"
#include "devices/devicespanel.h"
#include "exports/exporter.h"
#include "log/logactions.h"
#include "nextstep.h"
#include "panels/eventspanel.h"
#include "preferences/applypreferences.h"
#include "preflight/preflightpanel.h"
#include "pulse/pulsepanel.h"
#include "qmp/qmppanel.h"
#include "replay/recordings.h"
#include "replay/replaybar.h"
#include "rescue/closing.h"
#include "rescue/rescuepanel.h"
#include "runs/runspanel.h"
#include "start/setuppanel.h"
#include "start/startpanel.h"
#include "timeline/detailspanel.h"
#include "timeline/timelinepanel.h"
#include "tracelog/tracepanel.h"
#include "widgets/actionbutton.h"
#include "widgets/endpointcard.h"
#include "widgets/failurebox.h"
#include "widgets/phasestrip.h"
#include "widgets/sessioncard.h"

#include "colours.h"
#include "format.h"
#include "timeline/phases.h"

#include <KCommandBar>
#include <KLocalizedString>

#include <QCloseEvent>
#include <QDockWidget>
#include <QHBoxLayout>
#include <QIcon>
#include <QLabel>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QStatusBar>
#include <QVBoxLayout>

#include <algorithm>
#include <ranges>
#include <utility>

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
    if (!QIcon::hasThemeIcon(QStringLiteral("go-next"))) {
        // A platform without a desktop looks for themes among our own resources only.
        QIcon::setThemeSearchPaths(QIcon::themeSearchPaths()
            + QStandardPaths::locateAll(QStandardPaths::GenericDataLocation, QStringLiteral("icons"),
                QStandardPaths::LocateDirectory));
    }
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
    m_recordings = new Recordings(session, this);
    m_exporter = new Exporter(session, [this] { return m_timeline->picture(); }, this);
    auto* centre = new QWidget(this);
    m_failure = new FailureBox(centre);
    m_pages = new QStackedWidget(centre);
    m_start = new StartPanel([session] { return session->discoverer(); }, m_pages);
    m_pages->addWidget(m_start);
    m_pages->addWidget(makeSessionPage());
    auto* layout = new QVBoxLayout(centre);
    layout->addWidget(m_recordings->progress());
    layout->addWidget(m_failure);
    m_rescue = new RescuePanel(session, centre);
    layout->addWidget(m_rescue);
    layout->addWidget(m_pages, 1);
    m_director = new DemoDirector(session, this);
    m_demo = new DemoStrip(m_director, centre);
    layout->addWidget(m_demo);
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
    applyPreferences();
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
    layout->addWidget(m_recordings->bar());
    return page;
}

void MainWindow::makeDocks()
{
    m_devices = new DevicesPanel(m_session);
    m_devices->bindGlobalSwitch(m_card->fdSwitch());

    m_breakdown = new BreakdownPanel;
    m_preflight = new PreflightPanel(m_session);
    m_pulse = new PulsePanel(m_session);
    m_qmp = new QmpPanel(m_session);
    m_trace = new TracePanel(m_session);
    m_logs = new LogActions({ m_qmp->log(), m_trace->log() }, this);
    m_events = new EventsPanel(m_session->record());
    m_details = new DetailsPanel(m_timeline);
    m_setup = new SetupPanel(m_session);
    m_runs = new RunsPanel(m_session);

    addDock(QStringLiteral("fdsDock"), i18n("Devices and Fds"), m_devices);
    addDock(QStringLiteral("breakdownDock"), i18n("Pause Breakdown"), m_breakdown);
    addDock(QStringLiteral("qmpDock"), i18n("QMP"), m_qmp);
    addDock(QStringLiteral("preflightDock"), i18n("Preflight"), m_preflight);
    addDock(QStringLiteral("eventsDock"), i18n("Events"), m_events);
    addDock(QStringLiteral("pulseDock"), i18n("Pulse"), m_pulse);
    addDock(QStringLiteral("detailsDock"), i18n("Details"), m_details);
    addDock(QStringLiteral("setupDock"), i18n("Setup"), m_setup);
    addDock(QStringLiteral("traceDock"), i18n("Trace"), m_trace);
    addDock(QStringLiteral("runsDock"), i18n("Runs"), m_runs);
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
    connect(m_start, &StartPanel::labRequested, this,
        [this](const QString& program) { startLab(lab::LabRequest::of(program), m_start->defaults()); });
    connect(m_setup, &SetupPanel::activated, this, [this] { showStart(false); });
    connect(m_setup, &SetupPanel::checkRequested, this,
        [this](const op::SessionRequest& request) { checkAgain(request); });
    connect(m_timeline, &TimelinePanel::sceneChanged, this, &MainWindow::updateScene);
    connect(m_director, &DemoDirector::look, this, &MainWindow::lookAt);
    connect(m_demo, &DemoStrip::failed, m_failure, &FailureBox::showError);
    connect(m_session, &SessionModel::rescueChanged, this, &MainWindow::updateActions);
    m_closing = new Closing(m_session, this);
    connect(m_closing, &Closing::waiting, this,
        [this](const QString& sentence) { statusBar()->showMessage(sentence); });
    connect(
        m_recordings, &Recordings::failed, this, [this](const Error& error) { m_failure->showError(error); });
    connect(m_recordings, &Recordings::said, m_status, &QLabel::setText);
    connect(m_exporter, &Exporter::failed, this, [this](const Error& error) { m_failure->showError(error); });
    connect(m_exporter, &Exporter::saved, m_status,
        [this](const QString& path) { m_status->setText(i18n("Saved to %1.", path)); });
    connect(m_recordings, &Recordings::opened, this, &MainWindow::showRecording);
    // When the recording is at its end, and what follows from that is shown.
    connect(m_recordings, &Recordings::opened, this, &MainWindow::alignRun, Qt::QueuedConnection);
    connect(m_recordings, &Recordings::failed, this, [this] { m_wantedRun.reset(); });
    connect(m_runs, &RunsPanel::runWanted, this, &MainWindow::showRun);
    connect(m_runs, &RunsPanel::said, m_status, &QLabel::setText);
    connect(m_runs, &RunsPanel::mayCloseNow, this, &QWidget::close);
    connect(m_recordings, &Recordings::closed, this, &MainWindow::showRecording);
    connect(m_recordings, &Recordings::moved, this, [this] {
        m_timeline->setPlayPosition(m_session->nowNs());
        updateEndpoints();
    });
    connect(m_recordings, &Recordings::selectionWanted, this, [this] {
        if (const auto event = m_timeline->view()->selectedEvent())
            m_recordings->goTo(*event);
    });
}

void MainWindow::showRecording()
{
    m_failure->clear();
    showStart(!m_recordings->isShown());
    m_timeline->setPlayPosition(m_recordings->isShown() ? std::optional(m_session->nowNs()) : std::nullopt);
    m_card->setReplayed(m_recordings->isShown());
    updateState();
    updateEndpoints();
}

void MainWindow::connectSelection()
{
    connect(m_timeline, &TimelinePanel::eventSelected, m_events, &EventsPanel::selectEvent);
    connect(m_events, &EventsPanel::eventSelected, m_timeline, &TimelinePanel::selectEvent);
    connect(m_events, &EventsPanel::failed, m_failure, &FailureBox::showError);
    connect(m_events, &EventsPanel::exported, this,
        [this](const QString& path) { statusBar()->showMessage(i18n("Exported to %1", path), 10'000); });
    connect(m_details, &DetailsPanel::eventRequested, this, [this](std::size_t event) {
        m_timeline->selectEvent(event);
        m_events->selectEvent(event);
    });
    connect(m_timeline, &TimelinePanel::detailsRequested, this, [this] { goToDock(dockOf(m_details)); });
    const auto tellOrigins = [this] {
        m_events->model().setOrigins(
            m_timeline->scene().originNs, m_timeline->zoom().marker(ZoomControl::Marker::A).value_or(0));
    };
    connect(m_timeline, &TimelinePanel::sceneChanged, m_events, tellOrigins);
    connect(&m_timeline->zoom(), &ZoomControl::markersChanged, m_events, tellOrigins);
    tellOrigins();
    connect(m_phases, &PhaseStrip::chosen, this, &MainWindow::showSpan);
    connect(m_pulse, &PulsePanel::chosen, this, &MainWindow::showSpan);
    connect(m_breakdown, &BreakdownPanel::chosen, this, &MainWindow::showSpan);
    connect(m_breakdown, &BreakdownPanel::failed, m_session, &SessionModel::failed);
    connect(m_timeline->view(), &TimelineView::selectionChanged, this, [this] {
        const TimelineHit& hit = m_timeline->view()->selection();
        if (hit.kind != TimelineHit::Kind::Nothing && !hit.event)
            m_breakdown->select(hit.time);
    });
    connect(m_timeline, &TimelinePanel::eventSelected, this, [this](std::size_t event) {
        const qint64 at = m_session->record().whole()[event].timeNs;
        m_breakdown->select({ at, at + 1 });
    });
    connect(m_timeline, &TimelinePanel::eventSelected, m_logs, &LogActions::selectEvent);
    connect(m_events, &EventsPanel::eventSelected, m_logs, &LogActions::selectEvent);
    connect(m_logs, &LogActions::eventSelected, this, [this](std::size_t event) {
        m_timeline->selectEvent(event);
        m_events->selectEvent(event);
    });
    connect(
        m_logs, &LogActions::timelineWanted, this, [this] { m_timeline->setFocus(Qt::ShortcutFocusReason); });
    connect(m_logs, &LogActions::wanted, this, &MainWindow::bringForward);
    connect(m_qmp, &QmpPanel::wanted, this, &MainWindow::bringForward);
    connect(m_trace, &TracePanel::wanted, this, &MainWindow::bringForward);
}

void MainWindow::showRun(const QString& path, const Interval& pause, const Interval& around)
{
    m_failure->clear();
    m_wantedRun = WantedRun{ .path = path, .pause = pause, .around = around };
    m_recordings->open(path, Recordings::Remember::No);
}

/// The stop of each run of a series is at the same place, and a millisecond is as long.
void MainWindow::alignRun()
{
    const auto wanted = std::exchange(m_wantedRun, std::nullopt);
    if (!wanted || !m_recordings->isShown())
        return;
    m_timeline->refresh();
    if (wanted->around.isEmpty()) {
        m_timeline->showPause();
    } else {
        m_timeline->zoom().setSelection(wanted->pause);
        m_timeline->zoom().setRangeBeyond(wanted->around);
    }
    m_timeline->setFocus(Qt::OtherFocusReason);
}

void MainWindow::showSpan(const Interval& span)
{
    ZoomControl& zoom = m_timeline->zoom();
    zoom.setSelection(span);
    const Interval& range = zoom.range();
    const bool visible = range.contains(span.startNs) && range.contains(span.endNs - 1);
    // What is narrower than this share of the view is not seen as a stretch.
    if (!visible || span.length() < range.length() / 50)
        zoom.show({ span.startNs - span.length(), span.endNs + span.length() });
}

void MainWindow::begin(const op::SessionRequest& request)
{
    m_card->showRequest(request);
    m_start->setRequest(request);
    m_start->recent().begin(request);
    m_failure->clear();
    m_isConnecting = true;
    const auto begun = m_session->begin(request);
    report(begun);
    if (begun)
        showStart(false);
}

void MainWindow::checkAgain()
{
    op::SessionRequest request = m_session->request();
    m_card->fill(request);
    checkAgain(request);
}

void MainWindow::checkAgain(const op::SessionRequest& request)
{
    m_card->showRequest(request);
    m_failure->clear();
    report(m_session->check(request));
}

void MainWindow::startLab(const lab::LabRequest& lab, const op::SessionRequest& request)
{
    m_failure->clear();
    m_start->recent().leave();
    m_card->showRequest(request);
    report(m_session->startLab(lab, request));
}

void MainWindow::showDemo(const DemoRequest& request)
{
    report(m_director->start(request));
}

void MainWindow::takeUpLeftPair()
{
    const QList<op::PairJournal> pairs = m_session->leftPairs();
    if (!pairs.isEmpty())
        report(m_session->attachPair(pairs.first().folder));
}

void MainWindow::closeUnasked()
{
    m_closing->closeUnasked();
}

void MainWindow::lookAt(const QString& what)
{
    if (what.isEmpty())
        return;
    showStart(false);
    if (what == u"timeline")
        m_timeline->showPause();
    if (auto* dock = findChild<QDockWidget*>(what)) {
        dock->show();
        dock->raise();
    }
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
    if (isUnderWay(state) || std::holds_alternative<op::state::Stranded>(state))
        showStart(false);
    if (m_recordings->isShown())
        m_card->showRequest(m_session->request());
    m_card->setState(state);
    m_status->setText(statusText(state, m_timeline->scene().pause));
    const auto failure = m_session->failure();
    m_start->recent().update(m_session->endpoint(Side::Source), state);
    m_card->setOffers(offersOf(m_session->sourceFacts()));
    const bool connecting = std::exchange(m_isConnecting,
        m_isConnecting && (isUnderWay(state) || std::holds_alternative<op::state::Idle>(state)));
    if (connecting && failure && std::holds_alternative<op::state::Failed>(state)) {
        // What was typed is there, and can be corrected.
        showStart(true);
        m_start->showFailure(*failure);
    } else if (failure
        && (std::holds_alternative<op::state::Failed>(state)
            || std::holds_alternative<op::state::Stranded>(state)))
        m_failure->showFailure(*failure, FailureBox::Weight::Error);
    else if (isUnderWay(state) || m_recordings->isShown())
        m_failure->clear();
    updateActions();
}

void MainWindow::updateEndpoints()
{
    const bool begun = !std::holds_alternative<op::state::Idle>(m_session->state());
    const qint64 nowNs = m_session->nowNs();
    m_source->setStatus(m_session->endpoint(Side::Source), begun, nowNs);
    m_destination->setStatus(m_session->endpoint(Side::Destination), begun, nowNs);
    const QString guest
        = m_recordings->isShown() ? m_recordings->title() : m_session->endpoint(Side::Source).name;
    setWindowTitle(guest.isEmpty() ? i18n("Cutover") : i18nc("guest, program", "%1 — Cutover", guest));
}

void MainWindow::updateChecks()
{
    const auto& checks = m_session->checks();
    if (!std::holds_alternative<op::state::Idle>(m_session->state()))
        m_card->showRequest(m_session->request());
    const op::Verdict worst = op::worst(checks);
    QDockWidget* dock = dockOf(m_preflight);
    dock->setWindowTitle(checks.empty()     ? i18n("Preflight")
            : worst == op::Verdict::Refuse  ? i18n("Preflight ✕")
            : worst == op::Verdict::Warning ? i18n("Preflight !")
                                            : i18n("Preflight ✓"));
    if (worst == op::Verdict::Refuse)
        dock->raise();
}

void MainWindow::updateScene()
{
    const timeline::KeyEvents& keys = m_timeline->model().keyEvents();
    timeline::Phases phases;
    timeline::PauseBreakdown pause;
    if (m_session->record().size() < m_session->record().whole().size()) {
        // The timeline shows all of a recording, what is beside it only what has happened.
        const auto numbers = std::views::iota(std::size_t{ 0 }, keys.events().size());
        const auto end = std::ranges::lower_bound(
            numbers, m_session->record().size(), {}, [&](std::size_t key) { return keys.numberOf(key); });
        const timeline::Facts facts(keys.events().first(static_cast<std::size_t>(end - numbers.begin())));
        phases = timeline::phases(facts);
        pause = timeline::pauseBreakdown(facts);
    } else {
        phases = timeline::phases(keys.facts());
        pause = m_timeline->scene().pause;
    }
    m_phases->setPhases(phases);
    m_breakdown->setBreakdown(pause);
    m_pulse->setPause(pause);
    m_status->setText(statusText(m_session->state(), pause));
    m_recordings->updateActions();
    m_exporter->updateActions();
    m_recording->setText(i18np("%1 event", "%1 events", static_cast<int>(m_session->record().size())));
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!m_recordings->isShown() && !m_closing->mayClose()) {
        event->ignore();
        return;
    }
    if (!m_runs->mayClose()) {
        event->ignore();
        return;
    }
    saveLayout();
    QMainWindow::closeEvent(event);
}

} // namespace cutover::ui
