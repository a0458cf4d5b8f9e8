// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/lanes.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::layout {

using timeline::Category;
using timeline::Event;
using timeline::Span;

namespace {

struct Look
{
    Tone tone = Tone::Idle;
    QString text;
    QString sentence;
};

Look lookOf(const QString& id, const QString& otherwise)
{
    if (id == u"running")
        return { .tone = Tone::Runs, .text = i18n("guest runs"), .sentence = i18n("The guest runs here.") };
    if (id == u"postmigrate")
        return { .tone = Tone::Idle,
            .text = i18n("postmigrate"),
            .sentence = i18n("The guest has been given away; this process no longer holds it.") };
    if (id == u"paused")
        return { .tone = Tone::Idle,
            .text = i18n("paused"),
            .sentence = i18n("The guest is here and does not run.") };
    if (id == u"waits-for-cpr")
        return { .tone = Tone::Idle,
            .text = i18n("waits for the source"),
            .sentence
            = i18n("Before the CPR state arrives nothing else can happen here. This is expected.") };
    if (id == u"creates-devices")
        return { .tone = Tone::Prepare,
            .text = i18n("creates devices"),
            .sentence = i18n("Memory and devices are created on the descriptors of the source.") };
    if (id == u"inmigrate")
        return {
            .tone = Tone::Wait, .text = i18n("ready"), .sentence = i18n("Set up; waits for the main channel.")
        };
    if (id == u"load")
        return { .tone = Tone::Load,
            .text = i18n("load"),
            .sentence = i18n("The state of the devices is received and loaded.") };
    if (id == u"starts")
        return { .tone = Tone::Prepare,
            .text = i18n("start"),
            .sentence = i18n("Everything is loaded; the main loop takes over to start the guest.") };
    if (id == u"failed")
        return {
            .tone = Tone::Fault, .text = i18n("failed"), .sentence = i18n("The migration has failed here.")
        };
    return { .tone = Tone::Idle, .text = otherwise, .sentence = {} };
}

Look commitLook()
{
    return { .tone = Tone::Wait,
        .text = i18n("waits for commit"),
        .sentence = i18n("Everything is loaded; the guest starts only when the session says so.") };
}

Look stopLook(QStringView checkpoint)
{
    if (checkpoint == u"src-vm-stopped" || checkpoint == u"src-iterable-saved")
        return { .tone = Tone::Save,
            .text = i18n("save"),
            .sentence = i18n("The state of the devices is saved and sent.") };
    if (checkpoint == u"src-non-iterable-saved" || checkpoint == u"src-downtime-end")
        return { .tone = Tone::Wait,
            .text = i18n("waits"),
            .sentence = i18n("Everything is sent; the destination has not confirmed it yet.") };
    return {
        .tone = Tone::Stop, .text = i18n("stop"), .sentence = i18n("Processors and devices are stopped.")
    };
}

void add(std::vector<LaneSpan>& bars, const Look& look, qint64 startNs, qint64 endNs)
{
    if (endNs <= startNs)
        return;
    if (!bars.empty() && bars.back().text == look.text && bars.back().time.endNs == startNs) {
        bars.back().time.endNs = endNs;
        return;
    }
    bars.push_back({ .time = { .startNs = startNs, .endNs = endNs },
        .tone = look.tone,
        .text = look.text,
        .sentence = look.sentence });
}

void addStop(std::vector<LaneSpan>& bars, const Span& span, std::span<const LaneMark> marks)
{
    qint64 from = span.startNs;
    QString last;
    for (const LaneMark& mark : marks) {
        if (mark.timeNs <= from || mark.timeNs >= span.endNs)
            continue;
        add(bars, stopLook(last), from, mark.timeNs);
        from = mark.timeNs;
        last = mark.name;
    }
    add(bars, stopLook(last), from, span.endNs);
}

/// What an event of the console is to be called on its lane; empty where it has no place there.
QString actionName(const Event& event)
{
    const auto text
        = [&event](const char* key) { return event.attributes.value(QLatin1StringView(key)).toString(); };
    switch (event.category) {
    case Category::Action:
        if (event.name == u"command")
            return text("command");
        if (event.name == u"settings")
            return {};
        return event.name == u"note" ? i18nc("a remark of the session", "note") : event.name;
    case Category::Verdict:
        return event.name == u"verified" ? i18n("verified") : event.name;
    case Category::QmpSent:
        return event.name;
    case Category::Process:
        return event.side != Side::Console ? QString()
            : event.name == u"spawned"     ? i18n("destination started")
                                           : event.name;
    default:
        return {};
    }
}

QString actionSentence(const Event& event)
{
    if (event.category == Category::QmpSent)
        return event.side == Side::Destination ? i18n("Sent to the destination.")
                                               : i18n("Sent to the source.");
    if (event.category == Category::Verdict)
        return i18n("The result of the migration was verified.");
    return event.attributes.value(QLatin1StringView("text")).toString();
}

} // namespace

