// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "help/guidewindow.h"

#include "help/guideview.h"
#include "widgets/messageparts.h"

#include <KConfigGroup>
#include <KLocalizedString>
#include <KMessageWidget>
#include <KSharedConfig>

#include <QCloseEvent>
#include <QHBoxLayout>
#include <QHash>
#include <QHeaderView>
#include <QLineEdit>
#include <QShortcut>
#include <QSplitter>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static constexpr int pageRole = Qt::UserRole;
static constexpr int anchorRole = Qt::UserRole + 1;

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(u"GuideWindow"_s);
}

QString guidePageFor(const QWidget* widget)
{
    static const QHash<QString, QString> pages{
        { u"startPanel"_s, u"sessions"_s },
        { u"fdsDock"_s, u"devices"_s },
        { u"devicesDock"_s, u"devices"_s },
        { u"breakdownDock"_s, u"pause"_s },
        { u"pulseDock"_s, u"pause"_s },
        { u"preflightDock"_s, u"preflight"_s },
        { u"detailsDock"_s, u"timeline"_s },
        { u"setupDock"_s, u"sessions"_s },
        { u"demoStrip"_s, u"demo"_s },
        { u"qmpDock"_s, u"qmp"_s },
        { u"traceDock"_s, u"qmp"_s },
        { u"runsDock"_s, u"runs"_s },
        { u"eventsDock"_s, u"timeline"_s },
        { u"timelinePanel"_s, u"timeline"_s },
        { u"replayBar"_s, u"recordings"_s },
        { u"rescuePanel"_s, u"rescue"_s },
    };
    for (; widget; widget = widget->parentWidget()) {
        if (const QString page = widget->property("guidePage").toString(); !page.isEmpty())
            return page;
        if (const auto found = pages.find(widget->objectName()); found != pages.end())
            return *found;
    }
    return u"index"_s;
}

GuideWindow::GuideWindow(QWidget* parent)
    : QWidget(parent, Qt::Window)
    , m_guide(Guide::load())
    , m_view(new GuideView(m_guide, this))
    , m_message(new KMessageWidget(this))
{
    nameMessageParts(m_message);
    setObjectName(u"guideWindow"_s);
    setWindowTitle(i18nc("@title:window", "User Guide"));
    m_message->setMessageType(KMessageWidget::Information);
    m_message->setWordWrap(true);
    m_message->hide();
    auto* splitter = new QSplitter(this);
    splitter->addWidget(makeContents());
    splitter->addWidget(m_view);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({ fontMetrics().averageCharWidth() * 34, fontMetrics().averageCharWidth() * 90 });
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(makeBar());
    layout->addWidget(splitter, 1);
    layout->addWidget(m_message);

    connect(m_view, &GuideView::pageChanged, this, &GuideWindow::selectPage);
    connect(m_view, &GuideView::actionRequested, this, &GuideWindow::actionRequested);
    connect(new QShortcut(QKeySequence::Find, this), &QShortcut::activated, this, [this] {
        m_search->setFocus(Qt::ShortcutFocusReason);
        m_search->selectAll();
    });
    connect(new QShortcut(QKeySequence(Qt::Key_Escape), this), &QShortcut::activated, this, &QWidget::close);
    fillContents();
    showPage(u"index"_s);
    if (!restoreGeometry(settings().readEntry("Geometry", QByteArray())))
        resize(fontMetrics().averageCharWidth() * 130, fontMetrics().height() * 40);
}

GuideWindow::~GuideWindow() = default;

