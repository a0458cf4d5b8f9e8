// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/phasestrip.h"

#include "colours.h"
#include "format.h"
#include "widgets/card.h"

#include <KLocalizedString>

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

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

PhaseStrip::PhaseStrip(QWidget* parent)
    : QWidget(parent)
{
    setAccessibleName(i18n("Phases"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins({});
    row->setSpacing(4);
    for (std::size_t i = 0; i < m_cells.size(); ++i) {
        Cell& cell = m_cells[i];
        m_phases[i].id = static_cast<PhaseId>(i);
        cell.card = new Card(Card::Edge::Bottom, this);
        cell.card->setToolTip(timeline::phaseText(static_cast<PhaseId>(i)));
        cell.title = new QLabel(cell.card);
        QFont bold = cell.title->font();
        bold.setBold(true);
        cell.title->setFont(bold);
        cell.detail = new QLabel(cell.card);
        auto* column = new QVBoxLayout(cell.card);
        column->setContentsMargins(10, 3, 6, 7);
        column->setSpacing(0);
        column->addWidget(cell.title);
        column->addWidget(cell.detail);
        row->addWidget(cell.card, 1);
    }
    setPhases(m_phases);
}

void PhaseStrip::setPhases(const timeline::Phases& phases)
{
    m_phases = phases;
    for (std::size_t i = 0; i < m_cells.size(); ++i) {
        const Phase& phase = phases[i];
        m_cells[i].title->setText(phaseSign(phase.state) + u' ' + phaseTitle(phase.id));
        m_cells[i].detail->setText(phaseDetail(phase));
        m_cells[i].card->setAccessibleName(phaseTitle(phase.id));
        m_cells[i].card->setAccessibleDescription(phaseDetail(phase));
    }
    recolour();
}

void PhaseStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        recolour();
}

void PhaseStrip::recolour()
{
    const Colours colours = Colours::of(palette());
    const auto edge = [&colours](const Phase& phase) {
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
        return QColor();
    };
    for (std::size_t i = 0; i < m_cells.size(); ++i) {
        const Phase& phase = m_phases[i];
        const bool passed = phase.state != PhaseState::NotReached && phase.state != PhaseState::Skipped;
        m_cells[i].card->setEdgeColour(edge(phase));
        QPalette title = palette();
        title.setColor(QPalette::WindowText, passed ? colours.text : colours.faint);
        m_cells[i].title->setPalette(title);
        QPalette detail = palette();
        detail.setColor(QPalette::WindowText, colours.faint);
        m_cells[i].detail->setPalette(detail);
    }
}

} // namespace cutover::ui
