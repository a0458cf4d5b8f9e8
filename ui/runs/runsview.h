// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/distribution.h"
#include "runs/runlistmodel.h"
#include "runs/sharemodel.h"
#include "runs/spreadmodel.h"

#include <QSortFilterProxyModel>
#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QSplitter;
class QTabWidget;
class QTreeView;

namespace cutover::ui {

class DistributionPlot;
class RunSeries;
class ShareBars;

/// What sets of runs have given: figures and verdicts, the runs of a set, what the time went to, and plots.
class RunsView : public QWidget
{
    Q_OBJECT
public:
    /// \a series is borrowed.
    explicit RunsView(RunSeries* series, QWidget* parent = nullptr);

    DistributionPlot* plot() { return m_plot; }
    runs::Metric metric() const;
    void nextMetric();
    void setView(DistributionView view);
    void setLogarithmic(bool logarithmic);
    void goToTab(int tab); ///< 0 figures, 1 runs, 2 shares

    std::size_t chosenSet() const { return m_set; }
    /// Of the chosen set, as an index; nothing while none is chosen.
    std::optional<std::size_t> chosenRun() const { return m_run; }

Q_SIGNALS:
    void chosenChanged();
    /// Its timeline is wanted.
    void runActivated(std::size_t set, std::size_t run);

protected:
    void focusInEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeFigures();
    QWidget* makeShares();
    QTreeView* makeTable(QAbstractItemModel* model, const QString& id, const QString& name);
    void refresh();
    void chooseSet(std::size_t set);
    void chooseRun(std::optional<std::size_t> run);
    void updateSentences();

    RunSeries* m_series;
    SpreadModel m_spreads;
    RunListModel m_runs;
    ShareModel m_shares;
    QSortFilterProxyModel m_sorted; ///< the runs
    QComboBox* m_metric = nullptr;
    QTabWidget* m_tabs = nullptr;
    QSplitter* m_splitter = nullptr;
    QTreeView* m_figures = nullptr;
    QTreeView* m_runList = nullptr;
    QTreeView* m_shareTable = nullptr;
    ShareBars* m_shareBars = nullptr;
    QLabel* m_sentences = nullptr;
    DistributionPlot* m_plot = nullptr;
    QTimer m_refresh;
    std::size_t m_set = 0;
    std::optional<std::size_t> m_run;
};

} // namespace cutover::ui
