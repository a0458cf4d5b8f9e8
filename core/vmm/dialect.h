// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

namespace cutover::vmm {

/// The version of QEMU whose commands, events and trace lines this VMM speaks: what a QMP greeting has a
/// member named "qemu" for, and what clients decide by.
inline constexpr int dialectMajor = 11;
inline constexpr int dialectMinor = 1;
inline constexpr int dialectMicro = 0;

} // namespace cutover::vmm
