// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/destinationmachine.h"
#include "engine/sourcemachine.h"

#include <QTest>

#include <vector>

using namespace cutover;
using namespace cutover::engine;
using namespace Qt::StringLiterals;

namespace {

Error broken(ErrorCode code = ErrorCode::Disconnected)
{
    return { .code = code, .attempt = u"go on"_s };
}

std::vector<SourcePlanInput> allPlans()
{
    std::vector<SourcePlanInput> plans;
    for (const bool copyRam : { false, true }) {
        plans.push_back({ .cpr = false, .handover = Handover::Prepared, .copyRam = copyRam });
        for (const Handover handover : { Handover::LateStop, Handover::EarlyStop, Handover::Prepared })
            plans.push_back({ .cpr = true, .handover = handover, .copyRam = copyRam });
    }
    return plans;
}

/// A process in which the steps really happen: what the machine must never do is asserted here.
struct SourceWorld
{
    bool running = true;
    bool owned = true;
    bool disksActive = true;
    bool destinationHolds = false;
    bool goSent = false;

    void carryOut(const SourcePlanInput& input, SourceStep step)
    {
        QVERIFY2(!goSent || step == SourceStep::AwaitStarted, "nothing but waiting follows GO");
        switch (step) {
        case SourceStep::Stop:
            running = false;
            break;
        case SourceStep::Release:
            QVERIFY(!running);
            owned = false;
            break;
        case SourceStep::InactivateBlock:
            QVERIFY(!running);
            disksActive = false;
            break;
        case SourceStep::RecoverExclusive:
            destinationHolds = false;
            break;
        case SourceStep::ActivateBlock:
            disksActive = true;
            break;
        case SourceStep::Retake:
            QVERIFY2(!destinationHolds, "one owner at a time");
            owned = true;
            break;
        case SourceStep::Resume:
            QVERIFY(owned);
            QVERIFY2(disksActive, "a guest never resumes on inactive disks");
            QVERIFY(!destinationHolds);
            running = true;
            break;
        case SourceStep::Go:
            QVERIFY(!running);
            QVERIFY(!owned);
            goSent = true;
            break;
        default:
            break;
        }
        if (sendsExclusive(input, step) && !owned)
            destinationHolds = true;
    }
};

} // namespace

class TestHandoverMachines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void sourcePlans_data();
    void sourcePlans();
    void sourceRollsBackFromEveryStep();
    void sourceNeverRollsBackAfterGo();
    void sourceIsStrandedWhenARollbackFails();
    void sourceRefusesWhatDoesNotFit();
    void destinationLetsGoFromEveryStep();
    void destinationKeepsTheGuestItStarted();
    void destinationRefusesWhatDoesNotFit();
};

void TestHandoverMachines::sourcePlans_data()
{
    QTest::addColumn<bool>("cpr");
    QTest::addColumn<int>("handover");
    QTest::addColumn<bool>("copyRam");
    QTest::addColumn<QString>("steps");
    const auto row = [](const char* name, bool cpr, Handover handover, bool copyRam, const QString& steps) {
        QTest::newRow(name) << cpr << int(handover) << copyRam << steps;
    };
    const QString end = u" send-state await-ready go await-started"_s;
    row("late-stop", true, Handover::LateStop, false,
        u"send-cpr await-cpr-close connect-main hello await-prepared stop release inactivate-block"_s + end);
    row("early-stop", true, Handover::EarlyStop, false,
        u"stop release inactivate-block send-cpr await-cpr-close connect-main hello await-prepared"_s + end);
    row("early-stop, RAM copied", true, Handover::EarlyStop, true,
        u"stop release inactivate-block send-cpr await-cpr-close connect-main hello await-prepared"_s + end);
    row("prepared", true, Handover::Prepared, false,
        u"send-cpr await-cpr-close connect-main hello await-prepared stop release inactivate-block"_s + end);
    row("prepared, RAM copied", true, Handover::Prepared, true,
        u"send-cpr await-cpr-close connect-main hello await-prepared copy-ram stop release inactivate-block"_s
            + end);
    row("normal", false, Handover::LateStop, true,
        u"connect-main hello await-prepared copy-ram stop release inactivate-block"_s + end);
}

