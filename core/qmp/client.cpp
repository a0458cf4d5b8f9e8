// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/client.h"

#include "base/clock.h"
#include "base/logging.h"
#include "qmp/channel.h"

#include <QFile>
#include <QJsonArray>
#include <QPointer>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <utility>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

static const QLatin1StringView idPrefix("cutover-");

static Error makeError(ErrorCode code, const QString& attempt, const QString& object, const QString& cause)
{
    return failure(code, attempt, object, cause).error();
}

Client::Client(QObject* parent)
    : Client(ClientLimits(), parent)
{
}

Client::Client(ClientLimits limits, QObject* parent)
    : QObject(parent)
    , m_limits(limits)
{
    m_waitTimer.setSingleShot(true);
    m_callTimer.setSingleShot(true);
    connect(&m_waitTimer, &QTimer::timeout, this, &Client::waitExpired);
    connect(&m_callTimer, &QTimer::timeout, this, &Client::expireCalls);
}

Client::~Client()
{
    stopListening();
}

void Client::begin(const QString& address)
{
    {
        const QSignalBlocker quiet(this);
        close();
    }
    m_state = State::Idle;
    m_ending = {};
    m_address = address;
    m_greeting = {};
    m_oobEnabled = false;
}

void Client::connectTo(const QString& path)
{
    begin(path);
    auto socket = fdpass::connectUnix(path);
    if (socket) {
        startChannel(std::move(*socket));
        return;
    }
    Error error = socket.error();
    if (error.code == ErrorCode::Busy)
        error.remedy = u"QMP serves one client at a time; close the other client of this monitor."_s;
    end(error, ErrorCode::Disconnected);
}

Result<void> Client::listenAt(const QString& path)
{
    auto listener = fdpass::listenUnix(path);
    if (!listener)
        return std::unexpected(listener.error());
    begin(path);
    m_listenPath = path;
    startListening(std::move(*listener));
    return {};
}

void Client::adopt(UniqueFd connected)
{
    begin({});
    startChannel(std::move(connected));
}

void Client::adoptListener(UniqueFd listener)
{
    begin({});
    if (!listener) {
        end(makeError(ErrorCode::InvalidArgument, u"wait for the VMM to connect"_s, {},
                u"the socket is not open"_s),
            ErrorCode::Disconnected);
        return;
    }
    startListening(std::move(listener));
}

void Client::startListening(UniqueFd listener)
{
    m_listener = std::move(listener);
    m_listenNotifier = std::make_unique<QSocketNotifier>(m_listener.get(), QSocketNotifier::Read);
    connect(m_listenNotifier.get(), &QSocketNotifier::activated, this, &Client::acceptConnection);
    startWait(m_limits.listenMs);
    setState(State::Listening);
}

void Client::acceptConnection()
{
    auto socket = fdpass::acceptUnix(m_listener.get());
    if (!socket) {
        lost(socket.error());
        return;
    }
    if (!*socket)
        return;
    if (const auto trusted = fdpass::requireTrustedPeer(socket->get()); !trusted) {
        qCWarning(lcQmp).noquote() << trusted.error().message();
        return;
    }
    stopListening();
    startChannel(std::move(*socket));
}

void Client::stopListening()
{
    if (m_listenNotifier) {
        m_listenNotifier->setEnabled(false);
        m_listenNotifier.release()->deleteLater();
    }
    if (m_listener && !m_listenPath.isEmpty())
        QFile::remove(m_listenPath);
    m_listenPath.clear();
    m_listener.reset();
}

void Client::startChannel(UniqueFd socket)
{
    m_channel = new Channel(std::move(socket), m_limits.codec, this);
    connect(m_channel, &Channel::rawMessage, this, &Client::rawMessage);
    connect(m_channel, &Channel::received, this, &Client::route);
    connect(m_channel, &Channel::ended, this, &Client::lost);
    startWait(m_limits.greetingMs);
    setState(State::Connecting);
}

void Client::startWait(int milliseconds)
{
    if (milliseconds > 0)
        m_waitTimer.start(milliseconds);
    else
        m_waitTimer.stop();
}

void Client::waitExpired()
{
    const auto seconds = [](int milliseconds) { return QString::number(milliseconds / 1000.0); };
    Error error{ .code = ErrorCode::Timeout,
        .attempt = {},
        .object = m_address,
        .cause = {},
        .remedy = {},
        .sysErrno = 0 };
    switch (m_state) {
    case State::Listening:
        error.attempt = u"wait for the VMM to connect to the QMP socket"_s;
        error.cause = u"nothing connected within %1 s"_s.arg(seconds(m_limits.listenMs));
        break;
    case State::Connecting:
        error.attempt = u"wait for the QMP greeting"_s;
        error.cause = u"none came within %1 s"_s.arg(seconds(m_limits.greetingMs));
        error.remedy = u"Close other clients of this monitor, QMP serves one at a time; or the VMM hangs."_s;
        break;
    case State::Negotiating:
        error.attempt = u"negotiate the QMP capabilities"_s;
        error.cause = u"no answer within %1 s"_s.arg(seconds(m_limits.negotiationMs));
        break;
    case State::Idle:
    case State::Ready:
    case State::Closed:
        return;
    }
    lost(error);
}

