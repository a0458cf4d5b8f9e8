// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "help/guide.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;

namespace {

/// A heading and what stands below it up to the next one.
struct Section
{
    QString heading;
    QString text;
};

QString headingOf(QStringView line)
{
    static const QRegularExpression pattern(u"^#{1,6}\\s+(.*?)\\s*#*$"_s);
    return pattern.matchView(line).captured(1);
}

/// What a reader sees of \a markdown, on one line.
QString plainText(QString markdown)
{
    static const QRegularExpression link(u"!?\\[([^\\]]*)\\]\\([^)]*\\)"_s);
    static const QRegularExpression marks(u"[*`|]|^#+ |^[-=]{3,}$"_s, QRegularExpression::MultilineOption);
    return markdown.replace(link, u"\\1"_s).remove(marks).simplified();
}

std::vector<Section> sectionsOf(const QString& markdown)
{
    std::vector<Section> sections{ {} };
    bool code = false;
    for (const QStringView line : QStringView(markdown).split(u'\n')) {
        code ^= line.startsWith(u"```");
        const QString heading = code ? QString() : headingOf(line);
        if (heading.isEmpty())
            sections.back().text += line % u'\n';
        else
            sections.push_back({ plainText(heading), {} });
    }
    return sections;
}

/// About \a length letters of \a text around \a position.
QString excerptAt(const QString& text, qsizetype position, qsizetype length)
{
    qsizetype start = std::max<qsizetype>(0, position - (length / 3));
    if (start > 0)
        start = text.indexOf(u' ', start) + 1;
    const QString part = text.mid(start, length);
    return (start > 0 ? u"…"_s : QString()) + part + (start + length < text.size() ? u"…"_s : QString());
}

bool hasAll(const QString& text, const QStringList& words)
{
    return std::ranges::all_of(
        words, [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

} // namespace

QStringList guideLinks(const QString& markdown)
{
    static const QRegularExpression pattern(u"\\]\\(([^)\\s]+)[^)]*\\)"_s);
    QStringList targets;
    for (const QRegularExpressionMatch& match : pattern.globalMatch(markdown))
        targets.append(match.captured(1));
    return targets;
}

QStringList guideHeadings(const QString& markdown)
{
    QStringList headings;
    for (const Section& section : sectionsOf(markdown)) {
        if (!section.heading.isEmpty())
            headings.append(section.heading);
    }
    return headings;
}

QString guideAnchor(const QString& heading)
{
    static const QRegularExpression gaps(u"[^\\p{L}\\p{N}]+"_s);
    QString anchor = heading.toLower().replace(gaps, u"-"_s);
    while (anchor.startsWith(u'-'))
        anchor.remove(0, 1);
    while (anchor.endsWith(u'-'))
        anchor.chop(1);
    return anchor;
}

Guide Guide::load(const QString& folder)
{
    Guide guide;
    QStringList order{ u"index"_s };
    const QDir dir(folder);
    for (const QString& name : dir.entryList({ u"*.md"_s }, QDir::Files)) {
        QFile file(dir.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        GuidePage page{ .id = name.chopped(3), .title = {}, .text = QString::fromUtf8(file.readAll()) };
        page.title = guideHeadings(page.text).value(0, page.id);
        if (page.id == u"index") {
            for (const QString& target : guideLinks(page.text))
                order.append(target.section(u'#', 0, 0).chopped(target.contains(u".md") ? 3 : 0));
        }
        guide.m_pages.push_back(std::move(page));
    }
    const auto rank = [&order](const GuidePage& page) {
        const qsizetype place = order.indexOf(page.id);
        return std::pair(place < 0 ? order.size() : place, page.title);
    };
    std::ranges::sort(guide.m_pages, {}, rank);
    return guide;
}

const GuidePage* Guide::find(QStringView id) const
{
    const auto found = std::ranges::find(m_pages, id, &GuidePage::id);
    return found == m_pages.end() ? nullptr : &*found;
}

QList<GuideHit> Guide::search(const QString& words) const
{
    constexpr qsizetype excerptLength = 120;
    const QStringList all = words.split(u' ', Qt::SkipEmptyParts);
    QList<GuideHit> titles;
    QList<GuideHit> hits;
    if (all.isEmpty())
        return hits;
    for (const GuidePage& page : m_pages) {
        const bool inTitle = hasAll(page.title, all);
        for (const Section& section : sectionsOf(page.text)) {
            const QString text = plainText(section.text);
            const bool isTitle = section.heading == page.title;
            if (!hasAll(section.heading % u' ' % text, all))
                continue;
            const qsizetype position
                = std::max<qsizetype>(0, text.indexOf(all.first(), 0, Qt::CaseInsensitive));
            (inTitle && isTitle ? titles : hits)
                .append({ page.id, isTitle ? QString() : section.heading,
                    excerptAt(text, position, excerptLength) });
        }
    }
    return titles + hits;
}

} // namespace cutover::ui
