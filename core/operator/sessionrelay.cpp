// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "fdpass/describe.h"
#include "lab/labfolder.h"
#include "operator/sessionprivate.h"
#include "relay/fault.h"

#include <KLocalizedString>

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::op {

static relay::Route routeTo(const QString& listenPath, const QString& forwardPath)
{
    return { .listen = { .path = listenPath }, .forward = { .path = forwardPath } };
}

Result<void> Session::Private::startRelay()
{
    dropRelay();
    doneFaults.clear();
    if (plan.relayMainPath.isEmpty())
        return {};
    relay::RelaySpec spec;
    spec.source = source->pid();
    spec.main = routeTo(plan.relayMainPath, plan.mainAddress[u"path"].toString());
    if (!plan.relayCprPath.isEmpty())
        spec.cpr = routeTo(plan.relayCprPath, plan.cprPath);
    for (const QString& fault : request.faults) {
        auto parsed = relay::parseFault(fault);
        if (!parsed)
            return std::unexpected(parsed.error());
        spec.faults.push_back(*std::move(parsed));
    }
    auto started = relay::Relay::start(spec);
    if (!started)
        return std::unexpected(started.error());
    relay = std::move(*started);
    connect(relay.get(), &relay::Relay::observed, this,
        [this](const std::vector<timeline::Event>& events) { watchRelay(events); });
    connect(relay.get(), &relay::Relay::failed, this,
        [this](const Error& error) { tell(input::RelayLost{ error }); });
    return {};
}

/// Why what passed cannot be what the source has sent; empty where nothing speaks against it.
static QString mistake(const relay::InspectedFd& fd, std::span<const relay::InspectedFd> all, bool isRam)
{
    using fdpass::FdKind;
    const QString name = cpr::displayName(fd.name);
    if (fd.channel != relay::Channel::Cpr || !fd.description)
        return {};
    if (isRam && fd.atSource.fd < 0)
        return i18n("What passed as the memory '%1' is none of the source's open files.", name);
    const auto twin = std::ranges::find_if(all, [&](const relay::InspectedFd& other) {
        return other.channel == fd.channel && other.name != fd.name && other.atSource.fd == fd.atSource.fd;
    });
    // Other kinds may well be known by several names; a memory belongs to one.
    if (fd.atSource.fd >= 0 && fd.description->kind == FdKind::Memfd && twin != all.end())
        return i18n(
            "One and the same memory passed as '%1' and as '%2'.", cpr::displayName(twin->name), name);
    return {};
}

void Session::Private::watchRelay(const std::vector<timeline::Event>& events)
{
    record.append(events);
    for (const timeline::Event& event : events) {
        if (event.name != u"fault")
            continue;
        if (auto fault = relay::parseFault(event.attributes[u"fault"].toString()))
            doneFaults.push_back(*std::move(fault));
    }
    // Some tell of themselves only when the outcome is there.
    if (!doneFaults.empty())
        judgeFaults();
    // Where nothing can be compared, nothing is found either.
    if (!relay || !machine.known.fdLost.isEmpty() || !fdpass::listFds(source->pid()))
        return;
    for (const relay::InspectedFd& fd : relay->fds()) {
        const bool isRam = std::ranges::contains(
            sourceFacts.memoryBackends, QString::fromUtf8(fd.name), &MemoryBackendFacts::id);
        const QString text = mistake(fd, relay->fds(), isRam);
        if (text.isEmpty())
            continue;
        journal.fdLost = text;
        writeStage(journal.stage);
        tell(input::FdLost{ text });
        return;
    }
}

static bool isMet(relay::Fault::Expected expected, GuestLocation location)
{
    using Expected = relay::Fault::Expected;
    switch (expected) {
    case Expected::Stays:
        return location == GuestLocation::Source;
    case Expected::Moves:
        return location == GuestLocation::Destination;
    case Expected::OneSide:
        break;
    }
    // A guest that one side holds whole is not lost: rescue brings it back.
    return location != GuestLocation::Both && location != GuestLocation::Lost
        && location != GuestLocation::Unknown;
}

void Session::Private::judgeFaults()
{
    GuestLocation location = GuestLocation::Source;
    if (const auto* stranded = std::get_if<state::Stranded>(&machine.state))
        location = stranded->location;
    else if (std::holds_alternative<state::Migrated>(machine.state))
        location = GuestLocation::Destination;
    else if (!std::holds_alternative<state::Failed>(machine.state))
        return;
    for (const relay::Fault& fault : std::exchange(doneFaults, {}))
        record.append({ .side = Side::Channel,
            .timeNs = realtimeNs(),
            .category = timeline::Category::Relay,
            .name = u"fault-outcome"_s,
            .attributes = { { u"channel"_s, relay::channelId(fault.channel) }, { u"fault"_s, fault.text() },
                { u"expected"_s, relay::expectedId(fault.expected()) },
                { u"location"_s, guestLocationId(location) },
                { u"met"_s, isMet(fault.expected(), location) } } });
}

std::vector<Check> Session::Private::faultChecks() const
{
    std::vector<Check> found;
    if (request.faults.isEmpty())
        return found;
    const auto refuse = [&](const QString& evidence, const QString& remedy) {
        found.push_back({ .id = u"faults-on-purpose"_s,
            .verdict = Verdict::Refuse,
            .title = i18n("Faults are done to a guest that may be hurt"),
            .evidence = evidence,
            .remedy = remedy });
    };
    QStringList expected;
    for (const QString& text : request.faults) {
        const auto fault = relay::parseFault(text);
        if (!fault) {
            refuse(fault.error().message(), fault.error().remedy);
            continue;
        }
        switch (fault->expected()) {
        case relay::Fault::Expected::Stays:
            expected << i18n("'%1': the guest is to stay on the source.", text);
            break;
        case relay::Fault::Expected::Moves:
            expected << i18n("'%1': the guest is to move all the same.", text);
            break;
        case relay::Fault::Expected::OneSide:
            expected << i18n("'%1': the guest is to end up on exactly one side.", text);
            break;
        }
    }
    if (!request.relay)
        refuse(i18n("They are done by the relay, which is off."), i18n("Switch the relay on."));
    const bool named = !sourceFacts.name.isEmpty() && request.faultsConfirmedFor == sourceFacts.name;
    if (!lab::LabFolder::contains(sourcePath) && !named)
        refuse(sourceFacts.name.isEmpty()
                ? i18n("The source is not in a lab, and its guest has no name that could be typed.")
                : i18n("The source is not in a lab, and the name of its guest was not typed."),
            i18n("Try faults on a lab; or type the guest's name, if it may be lost."));
    if (found.empty())
        found.push_back({ .id = u"faults-on-purpose"_s,
            .verdict = Verdict::Warning,
            .title = i18n("The relay does something wrong on purpose"),
            .evidence = expected.join(u' '),
            .remedy = i18n("Leave the faults out for a migration that counts.") });
    return found;
}

void Session::Private::dropRelay()
{
    relay::Relay* const last = relay.release();
    if (!last)
        return;
    // What it has seen is evidence still, but nothing follows from it any more.
    disconnect(last, &relay::Relay::failed, this, nullptr);
    last->cut();
    QCoreApplication::sendPostedEvents(last, QEvent::MetaCall);
    last->disconnect(this);
    // This may be its own news that is being acted on.
    last->deleteLater();
}

void Session::Private::findArrived()
{
    if (relay && destination)
        record.append(relay->findArrived(destination->pid()));
}

} // namespace cutover::op
