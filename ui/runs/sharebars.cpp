// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/sharebars.h"

#include "breakdown/breakdownbar.h"
#include "colours.h"
#include "format.h"
#include "runs/setstyle.h"

#include <KLocalizedString>

#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cutover::ui {

using timeline::PauseRowKind;

static constexpr int shownBars = 12; ///< more sets are in the table only

static PauseRowKind kindOf(const QString& id)
{
    for (int kind = 0; kind < static_cast<int>(PauseRowKind::Unattributed); ++kind) {
        if (timeline::pauseRowKindId(PauseRowKind(kind)) == id)
            return PauseRowKind(kind);
    }
    return PauseRowKind::Unattributed;
}

static QString partText(const ShareBars::Part& part)
{
    return i18nc("side, part of the pause, duration", "%1, %2: %3", sideTitle(part.side),
        runs::partTitle(timeline::pauseRowKindId(part.kind)), durationText(std::llround(part.ns)));
}

double ShareBars::Bar::sumNs() const
{
    double sum = 0;
    for (const Part& part : parts)
        sum += part.ns;
    return sum;
}

ShareBars::ShareBars(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("runsShareBars"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(i18n("Pauses of the sets, divided"));
    setVisible(false);
}

void ShareBars::setResults(const runs::Results& results)
{
    m_bars.clear();
    QStringList sentences;
    for (std::size_t i = 0; i < std::min<std::size_t>(results.sets.size(), shownBars); ++i) {
        Bar bar{ .letter = setLetter(i), .name = results.sets[i].settings.name, .parts = {} };
        for (const runs::PartShare& share : runs::partShares(results.sets[i])) {
            if (share.medianNs > 0)
                bar.parts.push_back({ .kind = kindOf(share.kind), .side = share.side, .ns = share.medianNs });
        }
        if (bar.parts.empty())
            continue;
        // The same order in each, that in which a switchover comes to them.
        std::ranges::stable_sort(
            bar.parts, {}, [](const Part& part) { return std::pair(part.kind, part.side); });
        sentences.append(sentenceOf(bar));
        m_bars.push_back(std::move(bar));
    }
    setAccessibleDescription(sentences.join(QLatin1Char('\n')));
    setVisible(!m_bars.empty());
    updateGeometry();
    update();
}

QString ShareBars::sentenceOf(const Bar& bar) const
{
    QStringList parts;
    for (const Part& part : bar.parts)
        parts.append(partText(part));
    return i18nc("letter and name of a set, parts of its pause", "%1 %2: %3.", bar.letter, bar.name,
        parts.join(QStringLiteral("; ")));
}

double ShareBars::rowHeight() const
{
    return fontMetrics().height() * 1.5;
}

double ShareBars::letterWidth() const
{
    return fontMetrics().horizontalAdvance(QLatin1Char('M')) * 1.6;
}

double ShareBars::sumWidth() const
{
    int widest = 0;
    for (const Bar& bar : m_bars)
        widest = std::max(widest, fontMetrics().horizontalAdvance(durationText(std::llround(bar.sumNs()))));
    return widest + fontMetrics().height() * 0.5;
}

QSize ShareBars::sizeHint() const
{
    return { fontMetrics().height() * 14,
        static_cast<int>(std::ceil(static_cast<double>(m_bars.size()) * rowHeight())) };
}

QRectF ShareBars::partArea(std::size_t bar, std::size_t part) const
{
    double longest = 0;
    for (const Bar& each : m_bars)
        longest = std::max(longest, each.sumNs());
    if (bar >= m_bars.size() || part >= m_bars[bar].parts.size() || longest <= 0)
        return {};
    const double scale = std::max(width() - letterWidth() - sumWidth(), 1.0) / longest;
    double left = letterWidth();
    for (std::size_t i = 0; i < part; ++i)
        left += m_bars[bar].parts[i].ns * scale;
    return { left, (static_cast<double>(bar) * rowHeight()) + 2, m_bars[bar].parts[part].ns * scale,
        rowHeight() - 4 };
}

void ShareBars::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const Bar& bar = m_bars[i];
        const double top = static_cast<double>(i) * rowHeight();
        painter.setPen(colours.text);
        painter.drawText(QRectF(0, top, letterWidth(), rowHeight()), Qt::AlignVCenter, bar.letter);
        QRectF area;
        for (std::size_t part = 0; part < bar.parts.size(); ++part) {
            area = partArea(i, part);
            const QColor fill = pauseKindColour(bar.parts[part].kind, colours);
            painter.fillRect(area.width() > 3 ? area.adjusted(0, 0, -1, 0) : area, fill);
            const QString text = durationText(std::llround(bar.parts[part].ns));
            painter.setPen(colours.textOn(fill));
            if (fontMetrics().horizontalAdvance(text) + 8 < area.width())
                painter.drawText(area, Qt::AlignCenter, text);
        }
        painter.setPen(colours.faint);
        painter.drawText(QRectF(area.right() + (fontMetrics().height() * 0.4), top, sumWidth(), rowHeight()),
            Qt::AlignVCenter, durationText(std::llround(bar.sumNs())));
    }
}

bool ShareBars::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    for (std::size_t bar = 0; bar < m_bars.size(); ++bar) {
        for (std::size_t part = 0; part < m_bars[bar].parts.size(); ++part) {
            // The thinnest can be pointed at, too.
            if (!partArea(bar, part).adjusted(-1, 0, 1, 0).contains(help->pos()))
                continue;
            QToolTip::showText(help->globalPos(),
                i18nc("letter and name of a set, a part of its pause", "%1 %2\n%3, the median of its runs",
                    m_bars[bar].letter, m_bars[bar].name, partText(m_bars[bar].parts[part])),
                this);
            return true;
        }
    }
    QToolTip::hideText();
    return true;
}

} // namespace cutover::ui
