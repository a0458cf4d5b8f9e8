// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logview.h"

#include <QEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace cutover::ui {

LogView::LogView(QWidget* parent)
    : QListView(parent)
{
    setUniformItemSizes(true);
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(NoFrame);
    // New rows change the range of the scroll bar; an action is always the operator's.
    connect(verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] {
        const QScrollBar* bar = verticalScrollBar();
        setFollowing(bar->sliderPosition() >= bar->maximum());
    });
}

int LogView::count() const
{
    return model() ? model()->rowCount() : 0;
}

void LogView::setModel(QAbstractItemModel* model)
{
    QListView::setModel(model);
    measure();
}

void LogView::measure()
{
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    m_rowHeight = std::max(1, itemDelegate()->sizeHint(option, {}).height());
    updateGeometries();
}

void LogView::setFollowing(bool following)
{
    if (following)
        scrollToEnd();
    if (following == m_following)
        return;
    m_following = following;
    Q_EMIT followingChanged(following);
}

void LogView::choose(int row)
{
    const QModelIndex index = row < 0 ? QModelIndex() : model()->index(row, 0);
    setCurrentIndex(index);
    if (index.isValid())
        scrollTo(index);
    else
        clearSelection();
}

QRect LogView::visualRect(const QModelIndex& index) const
{
    if (!index.isValid())
        return {};
    return { 0, (index.row() * m_rowHeight) - verticalOffset(), viewport()->width(), m_rowHeight };
}

QModelIndex LogView::indexAt(const QPoint& point) const
{
    const int y = point.y() + verticalOffset();
    return y < 0 || y / m_rowHeight >= count() ? QModelIndex() : model()->index(y / m_rowHeight, 0);
}

void LogView::scrollTo(const QModelIndex& index, ScrollHint hint)
{
    if (!index.isValid())
        return;
    const int top = index.row() * m_rowHeight;
    const int room = viewport()->height() - m_rowHeight;
    const int now = verticalOffset();
    int wanted = now;
    if (hint == PositionAtTop)
        wanted = top;
    else if (hint == PositionAtBottom)
        wanted = top - room;
    else if (hint == PositionAtCenter)
        wanted = top - (room / 2);
    else if (top < now)
        wanted = top;
    else if (top - room > now)
        wanted = top - room;
    verticalScrollBar()->setValue(wanted);
}

void LogView::scrollToEnd()
{
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void LogView::doItemsLayout()
{
    QAbstractItemView::doItemsLayout();
}

void LogView::reset()
{
    QListView::reset();
    updateGeometries();
}

int LogView::verticalOffset() const
{
    return verticalScrollBar()->value();
}

QModelIndex LogView::moveCursor(CursorAction action, Qt::KeyboardModifiers /*modifiers*/)
{
    const int last = count() - 1;
    if (last < 0)
        return {};
    const int page = std::max(1, (viewport()->height() / m_rowHeight) - 1);
    const int now = currentIndex().isValid() ? currentIndex().row() : m_following ? last + 1 : -1;
    int row = now;
    switch (action) {
    case MoveUp:
    case MovePrevious:
    case MoveLeft:
        row = now - 1;
        break;
    case MoveDown:
    case MoveNext:
    case MoveRight:
        row = now + 1;
        break;
    case MovePageUp:
        row = now - page;
        break;
    case MovePageDown:
        row = now + page;
        break;
    case MoveHome:
        row = 0;
        break;
    case MoveEnd:
        row = last;
        break;
    }
    return model()->index(std::clamp(row, 0, last), 0);
}

void LogView::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags command)
{
    const int last = count() - 1;
    const int first = (rect.top() + verticalOffset()) / m_rowHeight;
    const int end = (rect.bottom() + verticalOffset()) / m_rowHeight;
    if (last < 0 || first > last || end < 0) {
        selectionModel()->select(QItemSelection(), command);
        return;
    }
    selectionModel()->select(QItemSelection(model()->index(std::clamp(first, 0, last), 0),
                                 model()->index(std::clamp(end, 0, last), 0)),
        command);
}

QRegion LogView::visualRegionForSelection(const QItemSelection& selection) const
{
    QRegion region;
    for (const QItemSelectionRange& range : selection)
        region += visualRect(range.topLeft()).united(visualRect(range.bottomRight()));
    return region & viewport()->rect();
}

void LogView::updateGeometries()
{
    QScrollBar* bar = verticalScrollBar();
    bar->setSingleStep(m_rowHeight);
    bar->setPageStep(viewport()->height());
    bar->setRange(0, std::max(0, (count() * m_rowHeight) - viewport()->height()));
    if (m_following)
        scrollToEnd();
    QAbstractItemView::updateGeometries();
}

void LogView::scrollContentsBy(int /*dx*/, int dy)
{
    viewport()->scroll(0, dy);
}

void LogView::paintEvent(QPaintEvent* event)
{
    const int rows = count();
    QPainter painter(viewport());
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    const QStyle::State common = option.state & ~QStyle::State_HasFocus;
    const QModelIndex current = currentIndex();
    const bool focused = hasFocus();
    const QRect area = event->rect();
    const int last = std::min(rows - 1, (area.bottom() + verticalOffset()) / m_rowHeight);
    for (int row = std::max(0, (area.top() + verticalOffset()) / m_rowHeight); row <= last; ++row) {
        const QModelIndex index = model()->index(row, 0);
        option.rect = visualRect(index);
        option.state = common;
        option.state.setFlag(QStyle::State_Selected, selectionModel()->isSelected(index));
        option.state.setFlag(QStyle::State_HasFocus, focused && index == current);
        itemDelegate()->paint(&painter, option, index);
    }
}

void LogView::resizeEvent(QResizeEvent* event)
{
    QAbstractItemView::resizeEvent(event);
    updateGeometries();
}

void LogView::changeEvent(QEvent* event)
{
    QListView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        measure();
}

void LogView::rowsInserted(const QModelIndex& parent, int first, int last)
{
    QAbstractItemView::rowsInserted(parent, first, last);
    updateGeometries();
    viewport()->update();
}

void LogView::dataChanged(const QModelIndex& first, const QModelIndex& last, const QList<int>& roles)
{
    QAbstractItemView::dataChanged(first, last, roles);
}

void LogView::currentChanged(const QModelIndex& current, const QModelIndex& previous)
{
    QListView::currentChanged(current, previous);
    if (current.isValid())
        setFollowing(current.row() == count() - 1);
}

} // namespace cutover::ui
