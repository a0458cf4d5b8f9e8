// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionstate.h"

/// What the step functions ask of an input. Internal to the stepper.
namespace cutover::op::inputs {

template <typename T>
const T* get(const SessionInput& input)
{
    return std::get_if<T>(&input);
}

inline const input::Reply* replyFrom(const SessionInput& input, Side side, Tag tag)
{
    const auto* reply = get<input::Reply>(input);
    return reply && reply->side == side && reply->tag == tag ? reply : nullptr;
}

inline bool exited(const SessionInput& input, Side side)
{
    const auto* exit = get<input::Exited>(input);
    return exit && exit->side == side;
}

inline bool disconnected(const SessionInput& input, Side side)
{
    const auto* lost = get<input::Disconnected>(input);
    return lost && lost->side == side;
}

inline bool connectedTo(const SessionInput& input, Side side)
{
    const auto* up = get<input::Connected>(input);
    return up && up->side == side;
}

inline bool fired(const SessionInput& input, TimerKind kind)
{
    const auto* timer = get<input::TimerFired>(input);
    return timer && timer->kind == kind;
}

} // namespace cutover::op::inputs
