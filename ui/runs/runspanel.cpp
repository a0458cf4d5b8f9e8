// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runspanel.h"

#include "format.h"
#include "nextstep.h"
#include "preferences.h"
#include "runs/distributionplot.h"
#include "runs/runsform.h"
#include "runs/runsview.h"
#include "sessionmodel.h"
#include "widgets/failurebox.h"
#include "widgets/styles.h"
#include "widgets/textbutton.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QFileDialog>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::ui {

RunsPanel::RunsPanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_bar(new QWidget(this))
    , m_summary(new KSqueezedTextLabel(this))
    , m_failure(new FailureBox(this))
    , m_pages(new QStackedWidget(this))
    , m_form(new RunsForm(m_pages))
    , m_view(new RunsView(&m_series, m_pages))
{
    setObjectName(u"runsPanel"_s);
    m_summary->setTextElideMode(Qt::ElideRight);
    m_summary->setAccessibleName(i18n("Runs: summary"));
    m_pages->addWidget(m_form);
    m_pages->addWidget(m_view);
    QVBoxLayout* layout = layOutPanel(this, m_bar, m_summary);
    layout->addWidget(makeProgress());
    layout->addWidget(m_failure);
    layout->addWidget(m_pages, 1);

    connect(m_form, &RunsForm::changed, this, &RunsPanel::updateActions);
    connect(m_view, &RunsView::chosenChanged, this, &RunsPanel::updateActions);
    connect(m_view, &RunsView::runActivated, &m_series, &RunSeries::fetchRecording);
    connect(&m_series, &RunSeries::progressed, this, &RunsPanel::updateProgress);
    connect(&m_series, &RunSeries::resultsChanged, this, &RunsPanel::updateActions);
    connect(&m_series, &RunSeries::failed, m_failure, &FailureBox::showError);
    connect(&m_series, &RunSeries::recordingReady, this, &RunsPanel::tellReady);
    connect(&m_series, &RunSeries::ended, this, [this] {
        updateProgress();
        Q_EMIT said(m_series.results().cancelled ? i18n("The runs were cancelled; what was done counts.")
                                                 : i18n("The runs have ended."));
        if (m_series.isUnsaved() && Preferences::recordAll())
            m_series.keepResults(Preferences::recordingFolder());
        if (std::exchange(m_closing, false))
            Q_EMIT mayCloseNow();
    });
    connect(&m_series, &RunSeries::opened, this, [this](const QString& path) {
        showForm(false);
        Q_EMIT said(i18n("Opened %1.", path));
    });
    connect(&m_series, &RunSeries::saved, this, [this](const QString& path) {
        updateActions();
        Q_EMIT said(i18n("Saved to %1.", path));
    });
    connect(session, &SessionModel::stateChanged, this, &RunsPanel::updateActions);
    updateProgress();
}

RunsPanel::~RunsPanel() = default;

QWidget* RunsPanel::makeProgress()
{
    m_progress = new QWidget(this);
    m_progress->setObjectName(u"runsProgress"_s);
    m_progressBar = new QProgressBar(m_progress);
    m_progressBar->setAccessibleName(i18n("How many of the runs are done"));
    m_progressBar->setTextVisible(false);
    m_progressText = new QLabel(m_progress);
    m_progressText->setObjectName(u"runsProgressText"_s);
    m_progressText->setTextFormat(Qt::PlainText);
    m_progressText->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout(m_progress);
    row->setContentsMargins({});
    row->addWidget(m_progressBar, 1);
    row->addWidget(m_progressText, 3);
    return m_progress;
}

QAction* RunsPanel::addAction(Actions& actions, const char* id, const QString& text, const QString& brief,
    const char* icon, Qt::Key key)
{
    QAction* action = actions.add(i18n("Runs"), QString::fromLatin1(id), text, QString::fromLatin1(icon),
        QKeySequence(Qt::CTRL | Qt::Key_B, key), this);
    if (!brief.isEmpty())
        m_bar->layout()->addWidget(textButton(action, brief, m_bar));
    return action;
}

void RunsPanel::addActions(Actions& actions)
{
    makeSeriesActions(actions);
    makeViewActions(actions);
    showForm(true);
    updateActions();
}

