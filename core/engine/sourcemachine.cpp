// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/sourcemachine.h"

#include <array>
#include <initializer_list>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

std::unexpected<Error> misfit(const SourceState& state, const QString& input)
{
    return failure(ErrorCode::InvalidArgument, u"continue the migration"_s, sourceStateName(state),
        u"the input '%1' does not fit"_s.arg(input));
}

/// A step that fails may have had part of its effect, so a rollback undoes it as if it had succeeded.
void addEffect(SourceFacts& facts, const SourcePlanInput& input, SourceStep step)
{
    switch (step) {
    case SourceStep::Stop:
        facts.stopped = true;
        break;
    case SourceStep::Release:
        facts.released = true;
        break;
    case SourceStep::InactivateBlock:
        facts.blockInactive = true;
        break;
    default:
        break;
    }
    if (sendsExclusive(input, step))
        facts.exclusiveSent = true;
}

std::optional<SourceStep> nextUndo(const SourceFacts& facts)
{
    if (facts.exclusiveSent && facts.released)
        return SourceStep::RecoverExclusive;
    if (facts.blockInactive)
        return SourceStep::ActivateBlock;
    if (facts.released)
        return SourceStep::Retake;
    if (facts.stopped)
        return SourceStep::Resume;
    return {};
}

void removeEffect(SourceFacts& facts, SourceStep step)
{
    switch (step) {
    case SourceStep::RecoverExclusive:
        facts.exclusiveSent = false;
        break;
    case SourceStep::ActivateBlock:
        facts.blockInactive = false;
        break;
    case SourceStep::Retake:
        facts.released = false;
        break;
    case SourceStep::Resume:
        facts.stopped = false;
        break;
    default:
        break;
    }
}

SourceState rollBack(const SourceFacts& facts, Error cause, SourceStep failedStep, bool cancelled)
{
    if (!nextUndo(facts))
        return SourceFailed{ .cause = std::move(cause), .failedStep = failedStep, .cancelled = cancelled };
    return SourceRollingBack{
        .cause = std::move(cause), .failedStep = failedStep, .cancelled = cancelled, .facts = facts
    };
}

Result<SourceState> goOn(const SourceGoing& going, const SourceStepDone& done)
{
    SourceGoing after = going;
    addEffect(after.facts, going.input, done.step);
    ++after.next;
    if (after.next == after.plan.size())
        return SourceCompleted{};
    return after;
}

Result<SourceState> giveUp(const SourceGoing& going, const SourceStepFailed& failed)
{
    if (failed.step == SourceStep::AwaitStarted)
        return SourceCompleted{ .unconfirmed = failed.error };
    SourceFacts facts = going.facts;
    addEffect(facts, going.input, failed.step);
    return rollBack(facts, failed.error, failed.step, failed.error.code == ErrorCode::Cancelled);
}

} // namespace

QString sourceStepName(SourceStep step)
{
    static constexpr std::array names{ "send-cpr"_L1, "await-cpr-close"_L1, "connect-main"_L1, "hello"_L1,
        "await-prepared"_L1, "copy-ram"_L1, "stop"_L1, "release"_L1, "inactivate-block"_L1, "send-state"_L1,
        "await-ready"_L1, "go"_L1, "await-started"_L1, "recover-exclusive"_L1, "activate-block"_L1,
        "retake"_L1, "resume"_L1 };
    return names.at(static_cast<std::size_t>(step));
}

SourcePlan planSource(const SourcePlanInput& input)
{
    using enum SourceStep;
    SourcePlan plan;
    const auto add = [&plan](std::initializer_list<SourceStep> steps) {
        for (const SourceStep s : steps)
            plan.append(s);
    };
    const bool early = input.cpr && input.handover == Handover::EarlyStop;
    if (early)
        add({ Stop, Release, InactivateBlock });
    if (input.cpr)
        add({ SendCpr, AwaitCprClose });
    add({ ConnectMain, Hello, AwaitPrepared });
    if (input.copyRam && !early)
        plan.append(CopyRam);
    if (!early)
        add({ Stop, Release, InactivateBlock });
    add({ SendState, AwaitReady, Go, AwaitStarted });
    return plan;
}

bool sendsExclusive(const SourcePlanInput& input, SourceStep step)
{
    if (input.cpr && input.handover != Handover::Prepared)
        return step == SourceStep::SendCpr;
    return step == SourceStep::SendState;
}

std::optional<SourceStep> nextStep(const SourceState& state)
{
    if (const auto* going = std::get_if<SourceGoing>(&state))
        return going->plan.at(going->next);
    if (const auto* back = std::get_if<SourceRollingBack>(&state))
        return nextUndo(back->facts);
    return {};
}

Result<SourceState> step(const SourceState& state, const SourceInput& input)
{
    if (const auto* begin = std::get_if<SourceBegin>(&input)) {
        const bool underWay
            = std::holds_alternative<SourceGoing>(state) || std::holds_alternative<SourceRollingBack>(state);
        if (underWay || std::holds_alternative<SourceCompleted>(state)
            || std::holds_alternative<SourceStranded>(state))
            return misfit(state, u"begin"_s);
        return SourceGoing{ .input = begin->input, .plan = planSource(begin->input), .next = 0, .facts = {} };
    }

    if (std::holds_alternative<SourceCancel>(input)) {
        const auto* going = std::get_if<SourceGoing>(&state);
        if (!going || going->plan.at(going->next) == SourceStep::AwaitStarted)
            return misfit(state, u"cancel"_s);
        return rollBack(going->facts,
            Error{ .code = ErrorCode::Cancelled,
                .attempt = u"migrate"_s,
                .cause = u"the migration was cancelled"_s },
            going->plan.at(going->next), true);
    }

    const auto* done = std::get_if<SourceStepDone>(&input);
    const auto* failed = std::get_if<SourceStepFailed>(&input);
    const SourceStep stepOfInput = done ? done->step : failed->step;
    if (nextStep(state) != stepOfInput)
        return misfit(state, sourceStepName(stepOfInput));

    if (const auto* going = std::get_if<SourceGoing>(&state))
        return done ? goOn(*going, *done) : giveUp(*going, *failed);

    const auto& back = std::get<SourceRollingBack>(state);
    if (failed)
        return SourceStranded{ .cause = failed->error, .failedStep = failed->step, .original = back.cause };
    SourceFacts facts = back.facts;
    removeEffect(facts, done->step);
    return rollBack(facts, back.cause, back.failedStep, back.cancelled);
}

QString sourceStateName(const SourceState& state)
{
    static constexpr std::array names{ "idle"_L1, "going"_L1, "rolling-back"_L1, "completed"_L1, "failed"_L1,
        "stranded"_L1 };
    return names.at(state.index());
}

} // namespace cutover::engine
