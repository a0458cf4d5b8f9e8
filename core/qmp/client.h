// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "fdpass/unixsocket.h"
#include "qmp/codec.h"
#include "qmp/message.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QObject>
#include <QSocketNotifier>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace cutover::qmp {

class Channel;

struct CallOptions
{
    int timeoutMs = 10000; ///< from call() to the reply; 0 = no limit
    std::vector<int>
        fds; ///< sent with SCM_RIGHTS; call() duplicates them, the caller may close its own at once
    bool outOfBand = false; ///< "exec-oob"; needs ClientLimits::enableOob and a VMM that offers it
};

/// All in milliseconds, 0 = no limit.
struct ClientLimits
{
    int listenMs = 0; ///< until a VMM connects back: it does so only once its monitor is up
    int greetingMs = 60000; ///< from the connection to the greeting: long, a busy monitor is no error
    int negotiationMs = 10000; ///< from the greeting to Ready
    bool enableOob = false; ///< enable out-of-band execution where it is offered
    CodecLimits codec;
};

/// An asynchronous QMP client on the event loop of its thread. It connects once when told and never again by
/// itself. Every callback and signal may call any function of the client or delete it.
class Client : public QObject
{
    Q_OBJECT
public:
    enum class State : std::uint8_t {
        Idle, ///< nothing asked for yet
        Listening, ///< waits for a VMM to connect back
        Connecting, ///< connected, waits for the greeting
        Negotiating, ///< greeting received, waits for the answer to qmp_capabilities
        Ready, ///< calls are possible
        Closed, ///< the connection ended or never came; connect again or delete
    };
    Q_ENUM(State)

    /// Called exactly once, on the client's thread, from the event loop, never from inside call(). The
    /// errors: Remote (the VMM refused; cause is its text, remoteClass() its class), Timeout (a late reply is
    /// dropped), Disconnected, Cancelled (close()), Refused (not Ready), or System (fds). Deleting the client
    /// drops the pending replies without calling them.
    using Reply = std::function<void(Result<QJsonValue>)>;

    explicit Client(QObject* parent = nullptr);
    explicit Client(ClientLimits limits, QObject* parent = nullptr);
    ~Client() override;

    /// Each of these starts a new connection; one that exists is ended as by close(). Failures to connect
    /// arrive as closed().
    ///
    /// A QMP server serves one client and queues very few: while another client holds the monitor, the state
    /// stays Connecting until the greeting comes or greetingMs is over.
    void connectTo(const QString& path);
    /// For a VMM started with `-qmp unix:PATH,server=off`: takes the first trusted peer (own user or root),
    /// then stops listening and removes the path.
    Result<void> listenAt(const QString& path);
    void adopt(UniqueFd connected);
    void adoptListener(UniqueFd listener);

    /// Returns the call's number, 1 and up, unique in this client. An empty reply ignores the outcome.
    quint64 call(
        const QString& command, const QJsonObject& arguments, Reply reply, const CallOptions& options = {});
    quint64 call(const QString& command, Reply reply);
    /// Ends the connection; pending calls fail with Cancelled, then closed() follows, both from the event
    /// loop. A new connection that is started before that suppresses closed().
    void close();

    State state() const { return m_state; }
    const ClientLimits& limits() const { return m_limits; }
    /// Takes effect for the waits that begin after it.
    void setLimits(const ClientLimits& limits) { m_limits = limits; }
    const Greeting& greeting() const { return m_greeting; } ///< valid from Negotiating on
    /// The path or what else names the connection in errors.
    const QString& address() const { return m_address; }
    void setAddress(const QString& address) { m_address = address; }
    std::size_t pendingCalls() const { return m_pending.size(); }
    bool isOobEnabled() const { return m_oobEnabled; }
    /// The VMM at the other end, as of the connection; Disconnected without one.
    Result<fdpass::PeerCredentials> peerCredentials() const;

    /// The QMP error class ("GenericError", "CommandNotFound") of the reply whose callback is running; empty
    /// outside of one or if it was no error reply.
    const QString& remoteClass() const { return m_remoteClass; }

Q_SIGNALS:
    void stateChanged(cutover::qmp::Client::State state);
    void ready(const cutover::qmp::Greeting& greeting);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverloaded-virtual" // QMP's word; QObject::event() is never called on us
    /// timeNs: the VMM's own timestamp, CLOCK_REALTIME; 0 if it gave none.
    void event(const QString& name, const QJsonObject& data, qint64 timeNs);
#pragma GCC diagnostic pop
    /// Once per connection or attempt, after the last pending reply.
    void closed(const cutover::Error& error);
    /// Each message of either direction, before it is routed; Sent also from inside call().
    void rawMessage(const cutover::qmp::RawMessage& message);

private:
    struct Pending
    {
        QString command;
        Reply reply;
        qint64 deadlineNs = 0; ///< monotonic, 0 = none
    };
    struct Outcome
    {
        Reply reply;
        Result<QJsonValue> result;
    };

    void begin(const QString& address);
    void startListening(UniqueFd listener);
    void acceptConnection();
    void stopListening();
    void startChannel(UniqueFd socket);
    void startWait(int milliseconds);
    void waitExpired();
    void setState(State state);

    void route(const Message& message);
    void handleGreeting(const QJsonObject& message);
    void handleReply(const QJsonObject& message);
    void handleEvent(const QJsonObject& message);
    void handleNegotiated(const Result<QJsonValue>& result);

    quint64 submit(
        const QString& command, const QJsonObject& arguments, Reply reply, const CallOptions& options);
    void failLater(Reply reply, const Error& error);
    void scheduleOutcomes();
    void deliverOutcomes();
    void armCallTimer();
    void expireCalls();
    void end(const Error& error, ErrorCode callCode);
    void lost(Error error);

    ClientLimits m_limits;
    State m_state = State::Idle;
    QString m_address;
    QString m_listenPath;
    Greeting m_greeting;
    Channel* m_channel = nullptr; ///< child
    UniqueFd m_listener;
    std::unique_ptr<QSocketNotifier> m_listenNotifier;
    QTimer m_waitTimer;
    QTimer m_callTimer;
    std::map<quint64, Pending> m_pending;
    std::set<std::pair<qint64, quint64>> m_deadlines;
    std::set<quint64> m_expired; ///< timed out, a late reply may still come
    std::vector<Outcome> m_outcomes;
    Result<void> m_ending; ///< the error of closed(), while that is still to be emitted
    bool m_outcomesScheduled = false;
    bool m_oobEnabled = false;
    quint64 m_lastCall = 0;
    QString m_remoteClass;
};

} // namespace cutover::qmp
