// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/timelinesvg.h"

#include "report/clean.h"
#include "report/textwidth.h"
#include "report/timelinestyle.h"

#include "layout/geometry.h"
#include "layout/labels.h"
#include "layout/ruler.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <QXmlStreamWriter>

#include <algorithm>
#include <cmath>
#include <functional>

namespace cutover::report {

using namespace Qt::StringLiterals;
using layout::allLanes;
using layout::ArrowBundle;
using layout::Interval;
using layout::LabelRequest;
using layout::Lane;
using layout::LaneId;
using layout::LaneMark;
using layout::Owner;
using layout::OwnershipSpan;
using layout::Scene;
using layout::TimelineGeometry;
using layout::Tone;
using timeline::durationText;

namespace {

constexpr double em = 17;
constexpr double gutter = 150;
constexpr int labelRows = 3;
constexpr std::size_t maxOwnershipRows = 40;
constexpr qsizetype maxName = 200;
/// Neighbouring arrows become one band; those that cross each other cannot.
constexpr std::size_t maxBundles = 2000;

QString number(double value)
{
    return QString::number(std::round(value * 10) / 10, 'g', 8);
}

TimelineGeometry::Space spaceOf(const Scene& scene, double width)
{
    TimelineGeometry::Space space{ .width = width, .height = 0, .em = em, .gutter = gutter };
    space.ownershipRows = static_cast<int>(std::min(scene.ownership.size(), maxOwnershipRows));
    space.height = std::ceil(TimelineGeometry::heightFor(space, labelRows));
    return space;
}

class Drawing
{
public:
    Drawing(QXmlStreamWriter& xml, const Scene& scene, const layout::EventIndex& index,
        const TimelinePicture& picture, const TimelineGeometry& geometry)
        : m_xml(xml)
        , m_scene(scene)
        , m_index(index)
        , m_range(picture.range.isEmpty() ? scene.extent : picture.range)
        , m_geometry(geometry)
    {
    }

    void draw()
    {
        rect({ 0, 0, m_geometry.width(), m_geometry.height() }, u"tl-background"_s);
        if (!m_range.isEmpty()) {
            drawPause();
            drawRuler();
            for (const Lane* lane : { &m_scene.source, &m_scene.destination, &m_scene.console })
                drawLane(*lane);
            drawStreams();
            drawArrows();
            drawOwnership();
            // What begins before the range ends here; not every program knows clipping.
            rect({ 0, 0, m_geometry.plot().left(), m_geometry.height() }, u"tl-background"_s);
        }
        drawTitles();
    }

private:
    double x(qint64 timeNs) const { return m_geometry.xOf(timeNs, m_range); }
    bool isInView(const Interval& part) const
    {
        return part.endNs >= m_range.startNs && part.startNs <= m_range.endNs;
    }

    void rect(const QRectF& place, const QString& style, const QString& tip = {})
    {
        m_xml.writeStartElement(u"rect"_s);
        m_xml.writeAttribute(u"x"_s, number(place.x()));
        m_xml.writeAttribute(u"y"_s, number(place.y()));
        m_xml.writeAttribute(u"width"_s, number(place.width()));
        m_xml.writeAttribute(u"height"_s, number(place.height()));
        if (!style.isEmpty())
            m_xml.writeAttribute(u"class"_s, style);
        writeTip(tip);
        m_xml.writeEndElement();
    }

    void writeTip(const QString& tip)
    {
        if (!tip.isEmpty())
            m_xml.writeTextElement(u"title"_s, clean(tip, maxName * 2));
    }

    void line(QPointF from, QPointF to, const QString& style)
    {
        m_xml.writeStartElement(u"line"_s);
        m_xml.writeAttribute(u"x1"_s, number(from.x()));
        m_xml.writeAttribute(u"y1"_s, number(from.y()));
        m_xml.writeAttribute(u"x2"_s, number(to.x()));
        m_xml.writeAttribute(u"y2"_s, number(to.y()));
        m_xml.writeAttribute(u"class"_s, style);
        m_xml.writeEndElement();
    }

