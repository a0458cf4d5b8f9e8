// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/sections.h"

#include "timeline/timetext.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::report {

using namespace Qt::StringLiterals;
using timeline::durationText;
using timeline::FdClaim;

namespace {

Cell phaseStateCell(timeline::PhaseState state)
{
    using timeline::PhaseState;
    switch (state) {
    case PhaseState::NotReached:
        return { .text = i18n("not reached"), .style = u"faint"_s };
    case PhaseState::Running:
        return { .text = i18n("under way"), .style = u"warn"_s };
    case PhaseState::Done:
        return { .text = i18n("done"), .style = u"good"_s };
    case PhaseState::Failed:
        return { .text = i18n("failed"), .style = u"bad"_s };
    case PhaseState::Skipped:
        return { .text = i18n("not in this mode"), .style = u"faint"_s };
    }
    return {};
}

Cell timeCell(qint64 timeNs, qint64 originNs)
{
    return { .text = timeNs > 0 ? offsetText(timeNs, originNs) : u"–"_s, .style = u"number"_s };
}

Table checkpointTable(const Story& story)
{
    const qint64 originNs = story.summary.pause.startNs > 0 ? story.summary.pause.startNs : story.originNs();
    Table table{ .caption = i18n("Checkpoints; times count from the start of the pause"),
        .columns = { i18n("Checkpoint"), i18n("Side"), i18n("At"), i18n("After the one before"),
            i18n("What it means") },
        .rows = {} };
    qint64 before = 0;
    for (const timeline::Checkpoint& each : story.summary.checkpoints) {
        const bool timed = each.timeNs > 0;
        table.rows.push_back(
            { { each.name, u"code"_s }, { sideText(each.side) }, timeCell(each.timeNs, originNs),
                { timed && before > 0 ? durationText(each.timeNs - before) : u"–"_s, u"number"_s },
                { each.text } });
        if (timed)
            before = each.timeNs;
    }
    return table;
}

Table pauseTable(const QString& caption, const std::vector<timeline::PauseRow>& rows, qint64 pauseNs)
{
    const auto total = static_cast<double>(std::max<qint64>(pauseNs, 1));
    Table table{
        .caption = caption, .columns = { i18n("Part"), i18n("Side"), i18n("Took"), i18n("Share") }, .rows = {}
    };
    for (const timeline::PauseRow& row : rows) {
        const double share = static_cast<double>(row.durationNs) / total;
        QString text = row.kind == timeline::PauseRowKind::Unattributed
            ? i18nc("time without an explanation, which", "unattributed, %1", row.text)
            : row.text;
        if (!row.device.isEmpty() && !text.contains(row.device))
            text += u": "_s + row.device;
        table.rows.push_back(
            { { text }, { sideText(row.side) }, { durationText(row.durationNs), u"number"_s },
                { QString::number(share * 100, 'f', 1) + u" %"_s, u"bars"_s, share } });
    }
    return table;
}

} // namespace

void writePhases(Page& page, const Story& story)
{
    if (story.summary.migrations == 0) {
        page.paragraph(i18n("No migration was recorded."));
        return;
    }
    Table table{ .caption = i18n("Phases of the migration"),
        .columns = { i18n("Phase"), i18n("State"), i18n("Who works"), i18n("Began"), i18n("Took"),
            i18n("What happens") },
        .rows = {} };
    for (const timeline::Phase& phase : story.summary.phases) {
        const auto took = phase.durationNs();
        table.rows.push_back({ { timeline::phaseName(phase.id).replace(u'-', u' ') },
            phaseStateCell(phase.state), { sideText(phase.side) }, timeCell(phase.startNs, story.originNs()),
            { took ? durationText(*took) : u"–"_s, u"number"_s }, { timeline::phaseText(phase.id) } });
    }
    page.table(table);
    const Table checkpoints = checkpointTable(story);
    if (checkpoints.rows.empty())
        return;
    page.openDetails(i18np("%1 checkpoint", "%1 checkpoints", static_cast<int>(checkpoints.rows.size())));
    page.table(checkpoints);
    page.close();
}

void writePause(Page& page, const Story& story)
{
    const timeline::PauseBreakdown& pause = story.summary.pause;
    if (!pause.isKnown()) {
        page.paragraph(pause.explanation);
        return;
    }
    page.paragraph(pause.explanation);
    page.paragraph(
        i18n("The rows add up to the pause of %1 exactly. Where both sides worked at once, the time "
             "is counted once.",
            durationText(pause.pause.valueNs)));
    if (!pause.clockSampled)
        page.paragraph(
            i18n("The clock was not compared before and after: a step of it would not show."), u"faint"_s);
    const std::vector<timeline::PauseRow> condensed = timeline::condensedRows(pause);
    page.table(pauseTable(i18n("Parts of the pause"), condensed, pause.pause.valueNs));
    if (condensed.size() == pause.rows.size())
        return;
    page.openDetails(i18np("%1 part, each device on its own", "%1 parts, each device on its own",
        static_cast<int>(pause.rows.size())));
    page.table(pauseTable(i18n("All parts of the pause"), pause.rows, pause.pause.valueNs));
    page.close();
}

