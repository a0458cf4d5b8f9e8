// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/failurebox.h"

#include "widgets/messageparts.h"

#include <KLocalizedString>
#include <KMessageWidget>

#include <QAction>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

static constexpr int outputLines = 6;

FailureBox::FailureBox(QWidget* parent)
    : QWidget(parent)
    , m_message(new KMessageWidget(this))
    , m_output(new QPlainTextEdit(this))
    , m_showOutput(new QAction(i18n("Output of the Destination"), this))
{
    m_message->setWordWrap(true);
    m_message->setTextFormat(Qt::PlainText);
    nameMessageParts(m_message);
    m_output->setReadOnly(true);
    m_output->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_output->setFixedHeight(QFontMetrics(m_output->font()).lineSpacing() * outputLines);
    m_output->setAccessibleName(i18n("Output of the destination"));
    m_output->setTabChangesFocus(true);
    m_output->hide();
    m_showOutput->setCheckable(true);
    connect(m_showOutput, &QAction::toggled, m_output, &QWidget::setVisible);
    connect(m_message, &KMessageWidget::hideAnimationFinished, this, &FailureBox::clear);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_message);
    layout->addWidget(m_output);
    clear();
}

void FailureBox::showFailure(const op::Failure& failure, Weight weight)
{
    show(failure.sentence(), failure.error.remedy, failure.destinationOutput, weight);
}

void FailureBox::showError(const Error& error)
{
    show(error.message(), error.remedy, {}, Weight::Error);
}

void FailureBox::show(const QString& sentence, const QString& remedy, const QString& output, Weight weight)
{
    m_message->setMessageType(weight == Weight::Error ? KMessageWidget::Error
            : weight == Weight::Warning               ? KMessageWidget::Warning
                                                      : KMessageWidget::Information);
    m_message->setText(remedy.isEmpty() ? sentence : sentence + u'\n' + remedy);
    m_message->setAccessibleDescription(m_message->text());
    m_message->removeAction(m_showOutput);
    m_output->setPlainText(output);
    m_showOutput->setChecked(false);
    if (!output.isEmpty())
        m_message->addAction(m_showOutput);
    m_message->setVisible(true);
    setVisible(true);
}

void FailureBox::clear()
{
    m_message->setText({});
    m_output->clear();
    m_showOutput->setChecked(false);
    setVisible(false);
}

QString FailureBox::text() const
{
    return m_message->text();
}

} // namespace cutover::ui
