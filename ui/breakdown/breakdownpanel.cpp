// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "breakdownpanel.h"

#include "actions.h"
#include "breakdown/breakdownbar.h"
#include "format.h"
#include "widgets/styles.h"
#include "widgets/textbutton.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QFocusEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QSaveFile>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace cutover::ui {

BreakdownPanel::BreakdownPanel(QWidget* parent)
    : QWidget(parent)
    , m_summary(new KSqueezedTextLabel(this))
    , m_bar(new BreakdownBar(m_model, this))
    , m_view(new QTreeView(this))
    , m_empty(new QLabel(this))
    , m_top(new QWidget(this))
{
    setObjectName(QStringLiteral("breakdownPanel"));
    m_summary->setTextElideMode(Qt::ElideRight);
    m_summary->setAccessibleName(i18n("Pause breakdown: summary"));
    m_sorted.setSourceModel(&m_model);
    m_sorted.setSortRole(BreakdownModel::SortRole);
    m_sorted.setSortLocaleAware(true);
    m_view->setObjectName(QStringLiteral("breakdownView"));
    m_view->setAccessibleName(i18n("Pause breakdown"));
    m_view->setModel(&m_sorted);
    styleTable(m_view);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(BreakdownModel::StartColumn, Qt::AscendingOrder);
    QHeaderView* header = m_view->header();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(BreakdownModel::WhatColumn, QHeaderView::Interactive);
    header->setSectionResizeMode(BreakdownModel::EvidenceColumn, QHeaderView::Interactive);
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_empty->setMargin(8);

    QVBoxLayout* layout = layOutPanel(this, m_top, m_summary);
    layout->addWidget(m_bar);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_empty, 1);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
        &BreakdownPanel::currentChanged);
    // Going there again after looking elsewhere.
    connect(m_view, &QAbstractItemView::activated, this, &BreakdownPanel::currentChanged);
    connect(m_view, &QAbstractItemView::clicked, this, &BreakdownPanel::currentChanged);
    connect(m_bar, &BreakdownBar::clicked, this, [this](int row) {
        const QModelIndex part = m_sorted.mapFromSource(m_model.index(row, 0));
        if (m_view->currentIndex().siblingAtColumn(0) == part)
            currentChanged(part);
        else
            m_view->setCurrentIndex(part);
    });
    refresh();
}

void BreakdownPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void BreakdownPanel::addActions(Actions& actions)
{
    const QString group = i18n("Pause");
    const auto add
        = [&](const char* id, const QString& text, const QString& brief, const char* icon, Qt::Key key) {
              QAction* action = actions.add(group, QString::fromLatin1(id), text, QString::fromLatin1(icon),
                  QKeySequence(Qt::CTRL | Qt::Key_K, key), this);
              m_top->layout()->addWidget(textButton(action, brief, m_top));
              return action;
          };
    m_byDevice = add("breakdown_device", i18n("Break the Pause Down by Device"), i18n("By Device"),
        "view-list-tree", Qt::Key_D);
    m_byDevice->setCheckable(true);
    connect(m_byDevice, &QAction::toggled, this, [this](bool byDevice) {
        m_model.setGrouping(
            byDevice ? BreakdownModel::Grouping::ByDevice : BreakdownModel::Grouping::ByPhase);
        fitColumns();
    });
    m_copy = add("breakdown_copy", i18n("Copy the Pause Breakdown"), i18n("Copy"), "edit-copy", Qt::Key_C);
    connect(m_copy, &QAction::triggered, this,
        [this] { QGuiApplication::clipboard()->setText(breakdownText(m_model.breakdown())); });
    m_save = add(
        "breakdown_save", i18n("Save the Pause Breakdown as CSV…"), i18n("CSV…"), "document-save", Qt::Key_S);
    connect(m_save, &QAction::triggered, this, &BreakdownPanel::save);
    updateActions();
}

void BreakdownPanel::setBreakdown(const timeline::PauseBreakdown& breakdown)
{
    m_model.setBreakdown(breakdown);
    refresh();
}

