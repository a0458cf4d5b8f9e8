// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QStringView>

#include <optional>

namespace cutover::trace {

/// Takes apart a text that printf made with \a format, and returns what stands for each conversion, in order.
///
/// %d is an optional sign and digits, %x and %p what their name says ("(nil)" too), %s anything, %_ a number
/// that is left out of the answer. Numbers and fixed text are matched from both ends, so that a %s may hold
/// any character; with several %s, each but the first is as short as the fixed text before it allows. Linear
/// in the length of \a text. nullopt if it does not fit.
std::optional<QList<QStringView>> scan(QStringView text, QLatin1StringView format);

} // namespace cutover::trace