void TestHandoverMachines::sourcePlans()
{
    QFETCH(bool, cpr);
    QFETCH(int, handover);
    QFETCH(bool, copyRam);
    QFETCH(QString, steps);
    QStringList names;
    for (const SourceStep s :
        planSource({ .cpr = cpr, .handover = static_cast<Handover>(handover), .copyRam = copyRam }))
        names.append(sourceStepName(s));
    QCOMPARE(names.join(u' '), steps);
}

void TestHandoverMachines::sourceRollsBackFromEveryStep()
{
    for (const SourcePlanInput& input : allPlans()) {
        const SourcePlan plan = planSource(input);
        const qsizetype go = plan.indexOf(SourceStep::Go);
        for (qsizetype failing = 0; failing <= go; ++failing) {
            for (const bool hadEffect : { false, true }) {
                if (hadEffect && plan[failing] == SourceStep::Go)
                    continue; // a Go that fails was not sent
                SourceWorld world;
                SourceState state = *step(SourceIdle{}, SourceBegin{ input });
                for (qsizetype i = 0; i < failing; ++i) {
                    world.carryOut(input, *nextStep(state));
                    state = *step(state, SourceStepDone{ *nextStep(state) });
                }
                if (hadEffect)
                    world.carryOut(input, plan[failing]);
                state = *step(state, SourceStepFailed{ plan[failing], broken() });
                while (nextStep(state)) {
                    world.carryOut(input, *nextStep(state));
                    state = *step(state, SourceStepDone{ *nextStep(state) });
                }
                const auto* failed = std::get_if<SourceFailed>(&state);
                QVERIFY(failed);
                QCOMPARE(failed->failedStep, plan[failing]);
                QVERIFY(world.running);
                QVERIFY(world.owned);
                QVERIFY(world.disksActive);
                QVERIFY(!world.destinationHolds);
                // A failed migration can be tried again.
                QVERIFY(step(state, SourceBegin{ input }).has_value());
            }
        }
    }
}

void TestHandoverMachines::sourceNeverRollsBackAfterGo()
{
    for (const SourcePlanInput& input : allPlans()) {
        SourceState state = *step(SourceIdle{}, SourceBegin{ input });
        while (nextStep(state) != SourceStep::AwaitStarted)
            state = *step(state, SourceStepDone{ *nextStep(state) });
        QVERIFY(!step(state, SourceCancel{}).has_value());
        const SourceState lost = *step(state, SourceStepFailed{ SourceStep::AwaitStarted, broken() });
        QVERIFY(std::get<SourceCompleted>(lost).unconfirmed.has_value());
        QVERIFY(!nextStep(lost).has_value());
        const SourceState told = *step(state, SourceStepDone{ SourceStep::AwaitStarted });
        QVERIFY(!std::get<SourceCompleted>(told).unconfirmed.has_value());
        QVERIFY(!step(told, SourceBegin{ input }).has_value());
    }
}

void TestHandoverMachines::sourceIsStrandedWhenARollbackFails()
{
    SourceState state = *step(SourceIdle{}, SourceBegin{});
    while (nextStep(state) != SourceStep::AwaitReady)
        state = *step(state, SourceStepDone{ *nextStep(state) });
    state = *step(state, SourceStepFailed{ SourceStep::AwaitReady, broken(ErrorCode::Timeout) });
    QCOMPARE(nextStep(state), SourceStep::RecoverExclusive);
    state
        = *step(state, SourceStepFailed{ SourceStep::RecoverExclusive, broken(ErrorCode::PermissionDenied) });
    const auto& stranded = std::get<SourceStranded>(state);
    QCOMPARE(stranded.cause.code, ErrorCode::PermissionDenied);
    QCOMPARE(stranded.original.code, ErrorCode::Timeout);
    QVERIFY(!nextStep(state).has_value());
    QVERIFY(!step(state, SourceBegin{}).has_value());
}

