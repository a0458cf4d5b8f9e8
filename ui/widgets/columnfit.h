// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QObject>

class QTreeView;

namespace cutover::ui {

/// Keeps the columns of a table within its width, so that none is a scroll away: where there is not room for
/// all of them they get narrower together, down to their headings. The last column takes what the others
/// leave. Widths that the user has dragged stay until the table gets another width.
class ColumnFit : public QObject
{
    Q_OBJECT
public:
    /// \a characters: how wide each column wants to be, in average characters; 0 leaves it as it is. \a view
    /// is the parent.
    ColumnFit(QTreeView* view, const QList<int>& characters);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fit();

    QTreeView* m_view;
    QList<int> m_characters;
    int m_width = 0; ///< of the table, when the columns were fitted
    bool m_fitting = false;
};

} // namespace cutover::ui
