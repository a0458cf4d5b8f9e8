// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/qmppanel.h"

#include "actions.h"
#include "log/logpanel.h"
#include "log/logview.h"
#include "qmp/commandline.h"
#include "qmp/socatline.h"
#include "sessionmodel.h"

#include <KLocalizedString>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFocusEvent>
#include <QVBoxLayout>

namespace cutover::ui {

QmpPanel::QmpPanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_model(session->record())
    , m_log(new LogPanel(&m_model, LogDelegate::Text::Json,
          { .name = i18n("QMP messages"),
              .empty = i18n("The messages of both monitors appear here once a source is connected; with a "
                            "filter, those that fit it."),
              .filterHint = i18n("Filter, such as MIGRATION"),
              .detailsHint = i18n("Choose a message to read it in full, with the reply to it."),
              .count = [](int count) { return i18np("%1 message", "%1 messages", count); } },
          this))
    , m_command(new CommandLine(session, this))
{
    m_log->view()->setObjectName(QStringLiteral("qmpMessages"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(m_log, 1);
    layout->addWidget(m_command);
    connect(m_command, &CommandLine::sent, m_log, [this](std::size_t event) { m_log->selectEvent(event); });
    connect(m_command, &CommandLine::wanted, this, [this] { Q_EMIT wanted(this); });
    connect(m_log, &LogPanel::chosenChanged, this, &QmpPanel::updateActions);
}

void QmpPanel::addActions(Actions& actions)
{
    m_command->addActions(actions);
    m_socat = actions.add(i18n("QMP"), QStringLiteral("qmp_copy_socat"), i18n("Copy the Command for a Shell"),
        QStringLiteral("edit-copy"), Qt::CTRL | Qt::ALT | Qt::Key_S, this);
    connect(m_socat, &QAction::triggered, this, &QmpPanel::copySocat);
    m_log->view()->addAction(m_socat);
    updateActions();
}

void QmpPanel::focusInEvent(QFocusEvent* event)
{
    m_log->view()->setFocus(event->reason());
}

/// The row of the command that the chosen row is, or that it answers; -1.
static int commandRow(LogPanel* log, const QmpLogModel& model)
{
    const int row = log->chosenRow();
    if (row < 0 || model.messageKind(row) == MessageKind::Command)
        return row;
    return model.partner(row);
}

void QmpPanel::copySocat()
{
    const int row = commandRow(m_log, m_model);
    if (row < 0)
        return;
    const QString path = m_session->endpoint(m_model.side(row)).qmpPath;
    QApplication::clipboard()->setText(socatLine(path, m_model.text(row)));
}

void QmpPanel::updateActions()
{
    if (!m_socat)
        return;
    allow(m_socat,
        commandRow(m_log, m_model) >= 0
            ? Result<void>()
            : failure(ErrorCode::Refused, i18n("copy the command"), {},
                  i18n("the chosen line is neither a command nor the reply to one")),
        i18n("A line with socat that sends the chosen command to the same monitor"));
}

} // namespace cutover::ui
