// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "breakdown/breakdownbar.h"

#include "colours.h"
#include "format.h"

#include <KLocalizedString>

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace cutover::ui {

using timeline::PauseRowKind;

QColor pauseKindColour(PauseRowKind kind, const Colours& colours)
{
    switch (kind) {
    case PauseRowKind::Stop:
        return colours.tint(colours.negative, 0.8);
    case PauseRowKind::IterableSave:
        return colours.tint(colours.source, 0.45);
    case PauseRowKind::NonIterableSave:
        return colours.tint(colours.source, 0.8);
    case PauseRowKind::Execute:
        return colours.tint(colours.channel, 0.4);
    case PauseRowKind::Transfer:
        return colours.tint(colours.channel, 0.7);
    case PauseRowKind::Load:
        return colours.tint(colours.destination, 0.8);
    case PauseRowKind::LoadTail:
        return colours.tint(colours.destination, 0.55);
    case PauseRowKind::BottomHalf:
        return colours.tint(colours.neutral, 0.8);
    case PauseRowKind::GuardWait:
        return colours.tint(colours.neutral, 0.5);
    case PauseRowKind::Start:
        return colours.tint(colours.destination, 0.35);
    case PauseRowKind::Unattributed:
        return colours.idle;
    }
    return colours.idle;
}

BreakdownBar::BreakdownBar(const BreakdownModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(i18n("Pause, divided"));
    connect(&model, &QAbstractItemModel::modelReset, this, [this] {
        m_chosen = -1;
        setVisible(m_model.rowCount() > 0);
        update();
    });
    setVisible(m_model.rowCount() > 0);
}

void BreakdownBar::setChosen(int row)
{
    if (row == m_chosen)
        return;
    m_chosen = row;
    update();
}

QRectF BreakdownBar::partArea(int row) const
{
    for (const Part& part : parts()) {
        if (part.row == row)
            return part.area;
    }
    return {};
}

void BreakdownBar::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    for (const Part& part : parts()) {
        if (part.area.contains(event->position()))
            Q_EMIT clicked(part.row);
    }
}

QSize BreakdownBar::sizeHint() const
{
    const int height = fontMetrics().height();
    return { height * 12, height * 3 / 2 };
}

std::vector<BreakdownBar::Part> BreakdownBar::parts() const
{
    std::vector<Part> found;
    const auto whole = static_cast<double>(m_model.breakdown().pause.valueNs);
    if (whole <= 0)
        return found;
    double left = 0;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const auto part
            = static_cast<double>(m_model.index(row, 0).data(BreakdownModel::DurationRole).toLongLong());
        const double share = part * width() / whole;
        found.push_back({ .area = QRectF(left, 2, share, height() - 4), .row = row });
        left += share;
    }
    return found;
}

void BreakdownBar::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    for (const Part& part : parts()) {
        const auto kind
            = static_cast<PauseRowKind>(m_model.index(part.row, 0).data(BreakdownModel::KindRole).toInt());
        const QColor fill = pauseKindColour(kind, colours);
        painter.fillRect(part.area.width() > 3 ? part.area.adjusted(0, 0, -1, 0) : part.area, fill);
        const QString text = m_model.index(part.row, BreakdownModel::ShareColumn).data().toString();
        painter.setPen(colours.textOn(fill));
        if (fontMetrics().horizontalAdvance(text) + 8 < part.area.width())
            painter.drawText(part.area, Qt::AlignCenter, text);
    }
    if (const QRectF chosen = partArea(m_chosen); !chosen.isEmpty()) {
        painter.setPen(QPen(colours.text, 2));
        painter.drawRect(chosen.adjusted(0, -1, 0, 1));
    }
}

bool BreakdownBar::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    for (const Part& part : parts()) {
        if (!part.area.contains(help->pos()))
            continue;
        QStringList texts;
        for (int column = 0; column < BreakdownModel::ColumnCount; ++column)
            texts.append(m_model.index(part.row, column).data().toString());
        QToolTip::showText(help->globalPos(), texts.join(QStringLiteral(" · ")), this);
        return true;
    }
    QToolTip::hideText();
    return true;
}

} // namespace cutover::ui