    void polygon(std::initializer_list<QPointF> points, const QString& style, const QString& tip = {})
    {
        QString list;
        for (const QPointF& point : points)
            list += (list.isEmpty() ? u""_s : u" "_s) + number(point.x()) + u',' + number(point.y());
        m_xml.writeStartElement(u"polygon"_s);
        m_xml.writeAttribute(u"points"_s, list);
        m_xml.writeAttribute(u"class"_s, style);
        writeTip(tip);
        m_xml.writeEndElement();
    }

    /// In the middle of the height of \a place, at its left, or at its middle or right as \a anchor says.
    void text(const QRectF& place, const QString& words, const QString& style, const QString& anchor = {})
    {
        m_xml.writeStartElement(u"text"_s);
        m_xml.writeAttribute(u"x"_s,
            number(anchor == u"middle" ? place.center().x()
                    : anchor == u"end" ? place.right()
                                       : place.left()));
        m_xml.writeAttribute(u"y"_s, number(place.center().y() + (smallFont * 0.36)));
        // As a rule and not as an attribute, beside which QtSvg would forget the font.
        m_xml.writeAttribute(u"class"_s, anchor.isEmpty() ? style : style + u" tl-" + anchor);
        m_xml.writeCharacters(clean(words, maxName));
        m_xml.writeEndElement();
    }

    void drawTitles()
    {
        for (const LaneId lane : allLanes) {
            if (!m_geometry.isShown(lane))
                continue;
            rect({ 0, m_geometry.lane(lane).top(), m_geometry.width(), 1 }, u"tl-line"_s);
            text(m_geometry.title(lane).adjusted(em * 0.4, 0, 0, 0), layout::laneTitle(lane), u"tl-text"_s);
        }
        const std::size_t rows = std::min(m_scene.ownership.size(), maxOwnershipRows);
        for (std::size_t i = 0; i < rows; ++i) {
            const QRectF bar = m_geometry.ownershipBar(static_cast<int>(i));
            const double left = em * 0.9;
            const QString title = m_scene.ownership[i].title.left(maxName);
            text({ left, bar.top(), bar.left() - left, bar.height() },
                fittedText(title, smallFont, bar.left() - left - (em * 0.3)), u"tl-faint tl-small"_s);
        }
    }

    void drawRuler()
    {
        const QRectF ruler = m_geometry.ruler();
        const double height = em * 0.3;
        const double spacing = textWidth(u"+000.000 ms", smallFont) * 1.4;
        for (const auto& tick : layout::rulerTicks(m_range, ruler.width(), spacing, m_scene.originNs)) {
            const double at = std::floor(x(tick.timeNs));
            rect({ at, ruler.bottom() - height, 1, height }, u"tl-line"_s);
            const double width = textWidth(tick.label, smallFont);
            const QRectF place(at - (width / 2), ruler.top(), width, ruler.height() - height);
            if (place.left() >= ruler.left() && place.right() <= ruler.right())
                text(place, tick.label, u"tl-faint tl-small"_s, u"middle"_s);
        }
        rect({ ruler.left(), ruler.bottom(), ruler.width(), 1 }, u"tl-line"_s);
    }

    void drawPause()
    {
        const Interval pause = m_scene.pauseInterval();
        if (pause.isEmpty() || !isInView(pause))
            return;
        const QRectF band = m_geometry.band();
        const double bottom = m_geometry.height();
        QRectF shade = m_geometry.stretch(
            pause, m_range, { band.left(), band.top(), band.width(), bottom - band.top() });
        shade.setWidth(std::max(shade.width(), 1.0));
        rect(shade, u"tl-shade"_s);
        for (const qint64 edge : { pause.startNs, pause.endNs }) {
            if (m_range.contains(edge))
                line({ x(edge), band.top() }, { x(edge), bottom }, u"tl-edge"_s);
        }
        const auto& figure = m_scene.pause.pause;
        QString words = m_scene.pause.isKnown() ? i18n("pause %1", durationText(figure.valueNs))
                                                : i18n("paused for %1", durationText(pause.length()));
        if (m_scene.pause.isKnown() && figure.clockErrorNs > 0)
            words += u" ±"_s + durationText(figure.clockErrorNs);
        const double width = textWidth(words, smallFont) + em;
        double left = shade.center().x() - (width / 2);
        if (shade.width() < width)
            left = shade.right() + width <= band.right() ? shade.right() : shade.left() - width;
        text({ left, band.top(), width, band.height() }, words, u"tl-pause tl-bold"_s, u"middle"_s);
    }

