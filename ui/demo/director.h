// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/lessonrun.h"
#include "lessons/stepmark.h"
#include "sessionmodel.h"

#include <QObject>

namespace cutover::ui {

class ReplaySession;

/// What a demo shows, and what it is made with.
struct DemoRequest
{
    QString lesson = QStringLiteral("update");
    lab::LabRequest lab;
    op::SessionRequest session; ///< the source is filled in

    /// \a lesson on its usual VMM; NotFound if there is none of that name.
    static Result<DemoRequest> of(const QString& lesson);
};

/// Shows a lesson with the session, one step at a time, as far as the operator wants: live, or, where the
/// machine lacks what that needs, by the recording that comes with the program.
class DemoDirector : public QObject
{
    Q_OBJECT
public:
    /// \a session is borrowed. Without a ReplaySession no recording can be shown.
    explicit DemoDirector(SessionModel* session, QObject* parent = nullptr);

    /// From the first step, with a new lab pair.
    Result<void> start(const DemoRequest& request);
    /// The lesson about a live update, with what it was made with last.
    Result<void> startUsual();
    void repeat();
    /// To the next step; at the last one, the end. Nothing while a step waits.
    void next();
    /// Ends the demo; what it has started, or opened, stays and is the operator's.
    void skip();

    const lessons::Lesson& lesson() const { return m_recorded ? m_recorded->lesson : m_run.lesson(); }
    bool isActive() const { return m_recorded || m_run.isActive(); }
    const lessons::Step* step() const;
    int number() const { return m_recorded ? m_index + 1 : m_run.number(); } ///< from 1
    int count() const { return static_cast<int>(lesson().steps.size()); }
    /// The step has not come to its end: next() does nothing.
    bool isWaiting() const { return !m_recorded && m_run.isWaiting(); }
    /// Why the step cannot come to its end; empty while it can.
    QString trouble() const;
    /// What has become of what the step had to come to, once it has come to its end.
    std::span<const lessons::Finding> findings() const;
    struct Score
    {
        int held = 0;
        int all = 0;
        bool succeeded = false; ///< also after the end: all was shown, and all holds
    };
    /// Of all steps so far.
    Score score() const;
    /// Why a recording is shown in place of the lesson itself; empty where it is not.
    const QStringList& missing() const { return m_missing; }

Q_SIGNALS:
    /// Another step, or the same one after its wait; also at the end.
    void changed();
    /// What to look at now, as lessons::Step::show.
    void look(const QString& what);
    /// A state that the step's `during` names has come.
    void inTheMiddle();
    /// repeat() could not begin.
    void failed(const cutover::Error& error);

private:
    Result<void> startRecorded();
    void enterRecorded(int index);
    void leaveRecorded();
    void watchSource();

    SessionModel* m_session;
    ReplaySession* m_replay; ///< the same, if it is one
    lessons::LessonRun m_run;
    DemoRequest m_request;
    QStringList m_missing;
    QString m_source; ///< the monitor of the lab's guest, once the lab is there
    std::optional<lessons::RecordedLesson> m_recorded; ///< while it is shown; without its events
    int m_index = -1; ///< of the recorded step
    bool m_seenAll = false; ///< of the recording that was shown last
    Score m_recordedScore;
};

} // namespace cutover::ui