void RunsPanel::makeSeriesActions(Actions& actions)
{
    m_setUp = addAction(
        actions, "runs_setup", i18n("Choose the Sets of Runs"), i18n("Set Up"), "configure", Qt::Key_E);
    m_setUp->setCheckable(true);
    connect(m_setUp, &QAction::toggled, this, &RunsPanel::showForm);
    m_start = addAction(
        actions, "runs_start", i18n("Start the Runs"), i18n("Start"), "media-playback-start", Qt::Key_S);
    connect(m_start, &QAction::triggered, this, &RunsPanel::start);
    m_cancel = addAction(
        actions, "runs_cancel", i18n("Cancel the Runs"), i18n("Cancel"), "dialog-cancel", Qt::Key_C);
    connect(m_cancel, &QAction::triggered, &m_series, &RunSeries::cancel);
    m_open = addAction(actions, "runs_open", i18n("Open Runs…"), i18n("Open…"), "document-open", Qt::Key_O);
    connect(m_open, &QAction::triggered, this, [this] { chooseFile(false); });
    m_save = addAction(
        actions, "runs_save", i18n("Save Runs As…"), i18n("Save…"), "document-save-as", Qt::Key_A);
    connect(m_save, &QAction::triggered, this, [this] { chooseFile(true); });
    m_slowest = addAction(actions, "runs_slowest", i18n("Show the Timeline of the Slowest Run"),
        i18n("Slowest"), "go-last", Qt::Key_L);
    connect(m_slowest, &QAction::triggered, this, &RunsPanel::showSlowest);
    m_chosen = addAction(
        actions, "runs_chosen", i18n("Show the Timeline of the Chosen Run"), {}, "go-next", Qt::Key_Return);
    connect(m_chosen, &QAction::triggered, this, [this] {
        if (const auto run = m_view->chosenRun())
            m_series.fetchRecording(m_view->chosenSet(), *run);
    });
}

void RunsPanel::makeViewActions(Actions& actions)
{
    const auto goTo = [&](const char* id, const QString& text, const QString& tip, Qt::Key key, auto action) {
        QAction* added = addAction(actions, id, text, {}, "", key);
        added->setToolTip(tip);
        connect(added, &QAction::triggered, this, [this, action] {
            showForm(false);
            action();
        });
        return added;
    };
    goTo("runs_figures", i18n("Go to the Figures of the Sets"),
        i18n("Medians, intervals, percentiles, verdicts"), Qt::Key_F, [this] { m_view->goToTab(0); });
    goTo("runs_list", i18n("Go to the List of Runs"), i18n("Every run of the chosen set"), Qt::Key_R,
        [this] { m_view->goToTab(1); });
    goTo("runs_phases", i18n("Go to the Phases of the Runs"), i18n("What the time of each set went to"),
        Qt::Key_P, [this] { m_view->goToTab(2); });
    goTo("runs_plot", i18n("Go to the Plot of the Runs"), i18n("The cursor keys go from run to run"),
        Qt::Key_D, [this] { m_view->plot()->setFocus(Qt::ShortcutFocusReason); });
    goTo("runs_metric", i18n("Show the Next Figure of the Runs"),
        i18n("Pause, gaps of guest, network and storage, whole length"), Qt::Key_M,
        [this] { m_view->nextMetric(); });
    QAction* boxes = addAction(actions, "runs_boxes", i18n("Runs as Boxes"), i18n("Boxes"), "", Qt::Key_B);
    boxes->setCheckable(true);
    boxes->setToolTip(i18n("A box plot for each set, instead of the distribution as steps"));
    connect(boxes, &QAction::toggled, this,
        [this](bool on) { m_view->setView(on ? DistributionView::Boxes : DistributionView::Steps); });
    QAction* logarithmic
        = addAction(actions, "runs_log", i18n("Logarithmic Lengths of Runs"), i18n("Log"), "", Qt::Key_G);
    logarithmic->setCheckable(true);
    logarithmic->setToolTip(i18n("For sets that differ by more than a few times"));
    connect(logarithmic, &QAction::toggled, m_view, &RunsView::setLogarithmic);
}

void RunsPanel::focusInEvent(QFocusEvent* event)
{
    m_pages->currentWidget()->setFocus(event->reason());
}

void RunsPanel::showForm(bool form)
{
    const QWidget* focus = window()->focusWidget();
    const bool focused = focus && m_pages->isAncestorOf(focus);
    m_pages->setCurrentIndex(form ? 0 : 1);
    if (m_setUp)
        m_setUp->setChecked(form);
    if (focused)
        m_pages->currentWidget()->setFocus(Qt::OtherFocusReason);
}

Result<void> RunsPanel::canStart() const
{
    const QString attempt = i18n("begin the runs");
    if (m_series.isRunning())
        return failure(ErrorCode::Busy, attempt, {}, i18n("others are under way"));
    if (m_session->canDrive() && isUnderWay(m_session->state()))
        return failure(ErrorCode::Busy, attempt, {}, i18n("a migration is under way in this window"),
            i18n("It would be measured, too. Wait for its end."));
    for (const runs::Settings& set : m_form->model().sets()) {
        const op::EndpointStatus used = m_session->endpoint(Side::Source);
        if (used.connected && !set.isLab()
            && (set.source.qmpPath == used.qmpPath || (set.source.pid > 0 && set.source.pid == used.pid)))
            return failure(ErrorCode::Busy, attempt, set.name,
                i18n("this window's session holds the monitor of its VMM"),
                i18n("Close the session, or run the set in another window."));
    }
    return m_form->check();
}

void RunsPanel::start()
{
    m_failure->clear();
    if (const auto allowed = canStart(); !allowed) {
        m_failure->showError(allowed.error());
        return;
    }
    if (const auto started = m_series.start(m_form->plan()); !started) {
        m_failure->showError(started.error());
        return;
    }
    showForm(false);
}

void RunsPanel::showSlowest()
{
    const std::size_t set = m_view->chosenSet();
    if (const auto slowest = m_series.slowestRun(set))
        m_series.fetchRecording(set, *slowest);
}

