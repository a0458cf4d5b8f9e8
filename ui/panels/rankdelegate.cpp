// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/rankdelegate.h"

#include "colours.h"
#include "preflight/checkmodel.h"
#include "rank.h"

namespace cutover::ui {

static QColor rankColour(Rank rank, const Colours& colours)
{
    switch (rank) {
    case Rank::Plain:
        return colours.text;
    case Rank::Faint:
        return colours.faint;
    case Rank::Positive:
        return colours.positive;
    case Rank::Neutral:
        return colours.neutral;
    case Rank::Negative:
        return colours.negative;
    }
    return colours.text;
}

static QColor verdictColour(op::Verdict verdict, const Colours& colours)
{
    switch (verdict) {
    case op::Verdict::Pass:
        return colours.positive;
    case op::Verdict::Warning:
        return colours.neutral;
    case op::Verdict::Refuse:
        return colours.negative;
    case op::Verdict::NotApplicable:
        return colours.faint;
    }
    return colours.text;
}

RankDelegate::RankDelegate(Scale scale, int role, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_scale(scale)
    , m_role(role)
{
}

void RankDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const int value = index.data(m_role).toInt();
    const Colours colours = Colours::of(option->palette);
    option->palette.setColor(QPalette::Text,
        m_scale == Scale::Rank ? rankColour(static_cast<Rank>(value), colours)
                               : verdictColour(static_cast<op::Verdict>(value), colours));
}

} // namespace cutover::ui
