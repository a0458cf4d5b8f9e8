// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionrecord.h"
#include "operator/vmmsettings.h"
#include "timeline/event.h"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace cutover::op {

/// What a session said besides its events, as the events up to some position tell it.
struct ReplayedSession
{
    SessionState state;
    SessionRequest request;
    EndpointStatus source;
    EndpointStatus destination;
    std::vector<Check> checks;
    std::optional<DerivedCommand> derived;
    Verification verification;
    std::array<VmmSettings, 2> settings; ///< of the source, the destination; empty: not recorded
    std::optional<Failure> note; ///< what was tolerated in this state, last

    /// Whether take() would look at it at all.
    static bool concerns(const timeline::Event& event);
    /// The next event.
    void take(const timeline::Event& event);

    /// The reason, in states Failed and Stranded.
    std::optional<Failure> failure() const;
    const EndpointStatus& endpoint(Side side) const { return side == Side::Source ? source : destination; }

private:
    void takeAction(const timeline::Event& event);
    void takeStatus(const timeline::Event& event);
    void takeGuess(const timeline::Event& event);

    bool m_statusKnown = false; ///< the recording has it; older ones leave it to be guessed
};

/// Finds the session at any position of a recording without reading all that comes before.
class ReplayIndex
{
public:
    ReplayIndex() = default;
    /// Linear. \a events are only looked at here.
    explicit ReplayIndex(std::span<const timeline::Event> events);

    /// After the first \a count of the same \a events.
    ReplayedSession at(std::span<const timeline::Event> events, std::size_t count) const;
    /// Whether the session differs between two positions.
    bool changes(std::size_t from, std::size_t to) const;
    /// The position right after the next change of the session's state after \a position, or right after the
    /// last one before it (for \a direction < 0); nothing if there is none.
    std::optional<std::size_t> nextState(std::size_t position, int direction) const;

private:
    struct Milestone
    {
        std::size_t next = 0; ///< of m_concerned: the first that is not in it
        ReplayedSession session;
    };

    std::vector<std::size_t> m_concerned; ///< the events that concern the session
    std::vector<std::size_t> m_states; ///< positions after events that change its state
    std::vector<Milestone> m_milestones;
};

} // namespace cutover::op
