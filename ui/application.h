// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLatin1StringView>

namespace cutover::ui {

/// Name of the desktop file, the icon, the metainfo and the window class: one id everywhere.
inline constexpr QLatin1StringView applicationId("org.cutover.Cutover");
/// Translation catalogue, settings file and program name.
inline constexpr QLatin1StringView componentName("cutover");

} // namespace cutover::ui
