// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QPointer>
#include <QString>

#include <cstdint>
#include <vector>

namespace cutover::qmp {

class Server;

/// QEMU's QapiErrorClass.
enum class ErrorClass : std::uint8_t {
    GenericError,
    CommandNotFound,
    DeviceNotActive,
    DeviceNotFound,
    KVMMissingCap,
};

QString errorClassName(ErrorClass errorClass);

/// A command as it reached the server, valid while its handler runs.
class Request
{
public:
    Request(QPointer<Server> server, quint64 connection, QString command, QJsonObject arguments);

    quint64 connection() const { return m_connection; }
    const QString& command() const { return m_command; }
    const QJsonObject& arguments() const { return m_arguments; }
    /// The fds that came with SCM_RIGHTS on this connection and that no command has taken. As in QEMU they
    /// wait for the command that takes them; the next message with fds replaces and closes them.
    std::vector<UniqueFd> takeFds() const;

private:
    QPointer<Server> m_server;
    quint64 m_connection = 0;
    QString m_command;
    QJsonObject m_arguments;
};

/// The right, and the duty, to answer one command, now or later, on the server's thread. The first answer
/// counts; one that is dropped unanswered answers with a GenericError. Answers to a connection or a server
/// that is gone are ignored.
class Responder
{
public:
    Responder(QPointer<Server> server, quint64 connection, QJsonValue id, QString command);
    Responder(Responder&& other) noexcept;
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    void success(const QJsonValue& value = QJsonObject());
    void error(const QString& description, ErrorClass errorClass = ErrorClass::GenericError);

private:
    void answer(const QString& member, const QJsonValue& value);
    void giveUp();

    QPointer<Server> m_server; ///< null once answered
    quint64 m_connection = 0;
    QJsonValue m_id;
    QString m_command;
};

} // namespace cutover::qmp
