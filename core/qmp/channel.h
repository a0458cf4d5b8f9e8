// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"
#include "fdpass/unixsocket.h"
#include "qmp/codec.h"
#include "qmp/message.h"

#include <QObject>
#include <QSocketNotifier>

#include <deque>
#include <memory>
#include <vector>

namespace cutover::qmp {

/// QMP messages and fds over one connected unix stream socket, on the event loop of its thread. Client and
/// Server are built on it. Every signal may be answered by close() or by deleting the channel.
class Channel : public QObject
{
    Q_OBJECT
public:
    explicit Channel(UniqueFd socket, CodecLimits limits = {}, QObject* parent = nullptr);

    /// Writes \a line (one message with its line feed; any length) as far as the socket takes it and queues
    /// the rest. \a fds travel with its first byte and are closed once sent. rawMessage() is emitted from in
    /// here where all went out at once. Failures arrive through ended(), never from in here.
    void send(QByteArray line, std::vector<UniqueFd> fds = {});
    /// The fds of the latest message that carried any, if nobody took them before: newly received ones
    /// replace (and close) those that were not taken, as in QEMU.
    std::vector<UniqueFd> takeFds();
    /// Stops and resumes reading and received(); what is in the kernel's buffer stays there.
    void setReading(bool on);
    /// Closes the socket; no further signal.
    void close();

    bool isOpen() const { return bool(m_socket); }
    qsizetype queuedBytes() const { return m_queuedBytes; }
    /// Of the peer, at the time of the connection.
    const Result<fdpass::PeerCredentials>& peer() const { return m_peer; }

Q_SIGNALS:
    /// Before received() and after the last byte was sent.
    void rawMessage(const cutover::qmp::RawMessage& message);
    /// Also for malformed input: the reader then goes on with the next message unless close() is called.
    void received(const cutover::qmp::Message& message);
    /// Once, as the last signal, after all that the peer had sent was delivered; the socket is closed.
    void ended(const cutover::Error& error);

private:
    struct Outgoing
    {
        QByteArray line;
        std::vector<UniqueFd> fds;
        qsizetype sent = 0;
        qint64 timeNs = 0;
    };

    void readable();
    bool receiveOnce();
    bool deliver();
    void flush();
    void finish(const Error& error);
    void finishLater(const Error& error);

    UniqueFd m_socket;
    Result<fdpass::PeerCredentials> m_peer;
    MessageReader m_reader;
    std::vector<std::byte> m_buffer;
    std::vector<UniqueFd> m_fds;
    std::deque<Outgoing> m_outgoing;
    qsizetype m_queuedBytes = 0;
    std::unique_ptr<QSocketNotifier> m_readNotifier;
    std::unique_ptr<QSocketNotifier> m_writeNotifier;
    qint64 m_receivedAtNs = 0;
    bool m_reading = true;
    bool m_writable = true;
};

} // namespace cutover::qmp
