// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "lab/labfolder.h"
#include "operator/sessionprivate.h"
#include "operator/vmmfault.h"

#include <KLocalizedString>

#include <algorithm>
#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::op {

using Expected = relay::Fault::Expected;

/// For a wait that would have no end, or a longer one, with a side that hangs.
static constexpr int hangMs = 20'000;

static QString expectation(Expected expected, const QString& fault)
{
    switch (expected) {
    case Expected::Stays:
        return i18n("'%1': the guest is to stay on the source.", fault);
    case Expected::Moves:
        return i18n("'%1': the guest is to move all the same.", fault);
    case Expected::Ends:
        return i18n("'%1': the guest ends with the process that has it, and is to run nowhere else.", fault);
    case Expected::OneSide:
        break;
    }
    return i18n("'%1': the guest is to end up on exactly one side.", fault);
}

static bool isMet(Expected expected, GuestLocation location)
{
    switch (expected) {
    case Expected::Stays:
        return location == GuestLocation::Source;
    case Expected::Moves:
        return location == GuestLocation::Destination;
    case Expected::Ends:
        return location == GuestLocation::Lost;
    case Expected::OneSide:
        break;
    }
    // A guest that one side holds whole is not lost: rescue brings it back.
    return location != GuestLocation::Both && location != GuestLocation::Lost
        && location != GuestLocation::Unknown;
}

static bool stops(const QString& text)
{
    const auto fault = parseVmmFault(text);
    return fault && fault->kind == VmmFault::Kind::Stop;
}

void Session::Private::planFaults()
{
    launchedNs = 0;
    plan.sourceFault.clear();
    plan.destinationFault.clear();
    for (const QString& text : request.faults) {
        if (const auto fault = parseVmmFault(text))
            (fault->side == Side::Source ? plan.sourceFault : plan.destinationFault) = text;
    }
}

SessionLimits Session::Private::limitsWithFaults() const
{
    SessionLimits limits = request.limits;
    if (!std::ranges::any_of(request.faults, stops))
        return limits;
    if (limits.switchoverMs == 0)
        limits.switchoverMs = hangMs;
    limits.monitorMs = limits.monitorMs == 0 ? hangMs : std::min(limits.monitorMs, hangMs);
    return limits;
}

/// Why this VMM would not do it to itself; empty where it would.
static QString reasonAgainst(const VmmFault& fault, const Facts& source, const Plan& plan)
{
    const bool known = source.schema
        && source.schema->enumValues(u"migrate-set-parameters.x-fault"_s).contains(fault.text());
    if (!known)
        return i18n(
            "This VMM cannot end or stop itself at that point of a migration: it has no such value of "
            "a parameter 'x-fault'. From outside, nothing would hit the point.");
    if (fault.side == Side::Destination && plan.attached)
        return i18n("The destination was started by you, and is not told to end or stop itself.");
    const bool hasLog = source.process && !source.process->command.logFile.isEmpty();
    if (fault.side == Side::Source && !hasLog)
        return i18n("The source keeps no log, so nothing would tell that it has done it.");
    return {};
}

static QString remedyAgainst(const VmmFault& fault, const Plan& plan)
{
    if (fault.side == Side::Destination && plan.attached)
        return i18n("Let the destination be started by this program.");
    return i18n("Use the embedded VMM, with a log ('-D FILE'); or a fault of the relay.");
}

