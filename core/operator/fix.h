// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionstate.h"

#include <QStringList>

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::op {

/// What can be set, so that a check finds it better the next time.
enum class FixKind : std::uint8_t {
    Mode, ///< of the request: names[0]
    Guard, ///< of the request: on
    Program, ///< of the destination: names[0], empty for the source's own
    FilesLimit, ///< how many files this process, and what it starts, may open: number
    Capabilities, ///< of the source: names, on
    CancelMigration, ///< the one under way on the source
    ContinueGuest, ///< the one that stands still on the source
};

/// The part of a remedy that can be done by a program: one thing set to one value.
struct Fix
{
    FixKind kind = FixKind::Mode;
    QStringList names;
    bool on = true;
    quint64 number = 0;

    bool operator==(const Fix&) const = default;
};

/// A fix that was made, for the check that asked for it, and what sets it back.
struct DoneFix
{
    QString checkId;
    Fix fix;
    Fix undo;

    bool operator==(const DoneFix&) const = default;
};

/// "mode", "guard", ...
QString fixId(FixKind kind);
/// What a button says; translated.
QString fixLabel(const Fix& fix);
/// What it does, and what becomes of it, one translated sentence.
QString fixSentence(const Fix& fix);
/// What is to be sent to the VMMs; none for what concerns the request or this process.
std::vector<Command> fixCommands(const Fix& fix);

} // namespace cutover::op
