// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "help/guideview.h"

#include "preferences/applypreferences.h"

#include <KLocalizedString>

#include <QDesktopServices>
#include <QEvent>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextTable>

namespace cutover::ui {

using namespace Qt::StringLiterals;

GuideView::GuideView(const Guide& guide, QWidget* parent)
    : QTextBrowser(parent)
    , m_guide(guide)
{
    setAccessibleName(i18n("Page of the guide"));
    setOpenLinks(false);
    // Links are reached by Tab, text can be marked by keyboard.
    setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByKeyboard);
    connect(this, &QTextBrowser::anchorClicked, this, &GuideView::follow);
}

void GuideView::showPage(const QString& id, const QString& anchor)
{
    QUrl url;
    url.setScheme(u"guide"_s);
    url.setPath(u'/' % (m_guide.find(id) ? id : u"index"_s) % u".md");
    url.setFragment(anchor);
    setSource(url, QTextDocument::MarkdownResource);
}

QString GuideView::page() const
{
    return source().fileName().chopped(source().isEmpty() ? 0 : 3);
}

QVariant GuideView::loadResource(int type, const QUrl& name)
{
    const QString file = name.fileName();
    if (name.scheme() != u"guide" || type == QTextDocument::ImageResource)
        return QTextBrowser::loadResource(type, name);
    const GuidePage* page = m_guide.find(QStringView(file).chopped(file.endsWith(u".md") ? 3 : 0));
    return page ? page->text : QString();
}

void GuideView::follow(const QUrl& link)
{
    if (link.scheme() == u"action") {
        Q_EMIT actionRequested(link.path());
    } else if (link.scheme() == u"http" || link.scheme() == u"https") {
        QDesktopServices::openUrl(link);
    } else {
        const QUrl target = source().resolved(link);
        showPage(target.fileName().section(u'.', 0, 0), target.fragment());
    }
}

void GuideView::doSetSource(const QUrl& url, QTextDocument::ResourceType /*type*/)
{
    const bool other = url.fileName() != source().fileName();
    QTextBrowser::doSetSource(url, QTextDocument::MarkdownResource);
    style();
    mark(m_marked);
    goTo(url.fragment());
    if (other)
        Q_EMIT pageChanged(page());
}

void GuideView::changeEvent(QEvent* event)
{
    QTextBrowser::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        reload();
}

void GuideView::goTo(const QString& anchor)
{
    if (anchor.isEmpty())
        return;
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0 || guideAnchor(block.text()) != anchor)
            continue;
        // From the end, so that the heading comes to the top.
        moveCursor(QTextCursor::End);
        setTextCursor(QTextCursor(block));
        return;
    }
}

void GuideView::mark(const QStringList& words)
{
    m_marked = words;
    QList<QTextEdit::ExtraSelection> places;
    QTextCharFormat format;
    format.setBackground(palette().highlight());
    format.setForeground(palette().highlightedText());
    for (const QString& word : words) {
        for (QTextCursor found = document()->find(word); !found.isNull();
            found = document()->find(word, found))
            places.append({ found, format });
    }
    setExtraSelections(places);
}

/// The distances that a page to be read needs; Markdown itself says nothing of them.
void GuideView::style()
{
    const qreal line = QFontMetricsF(font()).height();
    document()->setDocumentMargin(line);
    for (QTextBlock block = document()->begin(); block.isValid(); block = block.next()) {
        QTextCursor cursor(block);
        QTextBlockFormat format = block.blockFormat();
        format.setLineHeight(125, QTextBlockFormat::ProportionalHeight);
        const bool code = format.hasProperty(QTextFormat::BlockCodeLanguage)
            || format.hasProperty(QTextFormat::BlockCodeFence) || format.nonBreakableLines();
        if (const int level = format.headingLevel(); level > 0) {
            format.setTopMargin(level == 1 ? 0 : line);
            format.setBottomMargin(line / 3);
        } else if (code) {
            format.setBackground(palette().alternateBase());
            format.setLeftMargin(line / 2);
        } else if (block.textList()) {
            format.setBottomMargin(line / 5);
        } else if (!cursor.currentTable()) {
            format.setBottomMargin(line / 2);
        }
        cursor.setBlockFormat(format);
        if (code) {
            QTextCharFormat fixed;
            fixed.setFontFamilies(fixedFont().families());
            cursor.select(QTextCursor::BlockUnderCursor);
            cursor.mergeCharFormat(fixed);
        }
    }
    for (QTextFrame* frame : document()->rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (!table)
            continue;
        QTextTableFormat format = table->format();
        format.setBorderCollapse(true);
        format.setBorder(1);
        format.setBorderBrush(palette().mid());
        format.setCellPadding(line / 4);
        format.setTopMargin(line / 3);
        format.setBottomMargin(line / 2);
        table->setFormat(format);
    }
    setTextCursor(QTextCursor(document()));
}

} // namespace cutover::ui
