// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "lab/labprogram.h"

#include <QByteArray>
#include <QString>

#include <vector>

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

/// The steps of a scenario (JSON, resources/demo/) that are meant for \a vmm. Malformed, with the step, for
/// what is not understood.
Result<std::vector<DemoStep>> readScenario(const QByteArray& json, lab::LabRequest::Vmm vmm);

/// The scenario that comes with the program.
Result<std::vector<DemoStep>> standardScenario(lab::LabRequest::Vmm vmm);

} // namespace cutover::ui
