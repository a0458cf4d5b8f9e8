// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"

#include <QRegularExpression>
#include <QString>
#include <QStringMatcher>

#include <cstdint>
#include <optional>

namespace cutover::ui {

class LogModel;

/// Which lines of a log the operator wants to see. A value.
class LogCriteria
{
public:
    std::optional<Side> side; ///< nullopt = both
    std::uint32_t kinds = everyKind; ///< a bit for each of LogModel::kinds()
    QString name; ///< exactly this; empty = any

    static constexpr std::uint32_t everyKind = 0xffff'ffff;

    /// Lines that contain \a text, whatever its case, or that match it as a regular expression. A broken one
    /// matches nothing.
    void setText(const QString& text, bool isExpression);
    const QString& text() const { return m_text; }
    bool isExpression() const { return m_isExpression; }
    /// Why text() is no regular expression, with the place; empty otherwise.
    QString expressionProblem() const;

    bool acceptsAll() const { return !side && kinds == everyKind && name.isEmpty() && m_text.isEmpty(); }
    bool accepts(const LogModel& model, int row) const;
    /// Everything these accept, \a wider accepts too, as far as that is easily seen.
    bool isNarrowerThan(const LogCriteria& wider) const;

    struct Match
    {
        qsizetype start = 0;
        qsizetype length = 0;
    };
    /// Where the text or expression occurs in \a line, at most \a most times.
    QList<Match> matches(const QString& line, int most = 50) const;

    bool operator==(const LogCriteria& other) const;

private:
    QString m_text;
    bool m_isExpression = false;
    QStringMatcher m_matcher;
    QRegularExpression m_expression;
};

} // namespace cutover::ui
