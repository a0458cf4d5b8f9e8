// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/demostrip.h"

#include "actions.h"
#include "colours.h"
#include "demo/director.h"
#include "demo/lessonsdialog.h"

#include <KLocalizedString>

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

static constexpr int findingLines = 3; ///< that are seen at once
static constexpr int widestText = 110; ///< characters of a line that is still read with ease

DemoStrip::DemoStrip(DemoDirector* director, QWidget* parent)
    : QFrame(parent)
    , m_director(director)
    , m_number(new QLabel(this))
    , m_title(new QLabel(this))
    , m_text(new QLabel(this))
    , m_recorded(new QLabel(this))
    , m_findings(new QTextBrowser(this))
    , m_busy(new QProgressBar(this))
    , m_buttons(new QHBoxLayout)
{
    setObjectName(QStringLiteral("demoStrip"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::AlternateBase);
    setAccessibleName(i18n("Demo"));
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_text->setWordWrap(true);
    m_text->setObjectName(QStringLiteral("demoText"));
    m_text->setMinimumHeight(fontMetrics().lineSpacing() * 2);
    m_text->setMaximumWidth(fontMetrics().averageCharWidth() * widestText);
    m_text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_busy->setRange(0, 0);
    m_busy->setTextVisible(false);
    m_busy->setFixedWidth(fontMetrics().averageCharWidth() * 12);
    m_busy->setMaximumHeight(fontMetrics().height());
    m_busy->setAccessibleName(i18n("The demo waits"));
    m_number->setForegroundRole(QPalette::PlaceholderText);

    auto* head = new QHBoxLayout;
    head->addWidget(m_number);
    head->addWidget(m_title);
    head->addWidget(m_busy);
    head->addStretch(1);
    auto* words = new QVBoxLayout;
    words->addLayout(head);
    m_recorded->setObjectName(QStringLiteral("demoRecorded"));
    m_recorded->setWordWrap(true);
    m_recorded->setMaximumWidth(m_text->maximumWidth());
    m_recorded->hide();
    m_findings->setObjectName(QStringLiteral("demoFindings"));
    m_findings->setAccessibleName(i18n("What had to come of this step"));
    m_findings->setFrameShape(QFrame::NoFrame);
    m_findings->viewport()->setAutoFillBackground(false);
    m_findings->document()->setDocumentMargin(0);
    // Evidence can be long, and the timeline is what this is about.
    m_findings->setFixedHeight(fontMetrics().lineSpacing() * findingLines);
    m_findings->hide();
    words->addWidget(m_recorded);
    words->addWidget(m_text);
    words->addWidget(m_findings);
    auto* layout = new QHBoxLayout(this);
    layout->addLayout(words, 1);
    layout->addLayout(m_buttons);
    connect(director, &DemoDirector::changed, this, &DemoStrip::update);
    hide();
}

void DemoStrip::addActions(Actions& actions)
{
    const QString group = i18n("Help");
    QAction* start = actions.add(group, QStringLiteral("help_demo"), i18n("Show a Live Update"),
        QStringLiteral("media-playback-start"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::SHIFT | Qt::Key_D),
        this);
    start->setToolTip(i18n("A demo on a guest of our own, with a commentary"));
    connect(start, &QAction::triggered, this, [this] { tell(m_director->startUsual()); });
    QAction* lessons = actions.add(group, QStringLiteral("help_lessons"), i18n("Lessons…"),
        QStringLiteral("view-list-text"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::SHIFT | Qt::Key_L), this);
    lessons->setToolTip(i18n("What a live update does, and what can go wrong with it, one thing at a time"));
    connect(lessons, &QAction::triggered, this, &DemoStrip::showLessons);
    connect(m_director, &DemoDirector::failed, this, &DemoStrip::failed);
    m_next = actions.add(group, QStringLiteral("demo_next"), i18n("Demo: Next"), QStringLiteral("go-next"),
        QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_N), this);
    connect(m_next, &QAction::triggered, m_director, &DemoDirector::next);
    m_repeat = actions.add(group, QStringLiteral("demo_repeat"), i18n("Demo: Repeat"),
        QStringLiteral("view-refresh"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_R), this);
    connect(m_repeat, &QAction::triggered, m_director, &DemoDirector::repeat);
    m_skip = actions.add(group, QStringLiteral("demo_skip"), i18n("Demo: Skip"),
        QStringLiteral("media-skip-forward"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_K), this);
    connect(m_skip, &QAction::triggered, m_director, &DemoDirector::skip);
    for (const auto& [action, text] : { std::pair(m_repeat, i18n("Repeat")), std::pair(m_skip, i18n("Skip")),
             std::pair(m_next, i18n("Next")) }) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setText(text);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setAccessibleName(action->text());
        // The action's own text is for the menu.
        connect(action, &QAction::changed, button, [button, text] { button->setText(text); });
        m_buttons->addWidget(button, 0, Qt::AlignVCenter);
    }
    update();
}

