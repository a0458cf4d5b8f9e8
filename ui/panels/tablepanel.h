// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QWidget>

class KSqueezedTextLabel;
class QAbstractItemModel;
class QLabel;
class QTreeView;

namespace cutover::ui {

/// A table with a line above it that sums it up, and a sentence in its place while it is empty.
class TablePanel : public QWidget
{
    Q_OBJECT
public:
    /// \a name: of the table, for people who do not see it. \a model is borrowed.
    TablePanel(
        const QString& name, const QString& emptyText, QAbstractItemModel* model, QWidget* parent = nullptr);

    QTreeView* view() { return m_view; }
    void setSummary(const QString& text);
    /// Widths of the columns in characters, as ColumnFit has them; the last one takes the rest. Once.
    void setColumnWidths(const QList<int>& characters);
    /// Put between the summary and the table.
    void setBanner(QWidget* banner);

protected:
    /// To what is listed here; a focus proxy that is hidden would trap Tab.
    void focusInEvent(QFocusEvent* event) override;

private:
    void updateEmpty();

    KSqueezedTextLabel* m_summary;
    QTreeView* m_view;
    QLabel* m_empty;
};

} // namespace cutover::ui