    void drawLane(const Lane& lane)
    {
        const LaneId id = layout::laneOf(lane.side);
        if (!m_geometry.isShown(id))
            return;
        drawSpans(lane, m_geometry.bar(id));
        const QRectF strip = m_geometry.strip(id);
        for (const auto& run : m_index.runs(lane.side, m_range, m_geometry.plot().width())) {
            const double share = run.count == 1 ? 0.55 : run.count < 10 ? 0.7 : run.count < 100 ? 0.85 : 1.0;
            rect({ strip.left() + run.x, strip.top() + 2, 1, (strip.height() - 2) * share },
                u"tl-tick-" + sideId(lane.side));
        }
        drawMarks(lane, id);
    }

    void drawSpans(const Lane& lane, const QRectF& bar)
    {
        double covered = bar.left() - 1;
        for (const auto& span : lane.spans) {
            if (!isInView(span.time))
                continue;
            QRectF part = m_geometry.stretch(span.time, m_range, bar);
            const bool hidden = part.right() <= covered && span.tone != Tone::Fault;
            if (hidden || part.left() >= bar.right())
                continue;
            part.setWidth(std::max(part.width(), 1.0));
            covered = std::floor(part.right());
            const QString style = barClass(lane.side, span.tone);
            rect(part.width() > 3 ? part.adjusted(0, 0, -1, 0) : part, style,
                i18nc("what, how long: in words", "%1, %2: %3", span.text, durationText(span.time.length()),
                    span.sentence));
            const QString name = fittedText(span.text.left(maxName), smallFont, part.width() - (em * 0.8));
            if (!name.isEmpty())
                text(part.adjusted(em * 0.4, 0, 0, 0), name, u"tl-small "_s + style + u"-on");
        }
    }

    void drawMarks(const Lane& lane, LaneId id)
    {
        const QRectF plot = m_geometry.plot();
        std::vector<LabelRequest> requests;
        std::vector<const LaneMark*> marks;
        double last = -1;
        for (const LaneMark& mark : lane.marks) {
            const double at = std::floor(x(mark.timeNs)) - plot.left();
            if (!m_range.contains(mark.timeNs) || at <= last)
                continue;
            last = at;
            requests.push_back({ .x = at, .width = textWidth(mark.name.left(maxName), smallFont) + 2 });
            marks.push_back(&mark);
        }
        const auto places = layout::placeLabels(requests, m_geometry.labelRows(id), em * 0.5, plot.width());
        const double top = m_geometry.bar(id).bottom();
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const double bottom = places[i] ? m_geometry.label(id, places[i]->row, 0, 0).bottom() - 2
                                            : m_geometry.strip(id).bottom() + 2;
            rect({ requests[i].x + plot.left(), top, 1, bottom - top }, u"tl-text"_s,
                i18nc("name, when: in words", "%1, %2: %3", marks[i]->name,
                    durationText(marks[i]->timeNs - m_scene.originNs), marks[i]->sentence));
            if (places[i])
                text(m_geometry.label(id, places[i]->row, places[i]->left, requests[i].width),
                    marks[i]->name.left(maxName), u"tl-faint tl-small"_s);
        }
    }

