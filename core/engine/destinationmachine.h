// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QString>
#include <QVarLengthArray>

#include <cstdint>
#include <optional>
#include <variant>

/// The destination's side of a handover as a pure state machine; destinationmigration.h carries the steps
/// out.
namespace cutover::engine {

enum class DestinationStep : std::uint8_t {
    AwaitCpr, ///< the CPR state, while the VM is in precreate
    CreateDevices, ///< leaves precreate: RAM and devices, as far as their fds are here
    AwaitMain, ///< the main channel's connection (the CPR channel is closed once it can be made)
    Hello, ///< header and configuration of the source
    Prepare, ///< RAM populated, processors parked; says so
    AwaitState, ///< RAM, device state, the fds that follow the stop
    Load, ///< backends, ownership, state
    SendReady,
    AwaitGo,
    Start, ///< the guest is ours
    SendStarted,

    // Only after a failure.
    LetGo, ///< every backend is detached, every token released
    SendAbort, ///< tells the source why, and that nothing of its is held
};

/// "await-cpr", "send-ready", ...
QString destinationStepName(DestinationStep step);

using DestinationPlan = QVarLengthArray<DestinationStep, 16>;

/// \a cpr: there is a CPR channel.
DestinationPlan planDestination(bool cpr);

struct DestinationIdle
{
};
struct DestinationGoing
{
    DestinationPlan plan;
    qsizetype next = 0;
};
struct DestinationLettingGo
{
    Error cause;
    DestinationStep failedStep = DestinationStep::AwaitCpr;
    bool released = false;
};
/// The guest is here. \a unconfirmed: the source could not be told.
struct DestinationCompleted
{
    std::optional<Error> unconfirmed;
};
/// The guest never ran here and nothing of the source's is held.
struct DestinationFailed
{
    Error cause;
    DestinationStep failedStep = DestinationStep::AwaitCpr;
};
using DestinationState = std::variant<DestinationIdle, DestinationGoing, DestinationLettingGo,
    DestinationCompleted, DestinationFailed>;

struct DestinationBegin
{
    bool cpr = true;
};
struct DestinationStepDone
{
    DestinationStep step = DestinationStep::AwaitCpr;
};
struct DestinationStepFailed
{
    DestinationStep step = DestinationStep::AwaitCpr;
    Error error;
};
using DestinationInput = std::variant<DestinationBegin, DestinationStepDone, DestinationStepFailed>;

std::optional<DestinationStep> nextStep(const DestinationState& state);

/// The state after \a input. An input that does not fit is an InvalidArgument error that names both. Start
/// and LetGo cannot fail; a SendAbort that fails changes nothing: the source sees the channel end.
Result<DestinationState> step(const DestinationState& state, const DestinationInput& input);

/// "idle", "going", "letting-go", "completed", "failed".
QString destinationStateName(const DestinationState& state);

} // namespace cutover::engine
