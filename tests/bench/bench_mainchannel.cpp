// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What the main channel costs between two processes: one way of a ping-pong, beside bare sendmsg and recvmsg
// in the same run, and the throughput of large sections and of RAM.

#include "base/clock.h"
#include "engine/crc32c.h"
#include "engine/mainchannel.h"
#include "engine/ramstream.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace cutover;
using namespace cutover::engine;

namespace {

constexpr int rounds = 5000;
constexpr int warmUp = 200;

void require(bool condition)
{
    if (!condition) {
        std::fputs("the peer failed\n", stderr);
        std::exit(1);
    }
}

/// Runs \a peer in a process of its own with one end of a socket pair, and gives the other one.
UniqueFd forkPeer(const std::function<void(UniqueFd)>& peer)
{
    auto sockets = fdpass::unixSocketPair();
    require(sockets.has_value());
    if (::fork() == 0) {
        sockets->first.reset();
        peer(std::move(sockets->second));
        std::_Exit(0);
    }
    return std::move(sockets->first);
}

void print(const char* what, std::vector<qint64> times)
{
    std::ranges::sort(times);
    const auto at
        = [&](std::size_t permille) { return double(times[(times.size() - 1) * permille / 1000]) / 2000.0; };
    std::printf("%-52s %8.1f %8.1f %8.1f\n", what, at(500), at(990), at(1000));
}

void pingPong(const char* what, const std::function<void()>& once)
{
    std::vector<qint64> times;
    for (int i = 0; i < rounds + warmUp; ++i) {
        const qint64 begin = monotonicNs();
        once();
        if (i >= warmUp)
            times.push_back(monotonicNs() - begin);
    }
    print(what, std::move(times));
    while (::waitpid(-1, nullptr, WNOHANG) > 0) { }
}

void bare(const char* what, std::size_t bytes)
{
    const auto blocking = [](const UniqueFd& fd) { ::fcntl(fd.get(), F_SETFL, 0); };
    const UniqueFd socket = forkPeer([&](UniqueFd fd) {
        blocking(fd);
        std::vector<char> buffer(bytes);
        while (::recv(fd.get(), buffer.data(), bytes, MSG_WAITALL) == ssize_t(bytes))
            require(::send(fd.get(), buffer.data(), bytes, 0) == ssize_t(bytes));
    });
    blocking(socket);
    std::vector<char> buffer(bytes);
    pingPong(what, [&] {
        require(::send(socket.get(), buffer.data(), bytes, 0) == ssize_t(bytes));
        require(::recv(socket.get(), buffer.data(), bytes, MSG_WAITALL) == ssize_t(bytes));
    });
}

void sections(const char* what, qsizetype payloadBytes, std::size_t fdCount)
{
    const QByteArray payload(payloadBytes, 'x');
    std::vector<int> fds(fdCount, ::open("/dev/null", O_RDWR | O_CLOEXEC));
    const auto alarm = UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
    MainChannel channel(forkPeer([&](UniqueFd fd) {
        MainChannel peer(std::move(fd));
        while (peer.receive(noDeadline))
            require(peer.send("@ready", 0, 1, {}, {}, noDeadline).has_value());
    }));
    pingPong(what, [&] {
        const qint64 deadline = monotonicNs() + 10'000'000'000;
        require(channel.send("net0", 0, 1, payload, fds, deadline).has_value());
        require(channel.receive(deadline).has_value());
    });
}

void throughput()
{
    const QByteArray payload(qsizetype{ 256 } << 20U, 'x');
    MainChannel channel(forkPeer([](UniqueFd fd) {
        MainChannel peer(std::move(fd));
        while (peer.receive(noDeadline))
            require(peer.send("@ready", 0, 1, {}, {}, noDeadline).has_value());
    }));
    for (int i = 0; i < 3; ++i) {
        const qint64 begin = monotonicNs();
        require(channel.send("ballast0", 0, 1, payload, {}, noDeadline).has_value());
        require(channel.receive(noDeadline).has_value());
        std::printf(
            "%-52s %8.0f MB/s\n", "a section of 256 MiB", 268435456e3 / double(monotonicNs() - begin));
    }
}

void ram()
{
    constexpr std::uint64_t bytes = std::uint64_t{ 256 } << 20U;
    const auto map = [] {
        return static_cast<std::byte*>(
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    };
    std::byte* const from = map();
    std::byte* const to = map();
    for (std::uint64_t at = 0; at < bytes; at += 64)
        from[at] = std::byte{ 1 };
    std::fill_n(to, bytes, std::byte{ 2 });
    DirtyBitmap dirty(bytes);
    const RamBlock source{ .id = QStringLiteral("ram0"), .bytes = bytes, .base = from, .dirty = &dirty };
    RamBlock target = source;
    target.base = to;
    MainChannel channel(forkPeer([&](UniqueFd fd) {
        MainChannel peer(std::move(fd));
        RamReceiver receiver(std::span(&target, 1));
        while (true) {
            const auto section = peer.receive(noDeadline);
            if (!section)
                return;
            if (section->device == "@end")
                require(peer.send("@ready", 0, 1, {}, {}, noDeadline).has_value());
            else
                require(receiver.apply(*section).has_value());
        }
    }));
    RamSender sender(channel, std::span(&source, 1));
    for (int i = 0; i < 3; ++i) {
        dirty.markAll();
        const qint64 begin = monotonicNs();
        require(sender.pass(noDeadline).has_value());
        require(channel.send("@end", 0, 1, {}, {}, noDeadline).has_value());
        require(channel.receive(noDeadline).has_value());
        std::printf(
            "%-52s %8.0f MB/s\n", "256 MiB of RAM", double(bytes) * 1e3 / double(monotonicNs() - begin));
    }
}

void checksum()
{
    const std::vector<std::byte> bytes(std::size_t{ 64 } << 20U, std::byte{ 7 });
    qint64 begin = monotonicNs();
    const std::uint32_t fast = crc32c(bytes);
    std::printf("%-52s %8.0f MB/s\n", "CRC-32C", double(bytes.size()) * 1e3 / double(monotonicNs() - begin));
    begin = monotonicNs();
    require(crc32cByTable(bytes) == fast);
    std::printf(
        "%-52s %8.0f MB/s\n", "CRC-32C by table", double(bytes.size()) * 1e3 / double(monotonicNs() - begin));
}

} // namespace

int main()
{
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    std::printf("%-52s %8s %8s %8s\n", "one way, microseconds", "median", "p99", "most");
    bare("bare send and recv, blocking, 64 bytes", 64);
    sections("section of 16 bytes", 16, 0);
    sections("section of 2000 bytes", 2000, 0);
    sections("section of 16 bytes with 1 fd, answered without", 16, 1);
    sections("section of 16 bytes with 16 fds, answered without", 16, 16);
    sections("section of 2000 bytes with 253 fds", 2000, 253);
    bare("bare send and recv, blocking, 64 bytes, again", 64);
    throughput();
    ram();
    checksum();
    return 0;
}