void BreakdownPanel::refresh()
{
    const timeline::PauseBreakdown& pause = m_model.breakdown();
    const bool empty = m_model.rowCount() == 0;
    m_view->setVisible(!empty);
    m_empty->setVisible(empty);
    m_empty->setText(pause.outcome == timeline::PauseOutcome::NoMigration || pause.explanation.isEmpty()
            ? i18n("After a migration this says what the pause was spent on.")
            : pause.explanation);
    QStringList parts;
    if (pause.isKnown()) {
        parts.append(durationText(pause.pause.valueNs));
        parts.append(m_model.sumNs() == pause.pause.valueNs
                ? i18n("sums exactly")
                : i18n("%1 missing", durationText(pause.pause.valueNs - m_model.sumNs())));
        parts.append(evidenceTitle(pause.pause.tier));
        if (pause.pause.clockErrorNs > 0)
            parts.append(i18n("clock error < %1", durationText(pause.pause.clockErrorNs)));
    }
    m_summary->setText(parts.join(QStringLiteral(" · ")));
    fitColumns();
    updateActions();
}

void BreakdownPanel::updateActions()
{
    if (!m_copy)
        return;
    const auto some = [this](const QString& attempt) {
        return m_model.rowCount() > 0
            ? Result<void>()
            : failure(ErrorCode::NotFound, attempt, {}, i18n("no pause was measured"));
    };
    allow(m_byDevice, some(i18n("divide the pause")),
        i18n("Devices with what was done for each, instead of phases with their devices"));
    allow(m_copy, some(i18n("copy the pause breakdown")), i18n("Put all parts on the clipboard, one a line"));
    allow(
        m_save, some(i18n("save the pause breakdown")), i18n("All parts, in nanoseconds, for a spreadsheet"));
}

void BreakdownPanel::currentChanged(const QModelIndex& current)
{
    const QModelIndex part = m_sorted.mapToSource(current);
    const QModelIndex top = part.parent().isValid() ? part.parent() : part;
    m_bar->setChosen(top.isValid() ? top.row() : -1);
    if (m_selecting || !part.isValid())
        return;
    if (const Interval time = m_model.interval(part); !time.isEmpty())
        Q_EMIT chosen(time);
}

void BreakdownPanel::select(const Interval& time)
{
    const QModelIndex part = m_sorted.mapFromSource(m_model.indexFor(time));
    if (!part.isValid())
        return;
    m_selecting = true;
    m_view->setCurrentIndex(part);
    m_view->scrollTo(part);
    m_selecting = false;
}

void BreakdownPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitColumns();
}

void BreakdownPanel::fitColumns()
{
    const QAbstractItemView* view = m_view;
    QHeaderView* header = m_view->header();
    const auto wanted = [&](int column) {
        return std::max(view->sizeHintForColumn(column), header->sectionSizeHint(column));
    };
    int figures = 0;
    for (const int column :
        { BreakdownModel::TimeColumn, BreakdownModel::ShareColumn, BreakdownModel::StartColumn })
        figures += wanted(column);
    const QMargins margins = layout()->contentsMargins();
    const int room = width() - margins.left() - margins.right() - figures - fontMetrics().height();
    // What is elided of name and evidence is in the tooltips.
    const int least = fontMetrics().averageCharWidth() * 11;
    const int evidence = std::clamp(room - least, header->sectionSizeHint(BreakdownModel::EvidenceColumn),
        wanted(BreakdownModel::EvidenceColumn));
    header->resizeSection(BreakdownModel::EvidenceColumn, evidence);
    header->resizeSection(BreakdownModel::WhatColumn, std::max(room - evidence, least));
}

void BreakdownPanel::save()
{
    auto* dialog = new QFileDialog(this, i18n("Save the Pause Breakdown"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilter(i18n("Comma-separated values (*.csv)"));
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->selectFile(QStringLiteral("pause.csv"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QSaveFile file(path);
        const QByteArray csv = breakdownCsv(m_model.breakdown());
        if (!file.open(QIODevice::WriteOnly) || file.write(csv) != csv.size() || !file.commit())
            Q_EMIT failed({ .code = ErrorCode::System,
                .attempt = i18n("save the pause breakdown"),
                .object = path,
                .cause = file.errorString(),
                .remedy = i18n("Choose a folder that you may write to.") });
    });
    dialog->open();
}

} // namespace cutover::ui