void Client::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    Q_EMIT stateChanged(state);
}

void Client::route(const Message& message)
{
    if (!m_channel->takeFds().empty())
        qCDebug(lcQmp) << "file descriptors from" << m_address << "closed: a QMP server sends none";
    if (!message.object) {
        Error error = message.object.error();
        if (m_state == State::Connecting) {
            error.attempt = u"read the QMP greeting"_s;
            error.remedy = u"Name the socket of a QMP monitor."_s;
        }
        lost(error);
        return;
    }
    const QJsonObject& object = *message.object;
    if (m_state == State::Connecting)
        handleGreeting(object);
    else if (object.contains("event"_L1))
        handleEvent(object);
    else if (object.contains("return"_L1) || object.contains("error"_L1))
        handleReply(object);
    else
        lost(makeError(ErrorCode::Protocol, u"read from the QMP connection"_s, m_address,
            u"a message is neither a reply nor an event"_s));
}

void Client::handleGreeting(const QJsonObject& message)
{
    const auto greeting = parseGreeting(message);
    if (!greeting) {
        lost(greeting.error());
        return;
    }
    m_greeting = *greeting;
    m_oobEnabled = m_limits.enableOob && m_greeting.capabilities.contains("oob"_L1);
    QJsonObject arguments;
    if (m_oobEnabled)
        arguments.insert("enable"_L1, QJsonArray{ u"oob"_s });
    startWait(m_limits.negotiationMs);

    const QPointer<Client> self(this);
    const Channel* channel = m_channel;
    setState(State::Negotiating);
    if (self && m_channel == channel)
        submit(u"qmp_capabilities"_s, arguments,
            [this](const Result<QJsonValue>& result) { handleNegotiated(result); },
            { .timeoutMs = 0, .fds = {} });
}

void Client::handleNegotiated(const Result<QJsonValue>& result)
{
    if (m_state != State::Negotiating)
        return;
    if (!result) {
        lost(result.error());
        return;
    }
    m_waitTimer.stop();
    const QPointer<Client> self(this);
    const Channel* channel = m_channel;
    setState(State::Ready);
    if (self && m_channel == channel)
        Q_EMIT ready(Greeting(m_greeting));
}

void Client::handleEvent(const QJsonObject& message)
{
    Q_EMIT event(message["event"_L1].toString(), message["data"_L1].toObject(), eventTimeNs(message));
}

void Client::handleReply(const QJsonObject& message)
{
    const QJsonObject remote = message["error"_L1].toObject();
    const QString description = remote["desc"_L1].toString();
    const QJsonValue id = message["id"_L1];
    if (id.isUndefined() && message.contains("error"_L1)) {
        lost(makeError(ErrorCode::Protocol, u"talk QMP to"_s, m_address,
            u"the VMM could not read a message: "_s + description));
        return;
    }
    const QString idText = id.toString();
    const quint64 number
        = idText.startsWith(idPrefix) ? QStringView(idText).sliced(idPrefix.size()).toULongLong() : 0;
    const auto found = m_pending.find(number);
    if (found == m_pending.end()) {
        if (m_expired.erase(number) > 0)
            qCDebug(lcQmp) << "late reply to call" << number << "dropped";
        else
            qCWarning(lcQmp) << "reply with unknown id" << id << "from" << m_address << "dropped";
        return;
    }
    const Pending call = std::move(found->second);
    m_pending.erase(found);
    m_deadlines.erase({ call.deadlineNs, number });

    Result<QJsonValue> result = message["return"_L1];
    if (message.contains("error"_L1)) {
        m_remoteClass = remote["class"_L1].toString();
        result = failure(ErrorCode::Remote, u"run the QMP command"_s, call.command, description);
    }
    const QPointer<Client> self(this);
    call.reply(std::move(result));
    if (self)
        m_remoteClass.clear();
}

quint64 Client::call(
    const QString& command, const QJsonObject& arguments, Reply reply, const CallOptions& options)
{
    if (m_state == State::Ready)
        return submit(command, arguments, std::move(reply), options);
    failLater(std::move(reply),
        makeError(ErrorCode::Refused, u"run the QMP command"_s, command, u"the monitor is not connected"_s));
    return ++m_lastCall;
}

quint64 Client::call(const QString& command, Reply reply)
{
    return call(command, {}, std::move(reply));
}

