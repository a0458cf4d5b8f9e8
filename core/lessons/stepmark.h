// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/expectation.h"
#include "lessons/lesson.h"
#include "timeline/recording.h"

#include <QJsonArray>

#include <span>
#include <vector>

namespace cutover::lessons {

/// What is left of a step in a record when it has ended: an event of the category Action named "lesson",
/// {lesson, vmm, step, text, trouble, findings: [{holds, expected, seen}]}.
struct StepMark
{
    QString lesson;
    QString vmm; ///< as vmmId() has it
    QString step; ///< its id
    QString title;
    QString trouble; ///< why it did not come to its end; empty if it did
    std::vector<Finding> findings;

    bool operator==(const StepMark&) const = default;
};

/// [{holds, expected, seen}], as in a record.
QJsonArray toJson(std::span<const Finding> findings);
timeline::Event toEvent(const StepMark& mark, qint64 timeNs);

/// A mark, and where it stands among the events that it was read from.
struct PlacedMark
{
    StepMark mark;
    std::size_t position = 0; ///< number of the events up to and with the mark
};
/// Pure; what is not understood is left out.
std::vector<PlacedMark> stepMarks(std::span<const timeline::Event> events);

/// A lesson as it was played elsewhere, for machines that lack what it needs.
struct RecordedLesson
{
    Lesson lesson;
    QString path; ///< in the program's resources
    timeline::Recording recording;
    std::vector<PlacedMark> marks; ///< one for each step, in their order
};
/// NotFound where none comes with the program; Malformed where it does not fit the lesson.
Result<RecordedLesson> recordedLesson(const QString& name, Vmm vmm);

} // namespace cutover::lessons
