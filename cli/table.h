// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"

#include <QStringList>

#include <vector>

namespace cutover::cli {

struct Cell
{
    QString text;
    Tone tone = Tone::Plain;
};

/// Columns for a terminal: each as wide as its widest cell, the last one broken into lines where it does not
/// fit.
class Table
{
public:
    explicit Table(const QStringList& headers);
    void alignRight(std::size_t column) { m_right.at(column) = true; }
    void add(std::vector<Cell> row);
    /// A line below the last row, indented to its second column.
    void addNote(const Cell& note);
    bool isEmpty() const { return m_rows.empty(); }
    void print(Console& console, int indent = 2) const;

private:
    struct Row
    {
        std::vector<Cell> cells;
        std::vector<Cell> notes;
    };
    QStringList m_headers;
    std::vector<bool> m_right;
    std::vector<Row> m_rows;
};

} // namespace cutover::cli
