// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How long the window takes to open a recording and to move in it: bench_replay [EVENTS], 1,000,000 by
// default. Run it with QT_QPA_PLATFORM=offscreen.

#include "mainwindow.h"
#include "replay/player.h"
#include "replay/recordings.h"
#include "replay/replaysession.h"
#include "timeline/recording.h"
#include "timeline/timelinepanel.h"

#include <KLocalizedString>

#include <QApplication>
#include <QElapsedTimer>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using timeline::Category;
using timeline::Event;

namespace {

constexpr qint64 startNs = 1'795'253'994'000'000'000;

/// As a long session records it: messages, trace lines and pulse samples, and in the middle a pause.
std::vector<Event> makeEvents(std::size_t count)
{
    std::vector<Event> events;
    events.reserve(count);
    const auto add = [&](Side side, Category category, const QString& name, const QJsonObject& attributes) {
        events.push_back({ .side = side,
            .timeNs = startNs + (static_cast<qint64>(events.size()) * 1000),
            .category = category,
            .name = name,
            .attributes = attributes });
    };
    const auto checkpoint = [&](Side side, const QString& name) {
        add(side, Category::Trace, u"vmstate_downtime_checkpoint"_s, { { u"name"_s, name } });
    };
    const auto raw = [](const QString& text) { return QJsonObject{ { u"raw"_s, text } }; };
    while (events.size() < count) {
        const std::size_t n = events.size();
        const Side side = n % 2 == 0 ? Side::Source : Side::Destination;
        if (n == count / 2) {
            add(Side::Source, Category::QmpSent, u"migrate"_s,
                raw(uR"({"execute":"migrate","arguments":{},"id":"m"})"_s));
            add(Side::Source, Category::Trace, u"migrate_set_state"_s, { { u"state"_s, u"setup"_s } });
            checkpoint(Side::Source, u"src-downtime-start"_s);
        } else if (n == count / 2 + 1000) {
            checkpoint(Side::Destination, u"dst-precopy-loadvm-completed"_s);
            add(Side::Destination, Category::Trace, u"runstate_set"_s,
                { { u"from"_s, u"inmigrate"_s }, { u"to"_s, u"running"_s } });
        } else if (n % 1000 == 0) {
            add(Side::Console, Category::State, n % 2000 == 0 ? u"ready"_s : u"checking"_s, {});
        } else if (n % 10 == 0) {
            add(side, Category::QmpSent, u"query-status"_s,
                raw(uR"({"execute":"query-status","id":"q%1"})"_s.arg(n)));
            add(side, Category::QmpReceived, u"return"_s,
                raw(uR"({"return":{"status":"running","running":true},"id":"q%1"})"_s.arg(n)));
        } else if (n % 10 < 6) {
            add(side, Category::Trace, u"vmstate_downtime_save"_s,
                { { u"type"_s, u"non-iterable"_s },
                    { u"idstr"_s, u"0000:00:%1.0/device"_s.arg(n % 64, 2, 16, QChar(u'0')) },
                    { u"instanceId"_s, 0 }, { u"downtimeUs"_s, 1 } });
        } else if (n % 10 < 8) {
            add(side, Category::Trace, u"migrate_pending_estimate"_s,
                { { u"pre"_s, static_cast<qint64>(n) }, { u"compat"_s, 0 }, { u"post"_s, 0 } });
        } else {
            add(side, Category::Pulse, u"pulse"_s,
                { { u"beats"_s, static_cast<qint64>(n) }, { u"gapNs"_s, 10'500 } });
        }
    }
    return events;
}

class Stopwatch
{
public:
    Stopwatch() { m_elapsed.start(); }
    void report(const char* what) const
    {
        const double ms = static_cast<double>(m_elapsed.nsecsElapsed()) / 1e6;
        const double cpuMs = static_cast<double>(std::clock() - m_cpu) * 1e3 / CLOCKS_PER_SEC;
        std::printf("%-44s %8.1f ms elapsed  %8.1f ms processor\n", what, ms, cpuMs);
    }

private:
    QElapsedTimer m_elapsed;
    std::clock_t m_cpu = std::clock();
};

/// Until the window has nothing more to do, and has painted.
void settle(MainWindow& window)
{
    window.timelinePanel()->refresh();
    QCoreApplication::processEvents();
    window.repaint();
}

} // namespace

int main(int argc, char** argv)
{
    QStandardPaths::setTestModeEnabled(true);
    const QApplication application(argc, argv);
    KLocalizedString::setApplicationDomain("cutover");
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"bench.cutover"_s);
    {
        timeline::RecordingWriter writer;
        if (!writer.open(path, u"bench"_s))
            return 1;
        writer.append(makeEvents(count));
        if (!writer.close())
            return 1;
    }
    ReplaySession session;
    MainWindow window(&session);
    window.resize(1920, 1080);
    window.show();
    QCoreApplication::processEvents();

    // The longest time in which the window answered nothing.
    QElapsedTimer since;
    qint64 longestNs = 0;
    QTimer heart;
    QObject::connect(&heart, &QTimer::timeout, &window, [&] {
        longestNs = std::max(longestNs, since.nsecsElapsed());
        since.start();
    });
    since.start();
    heart.start(1);

    const Stopwatch open;
    QEventLoop loop;
    QObject::connect(
        window.recordings(), &Recordings::opened, &loop, &QEventLoop::quit, Qt::QueuedConnection);
    window.recordings()->open(path);
    loop.exec();
    open.report("open: events shown");
    settle(window);
    open.report("open: all painted");
    QCoreApplication::processEvents();
    std::printf("%-44s %8.1f ms\n", "longest standstill", static_cast<double>(longestNs) / 1e6);

    const auto measure = [&](const char* what, std::size_t position) {
        const Stopwatch watch;
        session.seek(position);
        settle(window);
        watch.report(what);
    };
    measure("one event back from the end", count - 1);
    measure("one event back again", count - 2);
    measure("to the middle", count / 2);
    measure("one event forward", (count / 2) + 1);
    measure("to the start", 0);
    measure("to the end", count);
    const Stopwatch close;
    window.recordings()->close();
    settle(window);
    close.report("close");
    return 0;
}
