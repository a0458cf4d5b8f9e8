// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/asker.h"

#include <QJsonDocument>

#include <utility>

using namespace Qt::StringLiterals;
using cutover::timeline::Category;
using cutover::timeline::Event;

namespace cutover::lessons {

static constexpr int greetingMs = 20'000;

static QJsonObject message(const Event& event)
{
    return QJsonDocument::fromJson(event.attributes["raw"_L1].toString().toUtf8()).object();
}

Asker::Asker(Stage& stage, QObject* parent)
    : QObject(parent)
    , m_stage(stage)
    , m_id(QJsonValue::Undefined)
{
    connect(&stage.record(), &timeline::Record::appended, this, &Asker::look);
    connect(&stage, &Stage::endpointsChanged, this, [this] {
        if (!m_id.isUndefined() && !m_stage.endpoint(m_side).connected)
            answer({ .errorClass = u"unreachable"_s, .text = u"the connection has ended"_s });
    });
}

void Asker::ask(const Question& question, Done done)
{
    m_done = std::move(done);
    m_side = question.side;
    if (m_stage.endpoint(question.side).connected)
        askSession(question);
    else
        askAlone(question, question.path.isEmpty() ? m_stage.monitorPath(question.side) : question.path);
}

void Asker::askSession(const Question& question)
{
    QJsonObject command{ { u"execute"_s, question.command } };
    if (!question.arguments.isEmpty())
        command.insert("arguments"_L1, question.arguments);
    const std::size_t before = m_stage.record().size();
    if (const auto sent = m_stage.sendCommand(question.side, command, question.confirmed); !sent) {
        answer({ .errorClass = u"declined"_s, .text = sent.error().message() });
        return;
    }
    const auto events = m_stage.record().events();
    for (std::size_t i = before; i < events.size(); ++i) {
        if (events[i].category == Category::QmpSent && events[i].side == question.side)
            m_id = message(events[i])["id"_L1];
    }
    if (m_id.isUndefined())
        answer({ .errorClass = u"unreachable"_s, .text = u"it was not sent"_s });
}

void Asker::look(std::size_t first, std::size_t count)
{
    if (m_id.isUndefined())
        return;
    const auto events = m_stage.record().events();
    for (std::size_t i = first; i < first + count && i < events.size(); ++i) {
        const Event& event = events[i];
        if (event.category != Category::QmpReceived || event.side != m_side)
            continue;
        const QJsonObject reply = message(event);
        if (reply["id"_L1] != m_id)
            continue;
        const QJsonObject error = reply["error"_L1].toObject();
        answer({ .ok = error.isEmpty(),
            .value = reply["return"_L1],
            .errorClass = error["class"_L1].toString(),
            .text = error["desc"_L1].toString() });
        return;
    }
}

void Asker::askAlone(const Question& question, const QString& path)
{
    m_client = std::make_unique<qmp::Client>(qmp::ClientLimits{ .greetingMs = greetingMs });
    connect(m_client.get(), &qmp::Client::closed, this,
        [this](const Error& error) { answer({ .errorClass = u"unreachable"_s, .text = error.message() }); });
    connect(m_client.get(), &qmp::Client::ready, this, [this, question] {
        m_client->call(question.command, question.arguments, [this](const Result<QJsonValue>& result) {
            if (result)
                answer({ .ok = true, .value = *result });
            else
                answer({ .errorClass = m_client->remoteClass(), .text = result.error().cause });
        });
    });
    m_client->connectTo(path);
}

/// Not from inside a message: who is told may ask again.
void Asker::answer(const Reply& reply)
{
    m_id = QJsonValue(QJsonValue::Undefined);
    if (m_client) {
        m_client->disconnect(this);
        m_client->close();
        m_client.release()->deleteLater();
    }
    QMetaObject::invokeMethod(
        this,
        [this, reply] {
            if (const Done done = std::exchange(m_done, nullptr))
                done(reply);
        },
        Qt::QueuedConnection);
}

} // namespace cutover::lessons
