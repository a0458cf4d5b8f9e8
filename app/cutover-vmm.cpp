// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/uniquefd.h"
#include "vmm/commandline.h"
#include "vmm/monitor.h"
#include "vmm/vmm.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <csignal>
#include <cstdio>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

/// Signals that end the VMM, as something the event loop can wait for. Before any thread is started.
cutover::UniqueFd catchSignals()
{
    // A closed connection and a file limit become errors of write().
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return cutover::UniqueFd::adopt(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int failed(const cutover::Error& error)
{
    std::fprintf(stderr, "cutover-vmm: %s\n", qPrintable(cutover::vmm::errorText(error)));
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    const cutover::UniqueFd signalFd = catchSignals();
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("cutover-vmm"));

    auto options = cutover::vmm::parseCommandLine(QCoreApplication::arguments().sliced(1));
    if (!options)
        return failed(options.error());
    if (options->action == cutover::vmm::VmmOptions::Action::Print) {
        std::fputs(qPrintable(options->text), stdout);
        return 0;
    }

    cutover::vmm::Vmm vmm(std::move(*options));
    QObject::connect(&vmm, &cutover::vmm::Vmm::finished, &application, &QCoreApplication::exit);
    QSocketNotifier notifier(signalFd.get(), QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, &vmm, [&] {
        signalfd_siginfo info{};
        while (::read(signalFd.get(), &info, sizeof info) == sizeof info)
            vmm.endBySignal();
    });
    if (const auto started = vmm.start(); !started)
        return failed(started.error());
    return QCoreApplication::exec();
}
