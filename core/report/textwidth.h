// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace cutover::report {

/// How wide \a text is drawn in a font of \a size pixels, in pixels: the reader's font is not known, so this
/// is what wide sans-serif fonts need. Rather too wide than too narrow.
double textWidth(QStringView text, double size);
/// \a text cut to \a room with an ellipsis; empty where less than half of it would be left.
QString fittedText(const QString& text, double size, double room);

} // namespace cutover::report
