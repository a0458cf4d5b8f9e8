// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/jsonwalk.h"
#include "qmp/schema.h"

#include <QList>
#include <QString>

namespace cutover::ui {

/// One way to go on typing.
struct Suggestion
{
    QString text; ///< as shown: the name
    QString hint; ///< what it is: its type, whether it must be there
    QString insert; ///< what replaces Suggestions::range
};

struct Suggestions
{
    TextRange range; ///< of the text that is replaced
    QList<Suggestion> items; ///< those that begin with what is typed first
};

/// What can stand at \a cursor in \a text, which is a QMP command as CommandText reads it: commands, names of
/// arguments that are not there yet, values.
Suggestions suggest(const QString& text, qsizetype cursor, const qmp::Schema& schema);

/// What is known of the place at \a cursor, in one line: the argument that is typed, or the command with its
/// arguments. Empty where nothing is.
QString commandHelp(const QString& text, qsizetype cursor, const qmp::Schema& schema);

} // namespace cutover::ui
