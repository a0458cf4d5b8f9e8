// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "sessionmodel.h"
#include "timeline/fds.h"
#include "timeline/fromtrace.h"
#include "timeline/pause.h"
#include "timeline/pulse.h"
#include "timeline/record.h"

#include <QFile>

/// What the tests of the window share: a captured migration as a record, and a session that is told its
/// state.
namespace cutover::ui::test {

/// The time of the first line of the captured logs.
inline constexpr qint64 capturedStartNs = 1'795'208'955'074'523'000;

inline std::vector<timeline::Event> capturedTrace(Side side)
{
    const QString name = side == Side::Source ? QStringLiteral("src") : QStringLiteral("dst");
    QFile file(QStringLiteral(CUTOVER_TEST_DATA "/logs/qemu-11.1.3-cpr-transfer-defer-%1.log").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s", qPrintable(file.errorString()));
    std::vector<timeline::Event> events;
    while (!file.atEnd())
        events.push_back(timeline::fromTrace(side, trace::parseLine(file.readLine())));
    return events;
}

inline timeline::Event qmp(Side side, bool sent, qint64 timeNs, const QByteArray& raw, const QString& name)
{
    return { .side = side,
        .timeNs = timeNs,
        .category = sent ? timeline::Category::QmpSent : timeline::Category::QmpReceived,
        .name = name,
        .attributes = { { QStringLiteral("raw"), QString::fromUtf8(raw) } } };
}

inline timeline::Event proof(const timeline::FdEntry& fd)
{
    return { .side = Side::Console,
        .timeNs = capturedStartNs + 500'000'000,
        .category = timeline::Category::Fd,
        .name = fd.name,
        .attributes = { { QStringLiteral("id"), fd.id }, { QStringLiteral("kind"), QStringLiteral("memfd") },
            { QStringLiteral("text"), QStringLiteral("memfd, 256 KiB") },
            { QStringLiteral("sourceFd"), fd.sourceFd.value_or(-1) },
            { QStringLiteral("destinationFd"), fd.destinationFd.value_or(-1) },
            { QStringLiteral("identity"), QStringLiteral("same") },
            { QStringLiteral("method"), QStringLiteral("kcmp") },
            { QStringLiteral("proof"), QStringLiteral("kcmp: one open file in both processes") } } };
}

/// A whole migration: QMP messages, the trace of both sides, the proofs.
inline std::vector<timeline::Event> capturedMigration()
{
    const auto at = [](qint64 us) { return capturedStartNs + (us * 1000); };
    std::vector<timeline::Event> events = capturedTrace(Side::Source);
    events.push_back(qmp(Side::Source, true, at(60'000),
        R"({"execute": "migrate", "arguments": {"channels": [{"channel-type": "main", "addr": {"transport": "socket", "type": "unix", "path": "/run/cutover/main.sock"}}, {"channel-type": "cpr", "addr": {"transport": "socket", "type": "unix", "path": "/run/cutover/cpr.sock"}}]}, "id": "s41"})",
        QStringLiteral("migrate")));
    events.push_back(
        qmp(Side::Source, false, at(60'108), R"({"return": {}, "id": "s41"})", QStringLiteral("return")));
    events.push_back(qmp(Side::Source, false, at(60'400),
        R"({"event": "MIGRATION", "data": {"status": "setup"}})", QStringLiteral("MIGRATION")));
    for (timeline::Event& event : capturedTrace(Side::Destination))
        events.push_back(std::move(event));
    events.push_back(qmp(Side::Source, false, at(390'800), R"({"event": "STOP"})", QStringLiteral("STOP")));
    events.push_back(
        qmp(Side::Destination, false, at(393'900), R"({"event": "RESUME"})", QStringLiteral("RESUME")));
    events.push_back(qmp(Side::Source, false, at(394'100),
        R"({"event": "MIGRATION", "data": {"status": "completed"}})", QStringLiteral("MIGRATION")));
    events.push_back(qmp(Side::Destination, true, at(395'000), R"({"execute": "query-status", "id": "d7"})",
        QStringLiteral("query-status")));
    events.push_back(qmp(Side::Destination, false, at(395'240),
        R"({"return": {"status": "running", "running": true}, "id": "d7"})", QStringLiteral("return")));
    for (const timeline::FdEntry& fd : timeline::fdTable(events))
        events.push_back(proof(fd));
    return events;
}

/// A guest's heartbeat, and a peer's view, around the captured migration: stopped with the source, and
/// beating 200 µs after the destination was started.
inline std::vector<timeline::Event> capturedPulse()
{
    const timeline::PauseBreakdown pause = timeline::pauseBreakdown(capturedMigration());
    constexpr qint64 ms = 1'000'000;
    std::vector<timeline::Event> events;
    const auto beat = [&](Side side, qint64 timeNs, qint64 beats) {
        timeline::Heartbeat sample{ .side = side,
            .timeNs = timeNs,
            .beats = beats,
            .longestGapNs = 120'000,
            .starts = 1,
            .blocksWritten = beats / 20,
            .blocksVerified = beats / 20 };
        if (side == Side::Destination) {
            sample.starts = 2;
            sample.startGapNs = pause.pause.valueNs + 200'000;
            sample.longestGapNs = sample.startGapNs + 40'000;
            sample.longestGapAtNs = pause.endNs + 200'000;
            sample.longestStorageGapNs = sample.startGapNs + 300'000;
            sample.firstSweepNs = 90 * ms;
            sample.meanSweepNs = 3 * ms;
        }
        events.push_back({ .side = side,
            .timeNs = timeNs,
            .category = timeline::Category::Pulse,
            .name = QStringLiteral("heartbeat"),
            .attributes = timeline::pulseAttributes(sample) });
    };
    for (int i = 4; i > 0; --i)
        beat(Side::Source, pause.startNs - i * 50 * ms, 10'000 - i * 500);
    for (int i = 1; i < 5; ++i)
        beat(Side::Destination, pause.endNs + i * 50 * ms, 10'000 + i * 500);
    for (const qint64 at : { -100 * ms, 100 * ms, 200 * ms }) {
        const timeline::Traffic sample{ .timeNs = pause.endNs + at,
            .sent = 1000 + at / ms,
            .received = 998 + at / ms,
            .reordered = 0,
            .longestSilenceNs = at < 0 ? ms : pause.pause.valueNs + ms,
            .longestSilenceAtNs = at < 0 ? pause.startNs : pause.endNs + ms / 2,
            .isFinal = at == 200 * ms };
        events.push_back({ .side = Side::Console,
            .timeNs = sample.timeNs,
            .category = timeline::Category::Pulse,
            .name = QStringLiteral("traffic"),
            .attributes = timeline::pulseAttributes(sample) });
    }
    return events;
}

/// Says what it is told to say; counts what it is asked.
class ScriptedSession : public SessionModel
{
public:
    timeline::Record events;
    op::SessionState now = op::state::Idle{};
    op::SessionRequest asked;
    op::EndpointStatus source;
    op::EndpointStatus destination;
    std::vector<op::Check> found;
    std::vector<op::DoneFix> fixed;
    op::Verification verified_;
    std::optional<op::Failure> why;
    QStringList calls;
    lab::LabRequest lab;
    QList<op::DiscoveredVmm> running;

    const timeline::Record& record() const override { return events; }
    const op::SessionState& state() const override { return now; }
    const op::SessionRequest& request() const override { return asked; }
    op::EndpointStatus endpoint(Side side) const override
    {
        return side == Side::Source ? source : destination;
    }
    const std::vector<op::Check>& checks() const override { return found; }
    const op::Verification& verification() const override { return verified_; }
    std::optional<op::Failure> failure() const override { return why; }
    QList<op::DiscoveredVmm> discover() const override { return running; }
    bool isLabStarting() const override { return false; }
    Result<void> canBegin() const override { return {}; }

    Result<void> begin(const op::SessionRequest& request) override
    {
        asked = request;
        return called(QStringLiteral("begin"));
    }
    Result<void> startLab(const lab::LabRequest& wanted, const op::SessionRequest& request) override
    {
        asked = request;
        lab = wanted;
        return called(QStringLiteral("lab"));
    }
    Result<void> check(const op::SessionRequest& request) override
    {
        asked = request;
        return called(QStringLiteral("check"));
    }
    Result<void> migrate() override { return called(QStringLiteral("migrate")); }
    Result<void> cancel() override { return called(QStringLiteral("cancel")); }
    Result<void> finish() override { return called(QStringLiteral("finish")); }
    Result<void> canListenToPulse() const override { return {}; }
    Result<void> listenToPulse() override { return called(QStringLiteral("pulse")); }
    Result<void> canFix() const override { return {}; }
    Result<void> fix(const QString& checkId, const op::Fix& fix) override
    {
        fixed.push_back({ .checkId = checkId, .fix = fix, .undo = fix });
        return called(QStringLiteral("fix"));
    }
    std::vector<op::DoneFix> fixes() const override { return fixed; }
    Result<void> undoFix(const op::DoneFix& done) override
    {
        std::erase(fixed, done);
        return called(QStringLiteral("undo"));
    }

    void go(op::SessionState state)
    {
        now = std::move(state);
        Q_EMIT stateChanged();
        Q_EMIT endpointsChanged();
        Q_EMIT checksChanged();
    }

    /// As after a migration that went well.
    void showMigrated()
    {
        source = { .name = QStringLiteral("web-07"),
            .version = QStringLiteral("QEMU 11.1.3"),
            .qmpPath = QStringLiteral("/run/vm/web-07/qmp.sock"),
            .pid = 41872,
            .startTicks = 0,
            .connected = true,
            .runState = QStringLiteral("postmigrate"),
            .migrationStatus = QStringLiteral("completed"),
            .ramBytes = qint64{ 4 } << 30,
            .processStartNs = 0 };
        destination = source;
        destination.pid = 42019;
        destination.runState = QStringLiteral("running");
        found = { { .id = QStringLiteral("ram-shared"),
                      .verdict = op::Verdict::Pass,
                      .title = QStringLiteral("The memory of the guest can be shared"),
                      .evidence = QStringLiteral("ram0 is a memory-backend-memfd with share=on"),
                      .remedy = {} },
            { .id = QStringLiteral("return-path"),
                .verdict = op::Verdict::Warning,
                .title = QStringLiteral("The destination can say that it has failed"),
                .evidence = QStringLiteral("return-path is off"),
                .remedy = QStringLiteral("Cutover turns return-path on for this migration.") } };
        events.append(capturedMigration());
        go(op::state::Migrated{ .verified = true });
        Q_EMIT verified();
    }

private:
    Result<void> called(const QString& name)
    {
        calls.append(name);
        return {};
    }
};

} // namespace cutover::ui::test
