// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QJsonObject>
#include <QList>
#include <QString>

#include <optional>

/// QEMU's way to write options: "implied,key=value,key=a,,b" and values such as "on" and "64M".
namespace cutover::engine {

struct OptionItem
{
    QString key; ///< empty: written without '='
    QString value;

    bool operator==(const OptionItem&) const = default;
};

/// Splits at single commas; ",," is a comma inside a value. An empty text has no items. An item may be empty:
/// its reader decides.
QList<OptionItem> splitOption(const QString& text);

/// True for a text that is meant as JSON: it begins with '{'.
bool isJsonOption(const QString& text);
/// Malformed, naming place and reason, when \a text is not one JSON object. \a attempt begins the error.
Result<QJsonObject> parseJsonOption(const QString& text, const QString& attempt);

/// on, yes, true, off, no, false.
std::optional<bool> parseBool(QStringView text);
/// Decimal digits with an optional sign.
std::optional<qint64> parseInteger(QStringView text);
/// "512", "64M", "1.5G": bytes, or a number in \a unit without a suffix; suffixes B K M G T in either case,
/// powers of 1024. None for anything else, a negative number, or more than 2^62 bytes.
std::optional<qint64> parseSize(QStringView text, qint64 unit = 1);

} // namespace cutover::engine
