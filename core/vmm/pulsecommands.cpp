// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"
#include "vmm/monitor.h"
#include "vmm/shell.h"

#include <QJsonArray>

#include <limits>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::VmLock;
using qmp::Request;

namespace {

/// JSON has no unsigned 64-bit numbers; what does not fit is "without limit" and is told as the largest.
qint64 number(quint64 value)
{
    constexpr auto most = static_cast<quint64>(std::numeric_limits<qint64>::max());
    return static_cast<qint64>(std::min(value, most));
}

QJsonArray sweeps(const PulseReading& pulse)
{
    QJsonArray list;
    for (const SweepReading& sweep : pulse.processors)
        list.append(QJsonObject{ { u"sweeps"_s, number(sweep.sweeps) },
            { u"last-ns"_s, number(sweep.lastNs) }, { u"shortest-ns"_s, number(sweep.shortestNs) },
            { u"total-ns"_s, number(sweep.totalNs) }, { u"first-sweeps"_s, number(sweep.firstSweeps) },
            { u"first-ns"_s, number(sweep.firstNs) }, { u"first-done"_s, sweep.firstDone },
            { u"pages"_s, number(sweep.pages) }, { u"dirtied-bytes"_s, number(sweep.dirtiedBytes) } });
    return list;
}

QJsonObject pulseJson(const PulseReading& pulse)
{
    QJsonArray histogram;
    for (const quint64 gaps : pulse.gapHistogram)
        histogram.append(number(gaps));
    return { { u"beats"_s, number(pulse.beats) }, { u"last-beat-ns"_s, number(pulse.lastBeatNs) },
        { u"longest-gap-ns"_s, number(pulse.longestGapNs) },
        { u"longest-gap-at-ns"_s, number(pulse.longestGapAtNs) }, { u"gap-histogram"_s, histogram },
        { u"starts"_s, number(pulse.starts) }, { u"start-gap-ns"_s, number(pulse.startGapNs) },
        { u"frames-received"_s, number(pulse.framesReceived) },
        { u"frames-echoed"_s, number(pulse.framesEchoed) }, { u"frames-sent"_s, number(pulse.framesSent) },
        { u"frames-ignored"_s, number(pulse.framesIgnored) }, { u"arp-replies"_s, number(pulse.arpReplies) },
        { u"blocks-written"_s, number(pulse.blocksWritten) }, { u"blocks-read"_s, number(pulse.blocksRead) },
        { u"blocks-verified"_s, number(pulse.blocksVerified) },
        { u"block-errors"_s, number(pulse.blockErrors) }, { u"blocks-wrong"_s, number(pulse.blocksWrong) },
        { u"longest-storage-gap-ns"_s, number(pulse.longestStorageGapNs) },
        { u"blocks-in-flight"_s, number(pulse.blocksInFlight) },
        { u"ring-faults"_s, number(pulse.ringFaults) }, { u"processors"_s, sweeps(pulse) } };
}

std::unexpected<Error> noPulse()
{
    return qemuError(ErrorCode::Refused, u"The guest has not come up in this machine's memory yet"_s);
}

/// -1 is "without limit".
Result<void> readRate(const QJsonObject& arguments, const QString& name, std::uint64_t& rate)
{
    const QJsonValue value = arguments[name];
    if (value.isUndefined())
        return {};
    const qint64 wanted = value.toInteger();
    if (wanted < -1)
        return qemuError(
            ErrorCode::InvalidArgument, u"Parameter '%1' expects a number, or -1 for no limit"_s.arg(name));
    rate = wanted < 0 ? flatOut : static_cast<std::uint64_t>(wanted);
    return {};
}

Result<QJsonValue> changeRates(Machine& machine, const QJsonObject& arguments)
{
    const VmLock lock(machine);
    auto rates = machine.memory() ? readRates(*machine.memory()) : std::nullopt;
    if (!rates)
        return noPulse();
    for (const auto& [name, rate] : { std::pair(u"beat-interval-ns"_s, &rates->beatIntervalNs),
             std::pair(u"dirty-bytes-per-second"_s, &rates->dirtyBytesPerSecond),
             std::pair(u"working-set-bytes"_s, &rates->workingSetBytes),
             std::pair(u"blocks-per-second"_s, &rates->blocksPerSecond) }) {
        if (auto read = readRate(arguments, name, *rate); !read)
            return std::unexpected(read.error());
    }
    setRates(*machine.memory(), *rates);
    if (arguments["reset-gaps"_L1].toBool())
        resetGaps(*machine.memory());
    return QJsonValue();
}

} // namespace

void addPulseCommands(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    monitor.add(u"query-pulse"_s, [shell](const Request&) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        GuestMemory* const memory = shell.machine.memory();
        const auto pulse = memory ? readPulse(*memory) : std::nullopt;
        if (!pulse)
            return noPulse();
        return pulseJson(*pulse);
    });
    monitor.add(u"x-query-pulse-rates"_s, [shell](const Request&) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        GuestMemory* const memory = shell.machine.memory();
        const auto rates = memory ? readRates(*memory) : std::nullopt;
        if (!rates)
            return noPulse();
        const auto rate = [](quint64 value) { return value == flatOut ? qint64{ -1 } : number(value); };
        return QJsonObject{ { u"beat-interval-ns"_s, number(rates->beatIntervalNs) },
            { u"dirty-bytes-per-second"_s, rate(rates->dirtyBytesPerSecond) },
            { u"working-set-bytes"_s, number(rates->workingSetBytes) },
            { u"blocks-per-second"_s, rate(rates->blocksPerSecond) } };
    });
    monitor.add(u"x-set-pulse-rates"_s,
        [shell](const Request& request) { return changeRates(shell.machine, request.arguments()); });
}

} // namespace cutover::vmm
