// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdpass/describe.h"

#include <QString>

#include <cstdint>

namespace cutover::engine {

/// Who may hold an fd while the other side still works with it.
enum class FdClass : std::uint8_t {
    Shareable, ///< both sides may have it open; it may be sent while the guest runs
    Exclusive, ///< one owner at a time; it is sent after the source has released it
};

/// One fd that a device's backend works with. (name, id) is its key on every channel, as in QEMU's CPR
/// state: the name is "<device>" or "<device>/<part>", the id tells queues apart.
struct FdSlot
{
    QString name;
    qint32 id = 0;
    fdpass::FdKind kind = fdpass::FdKind::Other;
    FdClass fdClass = FdClass::Shareable;
    /// There may be no fd in it (a client that is not connected): the sender leaves it out and the receiver
    /// goes on without it. The device's state says whether there was one.
    bool optional = false;

    bool operator==(const FdSlot&) const = default;
};

} // namespace cutover::engine
