// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QObject>

#include <optional>

class QAction;
class QWidget;

namespace cutover::ui {

class Actions;
class LogPanel;

/// What can be done with the lines of every log: one action for all of them, which acts on the log that was
/// used last. Keeps what is chosen in the logs and on the timeline the same.
class LogActions : public QObject
{
    Q_OBJECT
public:
    /// \a panels are borrowed; the first one counts as used last.
    explicit LogActions(const QList<LogPanel*>& panels, QObject* parent = nullptr);

    void addActions(Actions& actions);
    /// The operator chose \a event elsewhere.
    void selectEvent(std::optional<std::size_t> event);

Q_SIGNALS:
    /// The operator chose a line.
    void eventSelected(std::size_t event);
    /// \a content is to be made visible, also if it is in a dock behind others.
    void wanted(QWidget* content);
    void timelineWanted();

private:
    LogPanel* current() const { return m_current; }
    void use(LogPanel* panel);
    void update();
    void find();
    void showEvent();

    QList<LogPanel*> m_panels;
    LogPanel* m_current;
    std::optional<std::size_t> m_event; ///< chosen anywhere
    QAction* m_partner = nullptr;
    QAction* m_copy = nullptr;
    QAction* m_copyReadable = nullptr;
    QAction* m_timeline = nullptr;
    QAction* m_show = nullptr;
    QAction* m_follow = nullptr;
};

} // namespace cutover::ui
