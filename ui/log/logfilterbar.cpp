// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logfilterbar.h"

#include "colours.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace cutover::ui {

LogFilterBar::LogFilterBar(const QStringList& kinds, const QString& hint, QWidget* parent)
    : QWidget(parent)
    , m_side(new QComboBox(this))
    , m_kinds(new QToolButton(this))
    , m_names(new QComboBox(this))
    , m_text(new QLineEdit(this))
    , m_expression(new QToolButton(this))
    , m_follow(new QToolButton(this))
    , m_count(new KSqueezedTextLabel(this))
    , m_rows(new QBoxLayout(QBoxLayout::LeftToRight, this))
    , m_choices(new QHBoxLayout)
    , m_words(new QHBoxLayout)
{
    m_side->addItem(i18n("Both sides"));
    m_side->addItem(i18n("Source"), static_cast<int>(Side::Source));
    m_side->addItem(i18n("Destination"), static_cast<int>(Side::Destination));
    m_side->setAccessibleName(i18n("Side whose lines are shown"));
    m_side->setObjectName(QStringLiteral("logSide"));
    makeKinds(kinds);
    m_names->addItem(i18n("All events"));
    m_names->setAccessibleName(i18n("Event whose lines are shown"));
    m_names->setObjectName(QStringLiteral("logNames"));
    m_names->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_names->setMinimumContentsLength(8);
    m_names->hide();
    m_text->setPlaceholderText(hint);
    m_text->setClearButtonEnabled(true);
    m_text->setAccessibleName(i18n("Text in the lines that are shown"));
    m_text->setMinimumWidth(fontMetrics().averageCharWidth() * 12);
    m_text->setObjectName(QStringLiteral("logText"));
    m_expression->setText(QStringLiteral(".*"));
    m_expression->setCheckable(true);
    m_expression->setAutoRaise(true);
    m_expression->setToolTip(i18n("The text is a regular expression"));
    m_expression->setAccessibleName(i18n("Regular expression"));
    m_expression->setObjectName(QStringLiteral("logExpression"));
    m_follow->setText(i18n("Follow"));
    m_follow->setCheckable(true);
    m_follow->setChecked(true);
    m_follow->setToolTip(i18n("Keep the newest line in view; scrolling away ends it, End goes on with it"));
    m_follow->setAccessibleName(i18n("Follow the newest line"));
    m_follow->setObjectName(QStringLiteral("logFollow"));

    m_count->setAccessibleName(i18n("Number of lines"));
    m_count->setTextElideMode(Qt::ElideRight);
    m_count->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_choices->addWidget(m_side);
    m_choices->addWidget(m_kinds);
    m_choices->addWidget(m_names);
    m_words->addWidget(m_text, 3);
    m_words->addWidget(m_expression);
    m_words->addWidget(m_follow);
    m_words->addWidget(m_count, 1);
    m_rows->setContentsMargins({});
    m_rows->setSpacing(4);
    m_rows->addLayout(m_choices);
    m_rows->addLayout(m_words, 1);

    connect(m_side, &QComboBox::currentIndexChanged, this, [this] {
        const QVariant side = m_side->currentData();
        m_criteria.side = side.isValid() ? std::optional(static_cast<Side>(side.toInt())) : std::nullopt;
        Q_EMIT criteriaChanged();
    });
    connect(m_names, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_criteria.name = index <= 0 ? QString() : m_names->currentText();
        Q_EMIT criteriaChanged();
    });
    connect(m_text, &QLineEdit::textChanged, this, &LogFilterBar::takeText);
    connect(m_expression, &QToolButton::toggled, this, &LogFilterBar::takeText);
    connect(m_follow, &QToolButton::toggled, this, &LogFilterBar::followingChanged);
}

QSize LogFilterBar::minimumSizeHint() const
{
    return { std::max(m_choices->minimumSize().width(), m_words->minimumSize().width()),
        m_rows->minimumSize().height() };
}

