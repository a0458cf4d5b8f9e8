// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/spans.h"

#include <algorithm>
#include <array>

namespace cutover::timeline {

namespace {

QString spanText(const QString& id)
{
    struct Entry
    {
        QStringView id;
        const char* text;
    };
    static constexpr std::array entries{
        Entry{ u"running", "guest runs" },
        Entry{ u"finish-migrate", "stopped, saves its state" },
        Entry{ u"postmigrate", "migrated away" },
        Entry{ u"waits-for-cpr", "waits for the CPR state" },
        Entry{ u"creates-devices", "creates its devices" },
        Entry{ u"inmigrate", "waits for the main channel" },
        Entry{ u"load", "loads the state" },
        Entry{ u"starts", "starts the guest" },
        Entry{ u"failed", "has failed" },
        Entry{ u"paused", "guest is paused" },
        Entry{ u"prelaunch", "not started yet" },
    };
    for (const Entry& entry : entries) {
        if (entry.id == id)
            return QString::fromLatin1(entry.text);
    }
    return id;
}

QString stateOfDestination(const QString& migrationState)
{
    if (migrationState == u"setup")
        return QStringLiteral("inmigrate");
    if (migrationState == u"active")
        return QStringLiteral("load");
    return migrationState == u"failed" ? QStringLiteral("failed") : QString();
}

/// The state that \a fact puts its side into; empty if it changes nothing.
QString stateAfter(const Fact& fact, bool hasTrace)
{
    const bool destination = fact.side == Side::Destination;
    switch (fact.kind) {
    case FactKind::TraceRunstate:
        return fact.text(QLatin1StringView("to"));
    case FactKind::TraceState:
        return destination ? stateOfDestination(fact.state()) : QString();
    case FactKind::QmpMigration:
        if (hasTrace)
            return {};
        if (!destination)
            return fact.state() == u"completed" ? QStringLiteral("postmigrate") : QString();
        return stateOfDestination(fact.state());
    case FactKind::QmpStop:
        return hasTrace ? QString() : QStringLiteral("paused");
    case FactKind::QmpResume:
        return hasTrace ? QString() : QStringLiteral("running");
    case FactKind::Spawned:
        return destination ? QStringLiteral("waits-for-cpr") : QString();
    case FactKind::CprTransferInput:
    case FactKind::CprStateLoad:
        return destination ? QStringLiteral("creates-devices") : QString();
    case FactKind::Checkpoint:
        return fact.text(QLatin1StringView("name")) == u"dst-precopy-loadvm-completed"
            ? QStringLiteral("starts")
            : QString();
    default:
        return {};
    }
}

/// The state that the side was in before its first change; empty if that is not known.
QString stateBefore(const Fact& fact)
{
    if (fact.kind == FactKind::TraceRunstate)
        return fact.text(QLatin1StringView("from"));
    const bool stopOfSource = fact.kind == FactKind::QmpStop && fact.side == Side::Source;
    return stopOfSource ? QStringLiteral("running") : QString();
}

std::vector<Span> spansOf(Side side, const Facts& facts)
{
    const bool hasTrace = std::ranges::any_of(facts.all, [side](const Fact& fact) {
        return fact.side == side && fact.kind == FactKind::TraceRunstate && fact.timeNs > 0;
    });
    std::vector<Span> found;
    const auto open = [&](const QString& id, qint64 startNs) {
        found.push_back(
            { .side = side, .id = id, .text = spanText(id), .startNs = startNs, .openEnd = true });
    };
    const auto close = [&](qint64 endNs) {
        if (found.empty() || !found.back().openEnd)
            return;
        found.back().endNs = endNs;
        found.back().openEnd = false;
        if (found.back().endNs <= found.back().startNs)
            found.pop_back();
    };
    for (const Fact& fact : facts.all) {
        if (fact.side != side || fact.timeNs <= 0)
            continue;
        if (fact.kind == FactKind::Exited) {
            close(fact.timeNs);
            continue;
        }
        const QString id = stateAfter(fact, hasTrace);
        if (id.isEmpty() || (!found.empty() && found.back().openEnd && found.back().id == id))
            continue;
        if (const QString before = stateBefore(fact);
            found.empty() && !before.isEmpty() && facts.firstNs < fact.timeNs) {
            open(before, facts.firstNs);
            found.back().openStart = true;
        }
        close(fact.timeNs);
        open(id, fact.timeNs);
    }
    if (!found.empty() && found.back().openEnd)
        found.back().endNs = std::max(facts.lastNs, found.back().startNs);
    return found;
}

} // namespace

std::vector<Span> spans(const Facts& facts)
{
    std::vector<Span> found = spansOf(Side::Source, facts);
    const std::vector<Span> destination = spansOf(Side::Destination, facts);
    found.insert(found.end(), destination.begin(), destination.end());
    return found;
}

} // namespace cutover::timeline
