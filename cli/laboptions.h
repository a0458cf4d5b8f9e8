// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/options.h"
#include "lab/qemulab.h"
#include "lab/vmmlab.h"

#include <functional>

class QObject;

namespace cutover::cli {

/// The options that say what a lab is made of: --vmm, --binary, --accel, --queues, --network, --ram, --bare.
QList<OptionSpec> labOptionSpecs();

bool wantsQemu(const Options& options);
/// InvalidArgument, as a usage error, for what does not fit that kind of VMM.
Result<lab::VmmLabOptions> vmmLabOptions(const Options& options);
Result<lab::QemuLabOptions> qemuLabOptions(const Options& options);

/// Lets an embedded VMM's guest write memory and use its disk, and lets go of its monitor; then, also if that
/// failed, calls \a done once from the event loop.
void setGuestToWork(const QString& qmpPath, QObject* context, const std::function<void()>& done);

} // namespace cutover::cli
