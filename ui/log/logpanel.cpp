// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logpanel.h"

#include "log/logdetailspane.h"
#include "log/logfilterbar.h"
#include "log/logmodel.h"
#include "log/logview.h"
#include "widgets/emptyhint.h"

#include <KLocalizedString>

#include <QFocusEvent>
#include <QPlainTextEdit>
#include <QScopedValueRollback>
#include <QSplitter>
#include <QVBoxLayout>

namespace cutover::ui {

/// In characters.
static constexpr int leastWidthForBoth = 90;

LogPanel::LogPanel(LogModel* model, LogDelegate::Text text, const LogTexts& texts, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_filter(*model)
    , m_texts(texts)
    , m_bar(new LogFilterBar(model->kinds(), texts.filterHint, this))
    , m_view(new LogView(this))
    , m_delegate(new LogDelegate(text, this))
    , m_details(new LogDetailsPane(texts.detailsHint, text == LogDelegate::Text::Json, this))
{
    m_view->setItemDelegate(m_delegate);
    m_view->setModel(&m_filter);
    m_view->setAccessibleName(texts.name);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    new EmptyHint(texts.empty, m_view);
    // A dock may be low.
    m_view->setMinimumHeight(fontMetrics().height() * 2);
    m_details->edit()->setMinimumHeight(fontMetrics().height());

    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    split->addWidget(m_view);
    split->addWidget(m_details);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(m_bar);
    layout->addWidget(split, 1);

    connect(m_bar, &LogFilterBar::criteriaChanged, this, [this] {
        m_delegate->setCriteria(m_bar->criteria());
        m_wanted = m_chosen.has_value();
        m_filter.setCriteria(m_bar->criteria());
        m_view->viewport()->update();
        updateCount();
    });
    connect(m_bar, &LogFilterBar::followingChanged, m_view, &LogView::setFollowing);
    connect(m_view, &LogView::followingChanged, m_bar, &LogFilterBar::setFollowing);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
        [this](const QModelIndex& index) {
            if (m_selecting || !index.isValid())
                return;
            choose(m_model->eventNumber(m_filter.sourceRow(index.row())));
            Q_EMIT eventSelected(*m_chosen);
        });
    connect(m_details, &LogDetailsPane::prettyChanged, this, &LogPanel::showChosen);
    connect(&m_filter, &LogFilter::progressed, this, [this] {
        restoreChosen();
        updateCount();
    });
    connect(model, &LogModel::completed, this, [this] { m_bar->setNames(m_model->names()); });
    connect(model, &QAbstractItemModel::dataChanged, this,
        [this](const QModelIndex& first, const QModelIndex& last) {
            const int row = chosenRow();
            if (row >= first.row() && row <= last.row())
                showChosen();
        });
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        choose(std::nullopt);
        m_view->setFollowing(true);
        updateCount();
    });
    updateCount();
}

void LogPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    // Where there is room for one, the list is of more use.
    m_details->setVisible(width() > fontMetrics().averageCharWidth() * leastWidthForBoth);
}

void LogPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

int LogPanel::chosenRow() const
{
    return m_chosen ? m_model->rowOf(*m_chosen) : -1;
}

void LogPanel::choose(std::optional<std::size_t> event)
{
    m_chosen = event;
    m_wanted = false;
    showChosen();
    Q_EMIT chosenChanged();
}

void LogPanel::showChosen()
{
    const int row = chosenRow();
    const int partner = row < 0 ? -1 : m_model->partner(row);
    m_delegate->setPartner(
        partner < 0 ? std::nullopt : std::optional<qulonglong>(m_model->eventNumber(partner)));
    m_view->viewport()->update();
    if (row < 0)
        m_details->clear();
    else
        m_details->show(m_model->details(row, m_details->isPretty()));
}

void LogPanel::selectEvent(std::optional<std::size_t> event)
{
    if (!event || (m_model->isComplete() && m_model->rowOf(*event) < 0))
        return;
    choose(event);
    m_wanted = true;
    restoreChosen();
}

void LogPanel::restoreChosen()
{
    if (!m_wanted || !m_chosen)
        return;
    const int source = m_model->rowOf(*m_chosen);
    if (source < 0) {
        if (m_model->isComplete())
            choose(std::nullopt);
        return;
    }
    const int row = m_filter.rowOf(source);
    if (row < 0 && !m_filter.isComplete())
        return;
    m_wanted = false;
    if (row >= 0) {
        const QScopedValueRollback quiet(m_selecting, true);
        m_view->choose(row);
    }
    showChosen();
    Q_EMIT chosenChanged();
}

void LogPanel::revealEvent(std::size_t event)
{
    const int source = m_model->rowOf(event);
    if (source >= 0 && !m_filter.criteria().accepts(*m_model, source))
        m_bar->clear();
    selectEvent(event);
}

void LogPanel::goToPartner()
{
    const int row = chosenRow();
    if (row < 0 || m_model->partner(row) < 0)
        return;
    const std::size_t event = m_model->eventNumber(m_model->partner(row));
    revealEvent(event);
    Q_EMIT eventSelected(event);
}

QString LogPanel::copyText(bool pretty) const
{
    const int row = chosenRow();
    return row < 0 ? QString() : pretty ? m_model->readable(row) : m_model->text(row);
}

void LogPanel::updateCount()
{
    const int all = m_model->rowCount();
    const int shown = m_filter.rowCount();
    QString text = shown == all
        ? m_texts.count(all)
        : i18nc("a number, and such as 5 messages", "%1 of %2", shown, m_texts.count(all));
    if (!m_filter.isComplete())
        text = i18nc("such as 5 of 9 messages, and a share of work done", "%1, filtering %2 %", text,
            m_filter.percentDone());
    m_bar->setCount(text);
}

} // namespace cutover::ui
