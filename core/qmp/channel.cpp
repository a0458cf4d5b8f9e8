// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/channel.h"

#include "base/clock.h"
#include "fdpass/transfer.h"

#include <QPointer>

#include <span>
#include <utility>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

static constexpr std::size_t chunkSize = std::size_t{ 64 } * 1024;
static constexpr int chunksPerTurn = 16; // a flood on one connection leaves the others their turn

static constexpr int maxDrainedChunks = 1024;

static void dispose(std::unique_ptr<QSocketNotifier>& notifier)
{
    if (!notifier)
        return;
    notifier->setEnabled(false);
    notifier.release()->deleteLater();
}

Channel::Channel(UniqueFd socket, CodecLimits limits, QObject* parent)
    : QObject(parent)
    , m_socket(std::move(socket))
    , m_peer(fdpass::peerCredentials(m_socket.get()))
    , m_reader(limits)
    , m_buffer(chunkSize)
{
    if (!m_socket) {
        m_writable = false;
        finishLater({ .code = ErrorCode::InvalidArgument,
            .attempt = u"use the QMP socket"_s,
            .object = {},
            .cause = u"it is not open"_s,
            .remedy = {},
            .sysErrno = 0 });
        return;
    }
    m_readNotifier = std::make_unique<QSocketNotifier>(m_socket.get(), QSocketNotifier::Read);
    m_writeNotifier = std::make_unique<QSocketNotifier>(m_socket.get(), QSocketNotifier::Write);
    m_writeNotifier->setEnabled(false);
    connect(m_readNotifier.get(), &QSocketNotifier::activated, this, &Channel::readable);
    connect(m_writeNotifier.get(), &QSocketNotifier::activated, this, [this] { flush(); });
}

void Channel::send(QByteArray line, std::vector<UniqueFd> fds)
{
    if (!m_writable || line.isEmpty())
        return;
    m_queuedBytes += line.size();
    const bool idle = m_outgoing.empty();
    m_outgoing.push_back({ .line = std::move(line), .fds = std::move(fds), .sent = 0, .timeNs = 0 });
    if (idle)
        flush();
}

std::vector<UniqueFd> Channel::takeFds()
{
    return std::exchange(m_fds, {});
}

void Channel::setReading(bool on)
{
    if (m_reading == on || !m_socket)
        return;
    m_reading = on;
    if (!on) {
        m_readNotifier->setEnabled(false);
        return;
    }
    const auto resume = [this] {
        if (!m_socket || !m_reading)
            return;
        m_readNotifier->setEnabled(true);
        deliver();
    };
    QMetaObject::invokeMethod(this, resume, Qt::QueuedConnection);
}

void Channel::close()
{
    dispose(m_readNotifier);
    dispose(m_writeNotifier);
    m_writable = false;
    m_outgoing.clear();
    m_queuedBytes = 0;
    m_fds.clear();
    m_socket.reset();
}

void Channel::readable()
{
    for (int turn = 0; turn < chunksPerTurn; ++turn) {
        if (!receiveOnce())
            return;
    }
}

/// False when there is nothing more to read now, or this object may be gone.
bool Channel::receiveOnce()
{
    if (!m_socket || !m_reading)
        return false;
    auto chunk = fdpass::receiveSome(m_socket.get(), m_buffer);
    if (!chunk && chunk.error().code != ErrorCode::Disconnected) {
        finish(chunk.error());
        return false;
    }
    if (chunk && chunk->wouldBlock)
        return false;
    // A VMM that quits leaves the line feed behind "quit" unread, which the kernel reports as a reset.
    if (!chunk || chunk->endOfStream) {
        finish({ .code = ErrorCode::Disconnected,
            .attempt = u"read from the QMP connection"_s,
            .object = {},
            .cause = m_reader.insideMessage() ? u"the peer closed it in the middle of a message"_s
                                              : u"the peer closed it"_s,
            .remedy = {},
            .sysErrno = 0 });
        return false;
    }
    m_receivedAtNs = realtimeNs();
    if (!chunk->fds.empty())
        m_fds = std::move(chunk->fds);
    m_reader.append(std::as_bytes(std::span(m_buffer)).first(chunk->size));
    return deliver();
}

/// False when the channel was closed, paused or deleted meanwhile.
bool Channel::deliver()
{
    const QPointer<Channel> self(this);
    while (m_socket && m_reading) {
        const std::optional<Message> message = m_reader.next();
        if (!message)
            return true;
        Q_EMIT rawMessage({ .direction = RawMessage::Direction::Received,
            .bytes = message->raw,
            .timeNs = m_receivedAtNs });
        if (!self || !m_socket)
            return false;
        Q_EMIT received(*message);
        if (!self)
            return false;
    }
    return false;
}

void Channel::flush()
{
    const QPointer<Channel> self(this);
    while (!m_outgoing.empty()) {
        Outgoing& message = m_outgoing.front();
        if (message.sent == 0)
            message.timeNs = realtimeNs();
        std::vector<int> fds;
        fds.reserve(message.fds.size());
        for (const UniqueFd& fd : message.fds)
            fds.push_back(fd.get());
        const auto rest = QByteArrayView(message.line).sliced(message.sent);
        const auto sent = fdpass::sendSome(m_socket.get(), std::as_bytes(std::span(rest)), fds);
        if (!sent) {
            m_writable = false;
            m_outgoing.clear();
            m_queuedBytes = 0;
            m_writeNotifier->setEnabled(false);
            finishLater(sent.error());
            return;
        }
        if (*sent == 0) {
            m_writeNotifier->setEnabled(true);
            return;
        }
        message.fds.clear();
        message.sent += qsizetype(*sent);
        m_queuedBytes -= qsizetype(*sent);
        if (message.sent < message.line.size())
            continue;
        RawMessage raw{ .direction = RawMessage::Direction::Sent,
            .bytes = std::move(message.line),
            .timeNs = message.timeNs };
        m_outgoing.pop_front();
        while (raw.bytes.endsWith('\n') || raw.bytes.endsWith('\r'))
            raw.bytes.chop(1);
        Q_EMIT rawMessage(raw);
        if (!self || !m_socket)
            return;
    }
    m_writeNotifier->setEnabled(false);
}

void Channel::finish(const Error& error)
{
    close();
    Q_EMIT ended(error);
}

void Channel::finishLater(const Error& error)
{
    // What the peer said before it went away (a reply, a last event) is still to be read.
    const auto end = [this, error] {
        const QPointer<Channel> self(this);
        for (int turn = 0; turn < maxDrainedChunks && self && receiveOnce(); ++turn) { }
        if (self && (m_socket || error.code == ErrorCode::InvalidArgument))
            finish(error);
    };
    QMetaObject::invokeMethod(this, end, Qt::QueuedConnection);
}

} // namespace cutover::qmp
