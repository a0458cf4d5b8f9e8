// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "operator/sessionprivate.h"
#include "timeline/pause.h"
#include "timeline/pulse.h"

#include <KLocalizedString>

namespace cutover::op {

using namespace Qt::StringLiterals;

static constexpr int restfulIntervalMs = 500;
static constexpr int restfulPeriodMs = 20'000;
/// Right after the switchover, so that what it did to the guest is seen at once.
static constexpr int closeIntervalMs = 100;
static constexpr int closePeriodMs = 3'000;

/// Long enough for most guests to do something again.
static constexpr int signsSettleMs = 400;
static constexpr int signsSettleTries = 5;

static bool hasMoved(const SessionState& state)
{
    return std::holds_alternative<state::Verifying>(state) || std::holds_alternative<state::Migrated>(state)
        || std::holds_alternative<state::Finishing>(state) || std::holds_alternative<state::Finished>(state);
}

/// From the source's `migrate` until the destination runs the guest the monitors belong to the migration.
static bool isHandingOver(const SessionState& state)
{
    return std::holds_alternative<state::Transferring>(state)
        || std::holds_alternative<state::ConfiguringDestination>(state)
        || std::holds_alternative<state::Moving>(state) || std::holds_alternative<state::Committing>(state)
        || std::holds_alternative<state::Aborting>(state) || std::holds_alternative<state::Locating>(state);
}

bool Session::Private::offersPulse() const
{
    return sourceFacts.schema && sourceFacts.schema->hasCommand(u"query-pulse"_s);
}

Endpoint* Session::Private::pulseHolder() const
{
    if (!offersPulse() || isHandingOver(machine.state))
        return nullptr;
    return guestHolder();
}

Endpoint* Session::Private::guestHolder() const
{
    return hasMoved(machine.state) ? destination.get() : source.get();
}

bool Session::Private::openMemory()
{
    const Endpoint* vmm = guestHolder();
    return !offersPulse() && vmm && vmm->pid() > 0 && !vmm->isGone()
        && memory.open(vmm->pid(), sourceFacts.ramSize);
}

std::optional<timeline::Heartbeat> Session::Private::lookAtMemory()
{
    if (offersPulse() || isHandingOver(machine.state) || !hasMemoryPulse())
        return std::nullopt;
    return memory.sample(hasMoved(machine.state) ? Side::Destination : Side::Source);
}

void Session::Private::watchMemory()
{
    if (request.samplePulse && !offersPulse() && hasMemoryPulse())
        memory.watch();
}

void Session::Private::releaseMemory()
{
    if (!pulse.isListening() && !memory.isWatching())
        memory.close();
}

void Session::Private::watchSigns()
{
    if (request.samplePulse && !offersPulse() && !hasMemoryPulse() && source && source->pid() > 0)
        signs = std::make_unique<LifeSigns>(source->pid());
}

void Session::Private::settleSigns(int tries)
{
    if (!signs)
        return;
    QTimer::singleShot(signsSettleMs, this, [this, tries, settled = signs.get()] {
        if (signs.get() != settled)
            return;
        const timeline::PauseBreakdown pause = timeline::pauseBreakdown(record.events());
        const auto silences
            = pause.isKnown() ? signs->around(pause.startNs, pause.endNs) : std::vector<timeline::Silence>();
        if (silences.empty() && tries > 1) {
            settleSigns(tries - 1);
            return;
        }
        signs.reset();
        for (const timeline::Silence& each : silences)
            note(timeline::Category::Pulse, u"silence"_s, timeline::pulseAttributes(each));
    });
}

void Session::Private::followPulse()
{
    const SessionState& now = machine.state;
    if (signs && destination)
        signs->add(destination->pid());
    if (!request.samplePulse || isHandingOver(now)) {
        pulse.rest();
        // What is copied arrives in other memory. Later would be inside the pause.
        if (std::holds_alternative<state::Moving>(now) && !machine.config.cpr && destination
            && destination->pid() > 0)
            memory.expectIn(destination->pid(), sourceFacts.ramSize);
        return;
    }
    if (std::holds_alternative<state::Ready>(now)) {
        beatsInMemory = hasMemoryPulse();
        if (offersPulse() || beatsInMemory)
            pulse.listen(restfulIntervalMs, restfulPeriodMs);
        else
            record.append({ .side = Side::Source,
                .timeNs = realtimeNs(),
                .category = timeline::Category::Pulse,
                .name = u"absent"_s,
                .attributes = {} });
    } else if (std::holds_alternative<state::Launching>(now)) {
        // The last one before the switchover, and the first since the gaps were forgotten.
        pulse.rest();
        pulse.ask();
        watchMemory();
        watchSigns();
    } else if (std::holds_alternative<state::Verifying>(now)) {
        pulse.ask();
    } else if (std::holds_alternative<state::Migrated>(now) || std::holds_alternative<state::Failed>(now)) {
        memory.settle();
        if (std::holds_alternative<state::Migrated>(now))
            settleSigns(signsSettleTries);
        else
            signs.reset();
        if (pulseHolder() || memory.isWatching())
            pulse.listen(closeIntervalMs, closePeriodMs);
    } else if (isFinal(now) && !std::holds_alternative<state::Finished>(now)) {
        memory.close();
        signs.reset();
    }
}

Result<void> Session::canListenToPulse() const
{
    const QString attempt = i18n("listen to the heartbeat");
    if (isHandingOver(d->machine.state))
        return cutover::failure(
            ErrorCode::Busy, attempt, {}, i18n("the guest is being handed over, and must not be disturbed"));
    if (d->source && d->source->isConnected() && d->sourceFacts.schema && !d->offersPulse()
        && !d->beatsInMemory)
        return cutover::failure(ErrorCode::Unsupported, attempt, {},
            i18n("this VMM does not offer query-pulse, and there is no heartbeat in its guest's memory"));
    const Endpoint* holder = d->guestHolder();
    if (!holder || !holder->isConnected())
        return cutover::failure(
            ErrorCode::Disconnected, attempt, {}, i18n("no VMM with a guest is connected"));
    return {};
}

Result<void> Session::listenToPulse()
{
    if (auto allowed = canListenToPulse(); !allowed)
        return allowed;
    d->pulse.listen(restfulIntervalMs, restfulPeriodMs);
    return {};
}

bool Session::isWatchingGuest() const
{
    return d->memory.isWatching() || d->signs;
}

bool Session::isListeningToPulse() const
{
    return d->pulse.isListening();
}

} // namespace cutover::op
