// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QStringView>

#include <optional>
#include <vector>

namespace cutover::ui {

struct TextRange
{
    qsizetype start = 0;
    qsizetype length = 0;

    qsizetype end() const { return start + length; }
    bool operator==(const TextRange&) const = default;
};

/// A value in a JSON text. \a path: "execute", "arguments.channels[0].addr".
struct JsonPlace
{
    QString path;
    TextRange key; ///< with its quotes; empty in arrays and for the outermost value
    TextRange value; ///< with its quotes or brackets
};

/// What stands at a place in the text where somebody types.
struct JsonCursor
{
    QString path; ///< of the object whose key it is, or of the value itself
    bool isKey = false;
    TextRange typed; ///< what is there already, without quotes
    bool isQuoted = false; ///< the opening quote is there
    bool isClosed = false; ///< the closing one too
};

struct JsonWalk
{
    std::vector<JsonPlace> places;
    std::optional<JsonCursor> cursor;
    bool isBalanced = false; ///< every bracket and string is closed
};

/// Reads \a text as JSON as far as that makes sense, however damaged or unfinished. \a cursor: a position in
/// it; -1: none.
JsonWalk walkJson(QStringView text, qsizetype cursor = -1);

} // namespace cutover::ui
