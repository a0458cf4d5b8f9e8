// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "tracelog/traceeventmodel.h"
#include "tracelog/tracestates.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class KMessageWidget;
class QComboBox;
class QLabel;
class QLineEdit;
class QListView;
class QPushButton;

namespace cutover::ui {

class SessionModel;

/// Which trace events of a VMM are on, to be switched while it runs.
class TraceSwitches : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit TraceSwitches(SessionModel* session, QWidget* parent = nullptr);

    /// For both sides, in one line.
    QString summary() const;
    Side side() const;
    QListView* view() { return m_view; }
    QLineEdit* edit() { return m_filter; }

Q_SIGNALS:
    void summaryChanged();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void ask();
    void switchShown(bool on);
    void send(const QString& command, const QJsonObject& arguments);
    void refresh();
    Result<void> canSwitch() const;
    QString stateText() const;
    QString pattern() const;

    SessionModel* m_session;
    TraceStates m_states;
    TraceEventModel m_model;
    QSortFilterProxyModel m_shown;
    QComboBox* m_side;
    QLabel* m_state;
    KMessageWidget* m_problem;
    QLineEdit* m_filter;
    QListView* m_view;
    QPushButton* m_ask;
    QPushButton* m_on;
    QPushButton* m_off;
    std::array<bool, 2> m_asked{};
};

} // namespace cutover::ui
