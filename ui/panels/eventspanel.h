// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "models/eventmodel.h"

#include <QWidget>

#include <optional>
#include <vector>

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QTableView;

namespace cutover::ui {

class Actions;

/// The timeline as a table: for the keyboard, for screen readers, and to take events elsewhere.
class EventsPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    explicit EventsPanel(const timeline::Record& record, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    /// Without eventSelected().
    void selectEvent(std::optional<std::size_t> event);
    QTableView* view() { return m_view; }
    EventModel& model() { return m_model; }

    /// The selected rows as they are shown, columns separated by tabs, with a heading.
    QString selectedText() const;
    enum class Rows : std::uint8_t { Shown, Selected };
    /// Writes them as timeline::toCsv() does, in the background; exported() or failed() follows.
    void exportTo(const QString& path, Rows rows);

Q_SIGNALS:
    void eventSelected(std::size_t event);
    void exported(const QString& path);
    void failed(const cutover::Error& error);

protected:
    void focusInEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeFilterRow();
    void makeView();
    void makeActions();
    void applyFilter();
    void showCount();
    void keepSelection();
    void copy();
    void askWhereToExport(Rows rows);
    std::vector<std::size_t> eventsOf(Rows rows) const;

    EventModel m_model;
    QComboBox* m_side;
    QComboBox* m_kind;
    QLineEdit* m_text;
    QComboBox* m_times;
    QLabel* m_count;
    QTableView* m_view;
    QList<QAction*> m_actions;
    std::optional<std::size_t> m_selected;
    bool m_selecting = false;
    bool m_atEnd = false;
};

} // namespace cutover::ui
