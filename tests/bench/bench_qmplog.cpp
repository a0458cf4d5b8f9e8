// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How the QMP log bears many messages: bench_qmplog [MESSAGES], 1,000,000 by default. Software rendering, as
// large as a log gets on a screen of 1920x1080.

#include "log/logfilter.h"
#include "log/logfilterbar.h"
#include "log/logpanel.h"
#include "log/logview.h"
#include "qmp/qmplogmodel.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QScrollBar>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace cutover;
using namespace cutover::ui;

namespace {

std::vector<timeline::Event> makeMessages(std::size_t count)
{
    constexpr qint64 startNs = 1'795'253'994'000'000'000;
    std::vector<timeline::Event> events;
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const bool sent = i % 3 == 0;
        const QString id = QString::number(i / 3);
        const QString raw = sent ? QStringLiteral(R"({"execute": "query-migrate", "id": "c%1"})").arg(id)
            : i % 3 == 1
            ? QStringLiteral(
                  R"({"return": {"status": "active", "setup-time": 4, "total-time": 1204, "ram": {"total": 4312604672, "postcopy-requests": 0, "dirty-sync-count": %1, "multifd-bytes": 0, "pages-per-second": 123456, "remaining": 1073741824}}, "id": "c%1"})")
                  .arg(id)
            : QStringLiteral(
                  R"({"timestamp": {"seconds": 1795253994, "microseconds": %1}, "event": "MIGRATION_PASS", "data": {"pass": %1}})")
                  .arg(id);
        events.push_back({ .side = i % 6 < 3 ? Side::Source : Side::Destination,
            .timeNs = startNs + static_cast<qint64>(i) * 1000,
            .category = sent ? timeline::Category::QmpSent : timeline::Category::QmpReceived,
            .name = sent     ? QStringLiteral("query-migrate")
                : i % 3 == 1 ? QStringLiteral("return")
                             : QStringLiteral("MIGRATION_PASS"),
            .attributes = { { QStringLiteral("raw"), raw } } });
    }
    return events;
}

double milliseconds(const QElapsedTimer& clock)
{
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

void printPercentiles(const char* what, std::vector<double> ms)
{
    std::ranges::sort(ms);
    const auto at = [&ms](double share) {
        return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
    };
    std::printf("%-34s p50 %6.2f  p90 %6.2f  p99 %6.2f  longest %6.2f ms\n", what, at(0.5), at(0.9), at(0.99),
        ms.back());
}

/// Runs the event loop until \a done; the time of each turn goes to \a turns.
template <typename Done>
double runUntil(Done done, std::vector<double>& turns)
{
    QElapsedTimer clock;
    clock.start();
    while (!done()) {
        QElapsedTimer turn;
        turn.start();
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        turns.push_back(milliseconds(turn));
    }
    return milliseconds(clock);
}

void filter(LogPanel& panel, const char* what, const QString& text)
{
    std::vector<double> turns;
    QElapsedTimer clock;
    clock.start();
    panel.bar()->edit()->setText(text);
    const double first = milliseconds(clock);
    const double all = first + runUntil([&panel] { return panel.filter()->isComplete(); }, turns);
    std::printf("filter %-27s %7.0f ms, %d of %d lines, keystroke %.1f ms\n", what, all,
        panel.filter()->rowCount(), panel.model()->rowCount(), first);
    if (!turns.empty())
        printPercentiles("  turns of the event loop", turns);
}

void scroll(LogPanel& panel, const char* what, int steps, int pixels)
{
    QScrollBar* bar = panel.view()->verticalScrollBar();
    std::vector<double> frames;
    for (int i = 0; i < steps; ++i) {
        QElapsedTimer frame;
        frame.start();
        bar->setValue(pixels > 0 ? bar->value() + pixels
                                 : static_cast<int>(qint64{ bar->maximum() } * (i * 7919 % steps) / steps));
        panel.view()->viewport()->repaint();
        frames.push_back(milliseconds(frame));
    }
    printPercentiles(what, frames);
}

} // namespace

int main(int argc, char** argv)
{
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
    std::vector<timeline::Event> messages = makeMessages(count);
    std::vector<timeline::Event> more = makeMessages(30'000);

    timeline::Record record;
    QmpLogModel model(record);
    LogPanel panel(&model, LogDelegate::Text::Json,
        { .name = QStringLiteral("log"),
            .empty = {},
            .filterHint = {},
            .detailsHint = {},
            .count = [](int lines) { return QString::number(lines); } });
    panel.resize(1920, 1000);
    panel.show();

    std::vector<double> turns;
    record.append(std::move(messages));
    const double taken = runUntil([&] { return model.isComplete() && panel.filter()->isComplete(); }, turns);
    std::printf("append %zu messages at once: %.0f ms, %.2f million/s\n", count, taken,
        static_cast<double>(count) / taken / 1000);
    printPercentiles("  turns of the event loop", turns);

    turns.clear();
    std::size_t next = 0;
    QTimer source;
    QObject::connect(&source, &QTimer::timeout, [&] {
        std::vector<timeline::Event> batch;
        for (std::size_t i = 0; i < 100 && next < more.size(); ++i)
            batch.push_back(std::move(more[next++]));
        record.append(std::move(batch));
    });
    source.start(1);
    const double live = runUntil([&] { return next == more.size() && model.isComplete(); }, turns);
    source.stop();
    std::printf("%zu more, 100 each ms, while following: %.0f ms\n", more.size(), live);
    printPercentiles("  turns of the event loop", turns);

    scroll(panel, "frames, scrolling line by line", 600, 21);
    scroll(panel, "frames, page by page", 300, 900);
    scroll(panel, "frames, jumping anywhere", 300, 0);

    filter(panel, "a word that few have", QStringLiteral("c199999"));
    filter(panel, "one letter more", QStringLiteral("c1999990"));
    filter(panel, "nothing", {});
    filter(panel, "a word that a third has", QStringLiteral("MIGRATION_PASS"));
    scroll(panel, "frames, filtered, jumping", 300, 0);
    return 0;
}
