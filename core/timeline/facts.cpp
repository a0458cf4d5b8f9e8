// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/facts.h"

#include <QHash>

#include <algorithm>

namespace cutover::timeline {

namespace {

using Names = QHash<QStringView, FactKind>;

const Names& traceNames()
{
    static const Names names{
        { u"cpr_save_fd", FactKind::CprSaveFd },
        { u"cpr_delete_fd", FactKind::CprDeleteFd },
        { u"cpr_find_fd", FactKind::CprFindFd },
        { u"cpr_state_save", FactKind::CprStateSave },
        { u"cpr_state_load", FactKind::CprStateLoad },
        { u"cpr_exec", FactKind::CprExec },
        { u"cpr_transfer_input", FactKind::CprTransferInput },
        { u"qemu_file_put_fd", FactKind::PutFd },
        { u"qemu_file_get_fd", FactKind::GetFd },
        { u"migrate_set_state", FactKind::TraceState },
        { u"runstate_set", FactKind::TraceRunstate },
        { u"migration_socket_incoming_accepted", FactKind::IncomingAccepted },
        { u"migration_socket_outgoing_connected", FactKind::OutgoingConnected },
        { u"vmstate_downtime_checkpoint", FactKind::Checkpoint },
        { u"vmstate_downtime_save", FactKind::DowntimeSave },
        { u"vmstate_downtime_load", FactKind::DowntimeLoad },
    };
    return names;
}

const Names& qmpNames()
{
    static const Names names{
        { u"STOP", FactKind::QmpStop },
        { u"RESUME", FactKind::QmpResume },
        { u"MIGRATION", FactKind::QmpMigration },
    };
    return names;
}

std::optional<FactKind> lookUp(const Names& names, const QString& name)
{
    const auto found = names.constFind(name);
    return found == names.constEnd() ? std::nullopt : std::optional(*found);
}

/// A damaged line keeps its name, but of its fields only the text that they were.
bool isDamaged(const QJsonObject& attributes)
{
    return attributes.size() == 1 && attributes.begin().key() == u"arguments";
}

/// QEMU 11.1 tells of it in every mode, also where it saves nothing.
bool savesNoCprState(FactKind kind, const QJsonObject& attributes)
{
    const QString mode = attributes[u"mode"].toString();
    return kind == FactKind::CprStateSave && (mode == u"normal" || mode == u"cpr-reboot");
}

std::optional<FactKind> kindOf(const Event& event)
{
    switch (event.category) {
    case Category::Trace:
        // The name first: most lines are of no interest, and to look into attributes is slow.
        if (const auto kind = lookUp(traceNames(), event.name);
            kind && !isDamaged(event.attributes) && !savesNoCprState(*kind, event.attributes))
            return kind;
        return std::nullopt;
    case Category::QmpEvent:
        return lookUp(qmpNames(), event.name);
    case Category::QmpSent:
        return event.name == u"migrate" ? std::optional(FactKind::SentMigrate) : std::nullopt;
    case Category::Process:
        if (event.name == u"spawned")
            return FactKind::Spawned;
        return event.name == u"exited" ? std::optional(FactKind::Exited) : std::nullopt;
    case Category::Fd:
        return FactKind::SessionFd;
    case Category::Clock:
        return FactKind::ClockSample;
    case Category::Verdict:
        return FactKind::Verdict;
    case Category::Relay:
        return event.name == u"fd" ? std::optional(FactKind::RelayFd) : std::nullopt;
    case Category::QmpReceived:
    case Category::Action:
    case Category::State:
    case Category::Inventory:
    case Category::Check:
    case Category::Pulse:
    case Category::Endpoint:
        break;
    }
    return std::nullopt;
}

/// Finds where migrations begin.
class Windows
{
public:
    bool opens(const Fact& fact)
    {
        if (fact.side != Side::Source)
            return false;
        switch (fact.kind) {
        case FactKind::SentMigrate:
            m_stage = Stage::Sent;
            m_incoming = false;
            return true;
        case FactKind::CprTransferInput:
        case FactKind::CprStateLoad:
            m_incoming = true;
            return false;
        case FactKind::TraceRunstate:
            m_incoming |= fact.text(QLatin1StringView("to")) == u"inmigrate";
            return false;
        case FactKind::TraceState:
        case FactKind::QmpMigration:
            return handleState(fact.state());
        default:
            return false;
        }
    }

private:
    enum class Stage : std::uint8_t { None, Sent, Open, Ended };

    bool handleState(const QString& state)
    {
        if (m_incoming) {
            m_incoming = !isTerminal(state);
            return false;
        }
        if (isTerminal(state)) {
            if (m_stage != Stage::None)
                m_stage = Stage::Ended;
            return false;
        }
        if (state != u"setup")
            return false;
        const bool starts = m_stage == Stage::None || m_stage == Stage::Ended;
        m_stage = Stage::Open;
        return starts;
    }

    Stage m_stage = Stage::None;
    bool m_incoming = false; ///< what the source logs now, it logs as an earlier migration's destination
};

std::vector<Window> findWindows(const std::vector<Fact>& facts, bool onlyTimed)
{
    std::vector<Window> found;
    Windows windows;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if ((onlyTimed && facts[i].timeNs <= 0) || !windows.opens(facts[i]))
            continue;
        if (!found.empty())
            found.back().end = i;
        found.push_back({ .first = i, .end = facts.size() });
    }
    return found;
}

} // namespace

QString Fact::state() const
{
    return text(kind == FactKind::QmpMigration ? QLatin1StringView("status") : QLatin1StringView("state"));
}

bool isFact(const Event& event)
{
    return kindOf(event).has_value();
}

bool isTerminal(QStringView migrationState)
{
    return migrationState == u"completed" || migrationState == u"failed" || migrationState == u"cancelled";
}

std::optional<Window> Facts::migration(std::optional<std::size_t> index) const
{
    if (migrations.empty() || (index && *index >= migrations.size()))
        return std::nullopt;
    return index ? migrations[*index] : migrations.back();
}

Facts::Facts(std::span<const Event> events)
{
    qint64 latest = 0;
    for (const Event& event : events) {
        if (event.timeNs > 0) {
            latest = std::max(latest, event.timeNs);
            firstNs = firstNs == 0 ? event.timeNs : std::min(firstNs, event.timeNs);
        }
        const auto kind = kindOf(event);
        if (!kind)
            continue;
        const qint64 order = event.timeNs > 0 ? event.timeNs : latest;
        // What the console itself starts is the destination.
        const bool launched = kind == FactKind::Spawned && event.side == Side::Console;
        all.push_back({ .kind = *kind,
            .side = launched ? Side::Destination : event.side,
            .timeNs = event.timeNs,
            .orderNs = order,
            .event = &event });
    }
    lastNs = latest;
    if (!std::ranges::is_sorted(all, {}, &Fact::orderNs))
        std::ranges::stable_sort(all, {}, &Fact::orderNs);

    // Where untimed lines stand among the timed events is a guess: they count only if there is nothing else.
    migrations = findWindows(all, true);
    if (migrations.empty())
        migrations = findWindows(all, false);
}

} // namespace cutover::timeline
