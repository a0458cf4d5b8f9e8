// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runsview.h"

#include "runs/distributionplot.h"
#include "runs/runseries.h"
#include "runs/setstyle.h"
#include "runs/sharebars.h"
#include "widgets/columnfit.h"
#include "widgets/emptyhint.h"
#include "widgets/styles.h"

#include <KLocalizedString>

#include <QComboBox>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QResizeEvent>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static constexpr int refreshMs = 100; ///< runs of an embedded lab come faster than anybody reads

RunsView::RunsView(RunSeries* series, QWidget* parent)
    : QWidget(parent)
    , m_series(series)
    , m_plot(new DistributionPlot(this))
{
    setObjectName(u"runsView"_s);
    m_sorted.setSourceModel(&m_runs);
    m_sorted.setSortRole(RunListModel::SortRole);
    m_figures = makeTable(&m_spreads, u"runsFigures"_s, i18n("Sets and their figures"));
    new ColumnFit(m_figures, { 18, 8, 11, 21, 21, 14, 14, 11, 11, 24 });
    m_runList = makeTable(&m_sorted, u"runsList"_s, i18n("Runs of the set"));
    m_runList->setSortingEnabled(true);
    m_runList->sortByColumn(RunListModel::NumberColumn, Qt::AscendingOrder);
    new ColumnFit(m_runList, { 6, 11, 11, 11, 12, 12, 15, 11, 20 });
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(u"runsTabs"_s);
    m_tabs->setAccessibleName(i18n("What was measured"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeFigures(), i18n("Figures"));
    m_tabs->addTab(m_runList, i18n("Runs"));
    m_tabs->addTab(makeShares(), i18n("Phases"));
    m_splitter = new QSplitter(Qt::Horizontal, this);
    m_splitter->addWidget(m_tabs);
    m_splitter->addWidget(m_plot);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setSizes({ 550, 450 });
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_splitter);

    m_refresh.setSingleShot(true);
    m_refresh.setInterval(refreshMs);
    connect(&m_refresh, &QTimer::timeout, this, &RunsView::refresh);
    connect(series, &RunSeries::resultsChanged, this, [this] {
        if (!m_refresh.isActive())
            m_refresh.start();
    });
    connect(series, &RunSeries::ended, this, &RunsView::refresh);
    connect(series, &RunSeries::opened, this, &RunsView::refresh);
    connect(m_figures->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            if (index.isValid())
                chooseSet(static_cast<std::size_t>(index.row()));
        });
    connect(m_figures, &QAbstractItemView::activated, this, [this](const QModelIndex& index) {
        const auto set = static_cast<std::size_t>(index.row());
        if (const auto slowest = m_series->slowestRun(set))
            Q_EMIT runActivated(set, *slowest);
    });
    connect(m_runList->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            if (index.isValid())
                chooseRun(static_cast<std::size_t>(m_sorted.mapToSource(index).row()));
        });
    connect(m_runList, &QAbstractItemView::activated, this, [this](const QModelIndex& index) {
        Q_EMIT runActivated(m_set, static_cast<std::size_t>(m_sorted.mapToSource(index).row()));
    });
    connect(m_plot, &DistributionPlot::runChosen, this, [this](std::size_t set, std::size_t run) {
        chooseSet(set);
        chooseRun(run);
    });
    connect(m_plot, &DistributionPlot::runActivated, this, &RunsView::runActivated);
    refresh();
}

QTreeView* RunsView::makeTable(QAbstractItemModel* model, const QString& id, const QString& name)
{
    auto* view = new QTreeView(this);
    view->setModel(model);
    view->setObjectName(id);
    view->setAccessibleName(name);
    view->setRootIsDecorated(false);
    view->setTabKeyNavigation(false);
    styleTable(view);
    new EmptyHint(i18n("Nothing was measured yet."), view);
    return view;
}

QWidget* RunsView::makeFigures()
{
    auto* page = new QWidget(this);
    m_metric = new QComboBox(page);
    m_metric->setObjectName(u"runsMetric"_s);
    m_metric->setAccessibleName(i18n("Figure that is shown"));
    for (int i = 0; i < runs::metricCount; ++i)
        m_metric->addItem(runs::metricTitle(runs::Metric(i)));
    connect(m_metric, &QComboBox::currentIndexChanged, this, &RunsView::refresh);
    m_sentences = textLabel(page, i18n("What the sets tell of each other"));
    m_sentences->setObjectName(u"runsSentences"_s);
    m_sentences->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto* area = new QScrollArea(page);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidget(m_sentences);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    auto* row = new QHBoxLayout;
    auto* label = new QLabel(i18n("Fi&gure:"), page);
    label->setBuddy(m_metric);
    row->addWidget(label);
    row->addWidget(m_metric);
    row->addStretch();
    layout->addLayout(row);
    layout->addWidget(m_figures, 3);
    layout->addWidget(area, 2);
    return page;
}

