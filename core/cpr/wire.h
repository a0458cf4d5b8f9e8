// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>

/// The single bytes of the CPR stream; shared by encoder and decoder.
namespace cutover::cpr::wire {

inline constexpr char element = 0x01;
inline constexpr char endOfList = 0x00;
inline constexpr char fdByte = 0x20;
inline constexpr char subsection = 0x05; // QEMU_VM_SUBSECTION
inline constexpr QByteArrayView vfioSubsectionName("CprState/vfio devices");

} // namespace cutover::cpr::wire
