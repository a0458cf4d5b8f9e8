// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/demostrip.h"

#include "actions.h"
#include "demo/director.h"

#include <KLocalizedString>

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

static constexpr int widestText = 110; ///< characters of a line that is still read with ease

DemoStrip::DemoStrip(DemoDirector* director, QWidget* parent)
    : QFrame(parent)
    , m_director(director)
    , m_number(new QLabel(this))
    , m_title(new QLabel(this))
    , m_text(new QLabel(this))
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
    words->addWidget(m_text);
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
    connect(start, &QAction::triggered, this, [this] { m_director->repeat(); });
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

void DemoStrip::update()
{
    const DemoStep* step = m_director->step();
    const auto refused
        = [](const QString& cause) { return failure(ErrorCode::Refused, i18n("go on"), {}, cause); };
    const Result<void> active = step ? Result<void>() : refused(i18n("no demo is shown"));
    if (m_next) {
        const bool stuck = !m_director->trouble().isEmpty();
        allow(m_next,
            !active                       ? active
                : m_director->isWaiting() ? Result<void>(refused(i18n("this step has not come to its end")))
                : stuck                   ? Result<void>(refused(m_director->trouble()))
                                          : Result<void>(),
            i18n("Goes on to the next remark"));
        allow(m_repeat,
            !active                       ? active
                : m_director->isWaiting() ? Result<void>(refused(i18n("this step has not come to its end")))
                                          : Result<void>(),
            i18n("Shows all of it again, with a new guest"));
        allow(m_skip, active, i18n("Ends the demo; the guest stays, and is yours"));
    }
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
    }
    setVisible(step);
}

} // namespace cutover::ui
