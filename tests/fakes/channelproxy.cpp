// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "channelproxy.h"

#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <algorithm>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cutover::fakes {

ChannelProxy::ChannelProxy(
    const QString& path, const QString& target, const Tampering& forth, const Tampering& back)
    : m_target(target)
    , m_tampering{ forth, back }
    , m_stop(UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC)))
{
    auto listener = fdpass::listenUnix(path);
    if (!listener)
        qFatal("%s", qPrintable(listener.error().message()));
    m_listener = std::move(*listener);
    m_thread = std::jthread([this] { run(); });
}

ChannelProxy::~ChannelProxy()
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(m_stop.get(), &one, sizeof one);
    m_thread.join();
}

void ChannelProxy::run()
{
    std::array<pollfd, 2> waiting{ { { .fd = m_listener.get(), .events = POLLIN, .revents = 0 },
        { .fd = m_stop.get(), .events = POLLIN, .revents = 0 } } };
    if (::poll(waiting.data(), waiting.size(), -1) < 0 || waiting[1].revents != 0)
        return;
    auto near = fdpass::acceptUnix(m_listener.get());
    auto far = fdpass::connectUnix(m_target);
    if (!near || !*near || !far)
        return;
    std::array<pollfd, 3> polled{ { { .fd = near->get(), .events = POLLIN, .revents = 0 },
        { .fd = far->get(), .events = POLLIN, .revents = 0 },
        { .fd = m_stop.get(), .events = POLLIN, .revents = 0 } } };
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        if (::poll(polled.data(), polled.size(), -1) < 0 || polled[2].revents != 0)
            return;
        if (polled[0].revents != 0 && !forward(0, near->get(), far->get()))
            polled[0].fd = -1;
        if (polled[1].revents != 0 && !forward(1, far->get(), near->get()))
            polled[1].fd = -1;
        if (m_ended)
            return;
        if (m_bytes[0] >= m_tampering[0].cutAfter || m_bytes[1] >= m_tampering[1].cutAfter)
            return;
    }
}

bool ChannelProxy::forward(std::size_t direction, int from, int to)
{
    std::array<std::byte, 4096> buffer;
    auto chunk = fdpass::receiveSome(from, buffer);
    if (chunk && chunk->wouldBlock)
        return true;
    if (!chunk || chunk->endOfStream) {
        ::shutdown(to, SHUT_WR);
        return false;
    }
    if (!passMarker(direction,
            QByteArrayView(reinterpret_cast<const char*>(buffer.data()), qsizetype(chunk->size)))) {
        m_ended = true;
        return false;
    }
    std::vector<int> fds;
    if (!m_tampering[direction].dropFds)
        std::ranges::transform(
            chunk->fds, std::back_inserter(fds), [](const UniqueFd& fd) { return fd.get(); });
    if (m_tampering[direction].changeFds)
        m_tampering[direction].changeFds(fds);
    return sendAll(direction, to, std::span(buffer).first(chunk->size), fds);
}

bool ChannelProxy::passMarker(std::size_t direction, QByteArrayView bytes)
{
    Tampering& tampering = m_tampering[direction];
    if (!tampering.atMarker)
        return true;
    QByteArray& tail = m_tail[direction];
    tail += bytes;
    if (!tail.contains(tampering.marker)) {
        tail = tail.last(std::min(tail.size(), tampering.marker.size()));
        return true;
    }
    return std::exchange(tampering.atMarker, {})();
}

bool ChannelProxy::sendAll(
    std::size_t direction, int to, std::span<std::byte> bytes, std::span<const int> fds)
{
    const Tampering& tampering = m_tampering[direction];
    const qint64 already = m_bytes[direction];
    const qint64 size = qint64(bytes.size());
    if (tampering.corruptAt >= already && tampering.corruptAt < already + size)
        bytes[std::size_t(tampering.corruptAt - already)] ^= std::byte{ 0x10 };
    bytes = bytes.first(std::size_t(std::min(size, tampering.cutAfter - already)));
    while (!bytes.empty()) {
        const auto sent = fdpass::sendSome(to, bytes, fds);
        if (!sent)
            return false;
        if (*sent == 0) {
            pollfd writable{ .fd = to, .events = POLLOUT, .revents = 0 };
            ::poll(&writable, 1, 1000);
            continue;
        }
        fds = {};
        m_bytes[direction] += qint64(*sent);
        bytes = bytes.subspan(*sent);
    }
    return true;
}

} // namespace cutover::fakes
