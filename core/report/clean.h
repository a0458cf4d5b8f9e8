// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace cutover::report {

/// \a text as it can stand in a document: what XML does not allow, and what turns the direction of text
/// around, is replaced by U+FFFD; of a longer text than \a most characters the rest is left out and counted.
QString clean(const QString& text, qsizetype most = 2000);

} // namespace cutover::report
