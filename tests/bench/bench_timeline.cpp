// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How long a frame of the timeline takes while it is panned and zoomed, drawn in software at 1920x1080:
// bench_timeline [EVENTS ...], 10,000, 100,000 and 1,000,000 by default. At 60 Hz a frame has 16.7 ms. The
// processor's time is what a frame costs; the time that elapsed holds what else the machine was doing.

#include "timeline/minimap.h"
#include "timeline/timelinemodel.h"
#include "timeline/timelineview.h"

#include "models/eventmodel.h"

#include <QApplication>
#include <QElapsedTimer>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

using namespace cutover;
using namespace cutover::ui;
using timeline::Category;
using timeline::Event;

namespace {

constexpr qint64 startNs = 1'795'253'994'000'000'000;

/// A migration with 24 descriptors and 6 resources in the middle of a busy trace of both sides.
std::vector<Event> makeEvents(std::size_t count)
{
    std::vector<Event> events;
    events.reserve(count + 200);
    const auto at = [&] { return startNs + static_cast<qint64>(events.size()) * 900; };
    const auto add = [&](Side side, Category category, const QString& name, const QJsonObject& attributes) {
        events.push_back(
            { .side = side, .timeNs = at(), .category = category, .name = name, .attributes = attributes });
    };
    const auto fill = [&](std::size_t until) {
        while (events.size() < until) {
            const std::size_t i = events.size();
            add(i % 3 == 0 ? Side::Destination : Side::Source,
                i % 50 == 0 ? Category::QmpReceived : Category::Trace, QStringLiteral("virtio_queue_notify"),
                { { QStringLiteral("number"), static_cast<qint64>(i) } });
        }
    };
    const auto state = [&](Side side, const char* from, const char* to) {
        add(side, Category::Trace, QStringLiteral("runstate_set"),
            { { QStringLiteral("from"), QString::fromLatin1(from) },
                { QStringLiteral("to"), QString::fromLatin1(to) } });
    };
    const auto checkpoint = [&](Side side, const char* name) {
        add(side, Category::Trace, QStringLiteral("vmstate_downtime_checkpoint"),
            { { QStringLiteral("name"), QString::fromLatin1(name) } });
    };
    const auto own = [&](Side side, int device, bool owned) {
        add(side, Category::QmpEvent, QStringLiteral("DEVICE_OWNERSHIP"),
            { { QStringLiteral("device"), QStringLiteral("net%1").arg(device) },
                { QStringLiteral("resource"), QStringLiteral("tap%1").arg(device) },
                { QStringLiteral("owned"), owned } });
    };
    fill(count / 2);
    add(Side::Source, Category::QmpSent, QStringLiteral("migrate"), {});
    for (const bool sent : { true, false }) {
        for (int fd = 10; fd < 34; ++fd)
            add(sent ? Side::Source : Side::Destination, Category::Trace,
                sent ? QStringLiteral("qemu_file_put_fd") : QStringLiteral("qemu_file_get_fd"),
                { { QStringLiteral("fd"), fd }, { QStringLiteral("status"), 0 } });
    }
    checkpoint(Side::Source, "src-downtime-start");
    state(Side::Source, "running", "finish-migrate");
    checkpoint(Side::Source, "src-vm-stopped");
    for (int device = 0; device < 6; ++device)
        own(Side::Source, device, false);
    checkpoint(Side::Source, "src-iterable-saved");
    checkpoint(Side::Source, "src-non-iterable-saved");
    checkpoint(Side::Destination, "dst-precopy-loadvm-completed");
    for (int device = 0; device < 6; ++device)
        own(Side::Destination, device, true);
    state(Side::Destination, "inmigrate", "running");
    state(Side::Source, "finish-migrate", "postmigrate");
    fill(count);
    return events;
}

class Stopwatch
{
public:
    Stopwatch() { restart(); }
    void restart()
    {
        m_processor = processorMs();
        m_elapsed.start();
    }
    double elapsed() const { return static_cast<double>(m_elapsed.nsecsElapsed()) / 1e6; }
    double processor() const { return processorMs() - m_processor; }

private:
    static double processorMs()
    {
        timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (static_cast<double>(now.tv_sec) * 1e3) + (static_cast<double>(now.tv_nsec) / 1e6);
    }

