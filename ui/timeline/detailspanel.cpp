// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "detailspanel.h"

#include "details.h"
#include "timelinepanel.h"

#include <KLocalizedString>

#include <QKeyEvent>
#include <QTextBrowser>
#include <QTextCursor>
#include <QUrl>
#include <QVBoxLayout>

namespace cutover::ui {

DetailsPanel::DetailsPanel(TimelinePanel* timeline, QWidget* parent)
    : QWidget(parent)
    , m_timeline(timeline)
    , m_text(new QTextBrowser(this))
{
    m_text->setObjectName(QStringLiteral("detailsText"));
    m_text->setAccessibleName(i18n("Details of the selection"));
    m_text->setOpenLinks(false);
    m_text->setFrameShape(QFrame::NoFrame);
    // Not from link to link with Tab: that would keep the focus here. Return follows the link at the cursor.
    m_text->setTextInteractionFlags(
        Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard | Qt::LinksAccessibleByMouse);
    m_text->installEventFilter(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_text);
    connect(m_text, &QTextBrowser::anchorClicked, this, &DetailsPanel::follow);
    connect(timeline->view(), &TimelineView::selectionChanged, this, &DetailsPanel::show);
    connect(timeline, &TimelinePanel::sceneChanged, this, &DetailsPanel::show);
    connect(&timeline->zoom(), &ZoomControl::markersChanged, this, &DetailsPanel::show);
    show();
}

void DetailsPanel::focusInEvent(QFocusEvent* event)
{
    m_text->setFocus(event->reason());
}

bool DetailsPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Return) {
        const QString link = m_text->textCursor().charFormat().anchorHref();
        if (!link.isEmpty()) {
            follow(QUrl(link));
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void DetailsPanel::follow(const QUrl& link)
{
    bool ok = false;
    const qulonglong event = link.path().toULongLong(&ok);
    if (ok)
        Q_EMIT eventRequested(event);
}

void DetailsPanel::show()
{
    const Details details = detailsOf(m_timeline->model(), m_timeline->view()->selection(),
        m_timeline->zoom().marker(ZoomControl::Marker::A));
    QString text = details.isEmpty() ? QStringLiteral("<p>")
            + i18n("Select something in the timeline or in a table: everything that is known of it appears "
                   "here.")
                  .toHtmlEscaped()
            + QStringLiteral("</p>")
                                     : html(details);
    // What is being read must not scroll back because something else has happened.
    if (text == m_shown)
        return;
    m_shown = std::move(text);
    m_text->setHtml(m_shown);
}

QString DetailsPanel::html(const Details& details) const
{
    QString text = QStringLiteral("<p><b>") + details.title.toHtmlEscaped() + QStringLiteral("</b>");
    if (!details.sentence.isEmpty())
        text += QStringLiteral("<br/>") + details.sentence.toHtmlEscaped();
    text += QStringLiteral("</p><table cellspacing=\"2\">");
    for (const DetailRow& row : details.rows) {
        QString value = row.value.toHtmlEscaped();
        if (row.value.contains(u'\n'))
            value = QStringLiteral("<pre>") + value + QStringLiteral("</pre>");
        if (row.event)
            value = QStringLiteral("<a href=\"event:%1\">").arg(*row.event) + value + QStringLiteral("</a>");
        text += QStringLiteral("<tr><td style=\"padding-right:8px\">") + row.label.toHtmlEscaped()
            + QStringLiteral("</td><td>") + value + QStringLiteral("</td></tr>");
    }
    return text + QStringLiteral("</table>");
}

} // namespace cutover::ui
