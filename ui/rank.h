// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>

namespace cutover::ui {

/// How the text of a cell is to be taken; the words say the same.
enum class Rank : std::uint8_t { Plain, Faint, Positive, Neutral, Negative };

} // namespace cutover::ui
