// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Input: a recording.

#include "timeline/export.h"
#include "timeline/recording.h"
#include "timeline/text.h"

#include <QBuffer>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace cutover;
using namespace cutover::timeline;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

std::vector<Event> read(QByteArray bytes, std::size_t batch, RecordingDamage* damage)
{
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    RecordingReader reader(&buffer);
    std::vector<Event> events;
    if (!reader.readHeader())
        return events;
    for (;;) {
        const auto got = reader.read(events, batch);
        require(got.has_value());
        if (*got == 0)
            break;
    }
    require(reader.bytesRead() == bytes.size());
    *damage = reader.damage();
    require(damage->isDamaged() != damage->message().isEmpty());
    return events;
}

} // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char*>(data), qsizetype(size));
    RecordingDamage damage;
    const std::vector<Event> events = read(bytes, 1000, &damage);
    RecordingDamage sameDamage;
    require(read(bytes, 1, &sameDamage) == events);
    require(sameDamage.lines == damage.lines && sameDamage.byteOffset == damage.byteOffset);

    QByteArray written = recordingLine(RecordingHeader());
    for (const Event& event : events)
        written += recordingLine(event);
    RecordingDamage none;
    const std::vector<Event> reread = read(written, 1000, &none);
    require(!none.isDamaged());
    // Text need not survive: JSON can name halves of surrogate pairs, which UTF-8 cannot hold.
    require(std::ranges::equal(reread, events, [](const Event& left, const Event& right) {
        return left.side == right.side && left.timeNs == right.timeNs && left.category == right.category;
    }));

    const Summary summary = summarize(events);
    qint64 sum = 0;
    for (const PauseRow& row : summary.pause.rows)
        sum += row.durationNs;
    require(sum == summary.pause.pause.valueNs);
    toJson(summary);
    toCsv(events);
    toPerfetto(events);
    phaseTable(summary.phases);
    fdTable(summary.fds);
    breakdownBars(summary.pause);
    return 0;
}
