// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tapmachine.h"

#include "../unit/fdhelpers.h"

#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <array>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

namespace cutover::test {

/// One message between the two processes: a letter, bytes, fds.
struct PeerMessage
{
    char letter = 0; ///< 0: the other side is gone
    QByteArray bytes;
    std::vector<UniqueFd> fds;
};

inline bool sendMessage(int socket, char letter, const QByteArray& bytes = {}, std::span<const int> fds = {})
{
    const QByteArray all = letter + bytes;
    return fdpass::sendSome(socket, std::as_bytes(std::span(all.constData(), std::size_t(all.size()))), fds)
               .value_or(0)
        == std::size_t(all.size());
}

inline PeerMessage receiveMessage(int socket)
{
    pollfd ready{ .fd = socket, .events = POLLIN, .revents = 0 };
    if (::poll(&ready, 1, 60'000) != 1)
        return {};
    std::array<std::byte, 16384> buffer{};
    auto chunk = fdpass::receiveSome(socket, buffer);
    if (!chunk || chunk->size == 0)
        return {};
    const auto* text = reinterpret_cast<const char*>(buffer.data());
    return { text[0], QByteArray(text + 1, qsizetype(chunk->size) - 1), std::move(chunk->fds) };
}

inline std::vector<int> backendFds(const vmm::TapNet& net)
{
    std::vector<int> fds;
    for (qsizetype slot = 0; slot < net.fdSlots().size(); ++slot)
        fds.push_back(net.slotFd(slot));
    return fds;
}

inline bool attachAll(TapMachine& machine, std::vector<UniqueFd> fds)
{
    for (std::size_t slot = 0; slot < fds.size(); ++slot) {
        if (!machine.check(machine.net->attachFd(qsizetype(slot), std::move(fds[slot]))))
            return false;
    }
    return true;
}

/// Stops the machine's guest and gives it to the other side, with letter \a letter.
inline bool handOver(TapMachine& machine, int socket, char letter)
{
    machine.stop();
    if (!machine.check(machine.net->release(1000, engine::Device::Keep::Backend)))
        return false;
    const bool sent = sendMessage(socket, letter, machine.save(), backendFds(*machine.net));
    machine.net->detachBackend();
    return sent;
}

/// Goes on with what handOver() sent.
inline bool takeOver(TapMachine& machine, PeerMessage message)
{
    if (!attachAll(machine, std::move(message.fds)) || !machine.check(machine.net->take(1000))
        || !machine.load(message.bytes))
        return false;
    machine.start();
    return true;
}

/// The other process: does what it is asked until the socket is closed.
inline int runPeer(int socketNumber)
{
    const UniqueFd socket = UniqueFd::adopt(socketNumber);
    TapMachine machine;
    const auto reply
        = [&](bool good) { return sendMessage(socket.get(), good ? 'y' : 'n', machine.error.toUtf8()); };
    while (true) {
        PeerMessage message = receiveMessage(socket.get());
        bool replied = false;
        switch (message.letter) {
        case 'p': // prepare: queues, interface; RAM
            replied = !message.fds.empty()
                && reply(machine.create({ .interface = QString::fromUtf8(message.bytes.sliced(1)),
                                            .queues = quint32(message.bytes[0]) },
                    std::move(message.fds[0])));
            break;
        case 'b': { // take too early
            const bool attached = attachAll(machine, std::move(message.fds));
            const auto taken = attached ? machine.net->take(1000) : Result<void>();
            machine.net->detachBackend();
            replied = sendMessage(socket.get(), !taken && taken.error().code == ErrorCode::Busy ? 'y' : 'n',
                taken ? QByteArray("taken") : taken.error().message().toUtf8());
            break;
        }
        case 't': // take over
            replied = reply(takeOver(machine, std::move(message)));
            break;
        case 'g': // give back
            replied = handOver(machine, socket.get(), 'y');
            break;
        case 'c': // count fds
            replied = sendMessage(socket.get(), 'y', QByteArray::number(openFdCount()));
            break;
        default:
            return 0;
        }
        if (!replied)
            return 1;
    }
}

/// runPeer() in a new process of this program, started with "--peer FD".
class TapPeer
{
public:
    TapPeer()
    {
        auto pair = fdpass::unixSocketPair(fdpass::SocketType::SeqPacket);
        if (!pair)
            return;
        m_socket = std::move(pair->first);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        constexpr int number = 3;
        ::posix_spawn_file_actions_adddup2(&actions, pair->second.get(), number);
        std::array<char*, 4> argv{ const_cast<char*>("peer"), const_cast<char*>("--peer"),
            const_cast<char*>("3"), nullptr };
        if (::posix_spawn(&m_pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ) != 0)
            m_pid = -1;
        ::posix_spawn_file_actions_destroy(&actions);
    }
    TapPeer(const TapPeer&) = delete;
    TapPeer& operator=(const TapPeer&) = delete;
    ~TapPeer() { end(); }

    /// Its exit status, 0 when all went well.
    int end()
    {
        m_socket.reset();
        int status = 0;
        if (m_pid > 0)
            ::waitpid(m_pid, &status, 0);
        m_pid = -1;
        return status;
    }
    void kill()
    {
        ::kill(m_pid, SIGKILL);
        end();
    }
    pid_t pid() const { return m_pid; }
    int socket() const { return m_socket.get(); }
    PeerMessage ask(char letter, const QByteArray& bytes = {}, std::span<const int> fds = {}) const
    {
        return sendMessage(socket(), letter, bytes, fds) ? receiveMessage(socket()) : PeerMessage{};
    }
    PeerMessage answer() const { return receiveMessage(socket()); }

private:
    UniqueFd m_socket;
    pid_t m_pid = -1;
};

} // namespace cutover::test
