// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdmodel.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

static const QString dash = QStringLiteral("—");

using timeline::FdClaim;
using timeline::FdEntry;
using Rank = FdModel::Rank;

namespace {

struct Cell
{
    QString text;
    QString reason;
    Rank rank = Rank::Plain;
};

Cell effectOf(const FdEntry& fd)
{
    if (fd.claim == FdClaim::Missing && fd.sent)
        return { .text = i18n("lost"),
            .reason = i18n("The source sent it, and the destination did not find it: something between them "
                           "dropped it."),
            .rank = Rank::Negative };
    if (fd.claim == FdClaim::Claimed)
        return { .text = i18n("passed"),
            .reason = i18n("The destination found it under its name and uses it.") };
    if (fd.claim == FdClaim::Unclaimed)
        return { .text = i18n("passed, unused"),
            .reason = i18n("The destination received it, but never looked for it: it stays open and unused."),
            .rank = Rank::Neutral };
    if (fd.received)
        return { .text = i18n("received"), .reason = i18n("The destination has received it.") };
    if (fd.sent)
        return { .text = i18n("sent"), .reason = i18n("The source has sent it on the CPR channel.") };
    return { .text = i18n("passes"),
        .reason = i18n("The source holds it in its CPR state: a cpr-transfer passes it.") };
}

Cell proofOf(const FdEntry& fd)
{
    if (fd.identity == u"same")
        return { .text = i18n("same file"), .reason = fd.proof, .rank = Rank::Positive };
    if (fd.identity == u"same-inode")
        return { .text = i18n("same inode"), .reason = fd.proof, .rank = Rank::Neutral };
    if (fd.identity == u"different")
        return { .text = i18n("different file"), .reason = fd.proof, .rank = Rank::Negative };
    if (!fd.identity.isEmpty())
        return { .text = i18n("not proved"), .reason = fd.proof, .rank = Rank::Neutral };
    return {
        .text = dash, .reason = i18n("Not compared yet: this follows the migration."), .rank = Rank::Faint
    };
}

QString numbersText(const FdEntry& fd)
{
    const auto text
        = [](const std::optional<int>& number) { return number ? QString::number(*number) : dash; };
    return text(fd.sourceFd) + QStringLiteral(" → ") + text(fd.destinationFd);
}

QString nameText(const FdEntry& fd)
{
    if (fd.name.isEmpty())
        return i18n("(name not known)");
    return fd.id == 0 ? fd.name : i18nc("name and number of a descriptor", "%1, id %2", fd.name, fd.id);
}

/// Without the name, which has a column of its own.
QString whatText(const FdEntry& fd)
{
    QString text = fd.text;
    if (!fd.name.isEmpty())
        text.replace(QString(u' ' + fd.name + u','), QStringLiteral(","));
    return text.isEmpty() ? dash : text;
}

Cell cellOf(const FdEntry& fd, int column)
{
    switch (column) {
    case FdModel::NameColumn:
        return { .text = nameText(fd), .reason = nameText(fd) };
    case FdModel::WhatColumn:
        return { .text = whatText(fd), .reason = fd.text, .rank = Rank::Faint };
    case FdModel::EffectColumn:
        return effectOf(fd);
    case FdModel::NumbersColumn:
        return { .text = numbersText(fd), .reason = {}, .rank = Rank::Faint };
    case FdModel::ProofColumn:
        return proofOf(fd);
    default:
        return {};
    }
}

} // namespace

void FdModel::setRows(std::vector<FdEntry> rows)
{
    const auto sameFd = [](const FdEntry& a, const FdEntry& b) { return a.name == b.name && a.id == b.id; };
    if (rows == m_rows)
        return;
    if (std::ranges::equal(rows, m_rows, sameFd)) {
        m_rows = std::move(rows);
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

QString FdModel::summary() const
{
    if (m_rows.empty())
        return {};
    const auto count
        = [this](auto predicate) { return static_cast<int>(std::ranges::count_if(m_rows, predicate)); };
    const int total = rowCount();
    if (const int lost = count([](const FdEntry& fd) { return fd.sent && fd.claim == FdClaim::Missing; });
        lost > 0)
        return i18np("%1 fd was lost", "%1 fds were lost", lost);
    if (const int same = count([](const FdEntry& fd) { return fd.identity == u"same"; }); same > 0)
        return i18n("%1 of %2 are the same open file", same, total);
    if (const int received = count([](const FdEntry& fd) { return fd.received; }); received > 0)
        return i18n("%1 of %2 passed", received, total);
    return i18np("%1 fd passes", "%1 fds pass", total);
}

int FdModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int FdModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FdModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Cell cell = cellOf(m_rows[static_cast<std::size_t>(index.row())], index.column());
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::ToolTipRole:
        return cell.reason;
    case RankRole:
        return static_cast<int>(cell.rank);
    default:
        return {};
    }
}

QVariant FdModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole && section == NumbersColumn)
        return i18n("Number of the descriptor in the source and in the destination");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn:
        return i18n("Device or block");
    case WhatColumn:
        return i18n("What it is");
    case EffectColumn:
        return i18n("Effect");
    case NumbersColumn:
        return i18nc("file descriptor numbers", "fd");
    case ProofColumn:
        return i18n("Proof");
    default:
        return {};
    }
}

} // namespace cutover::ui
