// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <QStringView>

#include <vector>

/// The user guide: Markdown pages that are compiled into the program. Pure text, no widgets.
namespace cutover::ui {

struct GuidePage
{
    QString id; ///< the file's name without ".md": "timeline"
    QString title; ///< of its first heading
    QString text; ///< Markdown
};

struct GuideHit
{
    QString page; ///< id
    QString heading; ///< the one above what was found; empty = the page's title
    QString excerpt; ///< plain text around the first word that was found
};

class Guide
{
public:
    /// All pages of \a folder: first "index", then those in the order in which the index links to them, then
    /// the rest by title.
    static Guide load(const QString& folder = QStringLiteral(":/guide"));

    const std::vector<GuidePage>& pages() const { return m_pages; }
    const GuidePage* find(QStringView id) const;
    /// The places that have every word of \a words, whatever the case; pages with all of them in the title
    /// come first. One hit for each section.
    QList<GuideHit> search(const QString& words) const;

private:
    std::vector<GuidePage> m_pages;
};

/// The targets of all links and images of \a markdown, in order, as they are written.
QStringList guideLinks(const QString& markdown);
/// The headings of \a markdown, in order, without marks.
QStringList guideHeadings(const QString& markdown);
/// What a link says after "#" to lead to \a heading: "The main button" is "the-main-button".
QString guideAnchor(const QString& heading);

} // namespace cutover::ui
