// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/responder.h"

#include "qmp/server.h"

#include <utility>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

QString errorClassName(ErrorClass errorClass)
{
    switch (errorClass) {
    case ErrorClass::CommandNotFound:
        return u"CommandNotFound"_s;
    case ErrorClass::DeviceNotActive:
        return u"DeviceNotActive"_s;
    case ErrorClass::DeviceNotFound:
        return u"DeviceNotFound"_s;
    case ErrorClass::KVMMissingCap:
        return u"KVMMissingCap"_s;
    case ErrorClass::GenericError:
        break;
    }
    return u"GenericError"_s;
}

Request::Request(QPointer<Server> server, quint64 connection, QString command, QJsonObject arguments)
    : m_server(std::move(server))
    , m_connection(connection)
    , m_command(std::move(command))
    , m_arguments(std::move(arguments))
{
}

std::vector<UniqueFd> Request::takeFds() const
{
    return m_server ? m_server->takeFds(m_connection) : std::vector<UniqueFd>();
}

Responder::Responder(QPointer<Server> server, quint64 connection, QJsonValue id, QString command)
    : m_server(std::move(server))
    , m_connection(connection)
    , m_id(std::move(id))
    , m_command(std::move(command))
{
}

Responder::Responder(Responder&& other) noexcept
    : m_server(std::exchange(other.m_server, nullptr))
    , m_connection(other.m_connection)
    , m_id(std::move(other.m_id))
    , m_command(std::move(other.m_command))
{
}

Responder& Responder::operator=(Responder&& other) noexcept
{
    if (this != &other) {
        giveUp();
        m_server = std::exchange(other.m_server, nullptr);
        m_connection = other.m_connection;
        m_id = std::move(other.m_id);
        m_command = std::move(other.m_command);
    }
    return *this;
}

Responder::~Responder()
{
    giveUp();
}

void Responder::giveUp()
{
    if (m_server)
        error(u"The command %1 ended without an answer"_s.arg(m_command));
}

void Responder::success(const QJsonValue& value)
{
    answer(u"return"_s, value);
}

void Responder::error(const QString& description, ErrorClass errorClass)
{
    answer(u"error"_s, QJsonObject{ { u"class"_s, errorClassName(errorClass) }, { u"desc"_s, description } });
}

void Responder::answer(const QString& member, const QJsonValue& value)
{
    const QPointer<Server> server = std::exchange(m_server, nullptr);
    if (!server)
        return;
    QJsonObject message{ { member, value } };
    if (!m_id.isUndefined())
        message.insert("id"_L1, m_id);
    server->answer(m_connection, message);
}

} // namespace cutover::qmp
