// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QListView>

namespace cutover::ui {

/// A list of lines of one height. Unlike QListView it keeps nothing per row: a million rows cost as much as
/// ten, also while they grow. Follows the end until the operator goes elsewhere.
class LogView : public QListView
{
    Q_OBJECT
public:
    explicit LogView(QWidget* parent = nullptr);

    bool isFollowing() const { return m_following; }
    void setFollowing(bool following);
    /// Scrolls to \a row and makes it current; -1: none is.
    void choose(int row);

    void setModel(QAbstractItemModel* model) override;
    QRect visualRect(const QModelIndex& index) const override;
    QModelIndex indexAt(const QPoint& point) const override;
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    void doItemsLayout() override;
    void reset() override;

Q_SIGNALS:
    void followingChanged(bool following);

protected:
    int horizontalOffset() const override { return 0; }
    int verticalOffset() const override;
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags command) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;
    void updateGeometries() override;
    void scrollContentsBy(int dx, int dy) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void rowsInserted(const QModelIndex& parent, int first, int last) override;
    void dataChanged(
        const QModelIndex& first, const QModelIndex& last, const QList<int>& roles = {}) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;

private:
    int count() const;
    void measure();
    void scrollToEnd();

    int m_rowHeight = 1;
    bool m_following = true;
};

} // namespace cutover::ui