    void drawStreams()
    {
        const QRectF bar = m_geometry.bar(LaneId::Channels);
        double covered = bar.left() - 1;
        for (const Interval& stream : m_scene.streams) {
            QRectF band = m_geometry.stretch(stream, m_range, bar);
            if (!isInView(stream) || band.right() <= covered)
                continue;
            band.setTop(bar.center().y());
            band.setWidth(std::max(band.width(), 1.0));
            covered = std::floor(band.right());
            rect(band, u"tl-stream"_s);
            const QString words
                = fittedText(i18n("main channel: device state"), smallFont, band.width() - em);
            if (!words.isEmpty())
                text(band.adjusted(em * 0.4, 0, 0, 0), words, u"tl-faint tl-small"_s);
        }
    }

    void drawHead(QPointF tip)
    {
        const double size = em * 0.3;
        polygon({ tip, tip + QPointF(-size * 0.6, -size), tip + QPointF(size * 0.6, -size) }, u"tl-head"_s);
    }

    void drawArrows()
    {
        const QRectF bar = m_geometry.bar(LaneId::Channels);
        std::vector<ArrowBundle> bundles = layout::bundleArrows(
            m_scene.arrows, m_range, m_geometry.plot().width(), layout::bundleSpacing(em));
        std::erase_if(bundles, [this](const ArrowBundle& bundle) { return !isInView(bundle.time()); });
        if (bundles.size() > maxBundles)
            bundles.resize(maxBundles);
        for (const ArrowBundle& bundle : bundles) {
            const layout::Arrow& first = m_scene.arrows[bundle.first];
            const QString style = first.inferred ? u"tl-arrow tl-dashed"_s : u"tl-arrow"_s;
            const double left = x(bundle.sentNs);
            const double leftEnd = x(bundle.receivedNs);
            if (!bundle.isSingle()) {
                const double right = std::max(x(bundle.lastSentNs), left + 3);
                const double rightEnd = std::max(x(bundle.lastReceivedNs), leftEnd + 3);
                polygon({ { left, bar.top() }, { right, bar.top() }, { rightEnd, bar.bottom() - 2 },
                            { leftEnd, bar.bottom() - 2 } },
                    u"tl-bundle"_s, bundleName(bundle));
                line({ right, bar.top() }, { rightEnd, bar.bottom() - 2 }, style);
                drawHead({ rightEnd, bar.bottom() });
            }
            line({ left, bar.top() }, { leftEnd, bar.bottom() - 2 }, style);
            drawHead({ leftEnd, bar.bottom() });
        }
        drawArrowNames(bar, bundles);
    }

    QString bundleName(const ArrowBundle& bundle) const
    {
        return bundle.isSingle() ? m_scene.arrows[bundle.first].label().left(maxName)
                                 : i18np("%1 descriptor", "%1 descriptors", static_cast<int>(bundle.count));
    }

    void drawArrowNames(const QRectF& bar, const std::vector<ArrowBundle>& bundles)
    {
        std::array<double, 2> used{ bar.left(), bar.left() };
        for (const ArrowBundle& bundle : bundles) {
            const QString name = bundleName(bundle);
            const double width = textWidth(name, smallFont) + 2;
            const double right = std::min(x(bundle.sentNs), x(bundle.receivedNs)) - (em * 0.4);
            const auto row = std::ranges::find_if(
                used, [&](double end) { return right - width >= end && right <= bar.right(); });
            if (row == used.end())
                continue;
            const double top = bar.top() + (static_cast<double>(row - used.begin()) * em * 1.05);
            text({ right - width, top, width, em }, name, u"tl-text tl-small"_s, u"end"_s);
            *row = right + (em * 0.4);
        }
    }

    void drawOwnership()
    {
        if (!m_geometry.isShown(LaneId::Ownership))
            return;
        const std::size_t rows = std::min(m_scene.ownership.size(), maxOwnershipRows);
        const QRectF title = m_geometry.title(LaneId::Ownership);
        QString basis = m_scene.ownership.front().reported
            ? i18n("as the VMMs report it")
            : i18n("not reported by these VMMs: follows from where the guest ran");
        if (rows < m_scene.ownership.size())
            basis += u"; "_s
                + i18n(
                    "the first %1 of %2", static_cast<int>(rows), static_cast<int>(m_scene.ownership.size()));
        text(QRectF(m_geometry.plot().left(), title.top(), m_geometry.plot().width() - 4, em * 1.15), basis,
            u"tl-faint tl-small"_s, u"end"_s);
        for (std::size_t i = 0; i < rows; ++i)
            drawOwners(m_scene.ownership[i], m_geometry.ownershipBar(static_cast<int>(i)));
    }

