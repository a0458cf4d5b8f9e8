// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "rescue/closing.h"

#include "nextstep.h"
#include "operator/sessionmachine.h"

#include <KLocalizedString>

#include <QAbstractButton>
#include <QMessageBox>
#include <QPushButton>

namespace cutover::ui {

using namespace op::state;

static const QString& stay()
{
    static const QString text = i18n("Stay");
    return text;
}

std::optional<CloseQuestion> closeQuestion(const op::SessionState& state, bool isInLab, bool isRescuing)
{
    // Its guest is there to be played with, and ends with the window.
    if (isInLab)
        return std::nullopt;
    if (isRescuing)
        return CloseQuestion{ .title = i18n("A rescue is under way"),
            .text = i18n("The guest is just being brought back, which takes some seconds."),
            .answers = { { CloseWay::WaitFirst, i18n("Wait, Then Close") }, { CloseWay::Stay, stay() } } };
    if (std::holds_alternative<Migrated>(state))
        return CloseQuestion{ .title = i18n("The migration is not finished"),
            .text = i18n("The guest runs on the destination. The source, which no longer has it, is still "
                         "there, and the destination does not have its socket yet."),
            .answers = { { CloseWay::FinishFirst, i18n("Finish and Close") },
                { CloseWay::Close, i18n("Close and Keep the Source") }, { CloseWay::Stay, stay() } } };
    if (const auto* stranded = std::get_if<Stranded>(&state)) {
        if (stranded->location == op::GuestLocation::Source
            || stranded->location == op::GuestLocation::Destination)
            return std::nullopt;
        return CloseQuestion{ .title = i18n("The guest needs you"),
            .text = i18nc("where the guest is",
                "%1 It stays as it is when you close; the next start shows it again.",
                op::guestLocationSentence(stranded->location)),
            .answers = { { CloseWay::Stay, stay() }, { CloseWay::Close, i18n("Close All the Same") } } };
    }
    if (!isUnderWay(state) || std::holds_alternative<Checking>(state))
        return std::nullopt;
    if (op::canCancel(state))
        return CloseQuestion{ .title = i18n("A migration is under way"),
            .text = i18n("The guest is still on the source. The window can close when it is decided where "
                         "it goes on."),
            .answers = { { CloseWay::CancelFirst, i18n("Cancel the Migration and Close") },
                { CloseWay::WaitFirst, i18n("Wait for Its End, Then Close") }, { CloseWay::Stay, stay() } } };
    return CloseQuestion{ .title = i18n("The guest is being handed over"),
        .text = i18n("That cannot be stopped in the middle; it takes a moment."),
        .answers
        = { { CloseWay::WaitFirst, i18n("Wait for Its End, Then Close") }, { CloseWay::Stay, stay() } } };
}

Closing::Closing(SessionModel* session, QWidget* window)
    : QObject(window)
    , m_session(session)
    , m_window(window)
{
    connect(session, &SessionModel::stateChanged, this, &Closing::watch);
    connect(session, &SessionModel::rescueChanged, this, &Closing::watch);
}

static std::optional<CloseQuestion> questionOf(const SessionModel& session)
{
    const RescueView* rescue = session.rescueView();
    return closeQuestion(session.state(), session.isInLab(), rescue && rescue->isBusy && rescue->isAssessed);
}

bool Closing::mayClose()
{
    const auto question = questionOf(*m_session);
    if (!question)
        return true;
    if (m_way == CloseWay::Close)
        return true;
    ask(*question);
    return false;
}

void Closing::closeUnasked()
{
    const auto question = questionOf(*m_session);
    if (!question) {
        // At once: a migration that waits for the end of the check must not begin meanwhile.
        m_window->close();
        return;
    }
    // Where the first answer is to stay, nobody would come to give another one.
    const CloseWay way = question->answers.first().way;
    go(way == CloseWay::Stay ? CloseWay::Close : way);
}

void Closing::ask(const CloseQuestion& question)
{
    if (m_box) {
        m_box->raise();
        return;
    }
    m_box = new QMessageBox(
        QMessageBox::Warning, question.title, question.text, QMessageBox::NoButton, m_window);
    m_box->setObjectName(QStringLiteral("closeQuestion"));
    m_box->setAttribute(Qt::WA_DeleteOnClose);
    for (const CloseQuestion::Answer& answer : question.answers) {
        auto* button = m_box->addButton(
            answer.text, answer.way == CloseWay::Stay ? QMessageBox::RejectRole : QMessageBox::AcceptRole);
        connect(button, &QAbstractButton::clicked, this, [this, way = answer.way] { go(way); });
        if (answer.way == question.answers.first().way)
            m_box->setDefaultButton(button);
    }
    m_box->open();
}

void Closing::go(CloseWay way)
{
    m_way = way;
    Result<void> asked;
    if (way == CloseWay::CancelFirst)
        asked = m_session->cancel();
    else if (way == CloseWay::FinishFirst)
        asked = m_session->finish();
    // It may have come further meanwhile: then its end is near.
    if (!asked)
        m_way = CloseWay::WaitFirst;
    if (way == CloseWay::Stay)
        m_way.reset();
    Q_EMIT waiting(m_way && m_way != CloseWay::Close
            ? i18n("The window closes when the guest is on one side.")
            : QString());
    QMetaObject::invokeMethod(this, &Closing::watch, Qt::QueuedConnection);
}

void Closing::watch()
{
    if (!m_way)
        return;
    const op::SessionState& state = m_session->state();
    const auto question = questionOf(*m_session);
    if (m_way == CloseWay::Close || !question) {
        m_window->close();
        return;
    }
    if (const auto* migrated = std::get_if<Migrated>(&state); migrated && m_way != CloseWay::FinishFirst) {
        // Also where it was too late to cancel.
        // What was not verified is for the operator to look at.
        if (migrated->verified && m_session->finish())
            return;
        m_way.reset();
    } else if (std::holds_alternative<Stranded>(state) && m_way != CloseWay::Close
        && !(m_session->rescueView() && m_session->rescueView()->isBusy)) {
        m_way.reset();
    } else {
        return;
    }
    Q_EMIT waiting({});
}

} // namespace cutover::ui
