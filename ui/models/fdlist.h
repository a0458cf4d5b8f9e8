// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/fds.h"

#include <span>
#include <vector>

namespace cutover::ui {

/// The descriptors to be shown: those of the last migration; before the first one, those that the source has
/// named so far and that the next cpr-transfer passes.
std::vector<timeline::FdEntry> fdList(std::span<const timeline::Event> events);

} // namespace cutover::ui
