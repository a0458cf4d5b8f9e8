// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/rescue.h"

#include "base/process.h"
#include "operator/endpoint.h"
#include "operator/listenerwatch.h"
#include "operator/plan.h"
#include "operator/savedstate.h"
#include "operator/socketmove.h"
#include "timeline/record.h"

#include <KLocalizedString>

#include <QFile>
#include <QJsonArray>
#include <QTimer>

#include <csignal>
#include <deque>
#include <functional>

namespace cutover::op {

/// A monitor that somebody else holds does not answer; a VMM that is alive and free does at once.
static constexpr int answerLimitMs = 4000;
static constexpr int endLimitMs = 10'000;
static constexpr int loadLimitMs = 60'000;
static constexpr int pollMs = 5;
static constexpr int outputTailBytes = 4096;

class RescueOperation::Private : public QObject
{
public:
    Private(RescueOperation* operation, const PairJournal& journal)
        : q(operation)
    {
        evidence.journal = journal;
        limit.setSingleShot(true);
        connect(&limit, &QTimer::timeout, this, [this] {
            if (auto expired = std::exchange(onLimit, {}))
                expired();
        });
    }

    void look();
    void lookAt(Side side);
    void ask(Side side);
    void sideDone(Side side);
    void conclude();
    std::unique_ptr<Endpoint>& endpoint(Side side) { return side == Side::Source ? source : destination; }
    SideView& view(Side side) { return side == Side::Source ? evidence.source : evidence.destination; }

    void perform(RescueKind kind);
    void next();
    void callThen(Side side, const QString& command);
    void cancelMigration();
    void endProcess(Side side, bool politely);
    void proveAgain();
    bool isExec() const { return evidence.journal.mode == u"cpr-exec"; }
    void performExec(RescueKind kind);
    void loadState();
    void awaitLoaded();
    void continueSide(Side side);
    void confirm(Side side, GuestLocation location);
    void takePlaceOfSource();
    void fail(Side side, const Error& error);
    void finish(GuestLocation location);

