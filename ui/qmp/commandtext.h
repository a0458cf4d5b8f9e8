// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/jsonwalk.h"
#include "qmp/schema.h"

#include <QHash>
#include <QJsonObject>

#include <optional>

namespace cutover::ui {

/// A QMP command as it is typed: as JSON, or in the short form of qmp-shell,
/// `migrate-set-parameters max-bandwidth=1048576 mode=cpr-transfer`. In the short form a value is what the
/// schema says it is; without a schema it is a JSON value where it looks like one, else a string. A dot in a
/// name leads into an object: `addr.type=unix`. 'Single' and "double" quotes keep spaces together.
class CommandText
{
public:
    struct Problem
    {
        QString text; ///< one sentence
        TextRange where; ///< never empty unless the text is
        bool isMissing = false; ///< something is not there that may still be typed
    };

    /// \a schema may be null; then only the form is checked.
    static CommandText parse(const QString& text, const qmp::Schema* schema);

    bool isEmpty() const { return m_empty; }
    bool isJson() const { return m_json; }
    /// A JSON text that goes on.
    bool isUnfinished() const { return m_unfinished; }
    /// {"execute": …, "arguments": …}; what could be understood of it, where there is a problem.
    const QJsonObject& command() const { return m_command; }
    QString name() const { return m_command[u"execute"].toString(); }
    const std::optional<Problem>& problem() const { return m_problem; }
    /// The text can be sent, though the VMM would refuse it.
    bool isWellFormed() const { return m_wellFormed; }

private:
    void parseJson(const QString& text);
    void parseShort(const QString& text, const qmp::Schema* schema);
    void validate(const QString& text, const qmp::Schema& schema);
    TextRange placeOf(const QString& member) const;
    void fail(const QString& text, TextRange where, bool isMissing = false);

    QJsonObject m_command;
    std::optional<Problem> m_problem;
    QHash<QString, TextRange> m_places; ///< by the paths of the arguments
    TextRange m_name;
    bool m_empty = false;
    bool m_json = false;
    bool m_unfinished = false;
    bool m_wellFormed = false;
};

/// A word of the short form: `name`, or `name=value`.
struct ShortWord
{
    TextRange range;
    qsizetype equals = -1; ///< position of the first "="
    bool isClosed = true; ///< no quote or bracket is left open
};
/// The words of \a text, cut at white space outside of quotes and brackets.
std::vector<ShortWord> shortWords(QStringView text);

} // namespace cutover::ui