void LogFilterBar::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    // The words get as much as they want, so that there is room for a word.
    const int wanted = m_choices->minimumSize().width() + m_words->sizeHint().width();
    m_rows->setDirection(width() >= wanted ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

void LogFilterBar::makeKinds(const QStringList& kinds)
{
    auto* menu = new QMenu(m_kinds);
    QAction* all = menu->addAction(i18n("All Kinds"));
    connect(all, &QAction::triggered, this, [this] {
        for (QAction* action : std::as_const(m_kindActions))
            action->setChecked(true);
    });
    menu->addSeparator();
    for (const QString& kind : kinds) {
        QAction* action = menu->addAction(kind);
        action->setCheckable(true);
        action->setChecked(true);
        m_kindActions.append(action);
        connect(action, &QAction::toggled, this, &LogFilterBar::takeKinds);
    }
    m_kinds->setMenu(menu);
    m_kinds->setPopupMode(QToolButton::InstantPopup);
    m_kinds->setObjectName(QStringLiteral("logKinds"));
    m_kinds->setToolTip(i18n("Kinds of lines that are shown"));
    showKinds();
}

void LogFilterBar::takeKinds()
{
    m_criteria.kinds = LogCriteria::everyKind;
    for (qsizetype i = 0; i < m_kindActions.size(); ++i) {
        if (!m_kindActions[i]->isChecked())
            m_criteria.kinds &= ~(1U << i);
    }
    showKinds();
    Q_EMIT criteriaChanged();
}

void LogFilterBar::showKinds()
{
    QStringList shown;
    for (const QAction* action : std::as_const(m_kindActions)) {
        if (action->isChecked())
            shown.append(action->text());
    }
    const QString text = shown.size() == m_kindActions.size() ? i18n("All kinds")
        : shown.isEmpty()                                     ? i18n("No kind")
        : shown.size() == 1                                   ? shown.first()
                            : i18n("%1 of %2 kinds", shown.size(), m_kindActions.size());
    m_kinds->setText(text);
    m_kinds->setAccessibleName(i18n("Kinds of lines that are shown: %1", shown.join(QStringLiteral(", "))));
}

void LogFilterBar::takeText()
{
    m_criteria.setText(m_text->text(), m_expression->isChecked());
    showProblem();
    Q_EMIT criteriaChanged();
}

void LogFilterBar::showProblem()
{
    const QString problem = m_criteria.expressionProblem();
    QPalette colours;
    if (!problem.isEmpty())
        colours.setColor(QPalette::Text, Colours::of(palette()).negative);
    m_text->setPalette(colours);
    m_text->setToolTip(problem);
    m_text->setAccessibleDescription(problem);
}

void LogFilterBar::clear()
{
    {
        const QSignalBlocker quiet(this);
        m_side->setCurrentIndex(0);
        m_names->setCurrentIndex(0);
        m_text->clear();
        m_expression->setChecked(false);
        for (QAction* action : std::as_const(m_kindActions))
            action->setChecked(true);
    }
    Q_EMIT criteriaChanged();
}

void LogFilterBar::setNames(const QStringList& names)
{
    m_names->setVisible(!names.isEmpty() || !m_criteria.name.isEmpty());
    if (names.size() == m_names->count() - 1
        && (names.isEmpty() || names.last() == m_names->itemText(m_names->count() - 1)))
        return;
    const QSignalBlocker quiet(m_names);
    while (m_names->count() > 1)
        m_names->removeItem(1);
    m_names->addItems(names);
    const int chosen = m_criteria.name.isEmpty() ? 0 : m_names->findText(m_criteria.name);
    if (chosen < 0)
        m_names->addItem(m_criteria.name);
    m_names->setCurrentIndex(chosen < 0 ? m_names->count() - 1 : chosen);
}

void LogFilterBar::setFollowing(bool following)
{
    const QSignalBlocker quiet(m_follow);
    m_follow->setChecked(following);
}

void LogFilterBar::setCount(const QString& text)
{
    const QString problem = m_criteria.expressionProblem();
    m_count->setText(problem.isEmpty() ? text : i18n("no regular expression"));
    m_count->setToolTip(problem);
}

} // namespace cutover::ui
