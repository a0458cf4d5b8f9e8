// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/side.h"
#include "relay/fault.h"

#include <QString>
#include <QStringList>

#include <cstdint>

namespace cutover::op {

/// What one side does to itself at a point of its migration, on purpose. The VMM carries it out, since
/// nothing outside could hit the point.
struct VmmFault
{
    enum class Kind : std::uint8_t {
        Kill, ///< ends as by a crash
        Stop, ///< hangs, until it is told to go on
    };

    Kind kind = Kind::Kill;
    Side side = Side::Source;
    QString point; ///< before this step of its migration, or at this checkpoint

    /// What the guest is to do, where nothing else goes wrong.
    relay::Fault::Expected expected() const;
    /// As parseVmmFault() reads it, and as the VMM's parameter x-fault takes it.
    QString text() const;

    bool operator==(const VmmFault&) const = default;
};

/// Whether \a text is meant to be one, rather than a fault of the relay.
bool isVmmFault(const QString& text);
/// "kill:source:send-state", "stop:destination:load": the steps and checkpoints of cutover-vmm.
Result<VmmFault> parseVmmFault(const QString& text);
/// The points of one side, in their order; those that only a rollback comes to are among them.
QStringList vmmFaultPoints(Side side);

/// Whether \a text is any fault that a session can be asked for.
Result<void> checkFault(const QString& text);

} // namespace cutover::op
