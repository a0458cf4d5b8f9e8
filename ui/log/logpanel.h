// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logdelegate.h"
#include "log/logfilter.h"

#include <QWidget>

#include <functional>
#include <optional>

class QLineEdit;
class QSplitter;

namespace cutover::ui {

class LogDetailsPane;
class LogFilterBar;
class LogModel;
class LogView;

/// What the parts of a log's panel are called, translated.
struct LogTexts
{
    QString name; ///< "QMP messages"
    QString empty; ///< in the place of lines
    QString filterHint;
    QString detailsHint;
    std::function<QString(int)> count; ///< "1 message", "5 messages"
};

/// A log with its filter, and the chosen line in full beside it.
class LogPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a model is borrowed.
    LogPanel(LogModel* model, LogDelegate::Text text, const LogTexts& texts, QWidget* parent = nullptr);

    LogModel* model() { return m_model; }
    LogView* view() { return m_view; }
    LogFilter* filter() { return &m_filter; }
    LogFilterBar* bar() { return m_bar; }
    LogDetailsPane* details() { return m_details; }

    /// The row of the model that the operator has chosen; -1: none.
    int chosenRow() const;
    /// Chooses the line that is this event of the record, if it is in this log: at once, or as soon as it has
    /// been taken in. Without eventSelected().
    void selectEvent(std::optional<std::size_t> event);
    /// Shows it even if the filter hides it.
    void revealEvent(std::size_t event);
    /// Chooses the other one of a command and its answer, with eventSelected().
    void goToPartner();
    /// The chosen line as it was, or readable.
    QString copyText(bool pretty) const;

Q_SIGNALS:
    /// The operator chose the line that is this event of the record.
    void eventSelected(std::size_t event);
    void chosenChanged();

protected:
    void focusInEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void choose(std::optional<std::size_t> event);
    void showChosen();
    void restoreChosen();
    void updateCount();

    LogModel* m_model;
    LogFilter m_filter;
    LogTexts m_texts;
    LogFilterBar* m_bar;
    LogView* m_view;
    LogDelegate* m_delegate;
    LogDetailsPane* m_details;
    std::optional<std::size_t> m_chosen; ///< event of the record
    bool m_wanted = false; ///< m_chosen is still to be made current
    bool m_selecting = false;
};

} // namespace cutover::ui
