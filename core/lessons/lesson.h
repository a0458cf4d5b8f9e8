// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/side.h"
#include "lab/labprogram.h"
#include "lessons/expectation.h"
#include "operator/rescue.h"
#include "operator/session.h"

#include <QByteArray>
#include <QJsonObject>
#include <QRegularExpression>
#include <QString>
#include <QStringList>

#include <optional>
#include <variant>
#include <vector>

/// Lessons: what is shown of a live update, step by step, with what must come of it. They are files, so that
/// the window, the command line and the tests play the same ones.
namespace cutover::lessons {

/// What a step does. Each waits for its own end.
namespace action {
struct None
{
    bool operator==(const None&) const = default;
};
/// Starts the lab and checks; every lesson's first.
struct StartLab
{
    bool operator==(const StartLab&) const = default;
};
/// Starts a VMM beside the source that waits for the guest: the destination of the checks that follow.
struct StartDestination
{
    QStringList arguments; ///< after those of the source, and its channels
    bool operator==(const StartDestination&) const = default;
};
/// Looks again, with other settings.
struct Check
{
    QString mode = QStringLiteral("cpr-transfer");
    QJsonObject parameters;
    QJsonObject capabilities;
    bool keepSource = false;
    QStringList faults; ///< done on purpose, as op::checkFault() reads them
    /// Regular expressions and what stands in place of what they match in the words of the destination's
    /// command line, which is else the source's.
    QList<std::pair<QRegularExpression, QString>> changes;
    bool operator==(const Check&) const = default;
};
struct Migrate
{
    QString killAt; ///< the state's id (op::stateId) at which the destination is killed; empty: it is not
    bool operator==(const Migrate&) const = default;
};
struct Finish
{
    bool operator==(const Finish&) const = default;
};
struct Kill
{
    Side side = Side::Destination;
    bool operator==(const Kill&) const = default;
};
struct Switch
{
    QStringList devices; ///< those that the guest has; empty: the global one
    bool on = false;
    bool operator==(const Switch&) const = default;
};
/// A command to a monitor. What comes of it must be as is said here.
struct Qmp
{
    Side side = Side::Source;
    QString command;
    QJsonObject arguments;
    bool confirmed = false; ///< sent even where Cutover would decline
    QString errorClass; ///< of the reply, or "declined" by Cutover; empty: none
    QString saying; ///< part of the error's text, whatever its letters' case
    QJsonObject returns; ///< members of the answer
    bool operator==(const Qmp&) const = default;
};
struct Rescue
{
    op::RescueKind kind = op::RescueKind::ResumeSource;
    bool allowed = true; ///< else it must be refused
    bool operator==(const Rescue&) const = default;
};
} // namespace action

using Action = std::variant<action::None, action::StartLab, action::StartDestination, action::Check,
    action::Migrate, action::Finish, action::Kill, action::Switch, action::Qmp, action::Rescue>;

struct Step
{
    QString id;
    QString title; ///< translated
    QString text; ///< translated
    Action action;
    /// The state's id (op::stateId, or "refused" for Ready with a refusal) that the step waits for; empty:
    /// none.
    QString until;
    QString show; ///< what to look at: "session", "timeline", or a dock's object name; empty: as it is
    QString shot; ///< name of the picture of the step's end, for a lesson that nobody watches
    QStringList during; ///< the ids of the states in which there is something to be seen of the work itself
    std::vector<Expectation> expectations; ///< at the step's end

    bool operator==(const Step&) const = default;
};

using Vmm = lab::LabRequest::Vmm;

struct Lesson
{
    QString name; ///< of its file, without ".json"
    QString title; ///< translated
    QString text; ///< translated; one or two sentences
    std::vector<Vmm> vmms; ///< what it can be played on; the first one is the usual
    QStringList labOptions; ///< of `cutoverctl lab`
    std::vector<Step> steps; ///< those for the VMM that was asked for

    bool operator==(const Lesson&) const = default;
};

/// A lesson (JSON, resources/lessons/) for \a vmm, or for its usual one. Malformed, with the step's id as
/// object, for anything that is not understood.
Result<Lesson> readLesson(const QString& name, const QByteArray& json, std::optional<Vmm> vmm = std::nullopt);

/// The names of those that come with the program, in the order in which they are meant to be seen.
QStringList lessonNames();
/// One of them; NotFound for another name.
Result<Lesson> lesson(const QString& name, std::optional<Vmm> vmm = std::nullopt);

/// Why no lesson can be played here with \a vmm, one sentence each; looks for programs. \a program: of the
/// VMM, where it is not the usual one.
QStringList missingFor(Vmm vmm, const QString& program = {});
/// What this machine lacks without which it can be played all the same, one sentence each.
QStringList poorerWithout(Vmm vmm);

/// The VMM's name in lessons: "embedded", "qemu".
QString vmmId(Vmm vmm);

} // namespace cutover::lessons