std::vector<Check> Session::Private::faultChecks() const
{
    std::vector<Check> found;
    const auto refuse = [&](const QString& title, const QString& evidence, const QString& remedy) {
        found.push_back({ .id = u"faults-on-purpose"_s,
            .verdict = Verdict::Refuse,
            .title = title,
            .evidence = evidence,
            .remedy = remedy });
    };
    const QString armed = sourceFacts.parameters[u"x-fault"].toString();
    if (armed.contains(u":source:"_s) && !request.faults.contains(armed))
        refuse(i18n("The source does nothing wrong on purpose"),
            i18n("It is set to do '%1' to itself in its next migration, with its guest.", armed),
            i18n("Set its migration parameter 'x-fault' to 'none'."));
    if (request.faults.isEmpty())
        return found;
    QStringList expected;
    std::array<int, 2> perSide{};
    bool byRelay = false;
    const QString undoable = i18n("The faults can be done");
    for (const QString& text : request.faults) {
        if (isVmmFault(text)) {
            const auto fault = parseVmmFault(text);
            if (!fault) {
                refuse(undoable, fault.error().message(), fault.error().remedy);
                continue;
            }
            if (const QString reason = reasonAgainst(*fault, sourceFacts, plan); !reason.isEmpty())
                refuse(undoable, reason, remedyAgainst(*fault, plan));
            else if (++perSide[fault->side == Side::Source ? 0 : 1] > 1)
                refuse(undoable, i18n("A side can end or stop itself once in a migration."),
                    i18n("Leave one of the two out."));
            expected << expectation(fault->expected(), text);
            continue;
        }
        byRelay = true;
        if (const auto fault = relay::parseFault(text))
            expected << expectation(fault->expected(), text);
        else
            refuse(undoable, fault.error().message(), fault.error().remedy);
    }
    if (byRelay && !request.relay)
        refuse(undoable, i18n("They are done by the relay, which is off."), i18n("Switch the relay on."));
    const bool named = !sourceFacts.name.isEmpty() && request.faultsConfirmedFor == sourceFacts.name;
    if (!lab::LabFolder::contains(sourcePath) && !named)
        refuse(i18n("Faults are done to a guest that may be hurt"),
            sourceFacts.name.isEmpty()
                ? i18n("The source is not in a lab, and its guest has no name that could be typed.")
                : i18n("The source is not in a lab, and the name of its guest was not typed."),
            i18n("Try faults on a lab; or type the guest's name, if it may be lost."));
    if (found.empty())
        found.push_back({ .id = u"faults-on-purpose"_s,
            .verdict = Verdict::Warning,
            .title = i18n("Something is done wrong on purpose"),
            .evidence = expected.join(u' '),
            .remedy = i18n("Leave the faults out for a migration that counts.") });
    return found;
}

void Session::Private::noteFault(Side side, const QString& text, qint64 timeNs)
{
    const auto fault = parseVmmFault(text);
    const QString& planned = side == Side::Source ? plan.sourceFault : plan.destinationFault;
    const bool isOurs = timeNs > 0 ? launchedNs > 0 && timeNs >= launchedNs : machine.known.migrateSent;
    if (!fault || text != planned || !isOurs)
        return;
    record.append({ .side = side,
        .timeNs = timeNs > 0 ? timeNs : realtimeNs(),
        .category = timeline::Category::Action,
        .name = u"fault"_s,
        .attributes = { { u"fault"_s, text }, { u"expected"_s, relay::expectedId(fault->expected()) } } });
    doneFaults.push_back({ .side = side, .text = text, .expected = fault->expected() });
    if (fault->kind == VmmFault::Kind::Stop)
        stopped.push_back(side);
    // Its log may tell only when the session has ended.
    if (!continueStopped())
        judgeFaults();
}

bool Session::Private::continueStopped()
{
    const bool over = isFinal(machine.state) || std::holds_alternative<state::Migrated>(machine.state);
    if (!over || stopped.empty())
        return false;
    for (const Side side : std::exchange(stopped, {})) {
        Endpoint* vmm = endpointOf(side);
        if (!vmm || !vmm->isAlive())
            continue;
        if (const auto continued = vmm->continueProcess(); !continued) {
            note(timeline::Category::Action, u"note"_s, { { u"text"_s, continued.error().message() } });
            continue;
        }
        record.append({ .side = side,
            .timeNs = realtimeNs(),
            .category = timeline::Category::Action,
            .name = u"continued"_s,
            .attributes = {} });
    }
    if (!std::holds_alternative<state::Stranded>(machine.state))
        return false;
    tell(input::Continued{});
    return true;
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
    for (const CarriedOut& fault : std::exchange(doneFaults, {})) {
        QJsonObject attributes{ { u"fault"_s, fault.text },
            { u"expected"_s, relay::expectedId(fault.expected) },
            { u"location"_s, guestLocationId(location) }, { u"met"_s, isMet(fault.expected, location) } };
        if (const auto byRelay = relay::parseFault(fault.text); byRelay && !isVmmFault(fault.text))
            attributes.insert(u"channel"_s, relay::channelId(byRelay->channel));
        record.append({ .side = fault.side,
            .timeNs = realtimeNs(),
            .category = fault.side == Side::Channel ? timeline::Category::Relay : timeline::Category::Action,
            .name = u"fault-outcome"_s,
            .attributes = attributes });
    }
}

} // namespace cutover::op
