// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/eventspanel.h"

#include "widgets/emptyhint.h"

#include <KLocalizedString>

#include <QFocusEvent>
#include <QHeaderView>
#include <QLineEdit>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

EventsPanel::EventsPanel(const timeline::Record& record, QWidget* parent)
    : QWidget(parent)
    , m_model(record)
    , m_filter(new QLineEdit(this))
    , m_view(new QTreeView(this))
{
    m_sorted.setSourceModel(&m_model);
    m_sorted.setSortRole(EventModel::SortRole);
    m_sorted.setFilterKeyColumn(-1);
    m_sorted.setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_sorted.sort(EventModel::TimeColumn);
    m_view->setModel(&m_sorted);
    m_view->setRootIsDecorated(false);
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setAccessibleName(i18n("Events"));
    m_view->setObjectName(QStringLiteral("eventsView"));
    new EmptyHint(
        i18n("What happens in a session appears here once a source is connected; with a filter, what "
             "fits it."),
        m_view);
    const int advance = fontMetrics().averageCharWidth();
    int column = 0;
    for (const int characters : { 20, 13, 16, 32 })
        m_view->setColumnWidth(column++, characters * advance);

    m_filter->setPlaceholderText(i18n("Filter, such as cpr_ or Destination"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(i18n("Filter of the events"));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(m_filter);
    layout->addWidget(m_view, 1);
    connect(m_filter, &QLineEdit::textChanged, &m_sorted, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
        [this](const QModelIndex& index) {
            if (!m_selecting && index.isValid())
                Q_EMIT eventSelected(static_cast<std::size_t>(m_sorted.mapToSource(index).row()));
        });
}

void EventsPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void EventsPanel::selectEvent(std::optional<std::size_t> event)
{
    if (!event)
        return;
    const QModelIndex index = m_sorted.mapFromSource(m_model.index(static_cast<int>(*event), 0));
    m_selecting = true;
    m_view->setCurrentIndex(index);
    m_selecting = false;
}

} // namespace cutover::ui
