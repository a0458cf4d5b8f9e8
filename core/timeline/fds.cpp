// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/fds.h"

#include <algorithm>
#include <map>
#include <utility>

namespace cutover::timeline {

namespace {

using Key = std::pair<QString, int>;

struct Held
{
    int fd = -1;
    qint64 savedNs = 0;
};

using Holdings = std::map<Key, Held>;

Key keyOf(const Fact& fact)
{
    return { fact.text(QLatin1StringView("name")), static_cast<int>(fact.number(QLatin1StringView("id"))) };
}

int fdOf(const Fact& fact)
{
    return static_cast<int>(fact.number(QLatin1StringView("fd"), -1));
}

/// Keeps what a VMM's own lines say of its CPR state.
void follow(Holdings& holdings, const Fact& fact)
{
    const bool saves = fact.kind == FactKind::CprSaveFd;
    const bool finds = fact.kind == FactKind::CprFindFd && fdOf(fact) >= 0;
    if (saves || finds)
        holdings[keyOf(fact)] = { .fd = fdOf(fact), .savedNs = fact.timeNs };
    else if (fact.kind == FactKind::CprDeleteFd)
        holdings.erase(keyOf(fact));
}

bool sourceCompleted(std::span<const Fact> facts)
{
    return std::ranges::any_of(facts, [](const Fact& fact) {
        return (fact.kind == FactKind::TraceState || fact.kind == FactKind::QmpMigration)
            && fact.side == Side::Source && fact.state() == u"completed";
    });
}

/// What the source holds when window \a index begins. After a completed migration the source is the VMM that
/// was its destination.
Holdings holdingsBefore(const Facts& facts, std::size_t index)
{
    Holdings source;
    Holdings destination;
    std::size_t at = 0;
    for (std::size_t i = 0; i <= index; ++i) {
        const Window& window = facts.migrations[i];
        const std::size_t end = i == index ? window.first : window.end;
        for (; at < end; ++at) {
            const Fact& fact = facts.all[at];
            if (fact.side == Side::Source)
                follow(source, fact);
            else if (fact.side == Side::Destination && at >= window.first)
                follow(destination, fact);
        }
        if (i < index && sourceCompleted(facts.in(window)))
            source = std::exchange(destination, {});
        destination.clear();
    }
    return source;
}

class Table
{
public:
    explicit Table(Holdings source)
        : m_source(std::move(source))
    {
    }

    void add(const Fact& fact)
    {
        if (fact.kind == FactKind::SessionFd) {
            m_session.push_back(&fact);
        } else if (fact.kind == FactKind::RelayFd) {
            m_relayed.push_back(&fact);
        } else if (fact.side == Side::Source) {
            if (fact.kind == FactKind::PutFd)
                send(fact);
            else
                follow(m_source, fact);
        } else if (fact.side == Side::Destination) {
            receive(fact);
        }
    }

    std::vector<FdEntry> finish()
    {
        reindex();
        for (const auto& [key, held] : m_source) {
            if (!m_index.contains(key))
                m_entries.push_back(savedEntry(key, held));
        }
        for (FdEntry& entry : m_entries)
            claim(entry);
        reindex();
        for (const auto& [key, found] : m_found) {
            if (found.fd >= 0 && !m_index.contains(key))
                claim(added(key));
        }
        for (const Fact* fact : m_relayed)
            relay(*fact);
        for (const Fact* fact : m_session)
            verify(*fact);
        return std::move(m_entries);
    }

    std::vector<FdAlarm> alarms()
    {
        const std::vector<FdEntry> entries = finish();
        std::vector<FdAlarm> found;
        for (const FdEntry& entry : entries) {
            if (!entry.sent)
                continue;
            if (entry.claim == FdClaim::Missing) {
                found.push_back({ .name = entry.name,
                    .id = entry.id,
                    .timeNs = entry.claimedNs,
                    .text
                    = QStringLiteral("The fd '%1' (id %2) was sent, but the destination did not find it "
                                     "and made a new one: what it stood for is lost there.")
                        .arg(entry.name)
                        .arg(entry.id) });
            } else if (!entry.received && m_received > 0 && m_isPastLoad) {
                found.push_back({ .name = entry.name,
                    .id = entry.id,
                    .timeNs = 0,
                    .text
                    = QStringLiteral("The fd '%1' (id %2) was sent, but the destination received only %3 "
                                     "of %4 fds.")
                        .arg(entry.name)
                        .arg(entry.id)
                        .arg(m_received)
                        .arg(m_sent) });
            }
        }
        return found;
    }

private:
    struct Found
    {
        int fd = -1;
        qint64 timeNs = 0;
    };

    static FdEntry savedEntry(const Key& key, const Held& held)
    {
        FdEntry entry;
        entry.name = key.first;
        entry.id = key.second;
        entry.sourceFd = held.fd;
        entry.saved = true;
        entry.savedNs = held.savedNs;
        return entry;
    }

    /// The names are known at last, and there may be thousands.
    void reindex()
    {
        m_index.clear();
        for (std::size_t i = 0; i < m_entries.size(); ++i)
            m_index.try_emplace(Key(m_entries[i].name, m_entries[i].id), i);
    }

    FdEntry& added(const Key& key)
    {
        m_index.try_emplace(key, m_entries.size());
        FdEntry& entry = m_entries.emplace_back();
        entry.name = key.first;
        entry.id = key.second;
        return entry;
    }

    FdEntry& slot(std::size_t index)
    {
        if (index >= m_entries.size())
            m_entries.resize(index + 1);
        return m_entries[index];
    }

