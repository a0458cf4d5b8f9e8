// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/pauserows.h"

#include "timeline/attribution.h"

#include <QHash>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace cutover::timeline {

namespace {

constexpr qint64 nsPerUs = 1000;
/// A device that needs more than an hour is a damaged line.
constexpr qint64 maxSectionUs = qint64{ 3600 } * 1'000'000;

enum Rank : int { StopRank, SaveRank, LoadRank, BetweenRank };

class RowBuilder
{
public:
    RowBuilder(std::span<const Fact> facts, const PauseEnds& ends, qint64 startNs, qint64 endNs)
        : m_ends(ends)
        , m_startNs(startNs)
        , m_endNs(endNs)
    {
        for (const Fact& fact : facts) {
            if (fact.timeNs <= 0)
                continue;
            if (fact.kind == FactKind::Checkpoint)
                m_checkpoints.try_emplace(fact.text(QLatin1StringView("name")), fact.timeNs, fact.side);
            else if (fact.kind == FactKind::CprExec && fact.side == Side::Source)
                m_execNs = fact.timeNs;
            else if (fact.kind == FactKind::CprStateLoad && fact.side == Side::Destination)
                m_stateLoadedNs = fact.timeNs;
            else if (fact.kind == FactKind::TraceState && fact.side == Side::Destination
                && fact.state() == u"setup")
                m_incomingNs = fact.timeNs;
            else if (fact.kind == FactKind::DowntimeSave && fact.side == Side::Source)
                addSection(fact);
            else if (fact.kind == FactKind::DowntimeLoad && fact.side == Side::Destination)
                addSection(fact);
        }
        addBetween();
    }

    std::vector<PauseRow> build()
    {
        const Attribution shares = attribute(m_startNs, m_endNs, m_claims, m_rows.size());
        std::vector<PauseRow> rows;
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            PauseRow& row = m_rows[i];
            row.durationNs = shares.rowNs[i];
            row.startNs = shares.rowStartNs[i];
            if (row.durationNs > 0 || row.reportedNs > 0)
                rows.push_back(row);
        }
        // A row without a share has no place in time: it goes to the end of its kind.
        std::ranges::stable_sort(rows, {}, [](const PauseRow& row) {
            return row.startNs == 0 ? std::numeric_limits<qint64>::max() : row.startNs;
        });
        addGaps(shares.gaps, rows);
        return rows;
    }

private:
    std::size_t rowFor(PauseRowKind kind, Side side, const QString& device, const QString& text)
    {
        const auto [found, isNew] = m_index.try_emplace({ kind, side, device }, m_rows.size());
        if (isNew) {
            m_rows.push_back({ .kind = kind,
                .side = side,
                .device = device,
                .text = text,
                .durationNs = 0,
                .reportedNs = 0,
                .startNs = 0 });
        }
        return found->second;
    }

    void claim(std::size_t row, qint64 startNs, qint64 endNs, Rank rank)
    {
        if (endNs <= startNs)
            return;
        m_rows[row].reportedNs += endNs - startNs;
        m_claims.push_back({ .startNs = startNs, .endNs = endNs, .row = row, .rank = rank });
    }

    void addSection(const Fact& fact)
    {
        // By its time first: most sections of a long record are far away, and to look into them is slow.
        if (fact.timeNs < m_startNs || fact.timeNs - (maxSectionUs * nsPerUs) > m_endNs)
            return;
        const qint64 us = fact.number(QLatin1StringView("downtimeUs"), -1);
        if (us < 0 || us > maxSectionUs)
            return;
        const qint64 startNs = fact.timeNs - us * nsPerUs;
        if (startNs > m_endNs)
            return;
        QString device = fact.text(QLatin1StringView("idstr"));
        if (const qint64 instance = fact.number(QLatin1StringView("instanceId")); instance != 0)
            device += QLatin1Char('#') + QString::number(instance);
        const bool iterable = fact.text(QLatin1StringView("type")) == u"iterable";
        if (fact.kind == FactKind::DowntimeSave) {
            const auto kind = iterable ? PauseRowKind::IterableSave : PauseRowKind::NonIterableSave;
            claim(rowFor(kind, Side::Source, device, QStringLiteral("save ") + device), startNs, fact.timeNs,
                SaveRank);
            return;
        }
        claim(rowFor(PauseRowKind::Load, Side::Destination, device, QStringLiteral("load ") + device),
            startNs, fact.timeNs, LoadRank);
        m_lastLoadNs = std::max(m_lastLoadNs, fact.timeNs);
        if (!iterable)
            m_firstLoadNs = m_firstLoadNs == 0 ? startNs : std::min(m_firstLoadNs, startNs);
    }

    qint64 checkpoint(const char16_t* name) const
    {
        const auto found = m_checkpoints.find(QString::fromUtf16(name));
        return found == m_checkpoints.end() ? 0 : found->second.first;
    }

