// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "models/eventmodel.h"

#include <QSortFilterProxyModel>
#include <QWidget>

#include <optional>

class QLineEdit;
class QTreeView;

namespace cutover::ui {

/// The timeline as a table, by time: for the keyboard and for screen readers.
class EventsPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    explicit EventsPanel(const timeline::Record& record, QWidget* parent = nullptr);

    /// Without eventSelected().
    void selectEvent(std::optional<std::size_t> event);
    QTreeView* view() { return m_view; }

Q_SIGNALS:
    void eventSelected(std::size_t event);

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    EventModel m_model;
    QSortFilterProxyModel m_sorted;
    QLineEdit* m_filter;
    QTreeView* m_view;
    bool m_selecting = false;
};

} // namespace cutover::ui
