// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/destinationmachine.h"

#include <array>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

std::unexpected<Error> misfit(const DestinationState& state, const QString& input)
{
    return failure(ErrorCode::InvalidArgument, u"continue the incoming migration"_s,
        destinationStateName(state), u"the input '%1' does not fit"_s.arg(input));
}

Result<DestinationState> goOn(const DestinationGoing& going)
{
    DestinationGoing after = going;
    if (++after.next == after.plan.size())
        return DestinationCompleted{};
    return after;
}

} // namespace

QString destinationStepName(DestinationStep step)
{
    static constexpr std::array names{ "await-cpr"_L1, "create-devices"_L1, "await-main"_L1, "hello"_L1,
        "prepare"_L1, "await-state"_L1, "load"_L1, "send-ready"_L1, "await-go"_L1, "start"_L1,
        "send-started"_L1, "let-go"_L1, "send-abort"_L1 };
    return names.at(static_cast<std::size_t>(step));
}

DestinationPlan planDestination(bool cpr)
{
    using enum DestinationStep;
    const DestinationPlan withoutCpr{ AwaitMain, Hello, Prepare, AwaitState, Load, SendReady, AwaitGo, Start,
        SendStarted };
    if (!cpr)
        return withoutCpr;
    DestinationPlan plan{ AwaitCpr, CreateDevices };
    for (const DestinationStep s : withoutCpr)
        plan.append(s);
    return plan;
}

std::optional<DestinationStep> nextStep(const DestinationState& state)
{
    if (const auto* going = std::get_if<DestinationGoing>(&state))
        return going->plan.at(going->next);
    if (const auto* lettingGo = std::get_if<DestinationLettingGo>(&state))
        return lettingGo->released ? DestinationStep::SendAbort : DestinationStep::LetGo;
    return {};
}

Result<DestinationState> step(const DestinationState& state, const DestinationInput& input)
{
    if (const auto* begin = std::get_if<DestinationBegin>(&input)) {
        if (!std::holds_alternative<DestinationIdle>(state)
            && !std::holds_alternative<DestinationFailed>(state))
            return misfit(state, u"begin"_s);
        return DestinationGoing{ .plan = planDestination(begin->cpr), .next = 0 };
    }

    const auto* done = std::get_if<DestinationStepDone>(&input);
    const auto* failed = std::get_if<DestinationStepFailed>(&input);
    const DestinationStep stepOfInput = done ? done->step : failed->step;
    if (nextStep(state) != stepOfInput)
        return misfit(state, destinationStepName(stepOfInput));
    if (failed && (stepOfInput == DestinationStep::Start || stepOfInput == DestinationStep::LetGo))
        return misfit(state, u"failure of "_s + destinationStepName(stepOfInput));

    if (const auto* going = std::get_if<DestinationGoing>(&state)) {
        if (done)
            return goOn(*going);
        if (stepOfInput == DestinationStep::SendStarted)
            return DestinationCompleted{ .unconfirmed = failed->error };
        return DestinationLettingGo{ .cause = failed->error, .failedStep = stepOfInput, .released = false };
    }

    const auto& lettingGo = std::get<DestinationLettingGo>(state);
    if (stepOfInput == DestinationStep::LetGo)
        return DestinationLettingGo{
            .cause = lettingGo.cause, .failedStep = lettingGo.failedStep, .released = true
        };
    return DestinationFailed{ .cause = lettingGo.cause, .failedStep = lettingGo.failedStep };
}

QString destinationStateName(const DestinationState& state)
{
    static constexpr std::array names{ "idle"_L1, "going"_L1, "letting-go"_L1, "completed"_L1, "failed"_L1 };
    return names.at(state.index());
}

} // namespace cutover::engine