    void between(PauseRowKind kind, Side side, const QString& text, qint64 startNs, qint64 endNs,
        Rank rank = BetweenRank)
    {
        if (startNs > 0 && endNs > startNs)
            claim(rowFor(kind, side, {}, text), startNs, endNs, rank);
    }

    void addBetween()
    {
        between(PauseRowKind::Stop, Side::Source, QStringLiteral("stop the guest"), m_startNs,
            checkpoint(u"src-vm-stopped"), StopRank);
        if (m_execNs > 0) {
            between(PauseRowKind::Transfer, Side::Source, QStringLiteral("finish the state file"),
                checkpoint(u"src-non-iterable-saved"), m_execNs);
            between(PauseRowKind::Execute, Side::Source, QStringLiteral("become the new program"), m_execNs,
                m_stateLoadedNs);
            between(PauseRowKind::Execute, Side::Destination, QStringLiteral("create the devices"),
                m_stateLoadedNs, m_incomingNs);
            between(PauseRowKind::Transfer, Side::Destination, QStringLiteral("read the state file"),
                m_incomingNs, m_firstLoadNs);
        } else {
            between(PauseRowKind::Transfer, Side::Destination, QStringLiteral("transfer to the destination"),
                checkpoint(u"src-non-iterable-saved"), m_firstLoadNs);
        }
        const qint64 loaded = checkpoint(u"dst-precopy-loadvm-completed");
        between(PauseRowKind::LoadTail, Side::Destination, QStringLiteral("end of the load"), m_lastLoadNs,
            loaded);
        if (!m_ends.started.happened())
            return;
        const qint64 pausedNs = m_ends.guarded.timeNs;
        const qint64 readyNs = pausedNs > 0 ? pausedNs : m_endNs;
        const qint64 announced = checkpoint(u"dst-precopy-bh-announced");
        between(PauseRowKind::BottomHalf, Side::Destination, QStringLiteral("hand over to the main loop"),
            loaded, announced > 0 ? announced : readyNs);
        between(PauseRowKind::Start, Side::Destination,
            pausedNs > 0 ? QStringLiteral("finish loading, paused") : QStringLiteral("start the guest"),
            announced, readyNs);
        between(PauseRowKind::GuardWait, Side::Destination, QStringLiteral("guarded commit: wait for cont"),
            pausedNs, m_endNs);
    }

    /// One row of unattributed time for each checkpoint that precedes some.
    void addGaps(const std::vector<Gap>& gaps, std::vector<PauseRow>& rows) const
    {
        struct Mark
        {
            qint64 timeNs;
            Side side;
            QString name;
        };
        std::vector<Mark> marks;
        for (const auto& [name, place] : m_checkpoints)
            marks.push_back({ .timeNs = place.first, .side = place.second, .name = name });
        std::ranges::stable_sort(marks, {}, &Mark::timeNs);

        const std::size_t firstGapRow = rows.size();
        const auto add = [&](const Mark* mark, qint64 startNs, qint64 endNs) {
            const QString text = mark ? QString(QStringLiteral("after ") + mark->name)
                                      : QStringLiteral("nothing with a time was logged");
            const auto known = std::ranges::find(
                rows.begin() + static_cast<std::ptrdiff_t>(firstGapRow), rows.end(), text, &PauseRow::text);
            if (known != rows.end()) {
                known->durationNs += endNs - startNs;
                return;
            }
            rows.push_back({ .kind = PauseRowKind::Unattributed,
                .side = mark ? mark->side : Side::Source,
                .device = {},
                .text = text,
                .durationNs = endNs - startNs,
                .reportedNs = 0,
                .startNs = startNs });
        };
        for (const Gap& gap : gaps) {
            qint64 at = gap.startNs;
            const Mark* current = nullptr;
            for (const Mark& mark : marks) {
                if (mark.timeNs >= gap.endNs)
                    break;
                if (mark.timeNs > at) {
                    add(current, at, mark.timeNs);
                    at = mark.timeNs;
                }
                current = &mark;
            }
            add(current, at, gap.endNs);
        }
    }

    const PauseEnds& m_ends;
    qint64 m_startNs;
    qint64 m_endNs;
    std::map<QString, std::pair<qint64, Side>> m_checkpoints;
    std::map<std::tuple<PauseRowKind, Side, QString>, std::size_t> m_index;
    std::vector<PauseRow> m_rows;
    std::vector<Claim> m_claims;
    qint64 m_firstLoadNs = 0; ///< of a non-iterable section
    qint64 m_lastLoadNs = 0;
    qint64 m_execNs = 0; ///< cpr-exec: when the source's process left its program
    qint64 m_stateLoadedNs = 0; ///< and when the new one had what it was handed
    qint64 m_incomingNs = 0; ///< and when it began to read the state file
};

} // namespace

std::vector<PauseRow> pauseRows(
    std::span<const Fact> facts, const PauseEnds& ends, qint64 startNs, qint64 endNs)
{
    return RowBuilder(facts, ends, startNs, endNs).build();
}

} // namespace cutover::timeline
