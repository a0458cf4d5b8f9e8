// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <QSocketNotifier>
#include <QTimer>

#include <array>
#include <optional>
#include <span>
#include <sys/socket.h>

namespace cutover::test {

/// A byte relay between two unix sockets that a test can break on purpose.
class Relay : public QObject
{
public:
    enum class Fault : std::uint8_t { None, DropFds, MuteAnswers };

    Relay(const QString& listenPath, const QString& forwardPath, Fault fault)
        : m_forward(forwardPath)
        , m_fault(fault)
        , m_listener(fdpass::listenUnix(listenPath).value_or(UniqueFd()))
        , m_accept(m_listener.get(), QSocketNotifier::Read)
    {
        connect(&m_accept, &QSocketNotifier::activated, this, [this] { accept(); });
    }
    bool isUp() const { return bool(m_listener); }
    /// Both connections end at once, as when the relay's process dies.
    void cut()
    {
        m_towards.reset();
        m_back.reset();
        m_source.reset();
        m_destination.reset();
    }

private:
    void accept()
    {
        m_source = fdpass::acceptUnix(m_listener.get()).value_or(UniqueFd());
        m_destination = fdpass::connectUnix(m_forward).value_or(UniqueFd());
        m_towards.emplace(m_source.get(), QSocketNotifier::Read);
        m_back.emplace(m_destination.get(), QSocketNotifier::Read);
        connect(&*m_towards, &QSocketNotifier::activated, this,
            [this] { pass(m_source, m_destination, *m_towards); });
        connect(
            &*m_back, &QSocketNotifier::activated, this, [this] { pass(m_destination, m_source, *m_back); });
    }
    void pass(const UniqueFd& from, const UniqueFd& to, QSocketNotifier& notifier)
    {
        std::array<std::byte, 65536> buffer{};
        auto chunk = fdpass::receiveSome(from.get(), buffer);
        if (!chunk || chunk->endOfStream) {
            notifier.setEnabled(false);
            if (&from == &m_source)
                ::shutdown(to.get(), SHUT_WR);
            else
                QTimer::singleShot(0, this, [this] { cut(); });
            return;
        }
        if (chunk->wouldBlock || (m_fault == Fault::MuteAnswers && &from == &m_destination))
            return;
        std::vector<int> fds;
        for (const UniqueFd& fd : chunk->fds) {
            if (m_fault != Fault::DropFds)
                fds.push_back(fd.get());
        }
        std::span<const std::byte> rest(buffer.data(), chunk->size);
        while (!rest.empty()) {
            const auto sent = fdpass::sendSome(to.get(), rest, fds);
            if (!sent)
                return;
            if (*sent > 0)
                fds.clear();
            rest = rest.subspan(*sent);
        }
    }

    QString m_forward;
    Fault m_fault;
    UniqueFd m_listener;
    UniqueFd m_source;
    UniqueFd m_destination;
    QSocketNotifier m_accept;
    std::optional<QSocketNotifier> m_towards;
    std::optional<QSocketNotifier> m_back;
};

} // namespace cutover::test
