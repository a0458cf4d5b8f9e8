// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/switchtalk.h"

#include <utility>

namespace cutover::op {

static constexpr int patienceMs = 3000;

SwitchTalk::SwitchTalk(const QString& monitor, std::vector<Question> questions, Done done, QObject* parent)
    : QObject(parent)
    , m_client({ .greetingMs = patienceMs, .negotiationMs = patienceMs })
    , m_questions(std::move(questions))
    , m_done(std::move(done))
{
    connect(&m_client, &qmp::Client::ready, this, &SwitchTalk::askNext);
    connect(&m_client, &qmp::Client::closed, this, [this](const Error& error) {
        while (m_answers.size() < m_questions.size())
            m_answers.emplace_back(std::unexpected(error));
        finish();
    });
    m_client.connectTo(monitor);
}

void SwitchTalk::askNext()
{
    if (m_answers.size() == m_questions.size()) {
        finish();
        return;
    }
    const Question& question = m_questions[m_answers.size()];
    m_client.call(question.command, question.arguments, [this](const Result<QJsonValue>& answer) {
        // The end of the connection answers for all that is open.
        if (!answer && answer.error().code == ErrorCode::Disconnected)
            return;
        m_answers.push_back(answer);
        askNext();
    });
}

void SwitchTalk::finish()
{
    if (!m_done)
        return;
    const Done done = std::exchange(m_done, {});
    m_client.disconnect(this);
    m_client.close();
    done(m_answers);
}

} // namespace cutover::op