QWidget* RunsView::makeShares()
{
    auto* page = new QWidget(this);
    m_shareBars = new ShareBars(page);
    m_shareTable = makeTable(&m_shares, u"runsShares"_s, i18n("What the time went to"));
    m_shareTable->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_shareTable->header()->setStretchLastSection(false);
    page->setFocusProxy(m_shareTable);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addWidget(m_shareBars);
    layout->addWidget(m_shareTable);
    return page;
}

runs::Metric RunsView::metric() const
{
    return runs::Metric(m_metric->currentIndex());
}

void RunsView::nextMetric()
{
    m_metric->setCurrentIndex((m_metric->currentIndex() + 1) % m_metric->count());
}

void RunsView::setView(DistributionView view)
{
    m_plot->setView(view);
}

void RunsView::setLogarithmic(bool logarithmic)
{
    m_plot->setLogarithmic(logarithmic);
}

void RunsView::goToTab(int tab)
{
    m_tabs->setCurrentIndex(tab);
    m_tabs->currentWidget()->setFocus(Qt::ShortcutFocusReason);
    if (tab == 0)
        m_figures->setFocus(Qt::ShortcutFocusReason);
}

void RunsView::focusInEvent(QFocusEvent* event)
{
    (m_tabs->currentIndex() == 0 ? static_cast<QWidget*>(m_figures) : m_tabs->currentWidget())
        ->setFocus(event->reason());
}

void RunsView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_splitter->setOrientation(width() > height() * 3 / 2 ? Qt::Horizontal : Qt::Vertical);
}

void RunsView::refresh()
{
    m_refresh.stop();
    const runs::Results& results = m_series->results();
    if (m_set >= results.sets.size())
        m_set = 0;
    m_spreads.setResults(results, metric());
    m_shares.setResults(results);
    m_shareBars->setResults(results);
    static const std::vector<runs::Run> none;
    m_runs.setRuns(results.sets.empty() ? none : results.sets[m_set].runs,
        [this](std::size_t run) { return m_series->hasRecording(m_set, run); });
    m_tabs->setTabText(
        1, results.sets.empty() ? i18n("Runs") : i18nc("letter of a set", "Runs of %1", setLetter(m_set)));
    std::vector<PlottedSet> plotted;
    for (const runs::SetResult& set : results.sets)
        plotted.push_back(plottedSet(set, metric()));
    m_plot->setSets(runs::metricTitle(metric()), plotted);
    if (!m_figures->currentIndex().isValid() && m_spreads.rowCount() > 0)
        m_figures->setCurrentIndex(m_spreads.index(static_cast<int>(m_set), 0));
    if (m_run && (results.sets.empty() || *m_run >= results.sets[m_set].runs.size()))
        m_run.reset();
    updateSentences();
    Q_EMIT chosenChanged();
}

void RunsView::updateSentences()
{
    const runs::Results& results = m_series->results();
    QStringList lines;
    for (int row = 1; row < m_spreads.rowCount(); ++row)
        lines.append(m_spreads.sentence(row));
    for (const runs::SetResult& set : results.sets) {
        if (!set.unavailable.isEmpty())
            lines.append(i18nc("set, why it has no more runs", "%1: %2", set.settings.name, set.unavailable));
        for (const QString& note : set.notes)
            lines.append(i18nc("set, what its lab lacked", "%1: %2", set.settings.name, note));
    }
    if (!results.sets.empty())
        lines += runs::honestNotes(results);
    m_sentences->setText(lines.join(u'\n'));
}

void RunsView::chooseSet(std::size_t set)
{
    if (set == m_set || set >= m_series->results().sets.size())
        return;
    m_set = set;
    m_run.reset();
    refresh();
    m_figures->setCurrentIndex(m_spreads.index(static_cast<int>(set), 0));
}

void RunsView::chooseRun(std::optional<std::size_t> run)
{
    if (run == m_run)
        return;
    m_run = run;
    if (run) {
        m_plot->choose(m_set, *run);
        m_runList->setCurrentIndex(m_sorted.mapFromSource(m_runs.index(static_cast<int>(*run), 0)));
    }
    Q_EMIT chosenChanged();
}

} // namespace cutover::ui
