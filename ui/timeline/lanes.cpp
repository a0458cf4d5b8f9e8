// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lanes.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

using timeline::Checkpoint;
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

void addStop(std::vector<LaneSpan>& bars, const Span& span, std::span<const Checkpoint> checkpoints)
{
    qint64 from = span.startNs;
    QString last;
    for (const Checkpoint& checkpoint : checkpoints) {
        if (checkpoint.side != Side::Source || checkpoint.timeNs <= from || checkpoint.timeNs >= span.endNs)
            continue;
        add(bars, stopLook(last), from, checkpoint.timeNs);
        from = checkpoint.timeNs;
        last = checkpoint.name;
    }
    add(bars, stopLook(last), from, span.endNs);
}

} // namespace

std::vector<LaneSpan> laneSpans(
    Side side, std::span<const Span> spans, std::span<const Checkpoint> checkpoints)
{
    std::vector<LaneSpan> bars;
    QString before;
    for (const Span& span : spans) {
        if (span.side != side)
            continue;
        if (span.id == u"finish-migrate")
            addStop(bars, span, checkpoints);
        else if (span.id == u"paused" && side == Side::Destination
            && (before == u"starts" || before == u"load"))
            add(bars, commitLook(), span.startNs, span.endNs);
        else
            add(bars, lookOf(span.id, span.text), span.startNs, span.endNs);
        before = span.id;
    }
    return bars;
}

} // namespace cutover::ui
