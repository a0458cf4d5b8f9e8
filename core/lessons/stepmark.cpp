// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/stepmark.h"

#include "lessons/lessonjson.h"

#include <KLocalizedString>

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::lessons {

QJsonArray toJson(std::span<const Finding> findings)
{
    QJsonArray array;
    for (const Finding& finding : findings)
        array.append(QJsonObject{ { u"holds"_s, finding.holds }, { u"expected"_s, finding.sentence },
            { u"seen"_s, finding.seen } });
    return array;
}

timeline::Event toEvent(const StepMark& mark, qint64 timeNs)
{
    return { .side = Side::Console,
        .timeNs = timeNs,
        .category = timeline::Category::Action,
        .name = u"lesson"_s,
        .attributes = { { u"lesson"_s, mark.lesson }, { u"vmm"_s, mark.vmm }, { u"step"_s, mark.step },
            { u"text"_s, mark.title }, { u"trouble"_s, mark.trouble },
            { u"findings"_s, toJson(mark.findings) } } };
}

std::vector<PlacedMark> stepMarks(std::span<const timeline::Event> events)
{
    std::vector<PlacedMark> marks;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const timeline::Event& event = events[i];
        if (event.category != timeline::Category::Action || event.name != "lesson"_L1)
            continue;
        const QJsonObject& told = event.attributes;
        PlacedMark placed{ .mark = { .lesson = told["lesson"_L1].toString(),
                               .vmm = told["vmm"_L1].toString(),
                               .step = told["step"_L1].toString(),
                               .title = told["text"_L1].toString(),
                               .trouble = told["trouble"_L1].toString(),
                               .findings = {} },
            .position = i + 1 };
        for (const QJsonValue& each : told["findings"_L1].toArray())
            placed.mark.findings.push_back({ .holds = each["holds"_L1].toBool(),
                .sentence = each["expected"_L1].toString(),
                .seen = each["seen"_L1].toString() });
        marks.push_back(std::move(placed));
    }
    return marks;
}

Result<RecordedLesson> recordedLesson(const QString& name, Vmm vmm)
{
    auto read = lesson(name, vmm);
    if (!read)
        return std::unexpected(read.error());
    RecordedLesson recorded{ .lesson = std::move(*read),
        .path = u":/cutover/lessons/recordings/%1-%2.cutover"_s.arg(name, vmmId(vmm)),
        .recording = {},
        .marks = {} };
    auto recording = timeline::readRecording(recorded.path);
    if (!recording)
        return std::unexpected(recording.error());
    recorded.recording = std::move(*recording);
    recorded.marks = stepMarks(recorded.recording.events);
    const auto fits = std::ranges::equal(
        recorded.marks, recorded.lesson.steps, {}, [](const PlacedMark& placed) { return placed.mark.step; },
        &Step::id);
    if (!fits)
        return malformed(name, i18n("its recording is of another lesson"));
    return recorded;
}

} // namespace cutover::lessons