namespace {

Cell identityCell(const timeline::FdEntry& fd)
{
    if (fd.identity == u"same")
        return { .text = i18n("the same open file"), .style = u"good"_s };
    if (fd.identity == u"different")
        return { .text = i18n("another file"), .style = u"bad"_s };
    if (fd.identity == u"new")
        return { .text = i18n("another file, as was to be"), .style = u"faint"_s };
    switch (fd.claim) {
    case FdClaim::Missing:
        return { .text = i18n("not found by the destination"), .style = u"bad"_s };
    case FdClaim::Unclaimed:
        return { .text = i18n("received, never used"), .style = u"warn"_s };
    case FdClaim::Claimed:
        return { .text = i18n("found by the destination; not compared"), .style = u"faint"_s };
    case FdClaim::Unknown:
        break;
    }
    return { .text = i18n("not compared"), .style = u"faint"_s };
}

QString numberOrDash(const std::optional<int>& number)
{
    return number && *number >= 0 ? QString::number(*number) : u"–"_s;
}

void writeSwitches(Page& page, const Story& story, Side side)
{
    const auto& inventory = story.inventory(side);
    if (!inventory || inventory->devices.empty())
        return;
    Table table{ .caption = side == Side::Source ? i18n("Devices of the source before the migration")
                                                 : i18n("Devices of the destination after it"),
        .columns = { i18n("Device"), i18n("Type"), i18n("On the host"), i18n("Its switch") },
        .rows = {} };
    if (side == Side::Source)
        table.columns.append(i18n("What was to happen"));
    for (const op::InventoryDevice& device : inventory->devices) {
        std::vector<Cell> row{ { device.id, u"code"_s }, { device.type, u"code"_s }, { device.resource },
            { !device.own.exists()  ? i18nc("a switch", "none")
                    : device.own.on ? i18nc("a switch", "on")
                                    : i18nc("a switch", "off") } };
        if (side == Side::Source)
            row.push_back({ op::predictDevice(*inventory, story.route, device).sentence() });
        table.rows.push_back(std::move(row));
    }
    page.table(table);
}

} // namespace

void writeFds(Page& page, const Story& story)
{
    Table table{ .caption = i18n("Descriptors, in the order in which they were sent"),
        .columns = { i18n("Name"), i18n("What it is"), i18n("In the source"), i18n("In the destination"),
            i18n("Identity"), i18n("How that is known"), i18n("On its way") },
        .rows = {} };
    for (const timeline::FdEntry& fd : story.summary.fds) {
        const bool timed = fd.sentNs > 0 && fd.receivedNs >= fd.sentNs;
        table.rows.push_back({ { fd.id == 0 ? fd.name : fd.name + u' ' + QString::number(fd.id), u"code"_s },
            { fd.text.isEmpty() ? fd.kind : fd.text }, { numberOrDash(fd.sourceFd), u"number"_s },
            { numberOrDash(fd.destinationFd), u"number"_s }, identityCell(fd), { fd.proof },
            { timed ? durationText(fd.receivedNs - fd.sentNs) : u"–"_s, u"number"_s } });
    }
    if (table.rows.empty())
        page.paragraph(i18n("No descriptor was seen to pass."));
    page.table(table);
    writeSwitches(page, story, Side::Source);
    writeSwitches(page, story, Side::Destination);
}

void writeVerification(Page& page, const Story& story)
{
    const op::Verification& verification = story.session.verification;
    const bool isThere = !story.summary.outcome.isEmpty() || !verification.evidence.isEmpty()
        || !verification.findings.isEmpty();
    if (!isThere) {
        page.paragraph(i18n("The result was not verified."), u"warn"_s);
        return;
    }
    if (verification.findings.isEmpty())
        page.paragraph(i18n("No fault was found. The evidence:"), u"good"_s);
    else
        page.paragraph(i18n("Faults were found:"), u"bad"_s);
    if (!verification.findings.isEmpty())
        page.list(verification.findings);
    if (!verification.findings.isEmpty() && !verification.evidence.isEmpty())
        page.paragraph(i18n("What was proved all the same:"));
    if (!verification.evidence.isEmpty())
        page.list(verification.evidence);
}

void writePreflight(Page& page, const Story& story)
{
    if (story.session.checks.empty()) {
        page.paragraph(i18n("No checks were recorded."));
        return;
    }
    const QStringList columns{ i18n("Check"), i18n("Verdict"), i18n("Evidence"), i18n("Remedy") };
    Table passed{ .caption = i18n("What was checked before, and passed"), .columns = columns, .rows = {} };
    Table others{ .caption = i18n("What did not pass"), .columns = columns, .rows = {} };
    int without = 0;
    for (const op::Check& check : story.session.checks) {
        if (check.verdict == op::Verdict::NotApplicable) {
            ++without;
            continue;
        }
        const Cell verdict = check.verdict == op::Verdict::Pass
            ? Cell{ .text = i18n("passed"), .style = u"good"_s }
            : check.verdict == op::Verdict::Warning ? Cell{ .text = i18n("warning"), .style = u"warn"_s }
                                                    : Cell{ .text = i18n("refused"), .style = u"bad"_s };
        Table& table = check.verdict == op::Verdict::Pass ? passed : others;
        table.rows.push_back({ { check.title }, verdict, { check.evidence }, { check.remedy } });
    }
    page.table(others);
    if (!passed.rows.empty()) {
        page.openDetails(i18np("%1 check passed", "%1 checks passed", static_cast<int>(passed.rows.size())));
        page.table(passed);
        page.close();
    }
    if (without > 0)
        page.paragraph(i18np("%1 more check does not apply to this migration.",
                           "%1 more checks do not apply to this migration.", without),
            u"rest"_s);
}

} // namespace cutover::report
