// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/derive.h"
#include "operator/facts.h"
#include "operator/savedstate.h"

#include <QJsonObject>

#include <optional>

namespace cutover::op {

/// What a look at the destination's program has shown.
struct BinaryFacts
{
    QString path; ///< absolute
    bool exists = false;
    bool executable = false;
    QString versionText; ///< first line that `-version` printed; empty: it said nothing
    std::optional<Version> version;
};

/// What is intended: the operator's choices and what the session made of them.
struct Plan
{
    QString mode = QStringLiteral("cpr-transfer");
    QJsonObject parameters; ///< migration parameters besides the mode
    QJsonObject capabilities; ///< besides those that the session needs, name to bool
    bool deferIncoming = true; ///< migrate-incoming over QMP rather than an URI on the command line
    QJsonObject mainAddress; ///< MigrationAddress: {"transport":"socket","type":"unix","path":…}
                             ///< or, in the modes cpr-reboot and cpr-exec, that of a file
    QString cprPath; ///< where the destination takes the CPR state
    QString
        relayMainPath; ///< where the source connects instead, with a relay in between; empty: there is none
    QString relayCprPath; ///< the same for the CPR channel
    QString sourceFault; ///< for the parameter x-fault; empty: none
    QString destinationFault;
    int cprFd = -1; ///< number of the CPR listener in the destination, if it inherits one
    bool guardedCommit = true; ///< the destination starts the guest only when the session says so
    bool vmmGuardsCommit = false; ///< the VMMs agree on the commit by themselves: no need for ours
    bool returnPath = true;
    bool keepSource = false;
    bool attached = false; ///< the operator has started the destination
    QString binary; ///< the destination's program; empty: the source's
    std::optional<BinaryFacts> binaryFacts;
    std::optional<DerivedCommand> derived;
    QStringList destinationArgv; ///< when launched from a given command line; empty when derived or attached
    std::optional<OpenFilesLimit> launchFilesLimit; ///< what a launched destination inherits from us
    std::optional<SavedState> saved; ///< in the modes cpr-reboot and cpr-exec
    QString monitorPath; ///< the destination's permanent monitor
    QString connectBackPath;

    bool usesCpr() const { return mode.startsWith(QLatin1StringView("cpr-")); }
    bool needsCprChannel() const { return mode == QLatin1StringView("cpr-transfer"); }
    bool savesToFile() const { return mode == QLatin1StringView("cpr-reboot") || executes(); }
    /// The source's process itself becomes the destination.
    bool executes() const { return mode == QLatin1StringView("cpr-exec"); }
    /// Open files of the source are the destination's, too.
    bool passesFiles() const { return usesCpr() && mode != QLatin1StringView("cpr-reboot"); }
    /// The command line that will be run; empty for an attached destination.
    QStringList launchArgv() const { return derived ? derived->argv : destinationArgv; }

    static QJsonObject fileAddress(const QString& path)
    {
        return { { QStringLiteral("transport"), QStringLiteral("file") },
            { QStringLiteral("filename"), path }, { QStringLiteral("offset"), 0 } };
    }
    static QJsonObject unixAddress(const QString& path)
    {
        return { { QStringLiteral("transport"), QStringLiteral("socket") },
            { QStringLiteral("type"), QStringLiteral("unix") }, { QStringLiteral("path"), path } };
    }
};

} // namespace cutover::op