void RunsPanel::tellReady(const QString& path, std::size_t set, std::size_t run)
{
    const auto& sets = m_series.results().sets;
    if (set >= sets.size() || run >= sets[set].runs.size())
        return;
    qint64 longest = 0;
    for (const runs::SetResult& each : sets) {
        for (const runs::Run& other : each.runs)
            longest = std::max(longest, other.pauseNs.value_or(0));
    }
    const runs::Run& shown = sets[set].runs[run];
    Interval pause;
    Interval around;
    if (shown.stopNs > 0 && shown.pauseNs && longest > 0) {
        pause = { .startNs = shown.stopNs, .endNs = shown.stopNs + *shown.pauseNs };
        around = { .startNs = shown.stopNs - longest / 4, .endNs = shown.stopNs + longest + longest / 4 };
    }
    Q_EMIT runWanted(path, pause, around);
}

void RunsPanel::chooseFile(bool save)
{
    auto* dialog = new QFileDialog(window(), save ? i18n("Save Runs As") : i18n("Open Runs"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilters({ i18n("Files of runs (%1)", u"*.json"_s), i18n("All files (%1)", u"*"_s) });
    dialog->setAcceptMode(save ? QFileDialog::AcceptSave : QFileDialog::AcceptOpen);
    if (save)
        dialog->setDefaultSuffix(u"json"_s);
    else
        dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this, save](const QString& path) {
        m_failure->clear();
        if (save)
            m_series.save(path);
        else
            m_series.open(path);
    });
    dialog->open();
}

void RunsPanel::updateProgress()
{
    const bool running = m_series.isRunning();
    m_progress->setVisible(running);
    if (running) {
        const runs::Progress progress = m_series.progress();
        m_progressBar->setRange(0, std::max(progress.total, 1));
        m_progressBar->setValue(progress.done);
        const QString left = progress.leftNs
            ? i18nc("duration", "about %1 left", durationText(*progress.leftNs))
            : i18n("time left not known yet");
        m_progressText->setText(i18nc("number, number, set, time left, what is being done",
            "%1 of %2 runs, %3, %4. %5", progress.done, progress.total, progress.set, left, progress.doing));
        m_progressText->setToolTip(m_progressText->text());
    }
    updateActions();
}

void RunsPanel::updateActions()
{
    const runs::Results& results = m_series.results();
    int done = 0;
    int failed = 0;
    for (const runs::SetResult& set : results.sets) {
        done += static_cast<int>(set.runs.size());
        failed += runs::failedRuns(set);
    }
    QStringList parts;
    if (results.sets.empty()) {
        parts.append(i18n("The same migration many times, to compare what settings cost"));
    } else {
        parts.append(i18np("%1 set", "%1 sets", static_cast<int>(results.sets.size())));
        parts.append(i18np("%1 run", "%1 runs", done));
        if (failed > 0)
            parts.append(i18np("%1 failed", "%1 failed", failed));
        if (results.cancelled)
            parts.append(i18n("cancelled"));
    }
    m_summary->setText(parts.join(u" · "_s));
    if (!m_save)
        return;
    const auto nothing = [&](const QString& attempt) {
        return failure(ErrorCode::NotFound, attempt, {}, i18n("there are no runs yet"));
    };
    allow(m_start, canStart(),
        i18n("Performs all sets in turns, so that what the machine does meets all alike"));
    allow(m_cancel,
        m_series.isCancelling()
            ? failure(ErrorCode::Busy, i18n("cancel the runs"), {}, i18n("that is being done"))
            : m_series.isRunning()
            ? Result<void>()
            : failure(ErrorCode::Refused, i18n("cancel the runs"), {}, i18n("none are under way")),
        i18n("Ends them; what was done counts"));
    allow(m_open,
        m_series.isRunning()
            ? failure(ErrorCode::Busy, i18n("open the runs"), {}, i18n("others are under way"))
            : Result<void>(),
        i18n("Show what was saved here or by “cutoverctl runs”"));
    allow(m_save, done > 0 ? Result<void>() : nothing(i18n("save the runs")),
        i18n("Write all results to a file, with the recordings of slowest, middle and failed runs"));
    const std::size_t set = m_view->chosenSet();
    allow(m_slowest, m_series.slowestRun(set) ? Result<void>() : nothing(i18n("show the slowest run")),
        i18n("Of the chosen set, aligned at its stop"));
    const auto run = m_view->chosenRun();
    allow(m_chosen,
        run && m_series.hasRecording(set, *run)
            ? Result<void>()
            : failure(ErrorCode::NotFound, i18n("show the run"), {},
                  run ? i18n("its recording was not kept") : i18n("none is chosen")),
        i18n("Aligned at its stop"));
    m_setUp->setToolTip(i18n("What is run, how often, and what is kept; or what came of it"));
}

bool RunsPanel::mayClose()
{
    if (!m_series.isRunning())
        return true;
    m_closing = true;
    m_series.cancel();
    Q_EMIT said(i18n("The window closes when the runs have ended."));
    return false;
}

} // namespace cutover::ui
