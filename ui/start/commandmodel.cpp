// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/commandmodel.h"

#include "operator/preflight.h"

#include <KLocalizedString>

#include <QFont>

#include <algorithm>

namespace cutover::ui {

using Mark = CommandRow::Mark;
using Kind = op::CommandChange::Kind;

namespace {

Mark markOf(Kind kind)
{
    switch (kind) {
    case Kind::Added:
        return Mark::Added;
    case Kind::Removed:
        return Mark::Removed;
    case Kind::Replaced:
        return Mark::Changed;
    case Kind::Warning:
        return Mark::Warning;
    case Kind::Conflict:
        return Mark::Conflict;
    }
    return Mark::Kept;
}

QString markText(const CommandRow& row)
{
    switch (row.mark) {
    case Mark::Kept:
        return i18nc("an option of a command line", "as it is");
    case Mark::Added:
        return i18nc("an option of a command line", "+ added");
    case Mark::Removed:
        return i18nc("an option of a command line", "− removed");
    case Mark::Changed:
        return i18nc("an option of a command line", "~ changed");
    case Mark::Warning:
        return i18nc("an option of a command line", "! look");
    case Mark::Conflict:
        return i18nc("an option of a command line", "✕ conflict");
    }
    return {};
}

op::Verdict verdictOf(Mark mark)
{
    switch (mark) {
    case Mark::Added:
    case Mark::Changed:
        return op::Verdict::Pass;
    case Mark::Warning:
        return op::Verdict::Warning;
    case Mark::Conflict:
        return op::Verdict::Refuse;
    default:
        return op::Verdict::NotApplicable;
    }
}

/// The first row with \a text that no change has marked yet.
CommandRow* keptRow(std::vector<CommandRow>& rows, const QString& text)
{
    const auto found = std::ranges::find_if(
        rows, [&](const CommandRow& row) { return row.mark == Mark::Kept && row.text == text; });
    return found == rows.end() ? nullptr : &*found;
}

/// One option can have become two neighbours, which the change names together.
void markReplaced(std::vector<CommandRow>& rows, const op::CommandChange& change, bool byYou)
{
    for (CommandRow& row : rows) {
        const bool whole = row.text == change.after;
        if (row.mark != Mark::Kept || row.text.isEmpty()
            || !(whole || change.after.startsWith(row.text + u' ') || change.after.endsWith(u' ' + row.text)))
            continue;
        row.mark = Mark::Changed;
        row.before = change.before;
        row.reason = change.reason;
        row.byYou = byYou;
        if (whole)
            return;
    }
}

void apply(std::vector<CommandRow>& rows, const op::CommandChange& change, bool byYou)
{
    if (change.kind == Kind::Removed) {
        rows.push_back({ .mark = Mark::Removed,
            .text = change.before,
            .before = {},
            .reason = change.reason,
            .byYou = byYou });
    } else if (change.kind == Kind::Replaced) {
        markReplaced(rows, change, byYou);
    } else if (CommandRow* row = keptRow(rows, change.after)) {
        row->mark = markOf(change.kind);
        row->reason = change.reason;
        row->byYou = byYou;
    }
}

} // namespace

std::vector<CommandRow> commandRows(const op::ReviewedCommand& command)
{
    std::vector<CommandRow> rows;
    const auto line = op::CommandLine::parse(command.argv);
    if (!line)
        return rows;
    const auto plain = [](const QString& text) {
        return CommandRow{ .mark = Mark::Kept, .text = text, .before = {}, .reason = {} };
    };
    rows.push_back(plain(line->program()));
    for (const op::CommandLine::Option& option : line->options())
        rows.push_back(plain(option.text()));
    for (const op::CommandChange& change : command.changes)
        apply(rows, change, false);
    for (const op::CommandChange& edit : command.edits)
        apply(rows, edit, true);
    return rows;
}

void CommandModel::setRows(std::vector<CommandRow> rows)
{
    if (rows == m_rows)
        return;
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

QString CommandModel::summary() const
{
    const auto count
        = [this](Mark mark) { return static_cast<int>(std::ranges::count(m_rows, mark, &CommandRow::mark)); };
    QStringList parts;
    if (const int n = count(Mark::Conflict); n > 0)
        parts << i18np("%1 conflict", "%1 conflicts", n);
    if (const int n = count(Mark::Warning); n > 0)
        parts << i18np("%1 to look at", "%1 to look at", n);
    if (const int n = count(Mark::Added); n > 0)
        parts << i18np("%1 added", "%1 added", n);
    if (const int n = count(Mark::Removed); n > 0)
        parts << i18np("%1 removed", "%1 removed", n);
    if (const int n = count(Mark::Changed); n > 0)
        parts << i18np("%1 changed", "%1 changed", n);
    if (const int n = count(Mark::Kept); n > 0)
        parts << i18np("%1 as it is", "%1 as they are", n);
    return parts.join(QStringLiteral(" · "));
}

int CommandModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int CommandModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant CommandModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const CommandRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == VerdictRole)
        return static_cast<int>(verdictOf(row.mark));
    if (role == KeptRole)
        return row.mark == Mark::Kept;
    if (role == Qt::FontRole) {
        QFont font;
        font.setStrikeOut(row.mark == Mark::Removed && index.column() == OptionColumn);
        return font;
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case MarkColumn:
        return markText(row);
    case OptionColumn:
        return row.text;
    case BeforeColumn:
        return row.before;
    case ReasonColumn:
        return row.reason;
    default:
        return {};
    }
}

QVariant CommandModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case MarkColumn:
        return i18n("Change");
    case OptionColumn:
        return i18n("Option of the destination");
    case BeforeColumn:
        return i18n("As the source has it");
    case ReasonColumn:
        return i18n("Why");
    default:
        return {};
    }
}

} // namespace cutover::ui
