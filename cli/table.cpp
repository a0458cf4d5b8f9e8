// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/table.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cli {

static constexpr int gap = 2;
static constexpr int narrowestLastColumn = 24;

Table::Table(const QStringList& headers)
    : m_headers(headers)
    , m_right(static_cast<std::size_t>(headers.size()), false)
{
}

void Table::add(std::vector<Cell> row)
{
    row.resize(m_right.size());
    for (Cell& cell : row)
        cell.text = printable(cell.text);
    m_rows.push_back({ .cells = std::move(row), .notes = {} });
}

void Table::addNote(const Cell& note)
{
    if (!m_rows.empty())
        m_rows.back().notes.push_back({ .text = printable(note.text), .tone = note.tone });
}

void Table::print(Console& console, int indent) const
{
    const std::size_t count = m_right.size();
    std::vector<int> widths;
    for (const QString& header : m_headers)
        widths.push_back(columns(header));
    for (const Row& row : m_rows) {
        for (std::size_t i = 0; i + 1 < count; ++i)
            widths[i] = std::max(widths[i], columns(row.cells[i].text));
    }
    int left = indent;
    for (std::size_t i = 0; i + 1 < count; ++i)
        left += widths[i] + gap;
    const int lastWidth = std::max(narrowestLastColumn, console.width() - left);
    const QString margin(indent, u' ');

    const auto line = [&](const std::vector<Cell>& cells) {
        QString text = margin;
        for (std::size_t i = 0; i + 1 < count; ++i) {
            const QString padding(widths[i] - columns(cells[i].text), u' ');
            const QString painted = console.paint(cells[i].tone, cells[i].text);
            text += (m_right[i] ? padding + painted : painted + padding) + QString(gap, u' ');
        }
        const Cell& last = cells.back();
        bool first = true;
        for (const QString& part : wrapped(last.text, lastWidth)) {
            if (!first)
                text = QString(left, u' ');
            first = false;
            text += console.paint(last.tone, part);
            while (text.endsWith(u' '))
                text.chop(1);
            console.print(text);
        }
    };
    std::vector<Cell> headers;
    for (const QString& header : m_headers)
        headers.push_back({ .text = header, .tone = Tone::Faint });
    if (std::ranges::any_of(m_headers, [](const QString& header) { return !header.isEmpty(); }))
        line(headers);
    const int noteIndent = indent + widths.front() + gap;
    for (const Row& row : m_rows) {
        line(row.cells);
        for (const Cell& note : row.notes) {
            for (const QString& part : wrapped(note.text, console.width() - noteIndent))
                console.print(QString(noteIndent, u' ') + console.paint(note.tone, part));
        }
    }
}

} // namespace cutover::cli
