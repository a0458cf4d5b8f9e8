// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logdetailspane.h"

#include "colours.h"
#include "jsontext.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>
#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/SyntaxHighlighter>

#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

/// What is longer is cut in the pane: to lay it out and highlight it would hold up the window. A schema has
/// a million characters.
static constexpr qsizetype mostCharacters = 60'000;

LogDetailsPane::LogDetailsPane(const QString& hint, bool hasRaw, QWidget* parent)
    : QWidget(parent)
    , m_title(new KSqueezedTextLabel(this))
    , m_pretty(new QToolButton(this))
    , m_text(new QPlainTextEdit(this))
    , m_highlighter(new KSyntaxHighlighting::SyntaxHighlighter(m_text->document()))
{
    m_title->setTextElideMode(Qt::ElideRight);
    m_title->setAccessibleName(i18n("What the chosen line is"));
    m_pretty->setText(i18n("Readable"));
    m_pretty->setCheckable(true);
    m_pretty->setChecked(true);
    m_pretty->setAutoRaise(true);
    m_pretty->setToolTip(i18n("With line breaks and indentation; otherwise the bytes as they were"));
    m_pretty->setAccessibleName(i18n("Readable instead of raw"));
    m_pretty->setObjectName(QStringLiteral("logPretty"));
    m_pretty->setVisible(hasRaw);
    m_text->setReadOnly(true);
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setPlaceholderText(hint);
    m_text->setAccessibleName(i18n("Chosen line in full"));
    m_text->setObjectName(QStringLiteral("logDetails"));
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    m_text->setFrameShape(QFrame::NoFrame);

    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(m_pretty);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 0, 0, 0);
    layout->setSpacing(2);
    layout->addLayout(top);
    layout->addWidget(m_text, 1);
    connect(m_pretty, &QToolButton::toggled, this, &LogDetailsPane::prettyChanged);
    applyTheme();
}

void LogDetailsPane::show(const LogDetails& details)
{
    m_title->setText(details.title);
    m_title->setToolTip(details.title);
    m_text->setLineWrapMode(
        details.isJson && isPretty() ? QPlainTextEdit::NoWrap : QPlainTextEdit::WidgetWidth);
    m_highlighter->setDefinition(details.isJson ? jsonDefinition() : KSyntaxHighlighting::Definition());
    QString text = details.text;
    if (text.size() > mostCharacters)
        text = text.first(mostCharacters)
            + i18n("\n… and %1 characters more; copying takes all of it.", text.size() - mostCharacters);
    if (text != m_text->toPlainText())
        m_text->setPlainText(text);
}

void LogDetailsPane::clear()
{
    m_title->clear();
    m_text->clear();
}

bool LogDetailsPane::isPretty() const
{
    return m_pretty->isChecked();
}

void LogDetailsPane::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTheme();
}

void LogDetailsPane::applyTheme()
{
    m_highlighter->setTheme(codeTheme(Colours::of(palette()).isDark()));
    m_highlighter->rehighlight();
}

} // namespace cutover::ui
