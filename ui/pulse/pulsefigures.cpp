// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "pulsefigures.h"

#include "colours.h"
#include "format.h"

#include <KLocalizedString>

#include <QGuiApplication>
#include <QLocale>
#include <QPalette>

#include <algorithm>

#include <utility>

namespace cutover::ui {

using timeline::GapKind;
using timeline::GapPlace;
using timeline::Heartbeat;
using timeline::PauseBreakdown;
using timeline::PulseGap;
using timeline::PulseTrail;
using timeline::Traffic;
using Rank = PulseFigure::Rank;

QString gapTitle(GapKind kind)
{
    switch (kind) {
    case GapKind::Guest:
        return i18n("Guest gap");
    case GapKind::Network:
        return i18n("Network gap");
    case GapKind::Storage:
        return i18n("Storage gap");
    case GapKind::Packets:
        return i18n("No packets");
    case GapKind::Processors:
        return i18n("Idle processors");
    }
    return {};
}

static QString gapSource(GapKind kind)
{
    switch (kind) {
    case GapKind::Guest:
        return i18n("the guest's heart: from the request to stop to the first beat");
    case GapKind::Network:
        return i18n("a peer in the guest's network: between two echoes");
    case GapKind::Storage:
        return i18n("the guest's disk: requests in flight, none completed");
    case GapKind::Packets:
        return i18n("a substitute: the counters of its TAPs, between two frames that the guest sent");
    case GapKind::Processors:
        return i18n("a substitute: the time that the threads of its processors use");
    }
    return {};
}

QString gapEvidence(const PulseGap& gap)
{
    const QString source = gap.observed
        ? i18n("the guest's heart, watched in its memory: between two beats, by the host's clock")
        : gapSource(gap.kind);
    switch (gap.place) {
    case GapPlace::Measured:
        return gap.otherwiseNs > 0
            ? i18nc("where a length comes from, duration", "%1; it was silent for up to %2 at other times",
                  source, durationText(gap.otherwiseNs))
            : source;
    case GapPlace::AtPause:
        return i18nc("where a length comes from",
            "%1; its length is measured, its place is that of the pause", source);
    case GapPlace::Unknown:
        return i18nc("where a length comes from", "%1; where it lies is not known", source);
    }
    return source;
}

static QString count(qint64 number)
{
    return QLocale().toString(number);
}

static PulseFigure heartFigure(const PulseTrail& trail)
{
    const std::size_t last = trail.heartbeats.size() - 1;
    const Heartbeat& now = trail.heartbeats[last];
    PulseFigure figure{ .what = i18n("Heart"),
        .value = i18n("%1 beats", count(now.beats)),
        .evidence = now.observed
            ? i18nc("source or destination, a time", "seen in the memory of the %1 at %2",
                  sideTitle(now.side).toLower(), clockText(now.timeNs))
            : i18nc("source or destination, a time", "asked of the %1 at %2", sideTitle(now.side).toLower(),
                  clockText(now.timeNs)) };
    if (last == 0)
        return figure;
    const auto rate = timeline::beatsPerSecond(trail.heartbeats[last - 1], now);
    if (!rate)
        return figure;
    figure.rank = *rate > 0 ? Rank::Good : Rank::Bad;
    figure.value = *rate > 0 ? i18n("beats, %1 times a second", QLocale().toString(*rate, 'f', 0))
                             : i18n("does not beat");
    return figure;
}

static void addTraffic(std::vector<PulseFigure>& figures, const Traffic& last)
{
    const QString evidence = last.isFinal
        ? i18n("counted by the peer after the last echo")
        : i18n("counted by the peer; what is still under way counts as missing");
    figures.push_back({ .what = i18n("Datagrams"),
        .value = last.isFinal
            ? i18nc("numbers", "%1 sent, %2 lost", count(last.sent), count(last.missing()))
            : i18nc("numbers", "%1 sent, %2 not back", count(last.sent), count(last.missing())),
        .evidence = evidence,
        .rank = !last.isFinal     ? Rank::Plain
            : last.missing() == 0 ? Rank::Good
                                  : Rank::Bad });
    figures.push_back({ .what = i18n("Order of the echoes"),
        .value = i18nc("numbers", "%1 out of order, %2 twice", count(last.reordered), count(last.duplicated)),
        .evidence = i18n("counted by the peer"),
        .rank = last.reordered + last.duplicated == 0 ? Rank::Good : Rank::Odd });
}

static void addHeart(std::vector<PulseFigure>& figures, const Heartbeat& last)
{
    if (last.firstSweepNs > 0 && last.meanSweepNs > 0 && last.starts > 1)
        figures.push_back({ .what = i18n("Brown-out"),
            .value = i18nc("durations", "first pass over its memory %1, otherwise %2",
                durationText(last.firstSweepNs), durationText(last.meanSweepNs)),
            .evidence = i18n("the guest: how slow memory is right after the start; in no gap"),
            .rank = last.firstSweepNs > 2 * last.meanSweepNs ? Rank::Odd : Rank::Plain });
    if (last.observed && last.startGapNs > 0)
        figures.push_back({ .what = i18n("The gap by the guest's own clock"),
            .value = last.guestClockGapNs < 0 ? i18n("not known") : durationText(last.guestClockGapNs),
            .evidence = last.guestClockGapNs < 0
                ? i18n("too few beats were seen to know the rate of its time-stamp counter")
                : i18nc("a duration",
                      "its time-stamp counter, which some VMMs stop with the guest; the gap itself is ±%1",
                      durationText(last.gapErrorNs)) });
    if (last.longestGapNs > 0 && !last.observed)
        figures.push_back({ .what = i18n("Longest time between beats"),
            .value = durationText(last.longestGapNs),
            .evidence = i18nc("a time", "the guest, since the migration was begun; ended at %1",
                clockText(last.longestGapAtNs + last.clockOffsetNs)) });
    if (last.blocksWritten > 0)
        figures.push_back({ .what = i18n("Blocks of the disk"),
            .value = i18nc("numbers", "%1 read back and compared, %2 wrong, %3 errors",
                count(last.blocksVerified), count(last.blocksWrong), count(last.blockErrors)),
            .evidence = i18n("the guest, since its boot"),
            .rank = last.blocksWrong + last.blockErrors == 0 ? Rank::Good : Rank::Bad });
    if (last.ringFaults > 0)
        figures.push_back({ .what = i18n("Faults of the queues"),
            .value = count(last.ringFaults),
            .evidence = i18n("a device gave back what it was not given"),
            .rank = Rank::Bad });
}

std::vector<PulseFigure> pulseFigures(const PulseTrail& trail, const PauseBreakdown& pause)
{
    std::vector<PulseFigure> figures;
    for (const PulseGap& gap : timeline::pulseGaps(trail, pause))
        figures.push_back({ .what = gapTitle(gap.kind),
            .value = durationText(gap.lengthNs),
            .evidence = gapEvidence(gap),
            .time = { .startNs = gap.startNs, .endNs = gap.endNs() } });
    if (pause.isKnown())
        figures.push_back({ .what = i18n("Pause, as the VMMs see it"),
            .value = durationText(pause.pause.valueNs),
            .evidence = evidenceTitle(pause.pause.tier),
            .time = { .startNs = pause.startNs, .endNs = pause.endNs } });
    if (!trail.heartbeats.empty())
        figures.push_back(heartFigure(trail));
    if (!trail.traffic.empty())
        addTraffic(figures, trail.traffic.back());
    if (!trail.heartbeats.empty())
        addHeart(figures, trail.heartbeats.back());
    return figures;
}

void PulseFigureModel::setFigures(std::vector<PulseFigure> figures)
{
    if (figures == m_figures)
        return;
    // Who reads one row is not thrown out of it by new numbers.
    const bool same = std::ranges::equal(
        figures, m_figures, [](const PulseFigure& a, const PulseFigure& b) { return a.what == b.what; });
    if (same) {
        m_figures = std::move(figures);
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_figures = std::move(figures);
    endResetModel();
}

int PulseFigureModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_figures.size());
}

int PulseFigureModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant PulseFigureModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const PulseFigure& figure = m_figures[static_cast<std::size_t>(index.row())];
    if (role == RankRole)
        return static_cast<int>(figure.rank);
    if (role == Qt::ForegroundRole && index.column() == ValueColumn) {
        const Colours colours = Colours::of(QGuiApplication::palette());
        switch (figure.rank) {
        case Rank::Plain:
            return {};
        case Rank::Good:
            return colours.positive;
        case Rank::Odd:
            return colours.neutral;
        case Rank::Bad:
            return colours.negative;
        }
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case WhatColumn:
        return figure.what;
    case ValueColumn:
        return figure.value;
    case EvidenceColumn:
        return figure.evidence;
    default:
        return {};
    }
}

QVariant PulseFigureModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case WhatColumn:
        return i18n("Figure");
    case ValueColumn:
        return i18n("Value");
    case EvidenceColumn:
        return i18n("Evidence");
    default:
        return {};
    }
}

} // namespace cutover::ui
