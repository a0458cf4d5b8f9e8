// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

/// Where the programs are that make a lab: beside the one that asks, or in PATH; empty where they are not.
namespace cutover::lab {

QString labProgram(); ///< cutoverctl
QString embeddedVmm(); ///< cutover-vmm

} // namespace cutover::lab