    void send(const Fact& fact)
    {
        if (fact.number(QLatin1StringView("status")) != 0)
            return;
        FdEntry& entry = slot(m_sent++);
        const int fd = fdOf(fact);
        const auto held
            = std::ranges::find_if(m_source, [fd](const auto& item) { return item.second.fd == fd; });
        const FdEntry received = entry;
        if (held != m_source.end())
            entry = savedEntry(held->first, held->second);
        entry.sourceFd = fd;
        entry.sent = true;
        entry.sentNs = fact.timeNs;
        entry.destinationFd = received.destinationFd;
        entry.received = received.received;
        entry.receivedNs = received.receivedNs;
    }

    void receive(const Fact& fact)
    {
        switch (fact.kind) {
        case FactKind::GetFd: {
            FdEntry& entry = slot(m_received++);
            entry.destinationFd = fdOf(fact);
            entry.received = true;
            entry.receivedNs = fact.timeNs;
            break;
        }
        case FactKind::CprFindFd:
            // Only the first look counts: after that the VMM may have deleted or replaced it.
            m_found.try_emplace(keyOf(fact), Found{ .fd = fdOf(fact), .timeNs = fact.timeNs });
            m_isPastLoad = true;
            break;
        case FactKind::TraceState:
        case FactKind::QmpMigration:
            m_isPastLoad = true;
            m_isPastDevices = true;
            break;
        default:
            break;
        }
    }

    void claim(FdEntry& entry)
    {
        auto found = m_found.find(Key(entry.name, entry.id));
        if (entry.name.isEmpty() && entry.destinationFd) {
            found = std::ranges::find_if(
                m_found, [&](const auto& item) { return item.second.fd == *entry.destinationFd; });
        }
        if (found == m_found.end()) {
            if (entry.received && m_isPastDevices && !m_found.empty())
                entry.claim = FdClaim::Unclaimed;
            return;
        }
        entry.name = found->first.first;
        entry.id = found->first.second;
        entry.claimedNs = found->second.timeNs;
        entry.claim = found->second.fd < 0 ? FdClaim::Missing : FdClaim::Claimed;
        if (entry.claim == FdClaim::Claimed)
            entry.destinationFd = found->second.fd;
    }

    /// What no log tells of, a relay has seen.
    void relay(const Fact& fact)
    {
        const Key key = keyOf(fact);
        // Descriptors that the migration itself needs, and those without a name, are no device's.
        if (key.first.isEmpty() || key.first.startsWith(u'@'))
            return;
        const auto known = m_index.find(key);
        FdEntry* const entry = known == m_index.end() ? &added(key) : &m_entries[known->second];
        if (entry->sentNs == 0)
            entry->sentNs = fact.timeNs;
        const qint64 sourceFd = fact.number(QLatin1StringView("sourceFd"), -1);
        if (!entry->sourceFd && sourceFd >= 0)
            entry->sourceFd = static_cast<int>(sourceFd);
        entry->kind = fact.text(QLatin1StringView("kind"));
        entry->text = fact.text(QLatin1StringView("text"));
    }

    void verify(const Fact& fact)
    {
        const Key key(fact.event->name, static_cast<int>(fact.number(QLatin1StringView("id"))));
        const auto known = m_index.find(key);
        FdEntry* const entry = known == m_index.end() ? &added(key) : &m_entries[known->second];
        const auto number = [&fact](QLatin1StringView name, std::optional<int>& out) {
            const qint64 value = fact.number(name, -1);
            if (value >= 0 && !out)
                out = static_cast<int>(value);
        };
        number(QLatin1StringView("sourceFd"), entry->sourceFd);
        number(QLatin1StringView("destinationFd"), entry->destinationFd);
        entry->kind = fact.text(QLatin1StringView("kind"));
        entry->text = fact.text(QLatin1StringView("text"));
        entry->identity = fact.text(QLatin1StringView("identity"));
        entry->method = fact.text(QLatin1StringView("method"));
        entry->proof = fact.text(QLatin1StringView("proof"));
    }

    Holdings m_source;
    std::vector<FdEntry> m_entries;
    std::map<Key, std::size_t> m_index; ///< of the entries by their names; the first counts
    std::map<Key, Found> m_found;
    std::vector<const Fact*> m_session;
    std::vector<const Fact*> m_relayed;
    std::size_t m_sent = 0;
    std::size_t m_received = 0;
    bool m_isPastLoad = false;
    bool m_isPastDevices = false;
};

std::optional<Table> tableOf(const Facts& facts, std::optional<std::size_t> migration)
{
    const auto window = facts.migration(migration);
    if (!window)
        return std::nullopt;
    Table table(holdingsBefore(facts, migration.value_or(facts.migrations.size() - 1)));
    for (const Fact& fact : facts.in(*window))
        table.add(fact);
    return table;
}

} // namespace

QString fdClaimId(FdClaim claim)
{
    switch (claim) {
    case FdClaim::Unknown:
        return QStringLiteral("unknown");
    case FdClaim::Claimed:
        return QStringLiteral("claimed");
    case FdClaim::Missing:
        return QStringLiteral("missing");
    case FdClaim::Unclaimed:
        return QStringLiteral("unclaimed");
    }
    return {};
}

std::vector<FdEntry> fdTable(const Facts& facts, std::optional<std::size_t> migration)
{
    auto table = tableOf(facts, migration);
    return table ? table->finish() : std::vector<FdEntry>();
}

std::vector<FdAlarm> fdAlarms(const Facts& facts, std::optional<std::size_t> migration)
{
    auto table = tableOf(facts, migration);
    return table ? table->alarms() : std::vector<FdAlarm>();
}

} // namespace cutover::timeline
