// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/commandline.h"

#include "actions.h"
#include "qmp/commandedit.h"
#include "sessionmodel.h"
#include "widgets/messageparts.h"

#include <KLocalizedString>
#include <KMessageWidget>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

CommandLine::CommandLine(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_schemas(session)
    , m_side(new QComboBox(this))
    , m_edit(new CommandEdit(this))
    , m_send(new QPushButton(i18nc("a command", "Send"), this))
    , m_help(new KSqueezedTextLabel(this))
    , m_message(new KMessageWidget(this))
    , m_sendAnyway(new QAction(i18n("Send Anyway"), this))
{
    nameMessageParts(m_message);
    m_side->addItem(i18n("Source"), static_cast<int>(Side::Source));
    m_side->addItem(i18n("Destination"), static_cast<int>(Side::Destination));
    m_side->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_side->setMinimumContentsLength(10);
    m_side->setAccessibleName(i18n("Side that gets the command"));
    m_side->setObjectName(QStringLiteral("qmpCommandSide"));
    m_edit->setPlaceholderText(i18n("Command, such as query-status, or as JSON"));
    m_send->setObjectName(QStringLiteral("qmpSend"));
    m_send->setAutoDefault(false);
    m_help->setTextElideMode(Qt::ElideRight);
    m_help->setForegroundRole(QPalette::PlaceholderText);
    m_help->setAccessibleName(i18n("Help for the command"));
    m_help->setObjectName(QStringLiteral("qmpHelp"));
    m_message->setWordWrap(true);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setCloseButtonVisible(true);
    m_message->setAccessibleName(i18n("What speaks against the command"));
    m_message->setObjectName(QStringLiteral("qmpMessage"));
    for (QToolButton* button : m_message->findChildren<QToolButton*>())
        button->setAccessibleName(i18n("Do not send it"));
    for (QLabel* label : m_message->findChildren<QLabel*>())
        label->setAccessibleName(i18n("Text of the message"));
    m_message->hide();

    auto* row = new QHBoxLayout;
    row->addWidget(m_side, 0, Qt::AlignTop);
    row->addWidget(m_edit, 1);
    row->addWidget(m_send, 0, Qt::AlignTop);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addWidget(m_message);
    layout->addLayout(row);
    layout->addWidget(m_help);

    connect(m_side, &QComboBox::currentIndexChanged, this, [this] {
        release();
        m_schemas.request(side());
        takeSchema();
        updateSides();
    });
    connect(m_edit, &CommandEdit::entered, this, [this] {
        m_schemas.request(side());
        takeSchema();
    });
    connect(m_edit, &QPlainTextEdit::textChanged, this, &CommandLine::takeText);
    connect(m_edit, &QPlainTextEdit::cursorPositionChanged, this, &CommandLine::showHelp);
    connect(m_edit, &CommandEdit::sendRequested, this, &CommandLine::send);
    connect(m_edit, &CommandEdit::left, this, &CommandLine::release);
    connect(m_send, &QPushButton::clicked, this, &CommandLine::send);
    connect(m_sendAnyway, &QAction::triggered, this, &CommandLine::sendAnyway);
    connect(m_message, &KMessageWidget::hideAnimationFinished, this, &CommandLine::release);
    connect(&m_schemas, &SchemaStore::changed, this, [this] {
        // To read a schema takes milliseconds: not before somebody wants it.
        if (m_edit->hasFocus())
            takeSchema();
        else
            m_edit->setSchema(nullptr);
    });
    connect(session, &SessionModel::endpointsChanged, this, &CommandLine::updateSides);
    connect(session, &SessionModel::stateChanged, this, &CommandLine::updateSides);
    release();
    updateSides();
    takeText();
}

void CommandLine::addActions(Actions& actions)
{
    const QString group = i18n("QMP");
    QAction* command = actions.add(group, QStringLiteral("qmp_command"), i18n("Type a QMP Command"),
        QStringLiteral("utilities-terminal"), Qt::CTRL | Qt::SHIFT | Qt::Key_K, this);
    command->setToolTip(i18n("Goes to the command line of the QMP log"));
    connect(command, &QAction::triggered, this, [this] {
        Q_EMIT wanted();
        m_edit->setFocus(Qt::ShortcutFocusReason);
    });
    m_historyAction = actions.add(group, QStringLiteral("qmp_history"), i18n("Search Earlier Commands"),
        QStringLiteral("view-history"), Qt::CTRL | Qt::Key_R, this);
    m_historyAction->setToolTip(i18n("Lists the commands sent before that contain what is typed"));
    connect(m_historyAction, &QAction::triggered, this, [this] {
        Q_EMIT wanted();
        m_edit->setFocus(Qt::ShortcutFocusReason);
        m_edit->showHistory();
    });
    m_sendAnyway->setObjectName(QStringLiteral("qmp_send_anyway"));
    m_sendAnyway->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_Return);
    actions.add(group, m_sendAnyway);
    release();
}

Side CommandLine::side() const
{
    return static_cast<Side>(m_side->currentData().toInt());
}

void CommandLine::setSide(Side side)
{
    m_side->setCurrentIndex(m_side->findData(static_cast<int>(side)));
}

