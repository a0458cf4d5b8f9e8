// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/rescue.h"

#include <QStringList>

#include <optional>

namespace cutover::ui {

/// What the window shows of a guest whose migration nobody finished.
struct RescueView
{
    op::PairEvidence evidence;
    op::Assessment assessment;
    bool isBusy = false; ///< looking, or doing what was chosen
    bool isAssessed = false;
    std::optional<op::Failure> failure; ///< of what was done last
};

/// Pure: which migration it is, when it was left, and how far it had come.
QString pairTitle(const op::PairJournal& journal);

/// Pure: what was looked at and what was seen, for one side.
QString evidenceText(Side side, const op::PairEvidence& evidence);

/// Pure: what an option does to the two processes, and what cannot be taken back.
QString costText(op::RescueKind kind, const op::PairEvidence& evidence);

} // namespace cutover::ui
