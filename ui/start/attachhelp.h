// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/discovery.h"
#include "operator/session.h"

namespace cutover::ui {

/// What the operator has to start so that it can be attached as the destination.
struct AttachHelp
{
    QString introduction; ///< a sentence; translated
    QString command; ///< one line for a shell; empty where paths are missing
    QStringList conflicts; ///< what has to be changed in it by hand, and why; translated
};

/// Pure. \a sourceArgv may be empty: then the command holds only what is added to the source's own options.
AttachHelp attachHelp(const op::SessionRequest& request, const QStringList& sourceArgv);

/// Where a destination that waits can be reached, from its command line; nothing for a VMM that does not
/// wait.
std::optional<op::DestinationSpec> waitingDestination(const op::DiscoveredVmm& vmm);

/// Paths for a new destination of \a guest in \a folder.
op::DestinationSpec suggestedPaths(const QString& guest, const QString& folder);

} // namespace cutover::ui
