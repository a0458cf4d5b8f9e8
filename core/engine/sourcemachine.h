// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/handover.h"

#include <QString>
#include <QVarLengthArray>

#include <cstdint>
#include <optional>
#include <variant>

/// The source's side of a handover as a pure state machine: what to do next, and what a result means. It
/// holds the rules of commit and rollback and nothing else; sourcemigration.h carries the steps out.
namespace cutover::engine {

enum class SourceStep : std::uint8_t {
    SendCpr, ///< connect the CPR channel and send the fds that travel on it
    AwaitCprClose, ///< the destination closes the CPR channel when it listens
    ConnectMain,
    Hello, ///< header and configuration
    AwaitPrepared, ///< the destination has done all it can before the stop
    CopyRam, ///< passes over the guest's RAM while it runs
    Stop, ///< processors and devices stand still
    Release, ///< the SETUP notifiers: no exclusive resource is ours any more
    InactivateBlock,
    SendState, ///< the rest of RAM, device state, the fds that follow the stop
    AwaitReady,
    Go,
    AwaitStarted, ///< the destination says that it runs; the guest is its own since Go

    // Only in a rollback, in this order.
    RecoverExclusive, ///< the destination has let go of what it was sent, or is dead
    ActivateBlock,
    Retake,
    Resume,
};

/// "connect-main", "go", ...: the step's name in errors and traces.
QString sourceStepName(SourceStep step);

/// What a plan depends on.
struct SourcePlanInput
{
    bool cpr = true; ///< mode cpr-transfer: there is a CPR channel
    Handover handover = Handover::Prepared; ///< ignored without a CPR channel
    bool copyRam = false; ///< at least one block of RAM is not passed
};

/// Without an allocation: a state is copied between stop and GO.
using SourcePlan = QVarLengthArray<SourceStep, 16>;

/// The steps of an undisturbed handover. In each plan Stop, Release and InactivateBlock come in this order,
/// before any step that may send an exclusive fd; LateStop is the one exception, on purpose.
SourcePlan planSource(const SourcePlanInput& input);

/// True for the step of this plan that sends the exclusive fds.
bool sendsExclusive(const SourcePlanInput& input, SourceStep step);

/// What has been done so far that a rollback would have to undo.
struct SourceFacts
{
    bool stopped = false;
    bool released = false;
    bool blockInactive = false;
    bool exclusiveSent = false;

    bool operator==(const SourceFacts&) const = default;
};

struct SourceIdle
{
};
struct SourceGoing
{
    SourcePlanInput input;
    SourcePlan plan;
    qsizetype next = 0; ///< index in plan
    SourceFacts facts;
};
struct SourceRollingBack
{
    Error cause;
    SourceStep failedStep = SourceStep::SendCpr;
    bool cancelled = false;
    SourceFacts facts;
};
/// The guest belongs to the destination. \a unconfirmed says why we do not know that it runs there.
struct SourceCompleted
{
    std::optional<Error> unconfirmed;
};
/// Nothing was handed over; the guest is as it was before the migration.
struct SourceFailed
{
    Error cause;
    SourceStep failedStep = SourceStep::SendCpr;
    bool cancelled = false;
};
/// Nothing was handed over, but the guest could not be resumed either: it is stopped on the source.
struct SourceStranded
{
    Error cause; ///< of the failed rollback
    SourceStep failedStep = SourceStep::Resume;
    Error original; ///< of the migration
};
using SourceState
    = std::variant<SourceIdle, SourceGoing, SourceRollingBack, SourceCompleted, SourceFailed, SourceStranded>;

struct SourceBegin
{
    SourcePlanInput input;
};
struct SourceStepDone
{
    SourceStep step = SourceStep::SendCpr;
};
/// For Go it means that not a byte of GO was sent; every other step may have had a part of its effect.
struct SourceStepFailed
{
    SourceStep step = SourceStep::SendCpr;
    Error error;
};
/// The operator's wish, taken up between two steps. A step that is interrupted fails with Cancelled instead.
struct SourceCancel
{
};
using SourceInput = std::variant<SourceBegin, SourceStepDone, SourceStepFailed, SourceCancel>;

/// What is to be done in \a state; nothing in a final state.
std::optional<SourceStep> nextStep(const SourceState& state);

/// The state after \a input. An input that does not fit is an InvalidArgument error that names both, and
/// the state stays what it was.
Result<SourceState> step(const SourceState& state, const SourceInput& input);

/// "idle", "going", "rolling-back", "completed", "failed", "stranded".
QString sourceStateName(const SourceState& state);

} // namespace cutover::engine