void DemoStrip::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    // The findings have colours of the palette.
    if (event->type() == QEvent::PaletteChange)
        update();
}

void DemoStrip::showLessons()
{
    auto* dialog = window()->findChild<LessonsDialog*>();
    if (!dialog) {
        dialog = new LessonsDialog(window());
        connect(dialog, &LessonsDialog::chosen, this, [this](const DemoRequest& request) {
            window()->activateWindow();
            tell(m_director->start(request));
        });
    }
    dialog->show();
    dialog->raise();
    dialog->activateWindow();
}

void DemoStrip::tell(const Result<void>& result)
{
    if (!result)
        Q_EMIT failed(result.error());
}

/// A line each: whether it came so, what it was, and what was seen of it.
static QString findingsHtml(std::span<const lessons::Finding> findings, const Colours& colours)
{
    QString html;
    for (const lessons::Finding& finding : findings) {
        const QColor colour = finding.holds ? colours.positive : colours.negative;
        html += QStringLiteral("<div><b><span style=\"color:%1\">%2</span></b> %3")
                    .arg(colour.name(), finding.holds ? i18n("✓ Met:") : i18n("✗ Not met:"),
                        finding.sentence.toHtmlEscaped());
        if (!finding.seen.isEmpty())
            html += u' ' + i18nc("evidence", "(%1)", finding.seen.toHtmlEscaped());
        html += QStringLiteral("</div>");
    }
    return html;
}

void DemoStrip::updateActions()
{
    const auto refused
        = [](const QString& cause) { return failure(ErrorCode::Refused, i18n("go on"), {}, cause); };
    Result<void> active;
    if (!m_director->isActive())
        active = refused(i18n("no demo is shown"));
    Result<void> ended = active;
    if (active && m_director->isWaiting())
        ended = refused(i18n("this step has not come to its end"));
    Result<void> next = ended;
    if (ended && !m_director->trouble().isEmpty())
        next = refused(m_director->trouble());
    allow(m_next, next, i18n("Goes on to the next remark"));
    allow(m_repeat, ended, i18n("Shows all of it again, with a new guest"));
    allow(m_skip, active, i18n("Ends the demo; the guest stays, and is yours"));
}

void DemoStrip::showFindings()
{
    const auto findings = m_director->findings();
    QString html = findingsHtml(findings, Colours::of(palette()));
    const DemoDirector::Score score = m_director->score();
    const bool last = m_director->number() == m_director->count() && !m_director->isWaiting();
    if (last && score.all > 0)
        html.prepend(QStringLiteral("<div>")
            + i18ncp("numbers", "%2 of %1 expectation of this lesson holds.",
                "%2 of %1 expectations of this lesson hold.", score.all, score.held)
            + QStringLiteral("</div>"));
    m_findings->setHtml(html);
    m_findings->setVisible(!html.isEmpty());
    m_text->setMinimumHeight(fontMetrics().lineSpacing() * (html.isEmpty() ? 2 : 1));
}

void DemoStrip::update()
{
    if (m_next)
        updateActions();
    const lessons::Step* step = m_director->step();
    if (step) {
        m_number->setText(i18nc("number, of how many", "%1 / %2", m_director->number(), m_director->count()));
        m_number->setAccessibleName(
            i18nc("number, of how many", "Step %1 of %2", m_director->number(), m_director->count()));
        m_title->setText(step->title);
        m_text->setText(m_director->trouble().isEmpty()
                ? step->text
                : i18nc("what went wrong", "The demo cannot go on. %1", m_director->trouble()));
        m_text->setAccessibleDescription(m_text->text());
        m_busy->setVisible(m_director->isWaiting());
        m_recorded->setText(i18nc("why", "This is a recording, played elsewhere. %1",
            m_director->missing().join(QLatin1Char(' '))));
        m_recorded->setVisible(!m_director->missing().isEmpty());
        showFindings();
    }
    setVisible(step);
}

} // namespace cutover::ui
