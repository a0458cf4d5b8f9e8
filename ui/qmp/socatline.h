// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace cutover::ui {

/// A line for a shell that sends \a command, a raw QMP message, to the monitor at \a path and prints what
/// comes back. Without a path it takes that of the variable QMP_SOCKET.
QString socatLine(const QString& path, const QString& command);

} // namespace cutover::ui
