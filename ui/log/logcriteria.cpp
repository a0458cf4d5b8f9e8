// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logcriteria.h"

#include "log/logmodel.h"

#include <KLocalizedString>

namespace cutover::ui {

void LogCriteria::setText(const QString& text, bool isExpression)
{
    m_text = text;
    m_isExpression = isExpression;
    m_matcher = QStringMatcher(isExpression ? QString() : text, Qt::CaseInsensitive);
    m_expression = isExpression && !text.isEmpty()
        ? QRegularExpression(
              text, QRegularExpression::CaseInsensitiveOption | QRegularExpression::DontCaptureOption)
        : QRegularExpression();
}

QString LogCriteria::expressionProblem() const
{
    if (!m_isExpression || m_expression.isValid())
        return {};
    return i18nc("an error in a regular expression, and where", "%1 at character %2",
        m_expression.errorString(), m_expression.patternErrorOffset() + 1);
}

bool LogCriteria::accepts(const LogModel& model, int row) const
{
    if (!(kinds >> model.kind(row) & 1U))
        return false;
    if (side && model.side(row) != *side)
        return false;
    if (!name.isEmpty() && model.name(row) != name)
        return false;
    if (m_text.isEmpty())
        return true;
    if (m_isExpression)
        return m_expression.isValid() && m_expression.match(model.searchText(row)).hasMatch();
    return m_matcher.indexIn(model.searchText(row)) >= 0;
}

bool LogCriteria::isNarrowerThan(const LogCriteria& wider) const
{
    return (!wider.side || wider.side == side) && (kinds & ~wider.kinds) == 0
        && (wider.name.isEmpty() || wider.name == name)
        && (wider.m_text.isEmpty()
            || (!m_isExpression && !wider.m_isExpression
                && m_text.contains(wider.m_text, Qt::CaseInsensitive))
            || (m_isExpression == wider.m_isExpression && m_text == wider.m_text));
}

QList<LogCriteria::Match> LogCriteria::matches(const QString& line, int most) const
{
    QList<Match> found;
    if (m_text.isEmpty() || (m_isExpression && !m_expression.isValid()))
        return found;
    if (m_isExpression) {
        auto each = m_expression.globalMatch(line);
        while (each.hasNext() && found.size() < most) {
            const QRegularExpressionMatch match = each.next();
            if (match.capturedLength() > 0)
                found.append({ match.capturedStart(), match.capturedLength() });
        }
        return found;
    }
    for (qsizetype at = m_matcher.indexIn(line); at >= 0 && found.size() < most;
        at = m_matcher.indexIn(line, at + m_text.size()))
        found.append({ at, m_text.size() });
    return found;
}

bool LogCriteria::operator==(const LogCriteria& other) const
{
    return side == other.side && kinds == other.kinds && name == other.name && m_text == other.m_text
        && m_isExpression == other.m_isExpression;
}

} // namespace cutover::ui
