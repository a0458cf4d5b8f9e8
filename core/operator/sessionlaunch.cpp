// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "fdpass/unixsocket.h"
#include "operator/procfs.h"
#include "operator/sessionprivate.h"
#include "operator/socketmove.h"

#include <KLocalizedString>

#include <QFile>

#include <sched.h>
#include <unistd.h>

namespace cutover::op {

using timeline::Category;

static constexpr int reconnectDelayMs = 20;

void Session::Private::launch()
{
    destination = makeEndpoint(Side::Destination);
    launchedNs = realtimeNs();
    if (const auto relayed = startRelay(); !relayed) {
        tell(input::LaunchFailed{ relayed.error() });
        return;
    }
    if (machine.config.exec) {
        awaitExecution();
        return;
    }
    if (plan.attached) {
        attach();
        return;
    }
    if (const auto launched = launchProcess(); !launched) {
        cprListener.reset();
        tell(input::LaunchFailed{ launched.error() });
        return;
    }
    tell(input::Launched{});
    if (!machine.config.cpr)
        return;
    // An inherited listener listens already, whether or not the destination has come that far.
    if (plan.cprFd >= 0)
        tell(input::ListenerReady{});
    else
        channelWatch.start(plan.cprPath, destination->pid());
}

/// What the source's devices are named in. What may not be looked at counts as ours.
static int foreignNamespaces(pid_t pid)
{
    const ProcFs proc;
    int kinds = 0;
    for (const auto& [name, kind] : { std::pair(QStringLiteral("user"), CLONE_NEWUSER),
             std::pair(QStringLiteral("net"), CLONE_NEWNET) }) {
        const auto theirs = proc.namespaceId(pid, name);
        const auto ours = proc.namespaceId(::getpid(), name);
        if (theirs && ours && *theirs != *ours)
            kinds |= kind;
    }
    return kinds;
}

/// In the network of the source, where a TAP is found by its name. Where we may not go there, here: not every
/// guest has something that is named in it.
Result<std::unique_ptr<ChildProcess>> Session::Private::spawnBesideSource(SpawnOptions& options)
{
    const int kinds = foreignNamespaces(source->pid());
    const auto process = ProcessHandle::open(source->pid(), source->startTimeTicks());
    if (kinds == 0 || !process)
        return ChildProcess::spawn(options);
    options.enter = { (*process)->pidFd(), kinds };
    auto child = ChildProcess::spawn(options);
    if (child || child.error().code != ErrorCode::PermissionDenied)
        return child;
    const Failure problem{ .side = Side::Destination,
        .phase = SessionPhase::Devices,
        .error = child.error(),
        .destinationOutput = {} };
    note(Category::Action, QStringLiteral("note"), { { QStringLiteral("text"), problem.sentence() } });
    Q_EMIT q->noted(problem);
    options.enter.reset();
    return ChildProcess::spawn(options);
}

Result<void> Session::Private::launchProcess()
{
    const QString errors = folder + QStringLiteral("/destination.err");
    if (auto listening = destination->listenAt(plan.connectBackPath); !listening)
        return listening;
    SpawnOptions options;
    options.argv = plan.launchArgv();
    if (sourceFacts.process)
        options.workingDirectory = sourceFacts.process->workingDirectory;
    options.stdoutPath = options.stderrPath = errors;
    options.ownSession = true;
    options.onDestroy = OnDestroy::Leave;
    if (machine.config.cpr && plan.cprFd >= 0) {
        auto listener = fdpass::listenUnix(plan.cprPath);
        if (!listener)
            return std::unexpected(listener.error());
        cprListener = std::move(*listener);
        options.fds = { { cprListener.get(), plan.cprFd } };
    }
    auto child = spawnBesideSource(options);
    // Ours would keep the channel open after the destination's end, and the source would wait for ever.
    cprListener.reset();
    if (!child)
        return std::unexpected(child.error());
    note(Category::Process, QStringLiteral("spawned"),
        { { QStringLiteral("pid"), (*child)->pid() }, { QStringLiteral("argv"), shellLine(options.argv) } });
    destination->adopt(std::move(*child), errors);
    destination->followLog(plan.derived ? plan.derived->logFile : QString(), false);
    return {};
}

void Session::Private::removeChannels()
{
    dropRelay();
    // A VMM that inherited its listener does not know the file, and one that was killed removed none.
    if (plan.attached)
        return;
    const QStringList paths{ plan.cprPath, plan.connectBackPath, folder + QStringLiteral("/main.sock") };
    for (const QString& path : paths) {
        if (!path.isEmpty())
            QFile::remove(path);
    }
}

void Session::Private::removeSavedState()
{
    if (plan.saved && machine.known.migrateSent)
        removeStateFile(plan.saved->path);
}

void Session::Private::attach()
{
    connect(&monitorWatch, &ListenerWatch::listening, destination.get(),
        [this] { destination->connectTo(request.destination.qmpPath); });
    monitorWatch.start(request.destination.qmpPath);
    tell(input::Launched{});
    if (machine.config.cpr)
        channelWatch.start(plan.cprPath);
}

void Session::Private::awaitExecution()
{
    heldFiles = HeldFiles::of(source->pid());
    destination->followLog(plan.derived ? plan.derived->logFile : QString(), false);
    destination->followErrors(source->pid());
    connect(&monitorWatch, &ListenerWatch::listening, destination.get(),
        [this] { destination->connectTo(plan.monitorPath); });
    monitorWatch.start(plan.monitorPath, source->pid());
    tell(input::Launched{});
    tell(input::ListenerReady{});
}

void Session::Private::killDestination()
{
    const auto killed = destination
        ? destination->kill()
        : cutover::failure(ErrorCode::NotFound, i18n("end the destination"), {}, i18n("there is none"));
    if (killed)
        return;
    // It has ended already, and its exit is announced or is about to be; or there never was one.
    if (!destination || destination->pid() == 0)
        tell(input::Exited{ .side = Side::Destination,
            .text = i18n("it was never started"),
            .output = {},
            .ranGuest = RanGuest::No });
}

void Session::Private::reconnect(Side side)
{
    Endpoint* vmm = endpointOf(side);
    // A dead one's end has been announced or is about to be.
    if (!vmm || !vmm->isAlive())
        return;
    const QString path = side == Side::Source ? sourcePath
        : plan.attached                       ? request.destination.qmpPath
                                              : plan.monitorPath;
    // Not at once: a VMM that is dying refuses as fast as it is asked.
    QTimer::singleShot(reconnectDelayMs, vmm, [vmm, path] {
        if (vmm->isAlive())
            vmm->connectTo(path);
    });
}

void Session::Private::moveMonitor()
{
    for (const PathMove& move : moves) {
        if (const auto moved = takePlace(move.destinationPath, move.sourcePath); !moved)
            remark({ .side = Side::Destination,
                .phase = SessionPhase::Finish,
                .error = moved.error(),
                .destinationOutput = {} });
        else
            note(Category::Action, QStringLiteral("socket-moved"),
                { { QStringLiteral("from"), move.destinationPath },
                    { QStringLiteral("to"), move.sourcePath } });
    }
    tell(input::MonitorMoved{});
}

} // namespace cutover::op