QWidget* GuideWindow::makeBar()
{
    auto* bar = new QWidget(this);
    const auto button = [bar](const QString& icon, const QString& text, const QKeySequence& keys) {
        auto* made = new QToolButton(bar);
        made->setIcon(QIcon::fromTheme(icon));
        made->setAutoRaise(true);
        made->setAccessibleName(text);
        made->setToolTip(i18nc(
            "what a button does, its shortcut", "%1 (%2)", text, keys.toString(QKeySequence::NativeText)));
        made->setShortcut(keys);
        made->setFocusPolicy(Qt::StrongFocus);
        return made;
    };
    QToolButton* back = button(u"go-previous"_s, i18n("Back"), QKeySequence(Qt::ALT | Qt::Key_Left));
    QToolButton* forward = button(u"go-next"_s, i18n("Forward"), QKeySequence(Qt::ALT | Qt::Key_Right));
    QToolButton* home = button(u"go-home"_s, i18n("Contents"), QKeySequence(Qt::ALT | Qt::Key_Home));
    back->setEnabled(false);
    forward->setEnabled(false);
    connect(m_view, &QTextBrowser::backwardAvailable, back, &QWidget::setEnabled);
    connect(m_view, &QTextBrowser::forwardAvailable, forward, &QWidget::setEnabled);
    connect(back, &QToolButton::clicked, m_view, &QTextBrowser::backward);
    connect(forward, &QToolButton::clicked, m_view, &QTextBrowser::forward);
    connect(home, &QToolButton::clicked, this, [this] { showPage(u"index"_s); });

    m_search = new QLineEdit(bar);
    m_search->setPlaceholderText(
        i18n("Search the guide (%1)", QKeySequence(QKeySequence::Find).toString(QKeySequence::NativeText)));
    m_search->setAccessibleName(i18n("Search the guide"));
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::textChanged, this, &GuideWindow::fillContents);
    connect(m_search, &QLineEdit::returnPressed, this, [this] { choose(m_contents->topLevelItem(0)); });

    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins({});
    layout->addWidget(back);
    layout->addWidget(forward);
    layout->addWidget(home);
    layout->addWidget(m_search, 1);
    return bar;
}

QWidget* GuideWindow::makeContents()
{
    m_contents = new QTreeWidget(this);
    m_contents->setObjectName(u"guideContents"_s);
    m_contents->setAccessibleName(i18n("Contents of the guide"));
    m_contents->header()->hide();
    m_contents->setRootIsDecorated(false);
    m_contents->setWordWrap(true);
    m_contents->setUniformRowHeights(false);
    connect(m_contents, &QTreeWidget::itemClicked, this, &GuideWindow::choose);
    connect(m_contents, &QTreeWidget::itemActivated, this, &GuideWindow::choose);
    return m_contents;
}

void GuideWindow::fillContents()
{
    const QString words = m_search->text().simplified();
    m_contents->clear();
    const auto add
        = [this](const QString& text, const QString& tip, const QString& page, const QString& anchor) {
              auto* item = new QTreeWidgetItem(m_contents, { text });
              item->setToolTip(0, tip);
              item->setData(0, pageRole, page);
              item->setData(0, anchorRole, anchor);
          };
    if (words.isEmpty()) {
        for (const GuidePage& page : m_guide.pages())
            add(page.title, page.title, page.id, {});
        selectPage(m_view->page());
    }
    for (const GuideHit& hit : m_guide.search(words)) {
        const QString title = m_guide.find(hit.page)->title;
        add(hit.heading.isEmpty() ? title : i18nc("page, section", "%1: %2", title, hit.heading), hit.excerpt,
            hit.page, guideAnchor(hit.heading));
    }
    if (m_contents->topLevelItemCount() == 0) {
        auto* none = new QTreeWidgetItem(m_contents, { i18n("No page has these words.") });
        none->setFlags(Qt::NoItemFlags);
    }
    m_view->mark(words.split(u' ', Qt::SkipEmptyParts));
}

void GuideWindow::choose(const QTreeWidgetItem* item)
{
    if (item && item->flags().testFlag(Qt::ItemIsEnabled))
        showPage(item->data(0, pageRole).toString(), item->data(0, anchorRole).toString());
}

void GuideWindow::selectPage(const QString& id)
{
    say({});
    if (!m_search->text().isEmpty())
        return;
    for (int i = 0; i < m_contents->topLevelItemCount(); ++i) {
        if (m_contents->topLevelItem(i)->data(0, pageRole) == id)
            m_contents->setCurrentItem(m_contents->topLevelItem(i));
    }
}

void GuideWindow::showPage(const QString& id, const QString& anchor)
{
    m_view->showPage(id, anchor);
}

void GuideWindow::say(const QString& text)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
}

void GuideWindow::closeEvent(QCloseEvent* event)
{
    KConfigGroup group = settings();
    group.writeEntry("Geometry", saveGeometry());
    QWidget::closeEvent(event);
}

} // namespace cutover::ui
