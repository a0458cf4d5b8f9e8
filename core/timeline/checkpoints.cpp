// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/checkpoints.h"

#include <array>

namespace cutover::timeline {

QString checkpointText(QStringView name)
{
    struct Entry
    {
        QStringView name;
        const char* text;
    };
    static constexpr std::array entries{
        Entry{ u"src-downtime-start", "The source begins to stop the guest: the pause starts here." },
        Entry{ u"src-vm-stopped", "The source's processors and devices stand still." },
        Entry{ u"src-iterable-saved", "The source has sent the rest of the state that is sent in rounds." },
        Entry{ u"src-non-iterable-saved", "The source has sent the state of every device." },
        Entry{ u"src-downtime-end", "The source has heard that its work is over." },
        Entry{ u"cpr_exec", "The source's process leaves its program and becomes the new one." },
        Entry{ u"cpr_state_load", "The new program has what it was handed, and creates its devices." },
        Entry{ u"dst-precopy-loadvm-completed", "The destination has loaded the whole state." },
        Entry{ u"dst-precopy-bh-enter", "The destination's main loop takes over to start the guest." },
        Entry{ u"dst-precopy-bh-announced", "The destination has told the network where the guest is." },
        Entry{ u"dst-precopy-bh-vm-started",
            "The destination has started the guest, unless it was told to wait for cont." },
        Entry{ u"dst-postcopy-bh-enter", "The destination's main loop takes over, in postcopy." },
        Entry{ u"dst-postcopy-bh-cpu-synced", "The destination's processors have their state, in postcopy." },
        Entry{ u"dst-postcopy-bh-announced", "The destination has told the network, in postcopy." },
        Entry{
            u"dst-postcopy-bh-cache-invalidated", "The destination has activated its disks, in postcopy." },
        Entry{ u"dst-postcopy-bh-vm-started", "The destination has started the guest, in postcopy." },
    };
    for (const Entry& entry : entries) {
        if (entry.name == name)
            return QString::fromLatin1(entry.text);
    }
    return {};
}

static bool startsAfterExec(const Fact& fact)
{
    return fact.kind == FactKind::CprStateLoad && fact.side == Side::Destination
        && fact.text(QLatin1StringView("mode")) == u"cpr-exec";
}

std::vector<Checkpoint> checkpoints(const Facts& facts, std::optional<std::size_t> migration)
{
    const auto window = facts.migration(migration);
    if (!window)
        return {};
    std::vector<Checkpoint> found;
    for (const Fact& fact : facts.in(*window)) {
        const bool execs = fact.kind == FactKind::CprExec || startsAfterExec(fact);
        if (fact.kind != FactKind::Checkpoint && !execs)
            continue;
        const QString name = execs ? fact.event->name : fact.text(QLatin1StringView("name"));
        found.push_back(
            { .name = name, .side = fact.side, .timeNs = fact.timeNs, .text = checkpointText(name) });
    }
    return found;
}

std::size_t migrationCount(const Facts& facts)
{
    return facts.migrations.size();
}

} // namespace cutover::timeline
