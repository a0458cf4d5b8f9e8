// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How long the window takes to appear, from the start of the process, and what it costs while nothing
// happens: bench_startup [IDLE_SECONDS], 10 by default. It links what the program links; the processor's time
// holds the loading of the libraries and is what counts on a machine that does other things too.

#include "mainwindow.h"
#include "replay/replaysession.h"

#include "base/process.h"

#include <KColorSchemeManager>
#include <KIconTheme>
#include <KLocalizedString>

#include <QApplication>
#include <QStandardPaths>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <unistd.h>

using namespace cutover;

namespace {

double millisecondsOf(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return (static_cast<double>(now.tv_sec) * 1e3) + (static_cast<double>(now.tv_nsec) / 1e6);
}

/// Since this process was started; the kernel notes that in ticks of 10 ms.
double elapsedMs()
{
    const auto ticks = processStartTime(::getpid());
    const double startMs
        = ticks ? static_cast<double>(*ticks) * 1e3 / static_cast<double>(::sysconf(_SC_CLK_TCK)) : 0;
    return millisecondsOf(CLOCK_BOOTTIME) - startMs;
}

void report(const char* what)
{
    std::printf("%-28s %8.1f ms processor %8.1f ms elapsed\n", what, millisecondsOf(CLOCK_PROCESS_CPUTIME_ID),
        elapsedMs());
}

/// Tells when a widget has been painted for the first time.
class FirstPaint : public QObject
{
public:
    bool seen = false;

protected:
    bool eventFilter(QObject* /*watched*/, QEvent* event) override
    {
        seen |= event->type() == QEvent::Paint;
        return false;
    }
};

} // namespace

int main(int argc, char** argv)
{
    report("libraries loaded");
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QStandardPaths::setTestModeEnabled(true);
    KIconTheme::initTheme();
    const QApplication application(argc, argv);
    KLocalizedString::setApplicationDomain("cutover");
    KColorSchemeManager::instance();
    report("application");
    ui::ReplaySession session;
    ui::MainWindow window(&session);
    report("window made");
    FirstPaint paint;
    window.centralWidget()->installEventFilter(&paint);
    window.show();
    while (!paint.seen)
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    report("window painted");

    // What the first seconds still bring, such as the list of running VMMs.
    const int seconds = argc > 1 ? std::atoi(argv[1]) : 10;
    const auto runFor = [](int ms) {
        QEventLoop loop;
        QTimer::singleShot(ms, &loop, &QEventLoop::quit);
        loop.exec();
    };
    runFor(2000);
    report("settled");
    const double before = millisecondsOf(CLOCK_PROCESS_CPUTIME_ID);
    runFor(seconds * 1000);
    const double used = millisecondsOf(CLOCK_PROCESS_CPUTIME_ID) - before;
    std::printf("%-28s %8.1f ms processor in %d s: %.2f %%\n", "idle, start page", used, seconds,
        seconds > 0 ? used / seconds / 10 : 0);
    return 0;
}
