// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelineview.h"

#include "format.h"
#include "models/eventmodel.h"
#include "timelineaccessible.h"

#include <KLocalizedString>

#include <QAccessible>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <cmath>

namespace cutover::ui {

TimelineView::TimelineView(const TimelineModel* model, ZoomControl* zoom, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_model(model)
    , m_zoom(zoom)
    , m_fonts(font())
{
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setObjectName(QStringLiteral("timelineView"));
    setAccessibleName(i18n("Timeline"));
    verticalScrollBar()->setAccessibleName(i18n("Lanes of the timeline"));
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    viewport()->grabGesture(Qt::PinchGesture);
    installTimelineAccessibility();
    const auto repaint = [this] { viewport()->update(); };
    connect(zoom, &ZoomControl::rangeChanged, this, repaint);
    connect(zoom, &ZoomControl::selectionChanged, this, repaint);
    connect(zoom, &ZoomControl::markersChanged, this, repaint);
    connect(zoom, &ZoomControl::playPositionChanged, this, repaint);
    connect(model, &TimelineModel::changed, this, &TimelineView::takeScene);
    connect(model, &TimelineModel::cleared, this, [this] { select({}); });
    takeScene();
}

void TimelineView::takeScene()
{
    m_zoom->setTrace(m_model->index().extent());
    QString text = i18n("The events of both sides over time. The table of events holds the same.");
    if (m_model->scene().pause.isKnown())
        text = i18n("The guest was paused for %1.", durationText(m_model->scene().pause.pause.valueNs)) + u' '
            + text;
    if (accessibleDescription() != text)
        setAccessibleDescription(text);
    updateScrollBar();
    viewport()->update();
}

TimelineGeometry::Space TimelineView::spaceNow() const
{
    const QFontMetricsF metrics(font());
    double widest = 0;
    for (const LaneId lane : allLanes)
        widest = std::max(widest, metrics.horizontalAdvance(laneTitle(lane)));
    const double em = metrics.height();
    TimelineGeometry::Space space{ .width = static_cast<double>(viewport()->width()),
        .height = static_cast<double>(viewport()->height()),
        .em = em,
        .gutter = std::ceil(widest + (1.8 * em)),
        .scroll = static_cast<double>(verticalScrollBar()->value()),
        .looks = m_looks,
        .ownershipRows = static_cast<int>(m_model->scene().ownership.size()) };
    return space;
}

TimelineGeometry TimelineView::geometryNow() const
{
    return TimelineGeometry(spaceNow());
}

void TimelineView::updateScrollBar()
{
    const TimelineGeometry geometry = geometryNow();
    verticalScrollBar()->setRange(0, static_cast<int>(std::ceil(geometry.scrollRange())));
    verticalScrollBar()->setPageStep(static_cast<int>(geometry.lanes().height()));
    verticalScrollBar()->setSingleStep(static_cast<int>(geometry.em()));
}

QSize TimelineView::minimumSizeHint() const
{
    const double em = QFontMetricsF(font()).height();
    // Where a rescue needs the room the lanes are scrolled to.
    const double height = std::min(TimelineGeometry::minimumHeight(em), em * 5);
    return { static_cast<int>(em * 16), static_cast<int>(std::ceil(height)) };
}

QSize TimelineView::sizeHint() const
{
    TimelineGeometry::Space space = spaceNow();
    space.ownershipRows = std::max(space.ownershipRows, 2);
    return { static_cast<int>(space.em * 48),
        static_cast<int>(std::ceil(TimelineGeometry::heightFor(space, 2))) };
}

void TimelineView::setLaneLooks(const LaneLooks& looks)
{
    if (looks == m_looks)
        return;
    m_looks = looks;
    if (!geometryNow().isShown(m_currentLane))
        moveCurrentLane(1);
    updateScrollBar();
    viewport()->update();
    Q_EMIT laneLooksChanged();
}

void TimelineView::toggleFolded(LaneId lane)
{
    LaneLooks looks = m_looks;
    LaneLook& look = looks[static_cast<std::size_t>(lane)];
    look.folded = !look.folded;
    setLaneLooks(looks);
}

void TimelineView::moveCurrentLane(int direction)
{
    const TimelineGeometry geometry = geometryNow();
    const int count = static_cast<int>(allLanes.size());
    int at = static_cast<int>(m_currentLane);
    for (int i = 0; i < count; ++i) {
        at = (at + direction + count) % count;
        if (geometry.isShown(allLanes[static_cast<std::size_t>(at)]))
            break;
    }
    m_currentLane = allLanes[static_cast<std::size_t>(at)];
    const QRectF lane = geometry.lane(m_currentLane);
    const QRectF visible = geometry.lanes();
    if (lane.bottom() > visible.bottom())
        verticalScrollBar()->setValue(
            verticalScrollBar()->value() + static_cast<int>(std::ceil(lane.bottom() - visible.bottom())));
    if (lane.top() < visible.top())
        verticalScrollBar()->setValue(
            verticalScrollBar()->value() - static_cast<int>(std::ceil(visible.top() - lane.top())));
    viewport()->update();
    speak(this,
        m_looks[static_cast<std::size_t>(at)].folded
            ? i18nc("a lane of the timeline", "%1, folded", laneTitle(m_currentLane))
            : laneTitle(m_currentLane));
}

void TimelineView::select(TimelineHit hit)
{
    if (hit.lane)
        m_currentLane = *hit.lane;
    m_selection = std::move(hit);
    viewport()->update();
    Q_EMIT selectionChanged();
}

void TimelineView::selectEvent(std::optional<std::size_t> event)
{
    TimelineHit hit;
    if (event) {
        hit.kind = TimelineHit::Kind::Event;
        hit.event = event;
        if (const auto point = m_model->pointOf(*event)) {
            hit.lane = laneOf(point->side);
            m_zoom->reveal(point->timeNs);
        }
    }
    select(std::move(hit));
}

void TimelineView::stepEvent(int direction, StepBy by)
{
    const Interval& range = m_zoom->range();
    const auto events = m_model->record().whole();
    const auto current = m_selection.event ? m_model->pointOf(*m_selection.event) : std::nullopt;
    EventPoint from{
        .timeNs = direction > 0 ? range.startNs - 1 : range.endNs, .index = 0, .side = Side::Source
    };
    if (!m_selection.time.isEmpty())
        from.timeNs = direction > 0 ? m_selection.time.startNs - 1 : m_selection.time.endNs;
    if (current)
        from = *current;
    EventIndex::Filter fits;
    if (current && by == StepBy::Side) {
        fits = [&](const EventPoint& point) { return point.side == current->side; };
    } else if (current && by == StepBy::Kind) {
        const timeline::Event& same = events[current->index];
        fits = [&events, &same](const EventPoint& point) {
            const timeline::Event& event = events[point.index];
            return event.side == same.side && event.category == same.category && event.name == same.name;
        };
    }
    const auto point = m_model->index().step(from, direction, fits);
    if (!point)
        return;
    selectEvent(point->index);
    Q_EMIT eventSelected(point->index);
    announce();
}

QString TimelineView::spokenSelection() const
{
    QString text;
    if (m_selection.event && *m_selection.event < m_model->record().whole().size()) {
        const timeline::Event& event = m_model->record().whole()[*m_selection.event];
        text = event.name;
        if (event.timeNs > 0)
            text = i18nc("event, time", "%1 at %2", text,
                signedDurationText(event.timeNs - m_model->scene().originNs));
        if (!m_selection.sentence.isEmpty())
            text += QStringLiteral(". ") + m_selection.sentence;
    } else if (m_selection.kind != TimelineHit::Kind::Nothing) {
        text = i18nc("what, how long", "%1, %2", m_selection.title, durationText(m_selection.time.length()))
            + QStringLiteral(". ") + m_selection.sentence;
    }
    if (!text.isEmpty() && m_selection.lane)
        text = i18nc("lane, what is selected", "%1: %2", laneTitle(*m_selection.lane), text);
    return text;
}

void TimelineView::announce()
{
    speak(this, spokenSelection());
}

void TimelineView::zoomHere(double factor)
{
    const QRectF plot = geometryNow().plot();
    const QPointF mouse = viewport()->mapFromGlobal(QPointF(QCursor::pos()));
    const bool over = viewport()->underMouse() && plot.contains(mouse);
    m_zoom->zoomAt(timeAt(over ? mouse.x() : plot.center().x()), factor);
}

qint64 TimelineView::timeOfInterest() const
{
    if (m_selection.event) {
        if (const auto point = m_model->pointOf(*m_selection.event))
            return point->timeNs;
    }
    const QRectF plot = geometryNow().plot();
    const QPointF mouse = viewport()->mapFromGlobal(QPointF(QCursor::pos()));
    if (viewport()->underMouse() && plot.contains(mouse))
        return timeAt(mouse.x());
    return timeAt(plot.center().x());
}

QImage TimelineView::picture() const
{
    constexpr double narrowest = 1000;
    constexpr double tallest = 8000;
    constexpr double density = 2;
    TimelineGeometry::Space space = spaceNow();
    space.scroll = 0;
    space.width = std::max(space.width, narrowest);
    space.height = std::min(TimelineGeometry::heightFor(space, TimelineGeometry::maximumLabelRows), tallest);
    if (m_model->index().isEmpty())
        return {};
    QImage image((QSizeF(space.width, space.height) * density).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(density);
    QPainter painter(&image);
    const TimelineGeometry geometry(space);
    const Colours colours = Colours::of(palette());
    const TimelinePainter::State state{ .range = m_zoom->range(),
        .selection = m_zoom->selection(),
        .selected = std::nullopt,
        .selectedTime = {},
        .selectedLane = std::nullopt,
        .markerA = m_zoom->marker(ZoomControl::Marker::A),
        .markerB = m_zoom->marker(ZoomControl::Marker::B),
        .play = std::nullopt,
        .currentLane = std::nullopt };
    paint(painter, geometry, colours, state);
    return image;
}

void TimelineView::paint(QPainter& painter, const TimelineGeometry& geometry, const Colours& colours,
    const TimelinePainter::State& state) const
{
    TimelinePainter(painter,
        { .scene = m_model->scene(),
            .index = m_model->index(),
            .geometry = geometry,
            .colours = colours,
            .fonts = m_fonts },
        state)
        .paint();
}

void TimelineView::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(viewport());
    const Colours colours = Colours::of(palette());
    const TimelineGeometry geometry = geometryNow();
    const TimelinePainter::State state{ .range = m_zoom->range(),
        .selection = m_zoom->selection(),
        .selected = m_selection.event ? m_model->pointOf(*m_selection.event) : std::nullopt,
        .selectedTime = m_selection.time,
        .selectedLane = m_selection.lane,
        .markerA = m_zoom->marker(ZoomControl::Marker::A),
        .markerB = m_zoom->marker(ZoomControl::Marker::B),
        .play = m_zoom->playPosition(),
        .currentLane = hasFocus() ? std::optional(m_currentLane) : std::nullopt };
    paint(painter, geometry, colours, state);
    if (m_model->index().isEmpty()) {
        painter.setPen(colours.faint);
        painter.drawText(geometry.plot(), Qt::AlignCenter | Qt::TextWordWrap,
            i18n("Nothing is recorded yet. What both sides do will appear here on one clock."));
    }
    if (hasFocus()) {
        painter.setPen(colours.accent);
        painter.drawRect(viewport()->rect().adjusted(0, 0, -1, -1));
    }
}

bool TimelineView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        if (!showToolTip(help->pos(), help->globalPos())) {
            QToolTip::hideText();
            event->ignore();
        }
        return true;
    }
    if (gesture(event))
        return true;
    return QAbstractScrollArea::viewportEvent(event);
}