std::vector<LaneSpan> laneSpans(Side side, std::span<const Span> spans, std::span<const LaneMark> marks)
{
    std::vector<LaneSpan> bars;
    QString before;
    for (const Span& span : spans) {
        if (span.side != side)
            continue;
        if (span.id == u"finish-migrate")
            addStop(bars, span, marks);
        else if (span.id == u"paused" && side == Side::Destination
            && (before == u"starts" || before == u"load"))
            add(bars, commitLook(), span.startNs, span.endNs);
        else
            add(bars, lookOf(span.id, span.text), span.startNs, span.endNs);
        before = span.id;
    }
    return bars;
}

std::vector<LaneMark> checkpointMarks(Side side, const timeline::KeyEvents& events)
{
    std::vector<LaneMark> marks;
    for (std::size_t i = 0; i < events.events().size(); ++i) {
        const Event& event = events.events()[i];
        if (event.side != side || event.timeNs <= 0 || event.category != Category::Trace
            || event.name != u"vmstate_downtime_checkpoint")
            continue;
        const QString name = event.attributes.value(QLatin1StringView("name")).toString();
        if (!name.isEmpty())
            marks.push_back({ .timeNs = event.timeNs,
                .name = name,
                .sentence = timeline::checkpointText(name),
                .event = events.numberOf(i) });
    }
    std::ranges::stable_sort(marks, {}, &LaneMark::timeNs);
    return marks;
}

Lane consoleLane(const timeline::KeyEvents& events, const Interval& extent)
{
    Lane lane{ .side = Side::Console, .spans = {}, .marks = {} };
    for (std::size_t i = 0; i < events.events().size(); ++i) {
        const Event& event = events.events()[i];
        if (event.timeNs <= 0)
            continue;
        if (event.category == Category::State) {
            if (!lane.spans.empty())
                lane.spans.back().time.endNs = event.timeNs;
            const bool failed = event.name == u"failed" || event.name == u"stranded";
            const bool rests = event.name == u"idle" || event.name == u"ready" || event.name == u"migrated"
                || event.name == u"finished";
            lane.spans.push_back({ .time = { .startNs = event.timeNs, .endNs = extent.endNs },
                .tone = failed ? Tone::Fault
                    : rests    ? Tone::Idle
                               : Tone::Prepare,
                .text = QString(event.name).replace(u'-', u' '),
                .sentence = event.attributes.value(QLatin1StringView("sentence")).toString() });
        } else if (const QString name = actionName(event); !name.isEmpty()) {
            lane.marks.push_back({ .timeNs = event.timeNs,
                .name = name,
                .sentence = actionSentence(event),
                .event = events.numberOf(i) });
        }
    }
    std::erase_if(lane.spans, [](const LaneSpan& span) { return span.time.isEmpty(); });
    std::ranges::stable_sort(lane.marks, {}, &LaneMark::timeNs);
    return lane;
}

} // namespace cutover::layout
