// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "demo/scenario.h"
#include "sessionmodel.h"

#include <QObject>

namespace cutover::ui {

/// What a demo is made with.
struct DemoRequest
{
    lab::LabRequest lab;
    op::SessionRequest session; ///< the source is filled in
};

/// Goes through a scenario with the session: one step at a time, as far as the operator wants.
class DemoDirector : public QObject
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit DemoDirector(SessionModel* session, QObject* parent = nullptr);

    /// From the first step, with a new lab pair.
    Result<void> start(const DemoRequest& request);
    void repeat();
    /// To the next step; at the last one, the end. Nothing while a step waits.
    void next();
    /// Ends the demo; what it has started goes on and is the operator's.
    void skip();

    bool isActive() const { return m_index >= 0; }
    const DemoStep* step() const
    {
        return isActive() ? &m_steps[static_cast<std::size_t>(m_index)] : nullptr;
    }
    int number() const { return m_index + 1; } ///< from 1
    int count() const { return static_cast<int>(m_steps.size()); }
    /// The step has not come to its end: next() does nothing.
    bool isWaiting() const { return m_waiting; }
    /// Why the step cannot come to its end; empty while it can.
    const QString& trouble() const { return m_trouble; }

Q_SIGNALS:
    /// Another step, or the same one after its wait; also at the end.
    void changed();
    /// What to look at now, as DemoStep::show.
    void look(const QString& what);
    /// A state that the step's `during` names has come.
    void inTheMiddle();

private:
    void enter(int index);
    Result<void> act(const DemoStep& step);
    void watch();
    void stop(const QString& trouble);

    SessionModel* m_session;
    DemoRequest m_request;
    std::vector<DemoStep> m_steps;
    int m_index = -1;
    bool m_waiting = false;
    QString m_trouble;
};

} // namespace cutover::ui