void CommandLine::takeSchema()
{
    m_edit->setSchema(m_schemas.schema(side()));
    takeText();
}

void CommandLine::takeText()
{
    if (!m_message->isHidden())
        release();
    m_text = CommandText::parse(m_edit->toPlainText(), m_edit->schema());
    showProblem();
    showHelp();
    updateSides();
}

/// While somebody types, only what is already wrong is marked: what is not there yet may come.
void CommandLine::showProblem()
{
    const auto& problem = m_text.problem();
    const bool comes = problem && m_edit->hasFocus()
        && (problem->isMissing || problem->where.end() >= m_edit->textCursor().position());
    if (problem && !comes)
        m_edit->markProblem(problem->where, problem->text);
    else
        m_edit->markProblem({}, {});
}

void CommandLine::showHelp()
{
    const auto& problem = m_text.problem();
    QString text;
    if (m_edit->schema())
        text = commandHelp(m_edit->toPlainText(), m_edit->textCursor().position(), *m_edit->schema());
    if (text.isEmpty() && problem && !m_text.isEmpty())
        text = problem->text;
    if (text.isEmpty() && m_text.isEmpty())
        text = m_edit->schema() ? i18n("Ctrl+Space suggests, Up and Down bring back what was sent")
                                : i18n("The commands of this VMM are not known yet: nothing is suggested");
    m_help->setText(text);
}

Result<void> CommandLine::canSend() const
{
    const op::EndpointStatus status = m_session->endpoint(side());
    if (!status.connected)
        return failure(ErrorCode::Disconnected, i18n("send a command"), {},
            side() == Side::Source ? i18n("the source is not connected")
                                   : i18n("the destination is not connected"));
    if (m_text.isEmpty())
        return failure(ErrorCode::InvalidArgument, i18n("send a command"), {}, i18n("none is typed"));
    return {};
}

void CommandLine::updateSides()
{
    m_side->setToolTip(m_session->endpoint(side()).connected ? i18n("The side that gets the command")
            : side() == Side::Source                         ? i18n("The source is not connected")
                                                             : i18n("The destination is not connected"));
    const auto allowed = canSend();
    m_send->setEnabled(allowed.has_value());
    m_send->setToolTip(
        allowed ? i18n("Sends the command; the reply appears in the log") : allowed.error().message());
}

void CommandLine::send()
{
    const auto allowed = canSend();
    if (!allowed) {
        if (!m_text.isEmpty())
            hold(allowed.error().message(), allowed.error().remedy, {});
        return;
    }
    const Held held{ .side = side(), .text = m_edit->toPlainText(), .command = m_text.command() };
    if (const auto& problem = m_text.problem()) {
        if (m_text.isWellFormed())
            hold(problem->text, i18n("The VMM would refuse it with these words."), held);
        else
            hold(problem->text, {}, {});
        m_edit->markProblem(problem->where, problem->text);
        return;
    }
    deliver(held, false);
}

void CommandLine::sendAnyway()
{
    if (!m_held)
        return;
    const Held held = *m_held;
    release();
    deliver(held, true);
}

void CommandLine::deliver(const Held& held, bool confirmed)
{
    const auto sent = m_session->sendCommand(held.side, held.command, confirmed);
    if (!sent) {
        const bool refused = sent.error().code == ErrorCode::Refused;
        hold(refused ? sent.error().cause : sent.error().message(), sent.error().remedy,
            refused ? held : Held());
        return;
    }
    m_edit->history().add(held.text.trimmed());
    m_edit->setText({});
    const auto events = m_session->record().events();
    for (std::size_t i = events.size(); i > 0; --i) {
        const timeline::Event& event = events[i - 1];
        if (event.category == timeline::Category::QmpSent && event.side == held.side) {
            Q_EMIT this->sent(i - 1);
            break;
        }
    }
}

/// An empty \a held: it cannot be sent at all.
void CommandLine::hold(const QString& what, const QString& why, const Held& held)
{
    const bool can = !held.command.isEmpty();
    m_held.reset();
    m_message->removeAction(m_sendAnyway);
    m_message->setMessageType(can ? KMessageWidget::Warning : KMessageWidget::Error);
    m_message->setText(why.isEmpty() ? what : what + u'\n' + why);
    m_message->setAccessibleDescription(m_message->text());
    if (can) {
        m_held = held;
        m_message->addAction(m_sendAnyway);
    }
    m_message->setVisible(true);
    const QString tip = can
        ? i18n("Sends “%1” in spite of what speaks against it", held.command[u"execute"].toString())
        : QString();
    allow(m_sendAnyway,
        can ? Result<void>()
            : failure(ErrorCode::Refused, i18n("send it anyway"), {}, i18n("it is not a command")),
        tip);
}

void CommandLine::release()
{
    m_held.reset();
    m_message->removeAction(m_sendAnyway);
    m_message->setVisible(false);
    allow(m_sendAnyway,
        failure(ErrorCode::Refused, i18n("send it anyway"), {}, i18n("no command is held back")), {});
}

} // namespace cutover::ui