void TestHandoverMachines::sourceRefusesWhatDoesNotFit()
{
    const SourceState going = *step(SourceIdle{}, SourceBegin{});
    for (int i = 0; i <= int(SourceStep::Resume); ++i) {
        const auto wrong = static_cast<SourceStep>(i);
        if (nextStep(going) == wrong)
            continue;
        const auto result = step(going, SourceStepDone{ wrong });
        QVERIFY(!result.has_value());
        QVERIFY(result.error().message().contains(u"going"_s));
        QVERIFY(result.error().message().contains(sourceStepName(wrong)));
    }
    QVERIFY(!step(going, SourceBegin{}).has_value());
    QVERIFY(!step(SourceIdle{}, SourceCancel{}).has_value());
    const SourceState cancelled = *step(going, SourceCancel{});
    QVERIFY(std::get<SourceFailed>(cancelled).cancelled);
}

void TestHandoverMachines::destinationLetsGoFromEveryStep()
{
    for (const bool cpr : { false, true }) {
        const DestinationPlan plan = planDestination(cpr);
        for (qsizetype failing = 0; plan[failing] != DestinationStep::Start; ++failing) {
            DestinationState state = *step(DestinationIdle{}, DestinationBegin{ cpr });
            for (qsizetype i = 0; i < failing; ++i)
                state = *step(state, DestinationStepDone{ plan[i] });
            state = *step(state, DestinationStepFailed{ plan[failing], broken() });
            QCOMPARE(nextStep(state), DestinationStep::LetGo);
            QVERIFY(!step(state, DestinationStepFailed{ DestinationStep::LetGo, broken() }).has_value());
            state = *step(state, DestinationStepDone{ DestinationStep::LetGo });
            QCOMPARE(nextStep(state), DestinationStep::SendAbort);
            const DestinationState untold
                = *step(state, DestinationStepFailed{ DestinationStep::SendAbort, broken() });
            QCOMPARE(std::get<DestinationFailed>(untold).failedStep, plan[failing]);
            state = *step(state, DestinationStepDone{ DestinationStep::SendAbort });
            QCOMPARE(std::get<DestinationFailed>(state).failedStep, plan[failing]);
        }
    }
}

void TestHandoverMachines::destinationKeepsTheGuestItStarted()
{
    DestinationState state = *step(DestinationIdle{}, DestinationBegin{});
    while (nextStep(state) != DestinationStep::Start)
        state = *step(state, DestinationStepDone{ *nextStep(state) });
    QVERIFY(!step(state, DestinationStepFailed{ DestinationStep::Start, broken() }).has_value());
    state = *step(state, DestinationStepDone{ DestinationStep::Start });
    const DestinationState untold
        = *step(state, DestinationStepFailed{ DestinationStep::SendStarted, broken() });
    QVERIFY(std::get<DestinationCompleted>(untold).unconfirmed.has_value());
    QVERIFY(!step(untold, DestinationBegin{}).has_value());
}

void TestHandoverMachines::destinationRefusesWhatDoesNotFit()
{
    const DestinationState going = *step(DestinationIdle{}, DestinationBegin{});
    for (int i = 0; i <= int(DestinationStep::SendAbort); ++i) {
        const auto wrong = static_cast<DestinationStep>(i);
        if (nextStep(going) == wrong)
            continue;
        const auto result = step(going, DestinationStepDone{ wrong });
        QVERIFY(!result.has_value());
        QVERIFY(result.error().message().contains(destinationStepName(wrong)));
    }
    QVERIFY(!step(going, DestinationBegin{}).has_value());
}

QTEST_GUILESS_MAIN(TestHandoverMachines)
#include "tst_handovermachines.moc"