    QElapsedTimer m_elapsed;
    double m_processor = 0;
};

void print(const char* what, const Stopwatch& clock)
{
    std::printf("  %-24s %8.1f ms processor %8.1f ms elapsed\n", what, clock.processor(), clock.elapsed());
}

void print(const char* what, const char* kind, std::vector<double> frames)
{
    std::ranges::sort(frames);
    const auto percentile = [&](double share) {
        return frames[static_cast<std::size_t>(share * static_cast<double>(frames.size() - 1))];
    };
    std::printf(
        "  %-24s %-9s median %6.2f ms   p90 %6.2f   p99 %6.2f   max %6.2f   above 16.7 ms: %zu of %zu\n",
        what, kind, percentile(0.5), percentile(0.9), percentile(0.99), frames.back(),
        static_cast<std::size_t>(std::ranges::count_if(frames, [](double ms) { return ms > 16.7; })),
        frames.size());
}

void measure(std::size_t count)
{
    timeline::Record record;
    // What the record itself costs when it grows is not the timeline's.
    record.reserve(count + 100'000);
    for (std::vector<Event> events = makeEvents(count); Event & event : events)
        record.append(std::move(event));
    std::printf("%zu events\n", record.size());

    Stopwatch clock;
    TimelineModel model(record);
    print("index and derivations", clock);
    clock.restart();
    EventModel table(record);
    while (table.isBusy())
        QCoreApplication::processEvents();
    print("rows of the table", clock);

    ZoomControl zoom;
    TimelineView view(&model, &zoom);
    Minimap minimap(&model, &zoom);
    view.resize(1920, 1080);
    minimap.resize(1920, minimap.sizeHint().height());
    view.show();
    minimap.show();
    QCoreApplication::processEvents();

    const auto frames = [&](const char* what, int number, const std::function<void(int)>& step) {
        std::vector<double> processor;
        std::vector<double> elapsed;
        for (int i = 0; i < number; ++i) {
            clock.restart();
            step(i);
            view.viewport()->repaint();
            minimap.repaint();
            processor.push_back(clock.processor());
            elapsed.push_back(clock.elapsed());
        }
        print(what, "processor", std::move(processor));
        print("", "elapsed", std::move(elapsed));
    };
    frames("zoom in", 200, [&](int) { zoom.zoomAt(model.scene().pause.startNs, 0.94); });
    frames("zoom out", 200, [&](int) { zoom.zoomAt(model.scene().pause.startNs, 1 / 0.94); });
    zoom.fit();
    frames("everything in view", 100, [&](int i) { zoom.setMarker(ZoomControl::Marker::A, startNs + i); });
    zoom.setRange({ zoom.trace().startNs, zoom.trace().startNs + (zoom.trace().length() / 10) });
    frames("pan a tenth", 300, [&](int) { zoom.pan(0.03); });
    zoom.setFollowing(true);
    frames("follow, 100 new a frame", 200, [&](int) {
        std::vector<Event> more;
        for (int i = 0; i < 100; ++i)
            more.push_back({ .side = i % 2 == 0 ? Side::Source : Side::Destination,
                .timeNs = zoom.trace().endNs + (i * 1'000),
                .category = Category::Trace,
                .name = QStringLiteral("virtio_queue_notify"),
                .attributes = {} });
        record.append(std::move(more));
        model.refresh();
    });
}

} // namespace

int main(int argc, char** argv)
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    std::vector<std::size_t> counts;
    for (int i = 1; i < argc; ++i)
        counts.push_back(std::strtoul(argv[i], nullptr, 10));
    if (counts.empty())
        counts = { 10'000, 100'000, 1'000'000 };
    for (const std::size_t count : counts)
        measure(count);
    return 0;
}
