// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "lab/labprogram.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace cutover::lessons {
struct Lesson;
}

namespace cutover::ui {

/// One remark of a demo, and what happens with it.
struct DemoStep
{
    enum class Do : std::uint8_t { Nothing, StartLab, Migrate, Finish };

    QString id;
    QString title; ///< translated
    QString text; ///< translated
    Do action = Do::Nothing;
    QString until; ///< the state's id (op::stateId) that the step waits for; empty: none
    QString show; ///< what to look at: "session", "timeline", or a dock's object name; empty: as it is
    QString shot; ///< name of the picture of the step's end, for a demo that nobody watches
    QStringList during; ///< the ids of the states in which there is something to be seen of the work itself

    bool operator==(const DemoStep&) const = default;
};

/// The steps of \a lesson. Unsupported, with the step, where it has one that the window cannot do.
Result<std::vector<DemoStep>> scenarioOf(const lessons::Lesson& lesson);

/// Those of the lesson about a live update.
Result<std::vector<DemoStep>> standardScenario(lab::LabRequest::Vmm vmm);

} // namespace cutover::ui
