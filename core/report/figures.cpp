// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/sections.h"

#include "report/timelinesvg.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <algorithm>
#include <array>

namespace cutover::report {

using namespace Qt::StringLiterals;
using timeline::durationText;
using timeline::GapKind;

namespace {

void writeFigure(Page& page, const QString& what, const QString& value, const QString& basis)
{
    page.open(u"div"_s);
    page.element(u"dt"_s, what);
    page.element(u"dd"_s, value, { { u"class"_s, u"value"_s } });
    page.element(u"dd"_s, basis, { { u"class"_s, u"basis"_s } });
    page.close();
}

void writePauseFigure(Page& page, const timeline::PauseBreakdown& pause)
{
    if (!pause.isKnown()) {
        writeFigure(page, i18n("Pause"), i18n("not known"), pause.explanation);
        return;
    }
    const QString tier = timeline::evidenceTierText(pause.pause.tier);
    writeFigure(page,
        pause.outcome == timeline::PauseOutcome::Resumed ? i18n("Pause, until the source went on")
                                                         : i18n("Pause"),
        durationText(pause.pause.valueNs),
        pause.pause.clockErrorNs > 0
            ? i18nc("clock error, then a sentence", "±%1. %2", durationText(pause.pause.clockErrorNs), tier)
            : tier);
}

QString gapName(GapKind kind)
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

QString gapMeaning(GapKind kind)
{
    switch (kind) {
    case GapKind::Guest:
        return i18n("how long the guest's own heartbeat stood still");
    case GapKind::Network:
        return i18n("how long a peer in its network heard nothing");
    case GapKind::Storage:
        return i18n("how long none of its disk requests was completed");
    case GapKind::Packets:
        return i18n("how long the guest sent no frame into its TAPs");
    case GapKind::Processors:
        return i18n("how long the threads of its processors used no time");
    }
    return {};
}

void writeGap(Page& page, const Story& story, GapKind kind)
{
    const auto gap = std::ranges::find(story.gaps, kind, &timeline::PulseGap::kind);
    if (gap != story.gaps.end())
        writeFigure(page, gapName(kind), durationText(gap->lengthNs),
            gap->observed
                ? i18n("between two beats of the guest's heart, seen in its memory, by the host's clock")
                : gapMeaning(kind));
    else
        writeFigure(page, gapName(kind), i18n("not measured"),
            i18n("the recording does not tell %1", gapMeaning(kind)));
}

/// What was seen of a guest without a heartbeat, and only then.
void writeSubstitutes(Page& page, const Story& story)
{
    for (const timeline::PulseGap& gap : story.gaps) {
        if (gap.kind != GapKind::Packets && gap.kind != GapKind::Processors)
            continue;
        const QString meaning = i18nc("what a length means", "a substitute: %1", gapMeaning(gap.kind));
        writeFigure(page, gapName(gap.kind), durationText(gap.lengthNs),
            gap.otherwiseNs > 0 ? i18nc("what a length means, duration", "%1; up to %2 at other times",
                                      meaning, durationText(gap.otherwiseNs))
                                : meaning);
    }
}

void writeLosses(Page& page, const timeline::PulseTrail& pulse)
{
    if (!pulse.heartbeats.empty()) {
        const auto& last = pulse.heartbeats.back();
        if (last.firstSweepNs > 0 && last.meanSweepNs > 0 && last.starts > 1)
            writeFigure(page, i18n("Brown-out"), durationText(last.firstSweepNs),
                i18n("the guest's first pass over its memory after the start; later ones take %1",
                    durationText(last.meanSweepNs)));
        if (last.blocksWritten > 0)
            writeFigure(page, i18n("Disk blocks wrong or failed"),
                QString::number(last.blocksWrong + last.blockErrors),
                i18n("of %1 that the guest read back and compared", QString::number(last.blocksVerified)));
    }
    if (!pulse.traffic.empty())
        writeFigure(page, i18n("Datagrams lost"), QString::number(pulse.traffic.back().missing()),
            pulse.traffic.back().isFinal
                ? i18n("of %1 that a peer sent", QString::number(pulse.traffic.back().sent))
                : i18n("of %1 that a peer sent; some were still under way",
                      QString::number(pulse.traffic.back().sent)));
}

void writeFdFigure(Page& page, const Story& story)
{
    const auto& fds = story.summary.fds;
    const auto same = std::ranges::count(fds, u"same"_s, &timeline::FdEntry::identity);
    const auto passed = std::ranges::count_if(fds, [](const timeline::FdEntry& fd) {
        return fd.sent || fd.received || fd.claim == timeline::FdClaim::Claimed || fd.identity == u"same";
    });
    writeFigure(page, i18n("Descriptors passed"), QString::number(passed),
        passed == 0 ? i18n("what the guest has was copied or opened again")
                    : i18np("%1 proved to be the same open file on both sides",
                          "%1 proved to be the same open files on both sides", static_cast<int>(same)));
}

/// A picture in words, for those who do not see it.
QString describe(const Story& story)
{
    QStringList parts;
    for (const layout::Lane* lane : { &story.scene.source, &story.scene.destination }) {
        QStringList states;
        for (const auto& span : lane->spans) {
            if (states.size() >= 12)
                break;
            states.append(
                i18nc("a state, a duration", "%1 for %2", span.text, durationText(span.time.length())));
        }
        if (!states.isEmpty())
            parts.append(sideText(lane->side) + u": "_s + states.join(u", "_s) + u'.');
    }
    if (!story.scene.arrows.empty())
        parts.append(i18np("%1 descriptor moves between them.", "%1 descriptors move between them.",
            static_cast<int>(story.scene.arrows.size())));
    return parts.isEmpty() ? i18n("Nothing with a time was recorded.") : parts.join(u' ');
}

void writePicture(Page& page, const Story& story, const TimelinePicture& picture, const QString& caption)
{
    page.open(u"figure"_s);
    page.open(u"div"_s,
        { { u"class"_s, u"wide"_s }, { u"role"_s, u"region"_s }, { u"tabindex"_s, u"0"_s },
            { u"aria-label"_s, picture.title } });
    writeTimeline(page.xml(), story.scene, story.index, picture);
    page.close();
    page.element(u"figcaption"_s, caption);
    page.close();
}

} // namespace

void writeFigures(Page& page, const Story& story)
{
    page.open(u"dl"_s, { { u"class"_s, u"figures"_s } });
    writePauseFigure(page, story.summary.pause);
    constexpr std::array own{ GapKind::Guest, GapKind::Network, GapKind::Storage };
    const bool anyOwn = std::ranges::any_of(
        story.gaps, [&](const timeline::PulseGap& gap) { return std::ranges::contains(own, gap.kind); });
    if (!anyOwn && story.pulse.absent) {
        writeFigure(page, i18n("Gaps"), i18n("not measured"),
            i18n("this guest has no pulse: how long it, its network and its disk stood still is not known"));
    } else {
        for (const GapKind kind : own)
            writeGap(page, story, kind);
    }
    writeSubstitutes(page, story);
    writeLosses(page, story.pulse);
    writeFdFigure(page, story);
    page.close();
}

void writeTimelines(Page& page, const Story& story)
{
    if (story.scene.isEmpty()) {
        page.paragraph(i18n("Nothing with a time was recorded, so there is nothing to draw."));
        return;
    }
    const QString words = describe(story);
    writePicture(page, story,
        { .range = story.migrationSpan(),
            .title = i18n("The whole migration"),
            .description = words,
            .prefix = u"whole"_s },
        i18n(
            "The whole migration. Zero is the start of the pause, which is shaded; arrows are descriptors on "
            "their way from the source to the destination. Point at a bar for what it is."));
    const layout::Interval close = story.scene.pauseSurroundings();
    if (!close.isEmpty())
        writePicture(page, story,
            { .range = close, .title = i18n("Around the pause"), .description = words, .prefix = u"pause"_s },
            i18n("The pause, with half its length on each side."));
}

namespace {

Table hazardTable(const Story& story)
{
    Table table{ .caption = i18n("What was found, the worst first"),
        .columns = { i18n("What"), i18n("How bad"), i18n("Evidence"), i18n("What to do") },
        .rows = {} };
    const auto add
        = [&table](const QString& what, bool isBad, const QString& evidence, const QString& remedy = {}) {
              table.rows.push_back(
                  { { what }, { isBad ? i18n("fault") : i18n("warning"), isBad ? u"bad"_s : u"warn"_s },
                      { evidence }, { remedy } });
          };
    if (const auto failure = story.session.failure()) {
        add(i18nc("side, phase", "Failure: %1, %2", sideText(failure->side),
                op::sessionPhaseId(failure->phase)),
            true, failure->error.message(), failure->error.remedy);
    }
    for (const QString& finding : story.session.verification.findings)
        add(i18n("Verification"), true, finding);
    for (const timeline::FdAlarm& alarm : story.summary.alarms)
        add(i18n("Descriptor lost: %1", alarm.name), true, alarm.text);
    for (const auto verdict : { op::Verdict::Refuse, op::Verdict::Warning }) {
        for (const op::Check& check : story.session.checks) {
            if (check.verdict == verdict)
                add(check.title, verdict == op::Verdict::Refuse, check.evidence, check.remedy);
        }
    }
    for (const Remark& remark : story.remarks)
        add(i18n("Note, %1", offsetText(remark.timeNs, story.originNs())), false, remark.text);
    if (story.summary.pause.outcome == timeline::PauseOutcome::Inconsistent)
        add(i18n("Clock"), true, story.summary.pause.explanation);
    if (story.material.damage.isDamaged())
        add(i18n("Recording"), false, story.material.damage.message(),
            i18n("This report tells what could still be read."));
    return table;
}

} // namespace

void writeHazards(Page& page, const Story& story)
{
    const Table table = hazardTable(story);
    if (table.rows.empty())
        page.paragraph(i18n("None: no check warned, nothing was lost, and nothing failed."), u"good"_s);
    page.table(table);
    QString output = story.destinationErrors;
    if (const auto failure = story.session.failure(); output.isEmpty() && failure)
        output = failure->destinationOutput;
    if (output.trimmed().isEmpty())
        return;
    page.openDetails(i18n("What the destination wrote to its standard error"));
    page.element(u"pre"_s, output.right(4000));
    page.close();
}

} // namespace cutover::report