quint64 Client::submit(
    const QString& command, const QJsonObject& arguments, Reply reply, const CallOptions& options)
{
    const quint64 number = ++m_lastCall;
    if (!reply)
        reply = [](const Result<QJsonValue>&) { };
    std::vector<UniqueFd> fds;
    for (const int fd : options.fds) {
        fds.push_back(UniqueFd::adopt(::fcntl(fd, F_DUPFD_CLOEXEC, 0)));
        if (!fds.back()) {
            failLater(std::move(reply),
                systemError(u"send a file descriptor with the QMP command"_s, command, errno).error());
            return number;
        }
    }
    const bool outOfBand = options.outOfBand && m_oobEnabled;
    QJsonObject message{ { outOfBand ? u"exec-oob"_s : u"execute"_s, command },
        { u"id"_s, QString(idPrefix + QString::number(number)) } };
    if (!arguments.isEmpty())
        message.insert("arguments"_L1, arguments);

    const qint64 deadline
        = options.timeoutMs > 0 ? monotonicNs() + qint64{ options.timeoutMs } * 1'000'000 : qint64{ 0 };
    m_pending.emplace(
        number, Pending{ .command = command, .reply = std::move(reply), .deadlineNs = deadline });
    if (deadline != 0) {
        m_deadlines.emplace(deadline, number);
        armCallTimer();
    }
    m_channel->send(encode(message), std::move(fds));
    return number;
}

void Client::armCallTimer()
{
    if (m_deadlines.empty()) {
        m_callTimer.stop();
        return;
    }
    const qint64 remaining = (m_deadlines.begin()->first - monotonicNs()) / 1'000'000 + 1;
    const qint64 wait = std::clamp<qint64>(remaining, 0, std::numeric_limits<int>::max());
    if (!m_callTimer.isActive() || m_callTimer.remainingTime() > wait)
        m_callTimer.start(int(wait));
}

void Client::expireCalls()
{
    const QPointer<Client> self(this);
    const qint64 now = monotonicNs();
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now) {
        const quint64 number = m_deadlines.begin()->second;
        m_deadlines.erase(m_deadlines.begin());
        const auto found = m_pending.find(number);
        const Pending call = std::move(found->second);
        m_pending.erase(found);
        m_expired.insert(number);
        call.reply(failure(
            ErrorCode::Timeout, u"run the QMP command"_s, call.command, u"the VMM did not answer in time"_s));
        if (!self)
            return;
    }
    armCallTimer();
}

void Client::failLater(Reply reply, const Error& error)
{
    if (!reply)
        return;
    m_outcomes.push_back({ .reply = std::move(reply), .result = std::unexpected(error) });
    scheduleOutcomes();
}

void Client::scheduleOutcomes()
{
    if (std::exchange(m_outcomesScheduled, true))
        return;
    QMetaObject::invokeMethod(this, &Client::deliverOutcomes, Qt::QueuedConnection);
}

void Client::deliverOutcomes()
{
    const QPointer<Client> self(this);
    m_outcomesScheduled = false;
    std::vector<Outcome> outcomes = std::exchange(m_outcomes, {});
    for (Outcome& outcome : outcomes) {
        outcome.reply(std::move(outcome.result));
        if (!self)
            return;
    }
    if (m_outcomes.empty() && !m_ending) {
        const Error error = std::exchange(m_ending, {}).error();
        Q_EMIT closed(error);
    }
}

void Client::close()
{
    if (m_state == State::Idle || m_state == State::Closed)
        return;
    end(makeError(
            ErrorCode::Cancelled, u"go on with the QMP connection"_s, m_address, u"it was closed here"_s),
        ErrorCode::Cancelled);
}

void Client::lost(Error error)
{
    if (error.object.isEmpty())
        error.object = m_address;
    end(error, ErrorCode::Disconnected);
}

void Client::end(const Error& error, ErrorCode callCode)
{
    stopListening();
    m_waitTimer.stop();
    m_callTimer.stop();
    if (m_channel) {
        m_channel->disconnect(this);
        m_channel->close();
        m_channel->deleteLater();
        m_channel = nullptr;
    }
    m_deadlines.clear();
    m_expired.clear();
    for (auto& [number, call] : std::exchange(m_pending, {})) {
        m_outcomes.push_back({ .reply = std::move(call.reply),
            .result = failure(callCode, u"run the QMP command"_s, call.command,
                callCode == ErrorCode::Cancelled ? u"the connection was closed here"_s
                                                 : u"the connection was lost: "_s + error.cause) });
    }
    m_ending = std::unexpected(error);
    scheduleOutcomes();
    setState(State::Closed);
}

Result<fdpass::PeerCredentials> Client::peerCredentials() const
{
    if (!m_channel)
        return failure(
            ErrorCode::Disconnected, u"identify the VMM"_s, m_address, u"there is no connection"_s);
    return m_channel->peer();
}

} // namespace cutover::qmp
