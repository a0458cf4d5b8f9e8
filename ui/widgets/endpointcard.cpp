// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/endpointcard.h"

#include "colours.h"
#include "format.h"

#include <KFormat>
#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QEvent>
#include <QLabel>
#include <QRegularExpression>
#include <QVBoxLayout>

namespace cutover::ui {

static const QString separator = QStringLiteral(" · ");

static QString stateText(Side side, const op::EndpointStatus& status, bool begun)
{
    if (status.gone)
        return i18n("ended");
    if (status.waitingForSource)
        return i18n("waiting for the source (expected)");
    if (status.runState.isEmpty() && status.migrationStatus.isEmpty()) {
        if (status.connected || status.pid > 0)
            return i18n("connected, not asked yet");
        if (side == Side::Destination)
            return begun ? i18n("not connected before Migrate") : i18n("none yet");
        return begun ? i18n("not connected") : i18n("none yet: connect to a running VMM");
    }
    QStringList parts;
    if (!status.runState.isEmpty())
        parts.append(i18n("run state %1", status.runState));
    if (!status.migrationStatus.isEmpty())
        parts.append(i18n("migration %1", status.migrationStatus));
    return parts.join(separator);
}

/// Without the distribution's own version, which is long: up to the first word after the number.
static QString shortVersion(const QString& version)
{
    static const QRegularExpression number(QStringLiteral("^.*?\\d+(\\.\\d+)*"));
    const QRegularExpressionMatch match = number.match(version);
    return match.hasMatch() ? match.captured() : version;
}

EndpointText endpointText(Side side, const op::EndpointStatus& status, bool begun, qint64 nowNs)
{
    QStringList title{ sideTitle(side) };
    if (!status.name.isEmpty())
        title.append(status.name);
    if (status.pid > 0)
        title.append(i18n("pid %1", QString::number(status.pid)));

    QStringList details;
    if (!status.version.isEmpty())
        details.append(i18n("version %1", shortVersion(status.version)));
    if (status.ramBytes > 0)
        details.append(i18n("%1 RAM", bytesText(status.ramBytes)));
    if (status.processStartNs > 0 && nowNs > status.processStartNs && !status.gone) {
        const auto milliseconds = static_cast<quint64>((nowNs - status.processStartNs) / 1'000'000);
        details.append(i18n("up %1", KFormat().formatSpelloutDuration(milliseconds)));
    }
    const bool isKnown = status.pid > 0 || !status.runState.isEmpty();
    if (isKnown && !status.connected && !status.gone && !status.waitingForSource)
        details.append(i18n("QMP not connected"));
    return { .title = title.join(separator),
        .state = stateText(side, status, begun),
        .details = details.join(separator) };
}

/// Wraps where the card is narrow: what a VMM does must always be read in full.
static QLabel* paragraph(QWidget* parent, const QString& name)
{
    auto* label = new QLabel(parent);
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setAccessibleName(name);
    return label;
}

static KSqueezedTextLabel* line(QWidget* parent, const QString& name)
{
    auto* label = new KSqueezedTextLabel(parent);
    label->setTextElideMode(Qt::ElideRight);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setAccessibleName(name);
    return label;
}

EndpointCard::EndpointCard(Side side, QWidget* parent)
    : Card(Edge::Left, parent)
    , m_side(side)
    , m_title(line(this, i18nc("source or destination", "%1: who it is", sideTitle(side))))
    , m_state(paragraph(this, i18nc("source or destination", "%1: its state", sideTitle(side))))
    , m_details(paragraph(this, i18nc("source or destination", "%1: details", sideTitle(side))))
{
    setAccessibleName(sideTitle(side));
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 6, 10, 6);
    layout->setSpacing(2);
    layout->addWidget(m_title);
    layout->addWidget(m_state);
    layout->addWidget(m_details);
    layout->addStretch(1);
    setStatus({}, false, 0);
}

void EndpointCard::setStatus(const op::EndpointStatus& status, bool begun, qint64 nowNs)
{
    const EndpointText text = endpointText(m_side, status, begun, nowNs);
    m_title->setText(text.title);
    m_state->setText(text.state);
    m_details->setText(text.details);
    setToolTip(QStringList{ status.version, status.qmpPath }.join(u'\n').trimmed());
    m_known = status.pid > 0 || status.connected || !status.runState.isEmpty();
    setAccessibleDescription(text.title + u'\n' + text.state + u'\n' + text.details);
    recolour();
}

void EndpointCard::changeEvent(QEvent* event)
{
    Card::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        recolour();
}

void EndpointCard::recolour()
{
    const Colours colours = Colours::of(palette());
    setEdgeColour(!m_known ? colours.line : m_side == Side::Source ? colours.source : colours.destination);
    QPalette faint = palette();
    faint.setColor(QPalette::WindowText, colours.faint);
    m_details->setPalette(faint);
}

} // namespace cutover::ui
