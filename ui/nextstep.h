// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionstate.h"

#include <QString>

namespace cutover::ui {

/// What the main button does.
enum class NextStep : std::uint8_t { Connect, Check, Migrate, Cancel, Finish, Rescue };

struct NextStepInfo
{
    NextStep step = NextStep::Connect;
    QString label; ///< with what happens next
    bool enabled = true;
    QString reason; ///< why it is not enabled; otherwise what it does
};

/// Pure: the one thing that the operator is expected to do in \a state.
NextStepInfo nextStep(const op::SessionState& state, bool keepSource);

/// Work goes on by itself: a new session cannot be begun.
bool isUnderWay(const op::SessionState& state);

} // namespace cutover::ui
