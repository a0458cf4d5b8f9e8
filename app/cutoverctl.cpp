// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/uniquefd.h"
#include "cli/labcommand.h"
#include "cli/program.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <KLocalizedString>

#include <csignal>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

/// SIGINT and SIGTERM as something the event loop can wait for.
cutover::UniqueFd catchSignals()
{
    // A closed pipe and a file limit become errors of write().
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return cutover::UniqueFd::adopt(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

} // namespace

int main(int argc, char** argv)
{
    cutover::cli::prepareLab(argc, argv);
    const cutover::UniqueFd signalFd = catchSignals();
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("cutoverctl"));
    KLocalizedString::setApplicationDomain("cutover");

    const auto console = cutover::cli::Console::standard();
    cutover::cli::Program program(*console, QCoreApplication::arguments().sliced(1));
    QObject::connect(&program, &cutover::cli::Program::finished, &application, &QCoreApplication::exit);

    const QSocketNotifier notifier(signalFd.get(), QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, &program, [&] {
        signalfd_siginfo info{};
        while (::read(signalFd.get(), &info, sizeof info) == sizeof info)
            program.interrupt();
    });

    program.start();
    return QCoreApplication::exec();
}
