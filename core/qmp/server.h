// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "fdpass/unixsocket.h"
#include "qmp/codec.h"
#include "qmp/message.h"
#include "qmp/responder.h"
#include "qmp/schema.h"

#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QSocketNotifier>
#include <QString>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace cutover::qmp {

class Channel;

struct ServerOptions
{
    Greeting greeting;
    /// False: a client hears nothing until sendRaw(), as of a VMM that hangs.
    bool greets = true;
    /// Commands of one connection are run one after the other, the next once the one before is answered, as
    /// in QEMU. Nothing is read from the connection meanwhile. False: each is run when it comes.
    bool inOrder = true;
    CodecLimits codec;
};

/// The server side of QMP, for any number of connections, on the event loop of its thread: greeting,
/// capabilities negotiation, dispatch of commands to handlers, events. Handlers and slots may call any
/// function of the server; they must not delete it (deleteLater() is fine).
class Server : public QObject
{
    Q_OBJECT
public:
    using Handler = std::move_only_function<void(const Request&, Responder)>;

    explicit Server(ServerOptions options = {}, QObject* parent = nullptr);
    ~Server() override;

    /// A socket of mode 0600 at \a path, removed by close() if it is still the one that was made. Peers that
    /// are neither our user nor root are turned away. Several listeners are fine.
    Result<void> listenAt(const QString& path);
    Result<void> adoptListener(UniqueFd listener);
    /// A connected socket, for instance to a console that waits for us to connect. Returns the connection's
    /// number.
    quint64 adopt(UniqueFd connected);
    /// Ends all connections and listeners; registered commands stay.
    void close();

    /// Replaces a handler of that name. qmp_capabilities is the server's own.
    void registerCommand(const QString& name, Handler handler);
    /// For every command that has no handler; without it they are answered with CommandNotFound.
    void setDefaultHandler(Handler handler);
    /// Arguments of commands that the schema knows are checked before the handler sees them.
    void setSchema(std::shared_ptr<const Schema> schema) { m_schema = std::move(schema); }

    /// To every connection that has negotiated. \a timeNs is CLOCK_REALTIME, 0 = now. The data member is left
    /// out when empty.
    void broadcastEvent(const QString& name, const QJsonObject& data = {}, qint64 timeNs = 0);
    /// Bytes as they are, negotiated or not.
    void sendRaw(quint64 connection, const QByteArray& bytes);
    void closeConnection(quint64 connection);

    QList<quint64> connections() const;
    bool isNegotiated(quint64 connection) const;
    Result<fdpass::PeerCredentials> peerCredentials(quint64 connection) const;
    /// Where it connected to; empty for one that was adopted.
    QString listenerPath(quint64 connection) const;
    std::vector<UniqueFd> takeFds(quint64 connection);

Q_SIGNALS:
    void connected(quint64 connection);
    void negotiated(quint64 connection);
    void disconnected(quint64 connection, const cutover::Error& error);
    void rawMessage(quint64 connection, const cutover::qmp::RawMessage& message);

private:
    friend class Responder;

    struct Listener
    {
        UniqueFd socket;
        std::unique_ptr<QSocketNotifier> notifier;
        QString path; ///< to remove, may be empty
        std::pair<dev_t, ino_t> file; ///< what path was then
    };
    struct Connection
    {
        QString listenerPath;
        Channel* channel = nullptr; ///< child
        bool negotiated = false;
        int unanswered = 0;
    };

    void addListener(UniqueFd socket, const QString& path);
    void acceptFrom(int listener);
    quint64 addConnection(UniqueFd socket, const QString& listenerPath);
    void handle(quint64 connection, const Message& message);
    /// The sentence for a request that QEMU would refuse by its form alone; empty when it is well formed.
    static QString formError(const QJsonObject& request);
    void dispatch(
        quint64 connection, const QString& command, const QJsonObject& arguments, Responder responder);
    void negotiate(Connection& connection, quint64 number, const QJsonObject& arguments, Responder responder);
    void answer(quint64 connection, const QJsonObject& message);
    void dropConnection(quint64 connection);
    Connection* find(quint64 connection);

    ServerOptions m_options;
    std::vector<Listener> m_listeners;
    std::map<quint64, Connection> m_connections;
    quint64 m_lastConnection = 0;
    QHash<QString, std::shared_ptr<Handler>> m_handlers;
    std::shared_ptr<Handler> m_defaultHandler;
    std::shared_ptr<const Schema> m_schema;
};

} // namespace cutover::qmp
