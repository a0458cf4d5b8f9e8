// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/page.h"

#include "report/clean.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::report {

using namespace Qt::StringLiterals;

Page::Page(QByteArray* out)
    : m_xml(out)
{
}

void Page::open(const QString& tag, Attributes attributes)
{
    m_xml.writeStartElement(tag);
    for (const auto& [name, value] : attributes)
        m_xml.writeAttribute(name, value);
    // Else an element without content became <div/>, which HTML takes for its beginning.
    m_xml.writeCharacters(u""_s);
}

void Page::close()
{
    m_xml.writeEndElement();
}

void Page::element(const QString& tag, const QString& text, Attributes attributes)
{
    open(tag, attributes);
    m_xml.writeCharacters(clean(text));
    close();
}

void Page::single(const QString& tag, Attributes attributes)
{
    m_xml.writeEmptyElement(tag);
    for (const auto& [name, value] : attributes)
        m_xml.writeAttribute(name, value);
}

void Page::raw(const QString& tag, const QString& text, Attributes attributes)
{
    // These would be written as entities, which a style and a script do not know.
    Q_ASSERT(std::ranges::none_of(text, [](QChar c) { return QStringView(u"<>&\"").contains(c); }));
    open(tag, attributes);
    m_xml.writeCharacters(text);
    close();
}

void Page::section(const QString& id, const QString& title)
{
    element(u"h2"_s, title, { { u"id"_s, id } });
}

void Page::paragraph(const QString& text, const QString& style)
{
    if (style.isEmpty())
        element(u"p"_s, text);
    else
        element(u"p"_s, text, { { u"class"_s, style } });
}

void Page::openDetails(const QString& summary)
{
    open(u"details"_s);
    element(u"summary"_s, summary);
}

void Page::list(const QStringList& items)
{
    const auto count = std::min<qsizetype>(items.size(), static_cast<qsizetype>(maxRows));
    open(u"ul"_s);
    for (qsizetype i = 0; i < count; ++i)
        element(u"li"_s, items[i]);
    close();
    if (count < items.size())
        paragraph(i18np("%1 more is left out here; it is in the recording.",
                      "%1 more are left out here; they are in the recording.",
                      static_cast<int>(items.size() - count)),
            u"rest"_s);
}

/// The first has the headings of the rows, and stays.
static std::vector<bool> filledColumns(const Table& table)
{
    std::vector<bool> filled(static_cast<std::size_t>(table.columns.size()), false);
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < std::min(row.size(), filled.size()); ++i)
            filled[i] = filled[i] || i == 0 || !row[i].text.isEmpty() || row[i].bar >= 0;
    }
    return filled;
}

void Page::heading(const Table& table, const std::vector<bool>& shown)
{
    const auto& first = table.rows.front();
    open(u"thead"_s);
    open(u"tr"_s);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const QString& title = table.columns[static_cast<qsizetype>(i)];
        if (!shown[i])
            continue;
        if (i < first.size() && first[i].style.contains(u"number"_s))
            element(u"th"_s, title, { { u"scope"_s, u"col"_s }, { u"class"_s, u"number"_s } });
        else
            element(u"th"_s, title, { { u"scope"_s, u"col"_s } });
    }
    close();
    close();
}

void Page::table(const Table& table)
{
    if (table.rows.empty())
        return;
    const std::vector<bool> shown = filledColumns(table);
    open(u"div"_s,
        { { u"class"_s, u"wide"_s }, { u"role"_s, u"region"_s }, { u"tabindex"_s, u"0"_s },
            { u"aria-label"_s, clean(table.caption) } });
    open(u"table"_s);
    element(u"caption"_s, table.caption);
    heading(table, shown);
    open(u"tbody"_s);
    const std::size_t count = std::min(table.rows.size(), maxRows);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& row = table.rows[i];
        open(u"tr"_s);
        for (std::size_t column = 0; column < std::min(row.size(), shown.size()); ++column) {
            if (shown[column])
                cell(row[column], column == 0);
        }
        close();
    }
    close();
    close();
    close();
    if (count < table.rows.size())
        paragraph(i18np("%1 more row is left out here; it is in the recording.",
                      "%1 more rows are left out here; they are in the recording.",
                      static_cast<int>(table.rows.size() - count)),
            u"rest"_s);
}

void Page::cell(const Cell& cell, bool isHeading)
{
    m_xml.writeStartElement(isHeading ? u"th"_s : u"td"_s);
    if (isHeading)
        m_xml.writeAttribute(u"scope"_s, u"row"_s);
    if (!cell.style.isEmpty())
        m_xml.writeAttribute(u"class"_s, cell.style);
    m_xml.writeCharacters(clean(cell.text));
    if (cell.bar >= 0) {
        const QString share = QString::number(std::clamp(cell.bar, 0.0, 1.0) * 100, 'f', 1);
        open(u"span"_s,
            { { u"class"_s, u"bar"_s }, { u"aria-hidden"_s, u"true"_s },
                { u"style"_s, u"width:" + share + u"%" } });
        close();
    }
    m_xml.writeEndElement();
}

} // namespace cutover::report
