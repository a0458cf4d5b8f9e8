// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "blkmachine.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>

#include <array>
#include <csignal>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

namespace cutover::test {

/// Another process that gets the disk: this program again, ordered over a socket.
class BlkPeer
{
public:
    static constexpr const char* option = "--blk-peer";

    BlkPeer()
    {
        auto pair = fdpass::unixSocketPair(fdpass::SocketType::SeqPacket);
        if (!pair)
            return;
        m_socket = std::move(pair->first);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, pair->second.get(), 3);
        const QByteArray program = QCoreApplication::applicationFilePath().toUtf8();
        std::array<char*, 3> arguments{ const_cast<char*>(program.constData()), const_cast<char*>(option),
            nullptr };
        if (::posix_spawn(&m_pid, program.constData(), &actions, nullptr, arguments.data(), environ) != 0)
            m_pid = -1;
        posix_spawn_file_actions_destroy(&actions);
    }
    ~BlkPeer()
    {
        m_socket.reset();
        wait();
    }
    BlkPeer(const BlkPeer&) = delete;
    BlkPeer& operator=(const BlkPeer&) = delete;

    pid_t pid() const { return m_pid; }
    void kill()
    {
        ::kill(m_pid, SIGKILL);
        wait();
    }
    /// The peer's error, empty when it did as it was told.
    QString order(const QJsonObject& order, const std::vector<int>& fds = {})
    {
        if (!send(m_socket.get(), order, fds))
            return QStringLiteral("the peer is gone");
        const auto answer = receive(m_socket.get(), 0);
        return answer ? answer->first[QStringLiteral("error")].toString()
                      : QStringLiteral("the peer does not answer");
    }
    QString order(const char* what, QJsonObject arguments = {})
    {
        arguments.insert(QStringLiteral("do"), QLatin1String(what));
        return order(arguments);
    }
    /// Gives it everything the machine has: RAM, the device's fds, its state, which is loaded after the rings
    /// were taken if \a takeFirst.
    QString give(BlkMachine& machine, bool copyRam, bool keepRings, bool takeFirst)
    {
        std::vector<int> fds = machine.fds();
        fds.push_back(machine.ramFd());
        return order(
            { { QStringLiteral("do"), QStringLiteral("attach") }, { QStringLiteral("copy"), copyRam },
                { QStringLiteral("keep-rings"), keepRings }, { QStringLiteral("take-first"), takeFirst },
                { QStringLiteral("queues"), static_cast<int>(machine.layouts().size()) },
                { QStringLiteral("state"), QString::fromLatin1(machine.save().toBase64()) } },
            fds);
    }

    /// The peer's own main().
    static int run()
    {
        std::unique_ptr<BlkMachine> machine;
        while (auto message = receive(3, fdpass::maxFdsPerMessage)) {
            const QString error = obey(machine, message->first, std::move(message->second));
            if (!send(3, { { QStringLiteral("error"), error } }, {}))
                return 1;
        }
        return 0;
    }

private:
    using Message = std::pair<QJsonObject, std::vector<UniqueFd>>;

    static QString obey(
        std::unique_ptr<BlkMachine>& machine, const QJsonObject& order, std::vector<UniqueFd> fds)
    {
        const QString what = order[QStringLiteral("do")].toString();
        const auto number = [&order](const char* key) {
            return static_cast<quint64>(order[QLatin1String(key)].toInteger());
        };
        const auto result = [&machine](bool ok) { return ok ? QString() : machine->error(); };
        const auto queues = static_cast<quint16>(number("queues"));
        if (what == QLatin1String("attach")) {
            UniqueFd ram = std::move(fds.back());
            fds.pop_back();
            if (order[QStringLiteral("copy")].toBool()) {
                UniqueFd copy = UniqueFd::adopt(::memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING));
                off_t from = 0;
                while (from < static_cast<off_t>(BlkMachine::ramBytes)) {
                    if (::sendfile(copy.get(), ram.get(), &from, BlkMachine::ramBytes) <= 0)
                        return QStringLiteral("cannot copy RAM");
                }
                ram = std::move(copy);
            }
            machine = std::make_unique<BlkMachine>(queues,
                vmm::VhostUserBlkConfig{ .keepRings = order[QStringLiteral("keep-rings")].toBool() },
                std::move(ram));
            return result(machine->isOk() && machine->attach(std::move(fds))
                && (!order[QStringLiteral("take-first")].toBool()
                    || machine->check(machine->device().take(BlkMachine::limitMs)))
                && machine->load(
                    QByteArray::fromBase64(order[QStringLiteral("state")].toString().toLatin1())));
        }
        if (what == QLatin1String("open")) {
            machine = std::make_unique<BlkMachine>(queues,
                vmm::VhostUserBlkConfig{ .socket = order[QStringLiteral("socket")].toString() },
                std::move(fds.back()));
            return result(machine->isOk() && machine->check(machine->device().openBackend())
                && machine->load(
                    QByteArray::fromBase64(order[QStringLiteral("state")].toString().toLatin1())));
        }
        if (!machine)
            return QStringLiteral("there is no machine");
        if (what == QLatin1String("start"))
            return result(machine->start());
        if (what == QLatin1String("work"))
            return result(machine->work(number("count"), number("round")));
        if (what == QLatin1String("verify"))
            return result(machine->verify(number("count"), number("round")));
        if (what == QLatin1String("stop"))
            return result(machine->stop(engine::Device::Keep(number("keep"))));
        if (what == QLatin1String("leave-replies")) {
            // As a process that dies in the midst of taking the rings: its requests are answered, nobody
            // reads.
            vmm::vhostuser::Batch batch;
            batch.ask(vmm::vhostuser::Request::GetFeatures);
            batch.ask(vmm::vhostuser::Request::GetQueueNum);
            return result(
                machine->check(batch.send(machine->device().slotFd(0), monotonicNs() + 1'000'000'000, {})));
        }
        return QStringLiteral("unknown order ") + what;
    }

    static bool send(int socket, const QJsonObject& object, const std::vector<int>& fds)
    {
        const QByteArray bytes = QJsonDocument(object).toJson(QJsonDocument::Compact);
        return fdpass::sendSome(socket, std::as_bytes(std::span(bytes)), fds).value_or(0) > 0;
    }
    static std::optional<Message> receive(int socket, std::size_t maxFds)
    {
        pollfd entry{ .fd = socket, .events = POLLIN, .revents = 0 };
        if (::poll(&entry, 1, 60'000) != 1)
            return std::nullopt;
        QByteArray bytes(65536, Qt::Uninitialized);
        auto chunk = fdpass::receiveSome(
            socket, std::as_writable_bytes(std::span(bytes.data(), bytes.size())), maxFds);
        if (!chunk || chunk->size == 0)
            return std::nullopt;
        bytes.truncate(static_cast<qsizetype>(chunk->size));
        return Message{ QJsonDocument::fromJson(bytes).object(), std::move(chunk->fds) };
    }
    void wait()
    {
        if (m_pid > 0)
            ::waitpid(m_pid, nullptr, 0);
        m_pid = -1;
    }

    pid_t m_pid = -1;
    UniqueFd m_socket;
};

} // namespace cutover::test
