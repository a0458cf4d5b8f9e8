// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/process.h"
#include "lessons/asker.h"
#include "lessons/lesson.h"
#include "lessons/probe.h"
#include "lessons/stage.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace cutover::lessons {

/// What a lesson is played with.
struct RunRequest
{
    lab::LabRequest lab; ///< the lesson's own options are added; these count where both name one
    op::SessionRequest session; ///< the source is filled in
};

/// Plays one lesson on a stage, a step at a time. Asynchronous, on the event loop.
class LessonRun : public QObject
{
    Q_OBJECT
public:
    /// \a stage is borrowed.
    explicit LessonRun(Stage& stage, QObject* parent = nullptr);
    /// Ends the destinations that it has started itself.
    ~LessonRun() override;

    /// From the first step. Replaces what was played before.
    void start(const Lesson& lesson, const RunRequest& request);
    /// To the next step; at the last one, the end. Nothing while a step waits, or cannot come to its end.
    void next();
    /// Ends it where it is; what it has started goes on, but for a destination that nothing was moved to.
    void leave();

    const Lesson& lesson() const { return m_lesson; }
    bool isActive() const { return m_index >= 0; }
    const Step* step() const
    {
        return isActive() ? &m_lesson.steps[static_cast<std::size_t>(m_index)] : nullptr;
    }
    int number() const { return m_index + 1; } ///< from 1
    int count() const { return static_cast<int>(m_lesson.steps.size()); }
    /// The step has not come to its end: next() does nothing.
    bool isWaiting() const { return m_waiting; }
    /// Why the step cannot come to its end; empty while it can.
    const QString& trouble() const { return m_trouble; }

    /// What has become of the expectations of all steps so far.
    const std::vector<Finding>& findings() const { return m_findings; }
    /// What has become of the present step's alone.
    std::span<const Finding> stepFindings() const { return std::span(m_findings).subspan(m_firstFinding); }
    /// Every step came to its end, and every expectation holds.
    bool hasSucceeded() const;

Q_SIGNALS:
    /// Another step, or the same one after its wait; also at the end.
    void changed();
    /// What to look at now, as Step::show.
    void look(const QString& what);
    /// A state that the step's `during` names has come.
    void inTheMiddle();

private:
    void forgetQuestions();
    void enter(int index);
    Result<void> act(const action::None&);
    Result<void> act(const action::StartLab&);
    Result<void> act(const action::StartDestination& start);
    Result<void> act(const action::Check& check);
    Result<void> act(const action::Migrate&);
    Result<void> act(const action::Finish&);
    Result<void> act(const action::Kill& kill);
    Result<void> act(const action::Switch& change);
    Result<void> act(const action::Qmp& qmp);
    Result<void> act(const action::Rescue&);
    Result<void> kill(Side side);
    void stateMoved();
    void noteEvents(std::size_t first, std::size_t count);
    void noteSwitch(std::span<const timeline::Event> fresh);
    void killInTime(const QString& state, std::span<const timeline::Event> fresh);
    void tryRescue();
    void takeReply(const action::Qmp& qmp, const Reply& reply);
    void watch();
    void conclude();
    void judgeAll();
    void stop(const QString& trouble);
    void endStep();

    struct Destination
    {
        op::DestinationSpec spec;
        std::unique_ptr<ChildProcess> process;
    };

    Stage& m_stage;
    std::unique_ptr<Asker> m_asker;
    std::unique_ptr<Probe> m_probe;
    QTimer m_patience;
    Lesson m_lesson;
    RunRequest m_request;
    Destination m_destination; ///< that was started by a step
    std::vector<Finding> m_findings;
    std::size_t m_firstFinding = 0; ///< of the step
    std::size_t m_migrationFrom = 0; ///< in the record
    int m_index = -1;
    int m_switchesDue = 0; ///< whose answers are awaited
    bool m_waiting = false;
    bool m_acted = false; ///< what the step does by itself is over; its state is still awaited
    bool m_checkSeen = false; ///< the check that the step leads to has begun
    bool m_judging = false;
    bool m_complete = false; ///< the last step has ended
    QString m_trouble;
};

} // namespace cutover::lessons