void TimelineView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        m_fonts = TimelineFonts(font());
        updateScrollBar();
        updateGeometry();
    }
}

void TimelineView::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void TimelineView::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void TimelineView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateScrollBar();
}

void TimelineView::scrollContentsBy(int /*dx*/, int /*dy*/)
{
    viewport()->update();
}

void TimelineView::contextMenuEvent(QContextMenuEvent* event)
{
    const bool byMouse = event->reason() == QContextMenuEvent::Mouse;
    Q_EMIT menuRequested(event->globalPos(), byMouse ? timeAt(event->pos().x()) : timeOfInterest());
}

bool TimelineView::showToolTip(const QPoint& local, const QPoint& global)
{
    const TimelineHit hit
        = hitTest(m_model->scene(), m_model->index(), geometryNow(), m_zoom->range(), local, hitReach);
    if (hit.kind == TimelineHit::Kind::Nothing)
        return false;
    const qint64 originNs = m_model->scene().originNs;
    QStringList lines;
    if (hit.event && *hit.event < m_model->record().whole().size()) {
        const timeline::Event& event = m_model->record().whole()[*hit.event];
        lines.append(hit.title.isEmpty() ? event.name : hit.title);
        if (hit.count > 1)
            lines.last()
                += u' ' + i18np("(and %1 more here)", "(and %1 more here)", static_cast<int>(hit.count - 1));
        if (hit.kind == TimelineHit::Kind::Event)
            lines.append(attributesText(event.attributes).left(200));
        lines.append(signedDurationText(event.timeNs - originNs));
    } else {
        lines.append(hit.title);
        lines.append(i18n("%1, starting at %2", durationText(hit.time.length()),
            signedDurationText(hit.time.startNs - originNs)));
    }
    if (!hit.sentence.isEmpty())
        lines.insert(1, hit.sentence);
    lines.removeAll(QString());
    // As rich text it is wrapped.
    QToolTip::showText(global,
        QStringLiteral("<qt>") + lines.join(u'\n').toHtmlEscaped().replace(u'\n', QStringLiteral("<br/>"))
            + QStringLiteral("</qt>"),
        this);
    return true;
}

} // namespace cutover::ui
