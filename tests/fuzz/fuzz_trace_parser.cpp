// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Input: a log. Lines that begin with '>' are the destination's, the others the source's.

#include "timeline/fromtrace.h"
#include "timeline/spans.h"
#include "timeline/summary.h"
#include "trace/parser.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace cutover;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

timeline::Event check(QByteArrayView text)
{
    const bool destination = text.startsWith('>');
    const trace::Line line = trace::parseLine(destination ? text.sliced(1) : text);
    require(line.timeNs >= 0);
    require((line.kind == trace::LineKind::Text) == line.name.isEmpty());
    require(!line.isTyped() || line.kind == trace::LineKind::Event);
    const QJsonObject attributes = trace::attributes(line);
    require(line.isTyped() || attributes.size() == 1);
    return timeline::fromTrace(destination ? Side::Destination : Side::Source, line);
}

} // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    std::vector<timeline::Event> events;
    qsizetype at = 0;
    while (at < bytes.size()) {
        qsizetype end = bytes.indexOf('\n', at);
        if (end < 0)
            end = bytes.size();
        events.push_back(check(bytes.sliced(at, end - at)));
        at = end + 1;
    }
    const timeline::Summary summary = timeline::summarize(events);
    qint64 sum = 0;
    for (const timeline::PauseRow& row : summary.pause.rows) {
        require(row.durationNs >= 0);
        sum += row.durationNs;
    }
    require(sum == summary.pause.pause.valueNs);
    for (const timeline::Span& span : timeline::spans(events))
        require(span.startNs > 0 && span.endNs >= span.startNs);
    return 0;
}
