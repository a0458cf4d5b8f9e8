// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logdelegate.h"

#include "colours.h"
#include "format.h"
#include "log/logmodel.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPainter>

namespace cutover::ui {

static constexpr int cachedLines = 2000;
/// Of the column with the names, in characters; and what must be left for the text beside it.
static constexpr int nameWidth = 26;
static constexpr int leastTextWidth = 30;

/// What is left to be painted of one line, and with what.
struct LogDelegate::Line
{
    QPainter* painter;
    const QModelIndex& index;
    QFont font;
    QFontMetrics metrics;
    Colours colours;
    QRect rest;
    int advance;
    bool selected;
    QColor selectedText;

    QColor pen(const QColor& colour) const { return selected ? selectedText : colour; }
    void takeLeft(int characters) { rest.setLeft(rest.left() + (advance * characters)); }
};

LogDelegate::LogDelegate(Text text, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_text(text)
    , m_cache(cachedLines)
{
}

void LogDelegate::setCriteria(const LogCriteria& criteria)
{
    m_criteria = criteria;
    m_cache.clear();
}

LogDelegate::Formats LogDelegate::formatsOf(const QString& line, const Colours& colours) const
{
    if (colours.isDark() != m_dark) {
        m_dark = colours.isDark();
        m_highlighter.setDark(m_dark);
        m_cache.clear();
    }
    if (const Formats* known = m_cache.object(line))
        return *known;
    Formats formats = m_text == Text::Json ? m_highlighter.formats(line) : Formats();
    for (const LogCriteria::Match& match : m_criteria.matches(line)) {
        QTextCharFormat mark;
        mark.setBackground(colours.tint(colours.neutral, 0.35));
        mark.setForeground(colours.text);
        formats.append({ .start = static_cast<int>(match.start),
            .length = static_cast<int>(match.length),
            .format = mark });
    }
    m_cache.insert(line, new Formats(formats));
    return formats;
}

QSize LogDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& /*index*/) const
{
    const QFontMetrics metrics(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    return { option.rect.width(), metrics.height() + 3 };
}

void LogDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Colours colours = Colours::of(option.palette);
    QStyleOptionViewItem background = option;
    background.index = index;
    if (m_partner && index.data(LogModel::EventRole).toULongLong() == *m_partner)
        background.backgroundBrush = colours.tint(colours.accent, 0.22);
    // A window behind others has a paler highlight, which wants another text.
    const auto group = option.state.testFlag(QStyle::State_Active) ? QPalette::Normal : QPalette::Inactive;
    QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &background, painter, option.widget);

    const QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    const QFontMetrics metrics(font);
    const int advance = metrics.horizontalAdvance(u'0');
    Line line{ .painter = painter,
        .index = index,
        .font = font,
        .metrics = metrics,
        .colours = colours,
        .rest = option.rect.adjusted(advance / 2, 0, -advance, 0),
        .advance = advance,
        .selected = option.state.testFlag(QStyle::State_Selected),
        .selectedText = option.palette.color(group, QPalette::HighlightedText) };
    painter->save();
    painter->setFont(font);
    paintHead(line);
    if (line.rest.width() >= advance * leastTextWidth) {
        paintRemark(line);
        if (line.rest.width() > advance * (nameWidth + leastTextWidth))
            paintName(line);
        paintText(line);
    } else {
        painter->setPen(line.pen(colours.text));
        painter->drawText(line.rest, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(index.data(LogModel::NameRole).toString(), Qt::ElideRight, line.rest.width()));
    }
    painter->restore();
}

void LogDelegate::paintHead(Line& line) const
{
    const auto side = static_cast<Side>(line.index.data(LogModel::SideRole).toInt());
    const auto direction = static_cast<LogModel::Direction>(line.index.data(LogModel::DirectionRole).toInt());
    QString head = sideShort(side);
    if (direction != LogModel::Direction::None)
        head += direction == LogModel::Direction::ToVmm ? QStringLiteral(" ▸") : QStringLiteral(" ◂");
    line.painter->setPen(
        line.pen(side == Side::Destination ? line.colours.destination : line.colours.source));
    line.painter->drawText(line.rest, Qt::AlignLeft | Qt::AlignVCenter, head);
    qsizetype longest = 0;
    for (const Side each : { Side::Source, Side::Destination, Side::Console })
        longest = std::max(longest, sideShort(each).size());
    line.takeLeft(static_cast<int>(longest) + 3);
    line.painter->setPen(line.pen(line.colours.faint));
    line.painter->drawText(line.rest, Qt::AlignLeft | Qt::AlignVCenter,
        clockText(line.index.data(LogModel::TimeRole).toLongLong()));
    line.takeLeft(17);
}

void LogDelegate::paintRemark(Line& line) const
{
    const QString remark = line.index.data(LogModel::RemarkRole).toString();
    if (remark.isEmpty())
        return;
    const bool alarm = line.index.data(LogModel::AlarmRole).toBool();
    line.painter->setPen(line.pen(alarm ? line.colours.negative : line.colours.faint));
    line.painter->drawText(line.rest, Qt::AlignRight | Qt::AlignVCenter, remark);
    line.rest.setRight(line.rest.right() - line.metrics.horizontalAdvance(remark) - (2 * line.advance));
}

void LogDelegate::paintName(Line& line) const
{
    const bool alarm = line.index.data(LogModel::AlarmRole).toBool();
    line.painter->setPen(line.pen(alarm ? line.colours.negative : line.colours.text));
    line.painter->drawText(line.rest, Qt::AlignLeft | Qt::AlignVCenter,
        line.metrics.elidedText(
            line.index.data(LogModel::NameRole).toString(), Qt::ElideRight, line.advance * (nameWidth - 1)));
    line.takeLeft(nameWidth);
}

void LogDelegate::paintText(const Line& line) const
{
    // The font has one width, so that nothing needs to be measured.
    const qsizetype room = std::max(1, line.rest.width() / line.advance);
    QString text = line.index.data(LogModel::TextRole).toString();
    if (text.size() > room)
        text = text.first(room - 1) + u'…';
    text.replace(u'\n', u' ');
    QTextLayout layout(text, line.font);
    QTextOption oneLine;
    oneLine.setWrapMode(QTextOption::NoWrap);
    layout.setTextOption(oneLine);
    if (!line.selected)
        layout.setFormats(formatsOf(text, line.colours));
    layout.beginLayout();
    layout.createLine().setLineWidth(line.rest.width() + line.advance);
    layout.endLayout();
    line.painter->setPen(line.pen(line.colours.text));
    const double top = line.rest.top() + ((line.rest.height() - line.metrics.height()) / 2.0);
    layout.draw(line.painter, QPointF(line.rest.left(), top));
}

} // namespace cutover::ui
