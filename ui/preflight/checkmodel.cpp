// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "checkmodel.h"

#include <KLocalizedString>

#include <QIcon>
#include <QStringList>

#include <algorithm>

namespace cutover::ui {

using op::Verdict;

QString verdictTitle(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass:
        return i18nc("verdict of a check", "pass");
    case Verdict::Warning:
        return i18nc("verdict of a check", "warning");
    case Verdict::Refuse:
        return i18nc("verdict of a check", "refuse");
    case Verdict::NotApplicable:
        return i18nc("verdict of a check", "not needed");
    }
    return {};
}

QString verdictSign(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass:
        return QStringLiteral("✓");
    case Verdict::Warning:
        return QStringLiteral("!");
    case Verdict::Refuse:
        return QStringLiteral("✕");
    case Verdict::NotApplicable:
        return QStringLiteral("–");
    }
    return {};
}

static QIcon verdictIcon(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass:
        return QIcon::fromTheme(QStringLiteral("emblem-success"));
    case Verdict::Warning:
        return QIcon::fromTheme(QStringLiteral("emblem-warning"));
    case Verdict::Refuse:
        return QIcon::fromTheme(QStringLiteral("emblem-error"));
    case Verdict::NotApplicable:
        return {};
    }
    return {};
}

static int urgency(const op::Check& check)
{
    switch (check.verdict) {
    case Verdict::Refuse:
        return 0;
    case Verdict::Warning:
        return 1;
    case Verdict::Pass:
        return 2;
    case Verdict::NotApplicable:
        return 3;
    }
    return 3;
}

void CheckModel::setChecks(std::vector<op::Check> checks)
{
    std::ranges::stable_sort(checks, {}, urgency);
    beginResetModel();
    m_checks = std::move(checks);
    endResetModel();
}

QString CheckModel::summary() const
{
    const auto count = [this](Verdict verdict) {
        return static_cast<int>(std::ranges::count(m_checks, verdict, &op::Check::verdict));
    };
    QStringList parts;
    if (const int refused = count(Verdict::Refuse); refused > 0)
        parts.append(i18np("%1 refuses", "%1 refuse", refused));
    if (const int warnings = count(Verdict::Warning); warnings > 0)
        parts.append(i18np("%1 warning", "%1 warnings", warnings));
    if (const int passed = count(Verdict::Pass); passed > 0)
        parts.append(i18np("%1 passed", "%1 passed", passed));
    return parts.join(QStringLiteral(" · "));
}

int CheckModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_checks.size());
}

int CheckModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant CheckModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const op::Check& check = m_checks[static_cast<std::size_t>(index.row())];
    if (role == VerdictRole)
        return static_cast<int>(check.verdict);
    if (role == Qt::DecorationRole && index.column() == VerdictColumn)
        return verdictIcon(check.verdict);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case VerdictColumn:
        return verdictTitle(check.verdict);
    case TitleColumn:
        return role == Qt::ToolTipRole ? check.id : check.title;
    case EvidenceColumn:
        return check.evidence;
    case RemedyColumn:
        return check.remedy;
    default:
        return {};
    }
}

QVariant CheckModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case VerdictColumn:
        return i18n("Verdict");
    case TitleColumn:
        return i18n("Check");
    case EvidenceColumn:
        return i18n("Evidence");
    case RemedyColumn:
        return i18n("Remedy");
    default:
        return {};
    }
}

} // namespace cutover::ui
