// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/phasestrip.h"

#include "colours.h"
#include "format.h"

#include <KLocalizedString>

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>

#include <algorithm>

namespace cutover::ui {

using timeline::Phase;
using timeline::PhaseId;
using timeline::PhaseState;

QString phaseTitle(PhaseId id)
{
    switch (id) {
    case PhaseId::Precreate:
        return i18n("Precreate");
    case PhaseId::Setup:
        return i18n("Setup");
    case PhaseId::FdTransfer:
        return i18n("Fd transfer");
    case PhaseId::Devices:
        return i18n("Devices");
    case PhaseId::Switchover:
        return i18n("Switchover");
    case PhaseId::Done:
        return i18n("Done");
    }
    return {};
}

QString phaseSign(PhaseState state)
{
    switch (state) {
    case PhaseState::NotReached:
        return QStringLiteral("○");
    case PhaseState::Running:
        return QStringLiteral("●");
    case PhaseState::Done:
        return QStringLiteral("✓");
    case PhaseState::Failed:
        return QStringLiteral("✕");
    case PhaseState::Skipped:
        return QStringLiteral("–");
    }
    return {};
}

QString phaseDetail(const Phase& phase)
{
    const auto duration = phase.durationNs();
    switch (phase.state) {
    case PhaseState::NotReached:
        return i18nc("a phase", "not reached");
    case PhaseState::Running:
        return i18nc("a phase", "running");
    case PhaseState::Done:
        if (phase.id == PhaseId::Switchover && duration)
            return i18n("pause %1", durationText(*duration));
        return duration.value_or(0) > 0 ? durationText(*duration) : i18nc("a phase", "done");
    case PhaseState::Failed:
        return i18nc("a phase", "failed here");
    case PhaseState::Skipped:
        return i18nc("a phase", "not needed");
    }
    return {};
}

Interval phaseInterval(const Phase& phase)
{
    return phase.durationNs() ? Interval{ phase.startNs, phase.endNs } : Interval();
}

static QFont boldOf(QFont font)
{
    font.setBold(true);
    return font;
}

static constexpr int margin = 10;
static constexpr int edge = 4;

PhaseCell::PhaseCell(PhaseId id, QWidget* parent)
    : QAbstractButton(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
    m_phase.id = id;
    setPhase(m_phase);
}

void PhaseCell::setPhase(const Phase& phase)
{
    m_phase = phase;
    const bool placed = !phaseInterval(phase).isEmpty();
    setFocusPolicy(placed ? Qt::StrongFocus : Qt::NoFocus);
    setCursor(placed ? Qt::PointingHandCursor : Qt::ArrowCursor);
    setText(phaseTitle(phase.id));
    setAccessibleName(phaseTitle(phase.id));
    setAccessibleDescription(phaseDetail(phase));
    const QString what = timeline::phaseText(phase.id);
    setToolTip(placed ? i18nc("what a phase is", "%1 Click to see it on the timeline.", what) : what);
    update();
}

QSize PhaseCell::sizeHint() const
{
    const int title = QFontMetrics(boldOf(font())).horizontalAdvance(text()) + fontMetrics().height() * 2;
    return { title + margin * 2, fontMetrics().height() * 2 + 6 + edge };
}

QSize PhaseCell::minimumSizeHint() const
{
    return { fontMetrics().averageCharWidth() * 9, sizeHint().height() };
}

static QColor edgeColour(const Phase& phase, const Colours& colours)
{
    switch (phase.state) {
    case PhaseState::Done:
        return phase.id == PhaseId::Switchover ? colours.pause : colours.positive;
    case PhaseState::Running:
        return colours.accent;
    case PhaseState::Failed:
        return colours.negative;
    case PhaseState::NotReached:
    case PhaseState::Skipped:
        break;
    }
    return {};
}

void PhaseCell::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    const QRectF area(rect());
    const bool placed = !phaseInterval(m_phase).isEmpty();
    const bool passed = m_phase.state != PhaseState::NotReached && m_phase.state != PhaseState::Skipped;
    QColor fill
        = m_phase.state == PhaseState::Running ? colours.tint(colours.accent, 0.15) : colours.background;
    if (placed && (underMouse() || isDown()))
        fill = colours.tint(colours.accent, isDown() ? 0.25 : 0.1);
    painter.fillRect(area, fill);
    painter.setPen(hasFocus() ? colours.accent : colours.line);
    painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
    if (hasFocus())
        painter.drawRect(area.adjusted(1.5, 1.5, -1.5, -1.5));
    if (const QColor colour = edgeColour(m_phase, colours); colour.isValid())
        painter.fillRect(QRectF(area.left(), area.bottom() - edge, area.width(), edge), colour);

    const QFont bold = boldOf(font());
    const int line = fontMetrics().height();
    const QRect inside = rect().adjusted(margin, 3, -4, -edge);
    const auto write = [&](const QFont& used, const QColor& colour, int top, const QString& words) {
        painter.setFont(used);
        painter.setPen(colour);
        painter.drawText(QRect(inside.left(), inside.top() + top, inside.width(), line),
            Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetrics(used).elidedText(words, Qt::ElideRight, inside.width()));
    };
    write(bold, passed ? colours.text : colours.faint, 0, phaseSign(m_phase.state) + u' ' + text());
    write(font(), colours.faint, line, phaseDetail(m_phase));
}

void PhaseCell::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

PhaseStrip::PhaseStrip(QWidget* parent)
    : QWidget(parent)
{
    setAccessibleName(i18n("Phases"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins({});
    row->setSpacing(4);
    for (std::size_t i = 0; i < m_cells.size(); ++i) {
        auto* cell = new PhaseCell(static_cast<PhaseId>(i), this);
        m_cells[i] = cell;
        row->addWidget(cell, 1);
        connect(cell, &PhaseCell::clicked, this, [this, cell] {
            if (const Interval time = phaseInterval(cell->phase()); !time.isEmpty())
                Q_EMIT chosen(time);
        });
    }
}

void PhaseStrip::setPhases(const timeline::Phases& phases)
{
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        m_cells[i]->setPhase(phases[i]);
}

} // namespace cutover::ui