    void drawOwners(const layout::OwnershipRow& row, const QRectF& bar)
    {
        double covered = bar.left() - 1;
        for (const OwnershipSpan& span : row.spans) {
            if (!isInView(span.time))
                continue;
            QRectF part = m_geometry.stretch(span.time, m_range, bar);
            if (part.right() <= covered && span.owner != Owner::Both)
                continue;
            part.setWidth(std::max(part.width(), 1.0));
            covered = std::floor(part.right());
            const QString tip = row.title.left(maxName) + u", "_s + durationText(span.time.length()) + u": "_s
                + layout::ownerSentence(row, span);
            if (span.owner == Owner::Nobody) {
                rect(part.adjusted(0.5, 0.5, -0.5, -0.5), u"tl-nobody"_s, tip);
                continue;
            }
            const QString style = ownerClass(span.owner, span.inferred);
            rect(part.width() > 3 ? part.adjusted(0, 0, -1, 0) : part, style, tip);
            const QString words = fittedText(span.owner == Owner::Both ? i18nc("owner of a resource", "both")
                    : span.owner == Owner::Source ? i18nc("owner of a resource", "source")
                                                  : i18nc("owner of a resource", "destination"),
                smallFont, part.width() - (em * 0.8));
            if (!words.isEmpty())
                text(part.adjusted(em * 0.4, 0, 0, 0), words, u"tl-small "_s + style + u"-on");
        }
    }

    QXmlStreamWriter& m_xml;
    const Scene& m_scene;
    const layout::EventIndex& m_index;
    Interval m_range;
    const TimelineGeometry& m_geometry;
};

void write(QXmlStreamWriter& xml, const Scene& scene, const layout::EventIndex& index,
    const TimelinePicture& picture, const QString& style)
{
    const TimelineGeometry geometry(spaceOf(scene, std::max(picture.width, gutter * 2)));
    const QString width = number(geometry.width());
    const QString height = number(geometry.height());
    xml.writeStartElement(u"svg"_s);
    xml.writeAttribute(u"xmlns"_s, u"http://www.w3.org/2000/svg"_s);
    xml.writeAttribute(u"class"_s, u"timeline"_s);
    xml.writeAttribute(u"width"_s, width);
    xml.writeAttribute(u"height"_s, height);
    xml.writeAttribute(u"viewBox"_s, u"0 0 "_s + width + u' ' + height);
    xml.writeAttribute(u"role"_s, u"img"_s);
    xml.writeAttribute(u"aria-labelledby"_s, picture.prefix + u"-title " + picture.prefix + u"-description");
    for (const auto& [name, words] :
        { std::pair(u"title"_s, picture.title), std::pair(u"desc"_s, picture.description) }) {
        xml.writeStartElement(name);
        xml.writeAttribute(u"id"_s, picture.prefix + (name == u"desc" ? u"-description"_s : u"-title"_s));
        xml.writeCharacters(clean(words));
        xml.writeEndElement();
    }
    if (!style.isEmpty())
        xml.writeTextElement(u"style"_s, style);
    Drawing(xml, scene, index, picture, geometry).draw();
    xml.writeEndElement();
}

} // namespace

void writeTimeline(QXmlStreamWriter& xml, const Scene& scene, const layout::EventIndex& index,
    const TimelinePicture& picture)
{
    write(xml, scene, index, picture, {});
}

QByteArray timelineSvg(const Scene& scene, const layout::EventIndex& index, const TimelinePicture& picture)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    xml.writeStartDocument();
    write(xml, scene, index, picture, timelineStyle(picture.surroundings));
    xml.writeEndDocument();
    return out;
}

} // namespace cutover::report
