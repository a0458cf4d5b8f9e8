// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdpass/describe.h"
#include "fdpass/identity.h"
#include "operator/discovery.h"
#include "sessionrun.h"

#include <QFile>
#include <QTest>

#include <algorithm>

/// What the VMMs themselves say, asked beside whoever drives them.
namespace cutover::test {

/// The VMMs whose command line names \a folder.
inline QList<op::DiscoveredVmm> vmmsIn(const QString& folder)
{
    QList<op::DiscoveredVmm> found = op::discover();
    found.removeIf([&folder](const op::DiscoveredVmm& vmm) { return !vmm.argv.join(u' ').contains(folder); });
    return found;
}

/// Asks a VMM over a monitor that nobody else holds; Undefined when it has none or does not answer.
inline QJsonValue askVmm(pid_t pid, const QString& command)
{
    // One whose last client has just left is not free before the VMM has seen it.
    constexpr int releaseMs = 3000;
    QString path;
    std::ignore = QTest::qWaitFor(
        [&] {
            const auto vmm = op::inspectProcess(pid);
            const op::DiscoveredMonitor* monitor = vmm ? vmm->usableMonitor() : nullptr;
            path = monitor ? monitor->path : QString();
            return !vmm || monitor;
        },
        releaseMs);
    return path.isEmpty() ? QJsonValue(QJsonValue::Undefined) : ask(path, command);
}

/// The guest's state as that process has it; empty when it does not say.
inline QString runStateOf(pid_t pid)
{
    return askVmm(pid, QStringLiteral("query-status"))[u"status"].toString();
}

/// The processes that say that they run the guest.
inline QList<pid_t> runningIn(const QString& folder)
{
    QList<pid_t> pids;
    for (const op::DiscoveredVmm& vmm : vmmsIn(folder)) {
        if (runStateOf(vmm.pid) == u"running")
            pids << vmm.pid;
    }
    return pids;
}

/// How the kernel calls the files that both processes have open as one.
inline QStringList sharedFiles(pid_t one, pid_t other)
{
    QStringList names;
    const auto theirs = fdpass::listFds(other);
    for (const int fd : fdpass::listFds(one).value_or(QList<int>())) {
        const auto isSame = [&](int candidate) {
            return fdpass::compareFds(one, fd, other, candidate).identity == fdpass::Identity::Same;
        };
        if (theirs && std::ranges::any_of(*theirs, isSame))
            names << QFile::symLinkTarget(QStringLiteral("/proc/%1/fd/%2").arg(one).arg(fd));
    }
    return names;
}

} // namespace cutover::test
