// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QString>
#include <QXmlStreamWriter>

#include <initializer_list>
#include <utility>
#include <vector>

namespace cutover::report {

/// A cell of a table; every text is taken as it came and cleaned here.
struct Cell
{
    QString text;
    QString style; ///< of the page's classes: "good", "warn", "bad", "code", "number"; several with blanks
    double bar = -1; ///< a bar of this share of the width beside the text, 0 to 1; below 0: none
};

struct Table
{
    QString caption;
    QStringList columns;
    std::vector<std::vector<Cell>> rows; ///< the first cell of each is its heading
};

/// Writes a document that is HTML5 and well-formed XML at once.
class Page
{
public:
    explicit Page(QByteArray* out);

    QXmlStreamWriter& xml() { return m_xml; }

    using Attributes = std::initializer_list<std::pair<QString, QString>>;
    void open(const QString& tag, Attributes attributes = {});
    void close();
    void element(const QString& tag, const QString& text, Attributes attributes = {});
    /// Of an element that has no end tag in HTML: meta, …
    void single(const QString& tag, Attributes attributes);
    /// The rules of a style, or a script: without "<", ">", "&" and double quotes.
    void raw(const QString& tag, const QString& text, Attributes attributes = {});

    void section(const QString& id, const QString& title);
    void paragraph(const QString& text, const QString& style = {});
    /// Folded away by the reader's own browser; open in print.
    void openDetails(const QString& summary);
    void list(const QStringList& items);
    /// Without the columns in which nothing stands. Of more rows than there is room for the rest is counted
    /// below it. Nothing for a table without rows.
    void table(const Table& table);

    static constexpr std::size_t maxRows = 400;

private:
    void heading(const Table& table, const std::vector<bool>& shown);
    void cell(const Cell& cell, bool isHeading);

    QXmlStreamWriter m_xml;
};

} // namespace cutover::report
