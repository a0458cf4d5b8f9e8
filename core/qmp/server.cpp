// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/server.h"

#include "base/clock.h"
#include "base/logging.h"
#include "qmp/channel.h"

#include <QFile>
#include <QJsonArray>

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

static constexpr int listenBacklog = 8;
static constexpr int acceptPauseMs = 200; // out of fds: a pending connection would wake us at once for ever

Server::Server(ServerOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
{
}

Server::~Server()
{
    blockSignals(true);
    close();
}

/// Which file \a path is; zeros when there is none.
static std::pair<dev_t, ino_t> fileAt(const QString& path)
{
    struct stat info = {};
    if (path.isEmpty() || ::lstat(QFile::encodeName(path).constData(), &info) != 0)
        return {};
    return { info.st_dev, info.st_ino };
}

Result<void> Server::listenAt(const QString& path)
{
    auto socket = fdpass::listenUnix(path, listenBacklog);
    if (!socket)
        return std::unexpected(socket.error());
    addListener(std::move(*socket), path);
    return {};
}

Result<void> Server::adoptListener(UniqueFd listener)
{
    if (!listener)
        return failure(
            ErrorCode::InvalidArgument, u"listen for QMP clients"_s, {}, u"the socket is not open"_s);
    addListener(std::move(listener), {});
    return {};
}

void Server::addListener(UniqueFd socket, const QString& path)
{
    const int number = socket.get();
    auto notifier = std::make_unique<QSocketNotifier>(number, QSocketNotifier::Read);
    connect(notifier.get(), &QSocketNotifier::activated, this, [this, number] { acceptFrom(number); });
    m_listeners.push_back(
        { .socket = std::move(socket), .notifier = std::move(notifier), .path = path, .file = fileAt(path) });
}

void Server::acceptFrom(int listener)
{
    auto socket = fdpass::acceptUnix(listener);
    if (!socket) {
        qCWarning(lcQmp).noquote() << socket.error().message();
        for (Listener& entry : m_listeners) {
            if (entry.socket.get() != listener)
                continue;
            entry.notifier->setEnabled(false);
            QSocketNotifier* notifier = entry.notifier.get();
            QTimer::singleShot(acceptPauseMs, notifier, [notifier] { notifier->setEnabled(true); });
        }
        return;
    }
    if (!*socket)
        return;
    if (const auto trusted = fdpass::requireTrustedPeer(socket->get()); !trusted) {
        qCWarning(lcQmp).noquote() << trusted.error().message();
        return;
    }
    const auto from = std::ranges::find_if(
        m_listeners, [listener](const Listener& entry) { return entry.socket.get() == listener; });
    addConnection(std::move(*socket), from == m_listeners.end() ? QString() : from->path);
}

quint64 Server::adopt(UniqueFd socket)
{
    return addConnection(std::move(socket), {});
}

quint64 Server::addConnection(UniqueFd socket, const QString& listenerPath)
{
    const quint64 number = ++m_lastConnection;
    auto* channel = new Channel(std::move(socket), m_options.codec, this);
    m_connections.emplace(number,
        Connection{ .listenerPath = listenerPath, .channel = channel, .negotiated = false, .unanswered = 0 });
    connect(channel, &Channel::rawMessage, this,
        [this, number](const RawMessage& message) { Q_EMIT rawMessage(number, message); });
    connect(channel, &Channel::received, this,
        [this, number](const Message& message) { handle(number, message); });
    connect(channel, &Channel::ended, this, [this, number](const Error& error) {
        dropConnection(number);
        Q_EMIT disconnected(number, error);
    });
    if (m_options.greets)
        channel->send(encode(toJson(m_options.greeting)));
    Q_EMIT connected(number);
    return number;
}

void Server::close()
{
    for (Listener& listener : m_listeners) {
        listener.notifier->setEnabled(false);
        listener.notifier.release()->deleteLater();
        // A successor may have put its own socket there.
        if (!listener.path.isEmpty() && listener.file == fileAt(listener.path))
            QFile::remove(listener.path);
    }
    m_listeners.clear();
    const QList<quint64> numbers = connections();
    for (const quint64 number : numbers)
        closeConnection(number);
}

void Server::registerCommand(const QString& name, Handler handler)
{
    m_handlers.insert(name, std::make_shared<Handler>(std::move(handler)));
}

void Server::setDefaultHandler(Handler handler)
{
    m_defaultHandler = std::make_shared<Handler>(std::move(handler));
}

void Server::broadcastEvent(const QString& name, const QJsonObject& data, qint64 timeNs)
{
    QJsonObject message{ { u"event"_s, name },
        { u"timestamp"_s, eventTimestamp(timeNs > 0 ? timeNs : realtimeNs()) } };
    if (!data.isEmpty())
        message.insert("data"_L1, data);
    const QByteArray line = encode(message);
    const QList<quint64> numbers = connections();
    for (const quint64 number : numbers) {
        if (Connection* connection = find(number); connection && connection->negotiated)
            connection->channel->send(line);
    }
}

void Server::sendRaw(quint64 connection, const QByteArray& bytes)
{
    if (Connection* found = find(connection))
        found->channel->send(bytes);
}

void Server::closeConnection(quint64 connection)
{
    if (!find(connection))
        return;
    dropConnection(connection);
    Q_EMIT disconnected(connection,
        failure(ErrorCode::Cancelled, u"go on with the QMP connection"_s, {}, u"it was closed here"_s)
            .error());
}

void Server::dropConnection(quint64 connection)
{
    const auto found = m_connections.find(connection);
    if (found == m_connections.end())
        return;
    Channel* channel = found->second.channel;
    m_connections.erase(found);
    channel->disconnect(this);
    channel->close();
    channel->deleteLater();
}

Server::Connection* Server::find(quint64 connection)
{
    const auto found = m_connections.find(connection);
    return found == m_connections.end() ? nullptr : &found->second;
}

QList<quint64> Server::connections() const
{
    QList<quint64> numbers;
    for (const auto& [number, connection] : m_connections)
        numbers.append(number);
    return numbers;
}

bool Server::isNegotiated(quint64 connection) const
{
    const auto found = m_connections.find(connection);
    return found != m_connections.end() && found->second.negotiated;
}

Result<fdpass::PeerCredentials> Server::peerCredentials(quint64 connection) const
{
    const auto found = m_connections.find(connection);
    if (found == m_connections.end())
        return failure(
            ErrorCode::Disconnected, u"identify the QMP client"_s, {}, u"the connection is closed"_s);
    return found->second.channel->peer();
}

QString Server::listenerPath(quint64 connection) const
{
    const auto found = m_connections.find(connection);
    return found == m_connections.end() ? QString() : found->second.listenerPath;
}

std::vector<UniqueFd> Server::takeFds(quint64 connection)
{
    Connection* found = find(connection);
    return found ? found->channel->takeFds() : std::vector<UniqueFd>();
}

QString Server::formError(const QJsonObject& request)
{
    for (auto member = request.constBegin(); member != request.constEnd(); ++member) {
        if (member.key() == "execute"_L1) {
            if (!member->isString())
                return u"QMP input member 'execute' must be a string"_s;
        } else if (member.key() == "arguments"_L1) {
            if (!member->isObject())
                return u"QMP input member 'arguments' must be an object"_s;
        } else if (member.key() != "id"_L1) {
            return u"QMP input member '%1' is unexpected"_s.arg(member.key());
        }
    }
    return request.contains("execute"_L1) ? QString() : u"QMP input lacks member 'execute'"_s;
}

void Server::handle(quint64 number, const Message& message)
{
    Connection* connection = find(number);
    if (!connection)
        return;
    ++connection->unanswered;
    const QJsonObject request = message.object.value_or(QJsonObject());
    const QString command = request["execute"_L1].toString();
    Responder responder(this, number,
        request.contains("id"_L1) ? request["id"_L1] : QJsonValue(QJsonValue::Undefined), command);
    if (!message.object)
        responder.error(u"JSON parse error, "_s + message.object.error().cause);
    else if (const QString mistake = formError(request); !mistake.isEmpty())
        responder.error(mistake);
    else
        dispatch(number, command, request["arguments"_L1].toObject(), std::move(responder));

    connection = find(number);
    if (m_options.inOrder && connection && connection->unanswered > 0)
        connection->channel->setReading(false);
}

void Server::dispatch(
    quint64 number, const QString& command, const QJsonObject& arguments, Responder responder)
{
    Connection& connection = m_connections.at(number);
    if (command == "qmp_capabilities"_L1) {
        negotiate(connection, number, arguments, std::move(responder));
        return;
    }
    if (!connection.negotiated) {
        responder.error(
            u"Expecting capabilities negotiation with 'qmp_capabilities'"_s, ErrorClass::CommandNotFound);
        return;
    }
    const std::shared_ptr<Handler> handler = m_handlers.value(command, m_defaultHandler);
    if (!handler) {
        responder.error(u"The command %1 has not been found"_s.arg(command), ErrorClass::CommandNotFound);
        return;
    }
    if (m_schema && m_schema->hasCommand(command)) {
        if (const auto valid = m_schema->validate(command, arguments); !valid) {
            responder.error(valid.error().cause);
            return;
        }
    }
    (*handler)(Request(this, number, command, arguments), std::move(responder));
}

void Server::negotiate(
    Connection& connection, quint64 number, const QJsonObject& arguments, Responder responder)
{
    if (connection.negotiated) {
        responder.error(
            u"Capabilities negotiation is already complete, command ignored"_s, ErrorClass::CommandNotFound);
        return;
    }
    for (auto member = arguments.constBegin(); member != arguments.constEnd(); ++member) {
        if (member.key() != "enable"_L1) {
            responder.error(u"Parameter '%1' is unexpected"_s.arg(member.key()));
            return;
        }
        if (!member->isArray()) {
            responder.error(u"Invalid parameter type for 'enable', expected: array"_s);
            return;
        }
        const QJsonArray wanted = member->toArray();
        for (const QJsonValue capability : wanted) {
            if (!m_options.greeting.capabilities.contains(capability.toString())) {
                responder.error(u"Capability '%1' not available"_s.arg(capability.toString()));
                return;
            }
        }
    }
    connection.negotiated = true;
    responder.success();
    Q_EMIT negotiated(number);
}

void Server::answer(quint64 number, const QJsonObject& message)
{
    Connection* connection = find(number);
    if (!connection)
        return;
    connection->channel->send(encode(message));
    connection = find(number);
    if (connection && --connection->unanswered == 0)
        connection->channel->setReading(true);
}

} // namespace cutover::qmp
