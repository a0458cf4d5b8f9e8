// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How long it takes to write, read and evaluate a recording: bench_recording [EVENTS], 1,000,000 by default.

#include "timeline/pause.h"
#include "timeline/recording.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace cutover;
using namespace cutover::timeline;

namespace {

std::vector<Event> makeEvents(std::size_t count)
{
    constexpr qint64 startNs = 1'795'253'994'000'000'000;
    std::vector<Event> events;
    events.reserve(count);
    const auto add = [&](Side side, const QString& name, const QJsonObject& attributes) {
        events.push_back({ .side = side,
            .timeNs = startNs + static_cast<qint64>(events.size()) * 1000,
            .category = Category::Trace,
            .name = name,
            .attributes = attributes });
    };
    add(Side::Source, QStringLiteral("migrate_set_state"),
        { { QStringLiteral("state"), QStringLiteral("setup") } });
    add(Side::Source, QStringLiteral("vmstate_downtime_checkpoint"),
        { { QStringLiteral("name"), QStringLiteral("src-downtime-start") } });
    while (events.size() + 1 < count) {
        add(Side::Source, QStringLiteral("vmstate_downtime_save"),
            { { QStringLiteral("type"), QStringLiteral("non-iterable") },
                { QStringLiteral("idstr"),
                    QStringLiteral("0000:00:%1.0/device").arg(events.size() % 64, 2, 16, QLatin1Char('0')) },
                { QStringLiteral("instanceId"), 0 }, { QStringLiteral("downtimeUs"), 1 } });
    }
    add(Side::Destination, QStringLiteral("runstate_set"),
        { { QStringLiteral("from"), QStringLiteral("inmigrate") },
            { QStringLiteral("to"), QStringLiteral("running") } });
    return events;
}

/// Elapsed time, and the processor time of it, which a busy machine does not distort.
class Stopwatch
{
public:
    Stopwatch() { m_elapsed.start(); }

    void report(const char* what, std::size_t count) const
    {
        const double ms = static_cast<double>(m_elapsed.nsecsElapsed()) / 1e6;
        const double cpuMs = static_cast<double>(std::clock() - m_cpu) * 1e3 / CLOCKS_PER_SEC;
        std::printf("%-10s %7.0f ms elapsed  %7.0f ms processor  %6.0f ns/event\n", what, ms, cpuMs,
            cpuMs * 1e6 / static_cast<double>(count));
    }

private:
    QElapsedTimer m_elapsed;
    std::clock_t m_cpu = std::clock();
};

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
    const std::vector<Event> events = makeEvents(count);
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("bench.cutover"));

    const Stopwatch write;
    RecordingWriter writer;
    if (!writer.open(path, QStringLiteral("bench")))
        return 1;
    writer.append(events);
    if (!writer.close())
        return 1;
    write.report("write", events.size());

    const Stopwatch read;
    const auto recording = readRecording(path);
    read.report("read", events.size());
    if (!recording || recording->events != events)
        return 1;

    const Stopwatch derive;
    const PauseBreakdown breakdown = pauseBreakdown(recording->events);
    derive.report("breakdown", events.size());
    return breakdown.isKnown() ? 0 : 1;
}
