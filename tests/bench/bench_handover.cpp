// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "barelimit.h"
#include "base/clock.h"
#include "integration/kvmguest.h"
#include "lab/privatenetwork.h"
#include "lab/qemulab.h"
#include "lab/vmmlab.h"
#include "operator/session.h"
#include "qmp/client.h"
#include "timeline/record.h"
#include "timeline/summary.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <vector>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 mebibyte = qint64{ 1 } << 20;
constexpr qint64 gibibyte = qint64{ 1 } << 30;

/// Nanoseconds of many runs.
class Series
{
public:
    void add(qint64 ns) { m_values.push_back(ns); }
    bool isEmpty() const { return m_values.empty(); }
    double quantile(double q) const
    {
        std::vector<qint64> sorted = m_values;
        std::ranges::sort(sorted);
        const auto index = static_cast<std::size_t>(std::ceil(q * double(sorted.size()))) - 1;
        return double(sorted[std::min(index, sorted.size() - 1)]);
    }
    QByteArray text() const
    {
        if (isEmpty())
            return "-";
        const auto us = [](double ns) { return QByteArray::number(ns / 1000, 'f', ns < 100'000 ? 1 : 0); };
        return us(quantile(0.5)) + " / " + us(quantile(0.99)) + " / " + us(quantile(1));
    }

private:
    std::vector<qint64> m_values;
};

struct Config
{
    QString name;
    lab::VmmLabOptions lab;
    QString handover = u"prepared"_s;
    bool migrateFds = true;
    bool load = false;
    bool populate = true; ///< the destination, before the stop
    qint64 populated = 0; ///< bytes of RAM that the guest has written before
};

struct Figures
{
    Series guestGap;
    Series pause;
    Series networkGap;
    Series storageGap;
    Series brownOut; ///< the first sweep, in thousandths of a steady one
    Series total;
    std::map<QString, Series> parts; ///< of the pause
    int failures = 0;

    void add(const timeline::PauseBreakdown& breakdown)
    {
        pause.add(breakdown.pause.valueNs);
        for (const timeline::PauseRow& row : breakdown.rows)
            parts[sideId(row.side) + u": "_s + row.text].add(row.durationNs);
    }
};

bool waitFor(const std::function<bool()>& condition, int limitMs = 60'000)
{
    const qint64 deadline = monotonicNs() + limitMs * qint64{ 1'000'000 };
    while (!condition()) {
        if (monotonicNs() >= deadline)
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
    }
    return true;
}

QJsonValue ask(const QString& path, const QString& command, const QJsonObject& arguments = {})
{
    qmp::Client client;
    std::optional<QJsonValue> answer;
    QObject::connect(&client, &qmp::Client::closed, &client, [&] { answer = answer.value_or(QJsonValue()); });
    QObject::connect(&client, &qmp::Client::ready, &client, [&] {
        client.call(command, arguments,
            [&](const Result<QJsonValue>& reply) { answer = reply.value_or(QJsonValue()); });
    });
    client.connectTo(path);
    waitFor([&] { return answer.has_value(); });
    return answer.value_or(QJsonValue());
}

void rest(int ms)
{
    const qint64 until = monotonicNs() + ms * qint64{ 1'000'000 };
    waitFor([&] { return monotonicNs() >= until; }, ms + 1000);
}

/// One migration of what listens at \a qmpPath; its pause.
std::optional<timeline::PauseBreakdown> migrate(const QString& qmpPath, const op::SessionRequest& wanted,
    const std::function<void(pid_t, quint64)>& takeOver, qint64& totalNs)
{
    timeline::Record record;
    op::Session session(record);
    op::SessionRequest request = wanted;
    request.source.qmpPath = qmpPath;
    if (!session.check(request) || !waitFor([&] {
            return std::holds_alternative<op::state::Ready>(session.state()) || op::isFinal(session.state());
        }))
        return {};
    const qint64 began = monotonicNs();
    if (!session.migrate())
        return {};
    bool taken = false;
    const bool ended = waitFor([&] {
        const op::EndpointStatus destination = session.endpoint(Side::Destination);
        if (!taken && destination.pid > 0) {
            takeOver(destination.pid, destination.startTicks);
            taken = true;
        }
        if (std::holds_alternative<op::state::Migrated>(session.state()))
            std::ignore = session.finish();
        return op::isFinal(session.state());
    });
    totalNs = monotonicNs() - began;
    if (!ended || session.outcome() != op::Outcome::Migrated)
        return {};
    return timeline::summarize(record.events()).pause;
}

/// The guest's reading once it has gone through its working set.
QJsonValue afterFirstSweep(const QString& qmpPath)
{
    QJsonValue pulse;
    waitFor(
        [&] {
            rest(100);
            pulse = ask(qmpPath, u"query-pulse"_s);
            return pulse[u"processors"][0][u"first-done"].toBool();
        },
        5000);
    return pulse;
}

Figures measure(const Config& config, int runs, qint64 budgetNs)
{
    Figures figures;
    lab::VmmLab lab(config.lab);
    bool started = false;
    bool failed = false;
    QObject::connect(&lab, &lab::VmmLab::started, &lab, [&] { started = true; });
    QObject::connect(&lab, &lab::VmmLab::failed, &lab, [&](const Error& error) {
        std::fprintf(stderr, "  %s\n", qPrintable(error.message()));
        failed = true;
    });
    lab.start();
    waitFor([&] { return started || failed; });
    if (!started)
        return figures;
    QJsonObject rates{ { u"dirty-bytes-per-second"_s, config.load ? qint64{ -1 } : 64 * mebibyte },
        { u"working-set-bytes"_s, 64 * mebibyte },
        { u"blocks-per-second"_s, config.load ? qint64{ -1 } : 100 } };
    if (config.populated > 0) {
        QJsonObject filling = rates;
        filling[u"dirty-bytes-per-second"_s] = -1;
        filling[u"working-set-bytes"_s] = config.populated;
        ask(lab.qmpPath(), u"x-set-pulse-rates"_s, filling);
        waitFor(
            [&] {
                const QJsonArray all = ask(lab.qmpPath(), u"query-pulse"_s)[u"processors"].toArray();
                return std::ranges::all_of(
                    all, [](const QJsonValue& p) { return p[u"sweeps"].toInteger() > 0; });
            },
            120'000);
    }
    ask(lab.qmpPath(), u"x-set-pulse-rates"_s, rates);
    op::SessionRequest request;
    if (config.migrateFds) {
        request.parameters = { { u"handover"_s, config.handover }, { u"x-populate"_s, config.populate } };
    } else {
        request.mode = u"normal"_s;
        request.parameters = { { u"migrate-fds"_s, false } };
    }
    // Populating the memory takes its own time.
    const qint64 deadlineNs = monotonicNs() + budgetNs;
    for (int run = 0; run < runs && monotonicNs() < deadlineNs; ++run) {
        rest(150);
        ask(lab.qmpPath(), u"x-set-pulse-rates"_s, { { u"reset-gaps"_s, true } });
        if (lab.traffic())
            lab.traffic()->markSilence();
        qint64 total = 0;
        const auto pause = migrate(
            lab.qmpPath(), request, [&](pid_t pid, quint64 ticks) { std::ignore = lab.takeOver(pid, ticks); },
            total);
        if (!pause) {
            ++figures.failures;
            if (figures.failures > 3)
                break;
            continue;
        }
        const QJsonValue pulse = afterFirstSweep(lab.qmpPath());
        figures.add(*pause);
        figures.total.add(total);
        figures.guestGap.add(pulse[u"start-gap-ns"].toInteger());
        if (pulse[u"blocks-verified"].toInteger() > 0)
            figures.storageGap.add(pulse[u"longest-storage-gap-ns"].toInteger());
        if (lab.traffic())
            figures.networkGap.add(lab.traffic()->reading().longestSilenceNs);
        const QJsonValue sweeps = pulse[u"processors"][0];
        if (sweeps[u"first-done"].toBool() && sweeps[u"shortest-ns"].toInteger() > 0)
            figures.brownOut.add(
                1'000'000 * sweeps[u"first-ns"].toInteger() / sweeps[u"shortest-ns"].toInteger());
    }
    return figures;
}

Figures measureQemu(int runs, qint64 deadlineNs)
{
    Figures figures;
    lab::QemuLab lab({ .binary = u"qemu-system-x86_64-11.1"_s, .ramBytes = gibibyte });
    bool started = false;
    bool failed = false;
    QObject::connect(&lab, &lab::QemuLab::started, &lab, [&] { started = true; });
    QObject::connect(&lab, &lab::QemuLab::failed, &lab, [&] { failed = true; });
    lab.start();
    waitFor([&] { return started || failed; });
    op::SessionRequest request;
    request.guarded = false;
    for (int run = 0; started && run < runs && monotonicNs() < deadlineNs; ++run) {
        rest(150);
        qint64 total = 0;
        const auto pause = migrate(
            lab.qmpPath(), request, [&](pid_t pid, quint64 ticks) { std::ignore = lab.takeOver(pid, ticks); },
            total);
        if (!pause && ++figures.failures > 3)
            break;
        if (pause) {
            figures.add(*pause);
            figures.total.add(total);
        }
    }
    return figures;
}

QList<Config> configs()
{
    const lab::VmmLabOptions base{ .ramBytes = 256 * mebibyte, .processors = 1, .queues = 1 };
    QList<Config> list;
    const auto add = [&](
                         const QString& name, const std::function<void(Config&)>& change = [](Config&) {}) {
        Config config{ .name = name, .lab = base };
        change(config);
        list << config;
    };
    add(u"prepared, 256 MiB, 1 queue, idle"_s);
    add(u"under load"_s, [](Config& c) { c.load = true; });
    add(u"under load, not populated"_s, [](Config& c) { c.load = true, c.populate = false; });
    add(u"early-stop"_s, [](Config& c) { c.handover = u"early-stop"_s; });
    const auto withoutExclusive = [](Config& c) {
        c.lab.network = lab::LabNetwork::None;
        c.lab.disk = c.lab.console = false;
    };
    add(u"prepared, no exclusive device"_s, withoutExclusive);
    add(u"late-stop, no exclusive device"_s, [&](Config& c) {
        withoutExclusive(c);
        c.handover = u"late-stop"_s;
    });
    if (const QString lack = test::kvmGuestProblem(); !lack.isEmpty()) {
        std::printf("No rows with KVM: %s\n", qPrintable(lack));
    } else {
        const auto onKvm = [](Config& c) { c.lab.accelerator = u"kvm"_s; };
        add(u"kvm, idle"_s, onKvm);
        add(u"kvm, under load"_s, [&](Config& c) { onKvm(c), c.load = true; });
        add(u"kvm, under load, not populated"_s,
            [&](Config& c) { onKvm(c), c.load = true, c.populate = false; });
        add(u"kvm, no exclusive device"_s, [&](Config& c) { onKvm(c), withoutExclusive(c); });
        add(u"kvm, 8 processors"_s, [&](Config& c) { onKvm(c), c.lab.processors = 8; });
    }
    add(u"4 GiB populated"_s, [](Config& c) { c.lab.ramBytes = 4 * gibibyte, c.populated = 3 * gibibyte; });
    add(u"16 GiB populated"_s,
        [](Config& c) { c.lab.ramBytes = 16 * gibibyte, c.populated = 12 * gibibyte; });
    add(u"8 queues"_s, [](Config& c) { c.lab.queues = 8; });
    add(u"ballast 256 MiB, passed"_s, [](Config& c) { c.lab.ballastBytes = 256 * mebibyte; });
    add(u"ballast 256 MiB, copied"_s, [](Config& c) {
        c.lab.ballastBytes = 256 * mebibyte;
        c.lab.ballastMigrateFds = false;
    });
    add(u"fds not passed, 256 MiB"_s, [](Config& c) { c.migrateFds = false; });
    add(u"fds not passed, 1 GiB"_s, [](Config& c) {
        c.migrateFds = false;
        c.lab.ramBytes = gibibyte;
    });
    return list;
}

void print(const QString& name, const Figures& figures, double bareNs, bool parts)
{
    std::printf("%-34s %-24s %-24s %-24s %-24s %s\n", qPrintable(name), figures.guestGap.text().constData(),
        figures.pause.text().constData(), figures.networkGap.text().constData(),
        figures.storageGap.text().constData(), figures.total.text().constData());
    if (!figures.guestGap.isEmpty() && bareNs > 0)
        std::printf(
            "%-34s guest gap %.1f times the bare limit\n", "", figures.guestGap.quantile(0.5) / bareNs);
    if (!figures.brownOut.isEmpty())
        std::printf(
            "%-34s first sweep %.1f times the shortest one\n", "", figures.brownOut.quantile(0.5) / 1e6);
    for (const auto& [part, series] : figures.parts) {
        if (parts && series.quantile(0.5) >= 500)
            std::printf("%-34s %-24s %s\n", "", series.text().constData(), qPrintable(part));
    }
    if (figures.failures > 0)
        std::printf("%-34s %d of the migrations failed\n", "", figures.failures);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv)
{
    const auto network = lab::enterPrivateNetwork();
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Measures the switchover: median / 99th percentile / maximum in microseconds."_s);
    parser.addHelpOption();
    parser.addOption({ u"runs"_s, u"Migrations for each row."_s, u"N"_s, u"100"_s });
    parser.addOption(
        { u"budget"_s, u"Seconds for each row; what is not done by then is left out."_s, u"S"_s, u"90"_s });
    parser.addOption({ u"only"_s, u"Rows whose name contains this."_s, u"TEXT"_s });
    parser.addOption({ u"parts"_s, u"Also what the pause was spent on."_s });
    parser.process(application);
    const int runs = parser.value(u"runs"_s).toInt();
    const qint64 budget = parser.value(u"budget"_s).toLongLong() * 1'000'000'000;
    const QString only = parser.value(u"only"_s);
    const bool parts = parser.isSet(u"parts"_s);

    QTemporaryDir runtime;
    qputenv("XDG_RUNTIME_DIR", runtime.path().toUtf8());
    if (!network)
        std::printf("No network rows: %s\n", qPrintable(network.error().message()));
    Series bare;
    for (int i = 0; i < std::max(runs, 100); ++i)
        bare.add(bench::parkedProcessNs(16));
    std::printf(
        "Bare limit (a parked process, one message with 16 descriptors): %s us\n\n", bare.text().constData());
    std::printf("%-34s %-24s %-24s %-24s %-24s %s\n", "median / p99 / max, us", "guest gap", "pause",
        "network gap", "storage gap", "migrate to end");
    for (const Config& config : configs()) {
        if (config.name.contains(only))
            print(config.name, measure(config, runs, budget), bare.quantile(0.5), parts);
    }
    if (u"QEMU 11.1 cpr-transfer, 1 GiB"_s.contains(only))
        print(u"QEMU 11.1 cpr-transfer, 1 GiB"_s, measureQemu(runs, monotonicNs() + budget), 0, parts);
    return 0;
}
