// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalServer>
#include <QLocalSocket>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

namespace cutover::ui::test {

/// A QMP server that talks like a QEMU until it has said a number of things, and then says nothing more: it
/// stalls before the next message, or in the middle of its bytes.
class StallingPeer
{
public:
    struct Stall
    {
        int afterMessages = 0; ///< 0: the greeting is the first that does not come
        bool inTheMiddle = false; ///< half of that message comes
    };

    /// \a stall: nothing = it never does.
    StallingPeer(const QString& path, std::optional<Stall> stall)
        : m_stall(stall)
    {
        QFile schema(QStringLiteral(CUTOVER_TEST_DATA "/qmp-schema-11.1.json"));
        if (!schema.open(QIODevice::ReadOnly) || !m_server.listen(path))
            qFatal("no peer at %s", qPrintable(path));
        m_schema = QJsonDocument::fromJson(schema.readAll()).array();
        QObject::connect(&m_server, &QLocalServer::newConnection, &m_server, [this] { accept(); });
    }

    bool isStalled() const { return m_isStalled; }
    /// The commands that came, in their order.
    const QStringList& received() const { return m_received; }
    int messages() const { return m_messages; }

private:
    void accept()
    {
        QLocalSocket* socket = m_server.nextPendingConnection();
        QObject::connect(socket, &QLocalSocket::readyRead, socket, [this, socket] {
            while (socket->canReadLine())
                answer(socket, QJsonDocument::fromJson(socket->readLine()).object());
        });
        send(socket,
            { { QStringLiteral("QMP"),
                QJsonObject{ { QStringLiteral("version"),
                                 QJsonObject{ { QStringLiteral("qemu"),
                                                  QJsonObject{ { QStringLiteral("major"), 11 },
                                                      { QStringLiteral("minor"), 1 },
                                                      { QStringLiteral("micro"), 3 } } },
                                     { QStringLiteral("package"), QString() } } },
                    { QStringLiteral("capabilities"), QJsonArray{ QStringLiteral("oob") } } } } });
    }

    void answer(QLocalSocket* socket, const QJsonObject& command)
    {
        const QString name
            = command.value(command.contains(u"exec-oob") ? u"exec-oob" : u"execute").toString();
        m_received << name;
        QJsonObject reply = replyTo(name);
        if (command.contains(u"id"))
            reply.insert(QStringLiteral("id"), command[u"id"]);
        send(socket, reply);
    }

    QJsonObject replyTo(const QString& name) const
    {
        const auto returns
            = [](const QJsonValue& value) { return QJsonObject{ { QStringLiteral("return"), value } }; };
        if (name == u"query-qmp-schema")
            return returns(m_schema);
        if (name == u"query-status")
            return returns(QJsonObject{ { QStringLiteral("status"), QStringLiteral("running") },
                { QStringLiteral("running"), true } });
        if (name == u"query-name")
            return returns(QJsonObject{ { QStringLiteral("name"), QStringLiteral("stalling") } });
        if (name == u"query-migrate-parameters")
            return returns(QJsonObject{ { QStringLiteral("mode"), QStringLiteral("normal") } });
        if (name.startsWith(u"qmp_capabilities") || name.startsWith(u"migrate") || name == u"query-migrate")
            return returns(QJsonObject());
        return { { QStringLiteral("error"),
            QJsonObject{ { QStringLiteral("class"), QStringLiteral("GenericError") },
                { QStringLiteral("desc"), QStringLiteral("not here") } } } };
    }

    void send(QLocalSocket* socket, const QJsonObject& message)
    {
        if (m_isStalled)
            return;
        const QByteArray bytes = QJsonDocument(message).toJson(QJsonDocument::Compact) + "\r\n";
        if (m_stall && m_messages == m_stall->afterMessages) {
            m_isStalled = true;
            if (m_stall->inTheMiddle)
                socket->write(bytes.first(bytes.size() / 2));
            return;
        }
        ++m_messages;
        socket->write(bytes);
    }

    QLocalServer m_server;
    QJsonArray m_schema;
    std::optional<Stall> m_stall;
    QStringList m_received;
    int m_messages = 0;
    bool m_isStalled = false;
};

} // namespace cutover::ui::test
