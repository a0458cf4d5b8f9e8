// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "operator/sessionprivate.h"
#include "operator/sessionrecord.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QPointer>
#include <QTimer>

namespace cutover::op {

using timeline::Category;

static constexpr int beatIntervalMs = 5;
/// A guest whose processors come to no beat for so long stands still, however busy the machine is.
static constexpr qint64 beatLimitNs = 5'000'000'000;

void Session::Private::verify()
{
    const ClockOffset clock = sampleClockOffset();
    note(Category::Clock, QStringLiteral("after"),
        { { QStringLiteral("offsetNs"), clock.offsetNs },
            { QStringLiteral("uncertaintyNs"), clock.uncertaintyNs } });
    pendingAnswers = 0;
    for (const Side side : { Side::Source, Side::Destination }) {
        Endpoint* vmm = endpointOf(side);
        if (!vmm || !vmm->isConnected())
            continue;
        ++pendingAnswers;
        vmm->call(QStringLiteral("query-status"), {}, [this, side](const Result<QJsonValue>& result) {
            if (result)
                tell(input::Reply{ side, Tag::QueryStatus, result });
            if (--pendingAnswers == 0)
                concludeVerification();
        });
    }
    askDestinationFds();
    // Left on, it would make the next migration skip RAM that another file stands for.
    if (plan.saved && plan.saved->ignoresShared() && destination && destination->isConnected()) {
        const QJsonObject off{ { QStringLiteral("capability"), QStringLiteral("x-ignore-shared") },
            { QStringLiteral("state"),
                sourceFacts.capability(QStringLiteral("x-ignore-shared")).value_or(false) } };
        ++pendingAnswers;
        destination->call(QStringLiteral("migrate-set-capabilities"),
            { { QStringLiteral("capabilities"), QJsonArray{ off } } }, [this](const Result<QJsonValue>&) {
                if (--pendingAnswers == 0)
                    concludeVerification();
            });
    }
    guestBeats.reset();
    if (offersPulse() && machine.config.sourceWasRunning && destination && destination->isConnected()) {
        ++pendingAnswers;
        awaitBeat({}, monotonicNs() + beatLimitNs);
    } else if (memory.isWatching() && machine.config.sourceWasRunning && destination
        && destination->isConnected()) {
        const auto opened = memory.open(destination->pid(), sourceFacts.ramSize);
        if (opened || opened.error().code == ErrorCode::Malformed) {
            ++pendingAnswers;
            awaitMemoryBeat({}, monotonicNs() + beatLimitNs);
        }
    }
    // One that took its channel from its command line had no monitor before.
    noteSettings(Side::Destination);
    if (pendingAnswers == 0)
        QMetaObject::invokeMethod(this, [this] { concludeVerification(); }, Qt::QueuedConnection);
}

void Session::Private::awaitBeat(std::optional<qint64> before, qint64 untilNs)
{
    destination->call(
        QStringLiteral("query-pulse"), {}, [this, before, untilNs](const Result<QJsonValue>& answer) {
            if (answer) {
                const qint64 beats = (*answer)[QLatin1StringView("beats")].toInteger();
                if (before && beats > *before) {
                    guestBeats = true;
                } else if (monotonicNs() < untilNs && destination->isConnected()) {
                    QTimer::singleShot(beatIntervalMs, destination.get(),
                        [this, first = before.value_or(beats), untilNs] { awaitBeat(first, untilNs); });
                    return;
                } else if (before) {
                    guestBeats = false;
                }
            }
            if (--pendingAnswers == 0)
                concludeVerification();
        });
}

void Session::Private::awaitMemoryBeat(std::optional<quint32> before, qint64 untilNs)
{
    const auto beats = memory.beats();
    if (before && beats && *beats > *before) {
        guestBeats = true;
    } else if (monotonicNs() < untilNs && destination->isConnected()) {
        QTimer::singleShot(beatIntervalMs, destination.get(),
            [this, first = before ? before : beats, untilNs] { awaitMemoryBeat(first, untilNs); });
        return;
    } else {
        guestBeats = false;
    }
    if (--pendingAnswers == 0)
        concludeVerification();
}

void Session::Private::noteProof(const FdProof& fd, const QString& identity)
{
    QJsonObject attributes = toRecord(fd);
    attributes.insert(QStringLiteral("identity"), identity);
    note(Category::Fd, fd.name, attributes);
}

void Session::Private::concludeVerification()
{
    source->catchUp();
    destination->catchUp();
    findArrived();
    PassedFds passed = plan.passesFiles() ? passedFds(record.events()) : PassedFds();
    std::vector<FdProof> others;
    if (!machine.known.source.gone)
        others = compareUntold(passed.fds);
    VerificationInput facts;
    facts.sourceWasRunning = machine.config.sourceWasRunning;
    facts.sourceGone = machine.known.source.gone;
    facts.sourceRunState = machine.known.source.runState;
    facts.destinationRunState = machine.known.destination.runState;
    facts.executed = machine.known.executed;
    facts.fdsExpected = plan.passesFiles();
    facts.traceComplete = passed.destinationTold;
    facts.alarms = passed.alarms;
    facts.unclaimed = passed.unclaimed;
    facts.guestBeats = guestBeats;
    if (plan.saved && plan.saved->ignoresShared()) {
        for (const RamFile& file : plan.saved->ramFiles) {
            if (const auto uses = hasOpen(destination->pid(), file.path))
                (*uses ? facts.ramFiles : facts.missingRamFiles).append(file.path);
        }
    }
    if (facts.executed)
        facts.fds = heldFiles.prove(destination->pid(), passed.fds);
    else if (!facts.sourceGone)
        facts.fds = proveFds(source->pid(), destination->pid(), passed.fds);
    heldFiles.clear();
    verification = judge(facts);

    for (const FdProof& fd : verification.fds)
        noteProof(fd, fdpass::identityId(fd.proof.identity));
    for (const FdProof& fd : others)
        noteProof(fd,
            fd.proof.identity == fdpass::Identity::Same ? fdpass::identityId(fd.proof.identity)
                                                        : QStringLiteral("new"));
    note(Category::Verdict, verification.ok ? QStringLiteral("verified") : QStringLiteral("faulty"),
        toRecord(verification));
    Q_EMIT q->verified();
    tell(input::Verified{ .ok = verification.ok,
        .failure = { .side = Side::Console,
            .phase = SessionPhase::Verify,
            .error = { .code = ErrorCode::Refused,
                .attempt = i18n("verify the migration"),
                .object = {},
                .cause = verification.findings.join(QLatin1Char(' ')),
                .remedy = i18n("Look at both sides before the source is ended."),
                .sysErrno = 0 },
            .destinationOutput = {} } });
}

} // namespace cutover::op
