// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/pauseends.h"

namespace cutover::timeline {

namespace {

void take(Moment& moment, const Fact& fact, EvidenceTier timedTier)
{
    const EvidenceTier tier = fact.timeNs > 0 ? timedTier : EvidenceTier::OrderOnly;
    if (tier > moment.tier)
        moment = { .timeNs = fact.timeNs, .tier = tier };
}

/// What the source did before the migration: a `stop` then leaves nothing to pause.
bool wasPausedBefore(std::span<const Fact> facts)
{
    std::optional<bool> running;
    for (const Fact& fact : facts) {
        if (fact.side != Side::Source)
            continue;
        if (fact.kind == FactKind::TraceRunstate) {
            const QString to = fact.text(QLatin1StringView("to"));
            // The states of a migration say nothing about what the guest did before it.
            if (to != u"finish-migrate" && to != u"postmigrate" && to != u"inmigrate")
                running = to == u"running";
        } else if (fact.kind == FactKind::QmpStop)
            running = false;
        else if (fact.kind == FactKind::QmpResume)
            running = true;
    }
    return running == false;
}

class EndFinder
{
public:
    explicit EndFinder(bool sourcePaused) { m_ends.sourceWasPaused = sourcePaused; }

    void add(const Fact& fact)
    {
        switch (fact.kind) {
        case FactKind::Checkpoint:
            // A paused source logs this checkpoint too.
            if (fact.side == Side::Source && fact.text(QLatin1StringView("name")) == u"src-downtime-start")
                take(m_ends.stopped, fact, EvidenceTier::Trace);
            break;
        case FactKind::TraceRunstate:
            addRunstate(fact, fact.text(QLatin1StringView("from")), fact.text(QLatin1StringView("to")));
            break;
        case FactKind::QmpStop:
            if (fact.side == Side::Source && !m_ends.resumed.happened())
                take(m_ends.stopped, fact, EvidenceTier::QmpEvents);
            break;
        case FactKind::QmpResume:
            if (fact.side == Side::Destination)
                take(m_ends.started, fact, EvidenceTier::QmpEvents);
            else if (fact.side == Side::Source && m_ends.stopped.happened())
                take(m_ends.resumed, fact, EvidenceTier::QmpEvents);
            break;
        default:
            break;
        }
    }

    const PauseEnds& ends() const { return m_ends; }

private:
    void addRunstate(const Fact& fact, const QString& from, const QString& to)
    {
        if (fact.side == Side::Source) {
            if (from == u"running" && to == u"finish-migrate") {
                m_ends.sourceWasPaused = false;
                take(m_ends.stopped, fact, EvidenceTier::Trace);
            } else if (to == u"finish-migrate") {
                m_ends.sourceWasPaused = true;
            } else if (to == u"running" && m_ends.stopped.happened()) {
                take(m_ends.resumed, fact, EvidenceTier::Trace);
            }
        } else if (fact.side == Side::Destination) {
            if (to == u"running")
                take(m_ends.started, fact, EvidenceTier::Trace);
            else if (from == u"inmigrate" && to == u"paused")
                take(m_ends.guarded, fact, EvidenceTier::Trace);
        }
    }

    PauseEnds m_ends;
};

} // namespace

PauseEnds findPauseEnds(const Facts& facts, const Window& window)
{
    EndFinder finder(wasPausedBefore(facts.before(window)));
    for (const Fact& fact : facts.in(window))
        finder.add(fact);
    return finder.ends();
}

} // namespace cutover::timeline
