// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinehit.h"
#include "timelinepainter.h"

#include <KLocalizedString>

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>
#include <cmath>

namespace cutover::ui {

void TimelinePainter::paintChannels()
{
    if (!m_geometry.isShown(LaneId::Channels))
        return;
    const QRectF bar = m_geometry.bar(LaneId::Channels);
    paintStreams(bar);
    paintArrows(bar);
}

void TimelinePainter::paintStreams(const QRectF& bar)
{
    m_painter.setFont(m_fonts.small());
    for (const Interval& stream : m_scene.streams) {
        if (!isInView(stream))
            continue;
        QRectF band = m_geometry.stretch(stream, m_state.range, bar);
        band.setTop(bar.center().y());
        band.setWidth(std::max(band.width(), 1.0));
        m_painter.fillRect(band, m_colours.tint(m_colours.channel, 0.18));
        const QString text
            = m_fonts.fitted(i18n("main channel: device state"), band.width() - m_geometry.em());
        if (text.isEmpty())
            continue;
        m_painter.setPen(m_colours.faint);
        m_painter.drawText(
            band.adjusted(m_geometry.em() * 0.4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

static void addHead(QPainterPath& path, QPointF tip, double size)
{
    path.addPolygon(QPolygonF({ tip, tip + QPointF(-size * 0.6, -size), tip + QPointF(size * 0.6, -size) }));
}

void TimelinePainter::paintArrows(const QRectF& bar)
{
    const double em = m_geometry.em();
    const QRectF plot = m_geometry.plot();
    std::vector<ArrowBundle> bundles
        = bundleArrows(m_scene.arrows, m_state.range, plot.width(), bundleSpacing(em));
    std::erase_if(bundles, [this](const ArrowBundle& bundle) { return !isInView(bundle.time()); });

    QPainterPath bands;
    bands.setFillRule(Qt::WindingFill);
    QPainterPath heads;
    heads.setFillRule(Qt::WindingFill);
    m_painter.setRenderHint(QPainter::Antialiasing);
    for (const ArrowBundle& bundle : bundles) {
        const Arrow& first = m_scene.arrows[bundle.first];
        const double left = x(bundle.sentNs);
        const double leftEnd = x(bundle.receivedNs);
        QPen pen(m_colours.channel, 1.2);
        if (first.inferred)
            pen.setStyle(Qt::DashLine);
        m_painter.setPen(pen);
        m_painter.drawLine(QPointF(left, bar.top()), QPointF(leftEnd, bar.bottom() - 2));
        addHead(heads, { leftEnd, bar.bottom() }, em * 0.3);
        if (!bundle.isSingle()) {
            const double right = std::max(x(bundle.lastSentNs), left + 3);
            const double rightEnd = std::max(x(bundle.lastReceivedNs), leftEnd + 3);
            bands.addPolygon(QPolygonF({ { left, bar.top() }, { right, bar.top() },
                { rightEnd, bar.bottom() - 2 }, { leftEnd, bar.bottom() - 2 } }));
            m_painter.drawLine(QPointF(right, bar.top()), QPointF(rightEnd, bar.bottom() - 2));
            addHead(heads, { rightEnd, bar.bottom() }, em * 0.3);
        }
    }
    m_painter.fillPath(bands, m_colours.tint(m_colours.channel, 0.35));
    m_painter.fillPath(heads, m_colours.channel);
    m_painter.setRenderHint(QPainter::Antialiasing, false);
    if (m_geometry.isFolded(LaneId::Channels))
        return;
    paintArrowNames(bar, bundles);
}

void TimelinePainter::paintArrowNames(const QRectF& bar, std::span<const ArrowBundle> bundles)
{
    // Arrows lean to the right as time goes on: left of where one begins nothing of it is in the way.
    const double em = m_geometry.em();
    std::array<double, 2> used{ bar.left(), bar.left() };
    m_painter.setFont(m_fonts.small());
    m_painter.setPen(m_colours.text);
    for (const ArrowBundle& bundle : bundles) {
        const QString text = bundle.isSingle()
            ? m_scene.arrows[bundle.first].label()
            : i18np("%1 descriptor", "%1 descriptors", static_cast<int>(bundle.count));
        const double width = m_fonts.widthOf(text) + 2;
        const double right = std::min(x(bundle.sentNs), x(bundle.receivedNs)) - (em * 0.4);
        for (std::size_t row = 0; row < used.size(); ++row) {
            if (right - width < used[row] || right > bar.right())
                continue;
            m_painter.drawText(
                QRectF(right - width, bar.top() + (static_cast<double>(row) * em * 1.05), width, em),
                Qt::AlignLeft | Qt::AlignVCenter, text);
            used[row] = right + (em * 0.4);
            break;
        }
    }
}

void TimelinePainter::paintOwnership()
{
    if (!m_geometry.isShown(LaneId::Ownership))
        return;
    m_painter.setFont(m_fonts.small());
    for (std::size_t i = 0; i < m_scene.ownership.size(); ++i) {
        const QRectF bar = m_geometry.ownershipBar(static_cast<int>(i));
        for (const OwnershipSpan& span : m_scene.ownership[i].spans) {
            if (isInView(span.time))
                paintOwner(span, m_geometry.stretch(span.time, m_state.range, bar));
        }
    }
    if (m_geometry.isFolded(LaneId::Ownership))
        return;
    const double em = m_geometry.em();
    m_painter.setPen(m_colours.faint);
    const QRectF title = m_geometry.title(LaneId::Ownership);
    const QString basis = m_scene.ownership.front().reported
        ? i18n("as the VMMs report it")
        : i18n("not reported by these VMMs: follows from where the guest ran");
    m_painter.drawText(QRectF(m_geometry.plot().left(), title.top(), m_geometry.plot().width(), em * 1.15),
        Qt::AlignRight | Qt::AlignVCenter, basis + u' ');
    m_painter.save();
    m_painter.setClipRect(m_geometry.lanes());
    for (std::size_t i = 0; i < m_scene.ownership.size(); ++i) {
        const QRectF bar = m_geometry.ownershipBar(static_cast<int>(i));
        const double left = em * 1.6;
        const double room = bar.left() - left - (em * 0.3);
        m_painter.drawText(QRectF(left, bar.top(), room, bar.height()), Qt::AlignLeft | Qt::AlignVCenter,
            m_fonts.fitted(m_scene.ownership[i].title, room));
    }
    m_painter.restore();
}

void TimelinePainter::paintOwner(const OwnershipSpan& span, const QRectF& part)
{
    if (span.owner == Owner::Nobody) {
        m_painter.setPen(QPen(m_colours.faint, 1, Qt::DotLine));
        m_painter.drawRect(part.adjusted(0, 0, -1, -1));
        return;
    }
    const QColor colour = span.owner == Owner::Both ? m_colours.negative
        : span.owner == Owner::Source               ? m_colours.source
                                                    : m_colours.destination;
    // What nobody reported is hatched: it is a conclusion, not an observation.
    const QColor fill = m_colours.tint(colour, span.inferred ? 0.3 : 0.85);
    m_painter.fillRect(part, fill);
    if (span.inferred)
        m_painter.fillRect(part, QBrush(m_colours.tint(colour, 0.5), Qt::BDiagPattern));
    if (part.height() < m_geometry.em() * 0.8)
        return;
    const QString text = m_fonts.fitted(span.owner == Owner::Both ? i18nc("owner of a resource", "both")
            : span.owner == Owner::Source                         ? i18nc("owner of a resource", "source")
                                          : i18nc("owner of a resource", "destination"),
        part.width() - (m_geometry.em() * 0.8));
    m_painter.setPen(m_colours.textOn(fill));
    m_painter.drawText(part.adjusted(m_geometry.em() * 0.4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
}

} // namespace cutover::ui
