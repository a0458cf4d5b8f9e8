// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What handing a disk over costs: release() by one owner, take() by the next, against qemu-storage-daemon.

#include "../integration/blkmachine.h"
#include "../integration/storagedaemon.h"
#include "base/clock.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

using namespace cutover;
using namespace cutover::test;

namespace {

constexpr int rounds = 300;

void print(const char* what, std::vector<qint64>& ns)
{
    std::ranges::sort(ns);
    const auto at = [&ns](double part) {
        return static_cast<double>(ns[static_cast<std::size_t>(part * static_cast<double>(ns.size() - 1))])
            / 1000.0;
    };
    std::printf("  %-28s %8.1f %8.1f %8.1f\n", what, at(0.5), at(0.99), at(1.0));
}

bool measure(quint16 queues, bool load, bool keepRings)
{
    const StorageDaemon daemon(8 << 20, queues);
    if (!daemon.isReady())
        return false;
    auto owner = std::make_unique<BlkMachine>(
        queues, vmm::VhostUserBlkConfig{ .socket = daemon.socket(), .keepRings = keepRings });
    if (!owner->check(owner->device().openBackend()) || !owner->start()) {
        std::fprintf(stderr, "%s\n", qPrintable(owner->error()));
        return false;
    }
    std::array<std::vector<qint64>, 3> times;
    for (int round = 0; round < rounds; ++round) {
        auto next = std::make_unique<BlkMachine>(queues, vmm::VhostUserBlkConfig{ .keepRings = keepRings },
            UniqueFd::adopt(::fcntl(owner->ramFd(), F_DUPFD_CLOEXEC, 0)));
        if (!next->attach(owner->duplicates()))
            return false;
        for (std::size_t queue = 0; queue < queues; ++queue) {
            BlockDriver driver = owner->driver(queue);
            if (load) {
                for (quint16 slot = 0; slot < BlockDriver::depth; ++slot)
                    driver.write(slot, BlkMachine::place(queue) + slot, static_cast<quint64>(round));
                driver.kick();
            } else if (!driver.writeAll(BlkMachine::place(queue), 1, static_cast<quint64>(round))) {
                return false;
            }
        }
        const qint64 begin = monotonicNs();
        if (!owner->stop())
            break;
        const qint64 released = monotonicNs();
        if (!next->start())
            break;
        const qint64 taken = monotonicNs();
        times[0].push_back(released - begin);
        times[1].push_back(taken - released);
        times[2].push_back(taken - begin);
        owner = std::move(next);
    }
    if (times[0].size() != rounds) {
        std::fprintf(stderr, "%s\n", qPrintable(owner->error()));
        return false;
    }
    std::printf("%d queues%s, %s\n  %-28s %8s %8s %8s\n", queues, keepRings ? " kept running" : "",
        load ? "16 writes in flight on each" : "idle", "", "p50", "p99", "max");
    print("release, us", times[0]);
    print("take, us", times[1]);
    print("both, us", times[2]);
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    if (StorageDaemon::program().isEmpty()) {
        std::fprintf(stderr, "qemu-storage-daemon is not installed\n");
        return 1;
    }
    for (const auto& [load, keepRings] :
        { std::pair(false, false), std::pair(false, true), std::pair(true, false), std::pair(true, true) }) {
        for (const quint16 queues : std::array<quint16, 4>{ 1, 2, 4, 8 }) {
            if (!measure(queues, load, keepRings))
                return 1;
        }
    }
    return 0;
}
