// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <QByteArray>
#include <QString>
#include <QtTypes>

#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

namespace cutover::fakes {

/// What a proxy does to the bytes of one direction.
struct Tampering
{
    static constexpr qint64 never = std::numeric_limits<qint64>::max();
    qint64 cutAfter = never; ///< bytes; then both directions end
    qint64 corruptAt = never; ///< offset of the byte that is changed
    bool dropFds = false;
    QByteArray marker; ///< a sequence of bytes, at most 64
    /// Called once, on the proxy's thread, when the marker has come and before the bytes that complete it are
    /// passed on. False ends both directions instead.
    std::function<bool()> atMarker;
    /// May change the fds that came with one message; they stay the proxy's.
    std::function<void(std::vector<int>&)> changeFds;
};

/// Sits between two ends of a unix socket, on a thread of its own, for one connection.
class ChannelProxy
{
public:
    /// Listens at \a path and connects to \a target for the one who connects.
    ChannelProxy(const QString& path, const QString& target, const Tampering& forth, const Tampering& back);
    ~ChannelProxy();

    qint64 bytesForth() const { return m_bytes[0]; }
    qint64 bytesBack() const { return m_bytes[1]; }

private:
    void run();
    bool forward(std::size_t direction, int from, int to);
    /// False when the channel shall end here.
    bool passMarker(std::size_t direction, QByteArrayView bytes);
    bool sendAll(std::size_t direction, int to, std::span<std::byte> bytes, std::span<const int> fds);

    UniqueFd m_listener;
    QString m_target;
    std::array<Tampering, 2> m_tampering;
    std::array<QByteArray, 2> m_tail; ///< what a marker may have begun in
    bool m_ended = false;
    std::array<std::atomic<qint64>, 2> m_bytes{};
    UniqueFd m_stop;
    std::jthread m_thread;
};

} // namespace cutover::fakes
