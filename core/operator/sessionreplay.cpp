// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionreplay.h"

#include <QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::op {

using timeline::Category;
using timeline::Event;

/// Between two milestones; a session of some minutes has about this many.
static constexpr std::size_t milestoneDistance = 512;
/// Far more than there are; only a recording that nobody has recorded has more.
static constexpr std::size_t maxChecks = 1000;

bool ReplayedSession::concerns(const Event& event)
{
    switch (event.category) {
    case Category::State:
    case Category::Check:
    case Category::Verdict:
    case Category::Fd:
    case Category::Endpoint:
        return true;
    case Category::Action:
        return event.name == "check"_L1 || event.name == "destination"_L1 || event.name == "note"_L1
            || event.name == "settings"_L1;
    case Category::Process:
        return event.name == "spawned"_L1 || event.name == "exited"_L1;
    case Category::QmpEvent:
        return event.name == "STOP"_L1 || event.name == "RESUME"_L1 || event.name == "MIGRATION"_L1;
    case Category::QmpReceived:
        return event.name == "QMP"_L1;
    case Category::QmpSent:
    case Category::Trace:
    case Category::Relay:
    case Category::Pulse:
    case Category::Inventory:
    case Category::Clock:
        break;
    }
    return false;
}

void ReplayedSession::take(const Event& event)
{
    switch (event.category) {
    case Category::State:
        state = stateFromRecord(event.name, event.attributes).value_or(state);
        note.reset();
        if (std::holds_alternative<state::Checking>(state)) {
            checks.clear();
            settings = {};
            derived.reset();
            verification = {};
        }
        break;
    case Category::Check:
        if (checks.size() < maxChecks)
            checks.push_back(checkFromRecord(event.name, event.attributes));
        break;
    case Category::Fd:
        // The proofs come before the verdict, which opens the next verification. What was to be new proves
        // nothing of it.
        if (event.attributes["identity"_L1] != "new"_L1)
            verification.fds.push_back(proofFromRecord(event.name, event.attributes));
        break;
    case Category::Verdict: {
        std::vector<FdProof> proofs = std::move(verification.fds);
        verification = verificationFromRecord(event.name, event.attributes);
        verification.fds = std::move(proofs);
        break;
    }
    case Category::Action:
        takeAction(event);
        break;
    case Category::Endpoint:
        takeStatus(event);
        break;
    default:
        if (!m_statusKnown)
            takeGuess(event);
        break;
    }
}

void ReplayedSession::takeAction(const Event& event)
{
    if (event.name == "check"_L1)
        request = requestFromRecord(event.attributes);
    else if (event.name == "destination"_L1)
        derived = derivedFromRecord(event.attributes);
    else if (event.name == "settings"_L1 && event.side <= Side::Destination)
        settings[event.side == Side::Source ? 0 : 1] = settingsFromRecord(event.attributes);
    else if (event.name == "note"_L1 && event.attributes.contains("failure"_L1))
        note = failureFromRecord(event.attributes["failure"_L1].toObject());
}

void ReplayedSession::takeStatus(const Event& event)
{
    if (event.side != Side::Source && event.side != Side::Destination)
        return;
    m_statusKnown = true;
    (event.side == Side::Source ? source : destination) = endpointFromRecord(event.attributes);
}

/// What can be told of a recording that has no status: its processes and what they said of themselves.
void ReplayedSession::takeGuess(const Event& event)
{
    const bool spawned = event.category == Category::Process && event.name == "spawned"_L1;
    EndpointStatus& status = event.side == Side::Source && !spawned ? source : destination;
    if (spawned) {
        status = endpointFromRecord(event.attributes);
    } else if (event.category == Category::Process) {
        status.gone = true;
        status.connected = false;
    } else if (event.category == Category::QmpReceived) {
        const QJsonDocument greeting
            = QJsonDocument::fromJson(event.attributes["raw"_L1].toString().toUtf8());
        const QJsonValue version = greeting["QMP"_L1]["version"_L1];
        const QJsonValue number = version["qemu"_L1];
        status.connected = true;
        status.version = u"%1.%2.%3 %4"_s.arg(number["major"_L1].toInt())
                             .arg(number["minor"_L1].toInt())
                             .arg(number["micro"_L1].toInt())
                             .arg(version["package"_L1].toString())
                             .trimmed();
    } else if (event.name == "MIGRATION"_L1) {
        status.migrationStatus = event.attributes["status"_L1].toString();
    } else {
        status.runState = event.name == "RESUME"_L1 ? u"running"_s : u"paused"_s;
    }
}

std::optional<Failure> ReplayedSession::failure() const
{
    if (const auto* failed = std::get_if<state::Failed>(&state))
        return failed->why;
    if (const auto* stranded = std::get_if<state::Stranded>(&state))
        return stranded->why;
    return std::nullopt;
}

ReplayIndex::ReplayIndex(std::span<const Event> events)
{
    ReplayedSession session;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (!ReplayedSession::concerns(events[i]))
            continue;
        if (m_concerned.size() % milestoneDistance == 0)
            m_milestones.push_back({ .next = m_concerned.size(), .session = session });
        m_concerned.push_back(i);
        if (events[i].category == Category::State)
            m_states.push_back(i + 1);
        session.take(events[i]);
    }
}

ReplayedSession ReplayIndex::at(std::span<const Event> events, std::size_t count) const
{
    const std::size_t end
        = static_cast<std::size_t>(std::ranges::lower_bound(m_concerned, count) - m_concerned.begin());
    const auto after = std::ranges::upper_bound(m_milestones, end, {}, &Milestone::next);
    if (after == m_milestones.begin())
        return {};
    const Milestone& milestone = *std::prev(after);
    ReplayedSession session = milestone.session;
    for (std::size_t i = milestone.next; i < end; ++i)
        session.take(events[m_concerned[i]]);
    return session;
}

bool ReplayIndex::changes(std::size_t from, std::size_t to) const
{
    return std::ranges::lower_bound(m_concerned, from) != std::ranges::lower_bound(m_concerned, to);
}

std::optional<std::size_t> ReplayIndex::nextState(std::size_t position, int direction) const
{
    if (direction > 0) {
        const auto next = std::ranges::upper_bound(m_states, position);
        return next == m_states.end() ? std::nullopt : std::optional(*next);
    }
    const auto here = std::ranges::lower_bound(m_states, position);
    return here == m_states.begin() ? std::nullopt : std::optional(*std::prev(here));
}

} // namespace cutover::op
