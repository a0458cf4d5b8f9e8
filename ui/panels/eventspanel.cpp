// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/eventspanel.h"

#include "format.h"
#include "widgets/emptyhint.h"

#include <KLocalizedString>

#include <QAbstractButton>
#include <QComboBox>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableView>
#include <QVBoxLayout>

namespace cutover::ui {

using timeline::Category;

EventsPanel::EventsPanel(const timeline::Record& record, QWidget* parent)
    : QWidget(parent)
    , m_model(record, this)
    , m_side(new QComboBox(this))
    , m_kind(new QComboBox(this))
    , m_text(new QLineEdit(this))
    , m_times(new QComboBox(this))
    , m_count(new QLabel(this))
    , m_view(new QTableView(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(makeFilterRow());
    layout->addWidget(m_view, 1);
    makeView();
    makeActions();
    connect(&m_model, &EventModel::progressed, this, [this] {
        keepSelection();
        showCount();
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &EventsPanel::keepSelection);
    showCount();
}

QWidget* EventsPanel::makeFilterRow()
{
    auto* row = new QWidget(this);
    m_side->setAccessibleName(i18n("Side of the events"));
    m_side->addItem(i18n("All sides"));
    for (const Side side : { Side::Source, Side::Destination, Side::Channel, Side::Console })
        m_side->addItem(sideTitle(side), static_cast<int>(side));
    m_kind->setAccessibleName(i18n("Kind of the events"));
    m_kind->addItem(i18n("All kinds"));
    for (const Category kind : { Category::Trace, Category::QmpSent, Category::QmpReceived,
             Category::QmpEvent, Category::Action, Category::State, Category::Process, Category::Fd,
             Category::Check, Category::Verdict, Category::Relay, Category::Pulse, Category::Clock })
        m_kind->addItem(categoryTitle(kind), static_cast<int>(kind));
    m_text->setPlaceholderText(i18n("Filter, such as cpr_ or fd=13"));
    m_text->setClearButtonEnabled(true);
    m_text->setAccessibleName(i18n("Filter of the events"));
    m_text->setObjectName(QStringLiteral("eventsFilter"));
    m_times->setAccessibleName(i18n("How times are written"));
    m_times->setObjectName(QStringLiteral("eventsTimes"));
    m_times->addItems(
        { i18n("Time of day"), i18n("From the pause"), i18n("From marker A"), i18n("Since the row above") });
    m_side->setObjectName(QStringLiteral("eventsSide"));
    m_kind->setObjectName(QStringLiteral("eventsKind"));
    m_count->setAccessibleName(i18n("Number of events"));

    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins({});
    layout->addWidget(m_side);
    layout->addWidget(m_kind);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_times);
    layout->addWidget(m_count);
    // A narrow dock must not be kept from being narrow.
    for (QComboBox* box : { m_side, m_kind, m_times })
        box->setMinimumWidth(fontMetrics().averageCharWidth() * 5);
    m_text->setMinimumWidth(fontMetrics().averageCharWidth() * 8);
    m_count->setMinimumWidth(1);
    connect(m_side, &QComboBox::currentIndexChanged, this, &EventsPanel::applyFilter);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &EventsPanel::applyFilter);
    connect(m_text, &QLineEdit::textChanged, this, &EventsPanel::applyFilter);
    connect(m_times, &QComboBox::currentIndexChanged, this,
        [this](int mode) { m_model.setTimeMode(static_cast<EventModel::TimeMode>(mode)); });
    return row;
}

void EventsPanel::makeView()
{
    m_view->setModel(&m_model);
    m_view->setObjectName(QStringLiteral("eventsView"));
    m_view->setAccessibleName(i18n("Events"));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->setCornerButtonEnabled(false);
    if (auto* corner = m_view->findChild<QAbstractButton*>())
        corner->setAccessibleName(i18n("All events"));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerItem);
    m_view->installEventFilter(this);
    m_view->verticalHeader()->hide();
    // All rows are equally high: only so a million of them need no measuring.
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setMinimumSectionSize(1);
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 4);
    QHeaderView* header = m_view->horizontalHeader();
    header->setStretchLastSection(true);
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSortIndicator(EventModel::TimeColumn, Qt::AscendingOrder);
    m_view->setSortingEnabled(true);
    const int advance = fontMetrics().averageCharWidth();
    int column = 0;
    for (const int characters : { 20, 13, 16, 32 })
        m_view->setColumnWidth(column++, characters * advance);
    new EmptyHint(
        i18n("What happens in a session appears here once a source is connected; with a filter, what "
             "fits it."),
        m_view);
    connect(header, &QHeaderView::sortIndicatorChanged, this, [header](int section) {
        if (section == EventModel::DetailsColumn)
            header->setSortIndicator(EventModel::TimeColumn, Qt::AscendingOrder);
    });
    connect(&m_model, &QAbstractItemModel::rowsAboutToBeInserted, this, [this] {
        const QScrollBar* bar = m_view->verticalScrollBar();
        m_atEnd = bar->maximum() > 0 && bar->value() == bar->maximum();
    });
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, [this] {
        if (m_atEnd)
            m_view->scrollToBottom();
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            if (m_selecting || !index.isValid())
                return;
            m_selected = m_model.eventAt(index.row());
            Q_EMIT eventSelected(*m_selected);
        });
}

void EventsPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void EventsPanel::applyFilter()
{
    EventFilter filter;
    if (m_side->currentIndex() > 0)
        filter.side = static_cast<Side>(m_side->currentData().toInt());
    if (m_kind->currentIndex() > 0)
        filter.category = static_cast<Category>(m_kind->currentData().toInt());
    filter.text = m_text->text().trimmed();
    m_selecting = true;
    m_model.setFilter(filter);
    m_selecting = false;
    keepSelection();
}

void EventsPanel::showCount()
{
    const int rows = m_model.rowCount();
    const auto all = static_cast<int>(m_model.record().size());
    m_count->setText(m_model.isBusy() ? i18nc("while filtering", "%1 …", rows)
            : rows == all             ? i18np("%1 event", "%1 events", rows)
                                      : i18nc("shown, all", "%1 of %2", rows, all));
}

void EventsPanel::selectEvent(std::optional<std::size_t> event)
{
    m_selected = event;
    keepSelection();
    const QModelIndex current = m_view->currentIndex();
    if (current.isValid())
        m_view->scrollTo(current);
}

void EventsPanel::keepSelection()
{
    const int row = m_selected ? m_model.rowOf(*m_selected) : -1;
    const QModelIndex current = m_view->currentIndex();
    if (row < 0 ? !current.isValid() : current.row() == row)
        return;
    m_selecting = true;
    if (row < 0)
        m_view->selectionModel()->clear();
    else
        m_view->selectionModel()->setCurrentIndex(m_model.index(row, EventModel::TimeColumn),
            QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_selecting = false;
}

} // namespace cutover::ui