    RescueOperation* q;
    timeline::Record record;
    PairEvidence evidence;
    Assessment assessment;
    std::unique_ptr<Endpoint> source;
    std::unique_ptr<Endpoint> destination;
    std::unique_ptr<ProcessHandle> destinationProcess;
    std::unique_ptr<ProcessHandle> sourceProcess;
    QTimer limit;
    std::function<void()> onLimit;
    bool sourceDone = false;
    bool destinationDone = false;
    bool busy = false;
    std::deque<std::function<void()>> steps;
};

void RescueOperation::Private::look()
{
    busy = true;
    sourceDone = destinationDone = false;
    evidence.source = evidence.destination = {};
    const ProcessId& console = evidence.journal.console;
    const auto driver = ProcessHandle::open(console.pid, console.startTicks);
    evidence.consoleAlive = driver && (*driver)->alive() && (*driver)->pid() != ::getpid();
    onLimit = [this] {
        sourceDone = destinationDone = true;
        conclude();
    };
    limit.start(answerLimitMs);
    lookAt(Side::Source);
    lookAt(Side::Destination);
}

void RescueOperation::Private::lookAt(Side side)
{
    const bool isSource = side == Side::Source;
    const ProcessId& id = isSource ? evidence.journal.source : evidence.journal.destination;
    auto& holder = isSource ? sourceProcess : destinationProcess;
    auto process = ProcessHandle::open(id.pid, id.startTicks);
    holder = process ? std::move(*process) : nullptr;
    auto& vmm = endpoint(side);
    vmm = std::make_unique<Endpoint>(side, record);
    if (!isSource && !evidence.journal.destinationLog.isEmpty()) {
        vmm->followLog(evidence.journal.destinationLog, false);
        vmm->catchUp();
        evidence.destination.ranGuest = vmm->ranGuest();
    }
    if (id.pid == 0 || !holder || !holder->alive()) {
        view(side).gone = true;
        sideDone(side);
        return;
    }
    connect(vmm.get(), &Endpoint::connected, this, [this, side] { ask(side); });
    connect(vmm.get(), &Endpoint::disconnected, this, [this, side] { sideDone(side); });
    vmm->connectTo(isSource ? evidence.journal.sourceQmp : evidence.journal.destinationQmp);
}

void RescueOperation::Private::ask(Side side)
{
    view(side).connected = true;
    endpoint(side)->call(
        QStringLiteral("query-migrate"), {},
        [this, side](const Result<QJsonValue>& result) {
            if (result) {
                view(side).migrationStatus = result->toObject()[u"status"].toString();
                view(side).errorDesc = result->toObject()[u"error-desc"].toString();
                if (side == Side::Source)
                    evidence.hearSource(result->toObject());
            }
        },
        answerLimitMs);
    endpoint(side)->call(
        QStringLiteral("query-status"), {},
        [this, side](const Result<QJsonValue>& result) {
            if (result) {
                SideView& seen = view(side);
                seen.runState = result->toObject()[u"status"].toString();
                seen.answered = true;
                seen.everResumed = seen.runState == u"running";
            }
            sideDone(side);
        },
        answerLimitMs);
}

void RescueOperation::Private::sideDone(Side side)
{
    (side == Side::Source ? sourceDone : destinationDone) = true;
    if (busy && steps.empty() && sourceDone && destinationDone)
        QMetaObject::invokeMethod(this, [this] { conclude(); }, Qt::QueuedConnection);
}

void RescueOperation::Private::conclude()
{
    if (!std::exchange(busy, false))
        return;
    limit.stop();
    onLimit = {};
    // Only a destination whose log proves it may count as having run before it answered "paused".
    if (evidence.destination.ranGuest == RanGuest::Yes)
        evidence.destination.everResumed = true;
    // Both are one process: what answers tells which program it runs.
    if (isExec() && evidence.destination.connected)
        evidence.source = { .gone = true, .exitText = i18n("its process runs the new program") };
    assessment = assess(evidence);
    Q_EMIT q->assessed();
}

void RescueOperation::Private::perform(RescueKind kind)
{
    busy = true;
    steps.clear();
    if (isExec()) {
        performExec(kind);
        return;
    }
    switch (kind) {
    case RescueKind::ResumeSource:
        steps = { [this] { endProcess(Side::Destination, false); }, [this] { proveAgain(); },
            [this] { continueSide(Side::Source); },
            [this] { confirm(Side::Source, GuestLocation::Source); } };
        break;
    case RescueKind::StartDestination:
        steps = { [this] { continueSide(Side::Destination); },
            [this] { confirm(Side::Destination, GuestLocation::Destination); },
            [this] { endProcess(Side::Source, true); }, [this] { takePlaceOfSource(); } };
        break;
    case RescueKind::CleanUp:
        steps = { [this] { cancelMigration(); }, [this] { endProcess(Side::Destination, false); },
            [this] { confirm(Side::Source, GuestLocation::Source); } };
        break;
    case RescueKind::FinishUp:
        steps = { [this] { endProcess(Side::Source, true); }, [this] { takePlaceOfSource(); } };
        break;
    }
    next();
}

/// As perform(), where nobody may be ended: there is one process.
void RescueOperation::Private::performExec(RescueKind kind)
{
    switch (kind) {
    case RescueKind::ResumeSource:
        steps = { [this] { continueSide(Side::Source); },
            [this] { confirm(Side::Source, GuestLocation::Source); } };
        break;
    case RescueKind::StartDestination:
        steps = { [this] { continueSide(Side::Destination); },
            [this] { confirm(Side::Destination, GuestLocation::Destination); },
            [this] { takePlaceOfSource(); } };
        if (assessment.location == GuestLocation::Kept)
            steps.push_front([this] { loadState(); });
        break;
    case RescueKind::CleanUp:
        steps = { [this] { cancelMigration(); }, [this] { confirm(Side::Source, GuestLocation::Source); } };
        break;
    case RescueKind::FinishUp:
        steps = { [this] { takePlaceOfSource(); } };
        break;
    }
    next();
}

void RescueOperation::Private::loadState()
{
    const QJsonObject main{ { QStringLiteral("channel-type"), QStringLiteral("main") },
        { QStringLiteral("addr"), Plan::fileAddress(evidence.journal.stateFile) } };
    endpoint(Side::Destination)
        ->call(QStringLiteral("migrate-incoming"),
            { { QStringLiteral("channels"), QJsonArray{ main } },
                { QStringLiteral("exit-on-error"), false } },
            [this](const Result<QJsonValue>& result) {
                if (!result) {
                    fail(Side::Destination, result.error());
                    return;
                }
                onLimit = [this] {
                    fail(Side::Destination,
                        { .code = ErrorCode::Timeout,
                            .attempt = i18n("load the guest's state"),
                            .object = evidence.journal.stateFile,
                            .cause = i18n("the time limit has passed"),
                            .remedy = i18n("Rescue again: it may have been loaded meanwhile."),
                            .sysErrno = 0 });
                };
                limit.start(loadLimitMs);
                awaitLoaded();
            });
}

void RescueOperation::Private::awaitLoaded()
{
    endpoint(Side::Destination)
        ->call(QStringLiteral("query-migrate"), {}, [this](const Result<QJsonValue>& result) {
            if (steps.empty())
                return; // the limit has passed
            const QString status = result ? result->toObject()[u"status"].toString() : QString();
            if (status == u"completed") {
                next();
            } else if (!result || status == u"failed") {
                fail(Side::Destination,
                    { .code = ErrorCode::Remote,
                        .attempt = i18n("load the guest's state"),
                        .object = evidence.journal.stateFile,
                        .cause
                        = result ? result->toObject()[u"error-desc"].toString() : result.error().message(),
                        .remedy = i18n("QEMU loads a state once only: restart the guest from its disks."),
                        .sysErrno = 0 });
            } else {
                QTimer::singleShot(pollMs, this, [this] { awaitLoaded(); });
            }
        });
}

void RescueOperation::Private::next()
{
    limit.stop();
    onLimit = {};
    if (steps.empty()) {
        const bool onSource
            = evidence.source.runState == u"running" || !assessment.option(RescueKind::FinishUp);
        finish(onSource && !evidence.source.gone ? GuestLocation::Source : GuestLocation::Destination);
        return;
    }
    const auto step = std::move(steps.front());
    steps.pop_front();
    step();
}

void RescueOperation::Private::cancelMigration()
{
    const QString& status = evidence.source.migrationStatus;
    if (status.isEmpty() || status == u"none" || status == u"failed" || status == u"cancelled"
        || status == u"completed") {
        next();
        return;
    }
    callThen(Side::Source, QStringLiteral("migrate_cancel"));
}

void RescueOperation::Private::callThen(Side side, const QString& command)
{
    endpoint(side)->call(
        command, {},
        [this, side](const Result<QJsonValue>& result) {
            if (result)
                next();
            else
                fail(side, result.error());
        },
        answerLimitMs);
}

void RescueOperation::Private::endProcess(Side side, bool politely)
{
    const auto& process = side == Side::Source ? sourceProcess : destinationProcess;
    if (view(side).gone || !process || !process->alive()) {
        view(side).gone = true;
        next();
        return;
    }
    if (side == Side::Destination && !evidence.journal.launched) {
        fail(side,
            { .code = ErrorCode::Refused,
                .attempt = i18n("end the destination"),
                .object = QString::number(process->pid()),
                .cause = i18n("it was not started by Cutover"),
                .remedy = i18n("End it yourself, then rescue again."),
                .sysErrno = 0 });
        return;
    }
    connect(process.get(), &ProcessHandle::exited, this, [this, side] {
        if (std::exchange(view(side).gone, true))
            return;
        next();
    });
    onLimit = [this, side] {
        fail(side,
            { .code = ErrorCode::Timeout,
                .attempt = i18n("end the process"),
                .object = {},
                .cause = i18n("it does not end"),
                .remedy = i18n("Look at what holds it, then rescue again."),
                .sysErrno = 0 });
    };
    limit.start(endLimitMs);
    if (politely && endpoint(side) && endpoint(side)->isConnected()) {
        endpoint(side)->call(QStringLiteral("quit"), {}, [](const Result<QJsonValue>&) { });
    } else if (const auto killed = process->sendSignal(SIGKILL);
        !killed && killed.error().code != ErrorCode::NotFound) {
        fail(side, killed.error());
    }
}

/// Between the assessment and the end of the destination it may have been told to run.
void RescueOperation::Private::proveAgain()
{
    destination->catchUp();
    evidence.destination.connected = false;
    evidence.destination.ranGuest = destination->ranGuest();
    assessment = assess(evidence);
    const RescueOption* option = assessment.option(RescueKind::ResumeSource);
    if (option && option->allowed) {
        next();
        return;
    }
    fail(Side::Destination,
        { .code = ErrorCode::Refused,
            .attempt = i18n("continue on the source"),
            .object = {},
            .cause = option ? option->proof : assessment.sentence,
            .remedy = i18n("Restart the guest from its disks."),
            .sysErrno = 0 });
}

void RescueOperation::Private::continueSide(Side side)
{
    if (!evidence.journal.sourceWasRunning) {
        next();
        return;
    }
    if (side == Side::Destination) {
        PairJournal released = evidence.journal;
        released.stage = JournalStage::Releasing;
        if (const auto written = writeJournal(released); !written) {
            fail(Side::Console, written.error());
            return;
        }
        evidence.journal = released;
    }
    callThen(side, QStringLiteral("cont"));
}

void RescueOperation::Private::confirm(Side side, GuestLocation)
{
    endpoint(side)->call(
        QStringLiteral("query-status"), {},
        [this, side](const Result<QJsonValue>& result) {
            if (!result) {
                fail(side, result.error());
                return;
            }
            view(side).runState = result->toObject()[u"status"].toString();
            if (evidence.journal.sourceWasRunning && view(side).runState != u"running") {
                fail(side,
                    { .code = ErrorCode::Remote,
                        .attempt = i18n("run the guest"),
                        .object = {},
                        .cause = i18n("it is '%1'", view(side).runState),
                        .remedy = i18n("Look at its log."),
                        .sysErrno = 0 });
                return;
            }
            next();
        },
        answerLimitMs);
}

void RescueOperation::Private::takePlaceOfSource()
{
    if ((evidence.journal.launched || isExec())
        && !isListening(evidence.journal.sourceQmp,
            destinationProcess && destinationProcess->alive() ? destinationProcess->pid() : 0)) {
        if (const auto moved = takePlace(evidence.journal.destinationQmp, evidence.journal.sourceQmp);
            !moved) {
            fail(Side::Destination, moved.error());
            return;
        }
    }
    evidence.source.runState.clear();
    next();
}

void RescueOperation::Private::fail(Side side, const Error& error)
{
    limit.stop();
    steps.clear();
    busy = false;
    Failure why{ .side = side, .phase = SessionPhase::Rescue, .error = error, .destinationOutput = {} };
    QFile output(evidence.journal.destinationErrors);
    if (!evidence.journal.destinationErrors.isEmpty() && output.open(QIODevice::ReadOnly)) {
        output.seek(qMax<qint64>(0, output.size() - outputTailBytes));
        why.destinationOutput = QString::fromLocal8Bit(output.readAll()).trimmed();
    }
    Q_EMIT q->finished(assessment.location, why);
}

void RescueOperation::Private::finish(GuestLocation location)
{
    busy = false;
    PairJournal closed = evidence.journal;
    if (!closed.stateFile.isEmpty() && closed.stage != JournalStage::Armed)
        removeStateFile(closed.stateFile);
    closed.stage = location == GuestLocation::Source ? JournalStage::Failed : JournalStage::Finished;
    // The log of a destination that goes on running stays with it.
    const auto settled = location == GuestLocation::Source && (evidence.destination.gone || isExec())
        ? removePairFolder(closed.folder)
        : writeJournal(closed);
    if (!settled) {
        fail(Side::Console, settled.error());
        return;
    }
    Q_EMIT q->finished(location, std::nullopt);
}

RescueOperation::RescueOperation(const PairJournal& journal, QObject* parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, journal))
{
}

RescueOperation::~RescueOperation() = default;

void RescueOperation::look()
{
    if (!d->busy)
        d->look();
}

const PairEvidence& RescueOperation::evidence() const
{
    return d->evidence;
}

const Assessment& RescueOperation::assessment() const
{
    return d->assessment;
}

Result<void> RescueOperation::perform(RescueKind kind)
{
    const RescueOption* option = d->assessment.option(kind);
    if (d->busy)
        return failure(
            ErrorCode::Busy, i18n("rescue"), rescueKindId(kind), i18n("the last step has not ended"));
    if (!option || !option->allowed)
        return failure(ErrorCode::Refused, i18n("rescue"), rescueKindId(kind),
            option ? option->proof : d->assessment.sentence);
    d->perform(kind);
    return {};
}

} // namespace cutover::op
