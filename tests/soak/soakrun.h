// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lab/trafficpeer.h"

#include <QJsonObject>
#include <QStringList>

#include <functional>
#include <sys/types.h>

/// Many migrations in a row of one busy guest, each to a fresh process.
namespace cutover::test {

/// What a process holds; 0 everywhere when it is gone.
struct Holdings
{
    qsizetype fds = 0;
    qsizetype threads = 0;
    qint64 privateBytes = 0; ///< resident and shared with nobody
    qsizetype argumentBytes = 0; ///< of its command line
};

Holdings holdingsOf(pid_t pid);

struct SoakOptions
{
    int hops = 20; ///< 10 or more
    int packetsPerSecond = 1000;
    qint64 ramBytes = qint64{ 64 } << 20;
    QString accelerator = QStringLiteral("thread");
    std::function<void(int hop)> progress; ///< after each one
};

struct SoakResult
{
    int hops = 0; ///< that went well
    double seconds = 0;
    Holdings early; ///< of the guest's process: fds, threads and arguments after hop 5, memory the median of
                    ///< 5 hops
    Holdings late; ///< the same of the last ones
    Holdings ownEarly; ///< of this process, which runs the sessions
    Holdings ownLate;
    bool hadNetwork = false;
    lab::TrafficReading traffic;
    QJsonObject pulse;
    QStringList notes; ///< what the lab lacked
    QStringList findings; ///< everything that is not as it should be
};

/// Runs until it is done or a migration fails. XDG_RUNTIME_DIR must be a folder for this run alone, and
/// enterPrivateNetwork() has been tried. Needs an event loop; runs it.
SoakResult soak(const SoakOptions& options);

} // namespace cutover::test
