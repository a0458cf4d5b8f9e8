// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionmachine.h"

#include <QTest>

#include <deque>
#include <random>
#include <utility>

using namespace cutover;
using namespace cutover::op;

namespace {

Command command(Side side, const char* name)
{
    return { .side = side, .name = QString::fromLatin1(name), .arguments = {}, .optional = false };
}

MachineConfig configuration(bool cpr = true, bool launched = true)
{
    MachineConfig config;
    config.cpr = cpr;
    config.launched = launched;
    config.armSource = { command(Side::Source, "migrate-set-capabilities"),
        command(Side::Source, "migrate-set-parameters") };
    config.restoreSource = { command(Side::Source, "migrate-set-parameters") };
    config.configureDestination = { command(Side::Destination, "migrate-set-capabilities"),
        command(Side::Destination, "migrate-incoming") };
    config.migrate = command(Side::Source, "migrate");
    return config;
}

/// The source saves into a file, which a destination that is there already loads.
MachineConfig throughFile()
{
    MachineConfig config = configuration(false);
    config.throughFile = true;
    config.configureDestination.pop_back();
    config.loadDestination = { command(Side::Destination, "migrate-incoming") };
    return config;
}

/// One process, which is the one and then the other.
MachineConfig executing()
{
    MachineConfig config = throughFile();
    config.exec = true;
    config.launched = false;
    config.loadDestination.insert(config.loadDestination.begin(), config.configureDestination.begin(),
        config.configureDestination.end());
    config.configureDestination.clear();
    return config;
}

/// Two VMMs and a kernel that answer the machine's actions, as far as the session can see them, with
/// everything that may go wrong chosen by a seeded generator. The world knows who really runs the guest.
class World
{
public:
    World(const MachineConfig& config, quint32 seed, bool faults, bool relay = false)
        : m_config(config)
        , m_random(seed)
        , m_faults(faults)
        , m_relay(relay)
    {
    }

    /// Runs until nothing can happen any more. False = an input was refused that must not be.
    bool run();

    Machine machine;
    bool sourceAlive = true;
    bool sourceRuns = true;
    bool destinationAlive = false;
    bool destinationRuns = false;
    bool destinationEverRan = false;
    bool ranTwice = false;
    bool killedARunningGuest = false;
    bool saved() const { return m_fileWhole; }
    QStringList log;

private:
    struct Vmm
    {
        std::deque<SessionInput> outbox; // one socket: what it says arrives in order
        QString status;
        bool connected = true;
    };

    bool chance(int percent) { return std::uniform_int_distribution<int>(0, 99)(m_random) < percent; }
    bool feed(const SessionInput& input);
    void carryOut(const SessionAction& action);
    void answer(const action::Call& call);
    std::optional<TimerKind> timerToFire(bool silent);
    void progress();
    void progressThroughFile();
    void crash(Side side);
    void loseRelay();
    void noticeTheLoss();
    void say(Side side, const SessionInput& input) { vmm(side).outbox.push_back(input); }
    void sayStatus(Side side, const char* status)
    {
        vmm(side).status = QString::fromLatin1(status);
        say(side,
            input::VmEvent{
                side, QStringLiteral("MIGRATION"), { { QStringLiteral("status"), vmm(side).status } } });
    }
    void reply(const action::Call& call, Result<QJsonValue> result = QJsonValue(QJsonObject()))
    {
        say(call.side, input::Reply{ call.side, call.tag, std::move(result) });
    }
    Vmm& vmm(Side side) { return side == Side::Source ? m_source : m_destination; }
    bool alive(Side side) const { return side == Side::Source ? sourceAlive : destinationAlive; }
    QString runState(Side side) const;
    void resumeSource() { sourceRuns = true, check(); }
    void check()
    {
        ranTwice = ranTwice || (sourceAlive && sourceRuns && destinationAlive && destinationRuns);
    }

    MachineConfig m_config;
    std::mt19937 m_random;
    bool m_faults;
    bool m_relay;
    Vmm m_source;
    Vmm m_destination;
    std::deque<SessionInput> m_kernel; // exits
    std::vector<TimerKind> m_timers;
    bool m_migrating = false;
    bool m_incoming = false;
    bool m_loaded = false;
    bool m_sourceDone = false;
    bool m_fileWhole = false;
    bool m_monitorUp = false;
    int m_stage = 0;
    int m_crashes = 0;
    int m_losses = 0; // of the relay
    bool m_continued = false;
};

QString World::runState(Side side) const
{
    if (side == Side::Source)
        return sourceRuns  ? QStringLiteral("running")
            : m_sourceDone ? QStringLiteral("postmigrate")
                           : QStringLiteral("finish-migrate");
    return destinationRuns ? QStringLiteral("running")
        : m_loaded         ? QStringLiteral("paused")
                           : QStringLiteral("inmigrate");
}

bool World::feed(const SessionInput& input)
{
    log.append(inputId(input));
    const auto result = step(machine, input);
    if (!result) {
        log.append(result.error().message());
        return false;
    }
    machine = result->next;
    log.append(QStringLiteral("-> ") + stateId(machine.state));
    for (const SessionAction& action : result->actions)
        carryOut(action);
    return true;
}

void World::carryOut(const SessionAction& action)
{
    if (const auto* call = std::get_if<action::Call>(&action)) {
        log.append(QStringLiteral("call ") + call->command + QLatin1Char(' ') + sideId(call->side));
        if (alive(call->side) && vmm(call->side).connected)
            answer(*call);
    } else if (std::holds_alternative<action::Launch>(action)) {
        destinationAlive = true;
        m_kernel.push_back(input::Launched{});
        m_kernel.push_back(input::ListenerReady{});
        m_destination.connected = false;
    } else if (std::holds_alternative<action::Kill>(action)) {
        killedARunningGuest = killedARunningGuest || destinationRuns;
        crash(Side::Destination);
    } else if (const auto* again = std::get_if<action::Reconnect>(&action)) {
        if (alive(again->side)) {
            vmm(again->side).connected = true;
            say(again->side, input::Connected{ again->side });
        } else {
            m_kernel.push_back(input::Disconnected{ again->side, {} });
        }
    } else if (const auto* start = std::get_if<action::StartTimer>(&action)) {
        std::erase(m_timers, start->kind);
        m_timers.push_back(start->kind);
    } else if (const auto* stop = std::get_if<action::StopTimer>(&action)) {
        std::erase(m_timers, stop->kind);
    } else if (std::holds_alternative<action::Verify>(action)) {
        m_kernel.push_back(input::Verified{ .ok = true, .failure = {} });
    } else if (std::holds_alternative<action::MoveMonitor>(action)) {
        m_kernel.push_back(input::MonitorMoved{});
    }
}

void World::answer(const action::Call& call)
{
    const QJsonObject status{ { QStringLiteral("status"), runState(call.side) } };
    switch (call.tag) {
    case Tag::QueryStatus:
        reply(call, QJsonValue(status));
        return;
    case Tag::QueryMigrate:
        reply(call, QJsonValue(QJsonObject{ { QStringLiteral("status"), vmm(call.side).status } }));
        return;
    case Tag::Migrate:
        m_migrating = true;
        sayStatus(Side::Source, "setup");
        reply(call);
        return;
    case Tag::Cancel:
        if (m_migrating && m_stage < 3) {
            m_migrating = false;
            sayStatus(Side::Source, "cancelled");
            resumeSource();
        }
        reply(call);
        return;
    case Tag::Continue:
        if (call.side == Side::Source) {
            if (m_faults && chance(10)) {
                reply(call,
                    failure(
                        ErrorCode::Remote, QStringLiteral("cont"), {}, QStringLiteral("a disk is locked")));
                return;
            }
            resumeSource();
            m_sourceDone = false;
            say(Side::Source, input::VmEvent{ Side::Source, QStringLiteral("RESUME"), {} });
            reply(call);
            return;
        }
        destinationRuns = destinationEverRan = true;
        check();
        say(Side::Destination, input::VmEvent{ Side::Destination, QStringLiteral("RESUME"), {} });
        reply(call);
        return;
    case Tag::Quit:
        sourceRuns = false;
        crash(Side::Source);
        return;
    case Tag::Configure:
        if (m_config.throughFile && m_faults && chance(10)) {
            reply(call, failure(ErrorCode::Remote, call.command, {}, QStringLiteral("no such file")));
            return;
        }
        m_incoming = m_incoming || call.command == u"migrate-incoming";
        reply(call);
        return;
    default:
        reply(call);
    }
}

void World::crash(Side side)
{
    if (!alive(side))
        return;
    const bool ran = side == Side::Destination && destinationEverRan;
    (side == Side::Source ? sourceAlive : destinationAlive) = false;
    (side == Side::Source ? sourceRuns : destinationRuns) = false;
    m_kernel.push_back(input::Exited{ .side = side,
        .text = QStringLiteral("killed"),
        .output = {},
        .ranGuest = chance(30) ? RanGuest::Unknown
            : ran              ? RanGuest::Yes
                               : RanGuest::No });
    say(side, input::Disconnected{ side, {} });
    // The source sees its channel break, unless the destination's answer had already come.
    if (side == Side::Destination && m_migrating && !m_sourceDone && sourceAlive && !m_config.throughFile) {
        m_migrating = false;
        sayStatus(Side::Source, "failed");
        resumeSource();
    }
}

/// Told at any moment, and each connection by itself.
void World::loseRelay()
{
    ++m_losses;
    m_kernel.push_back(
        input::RelayLost{ { .code = ErrorCode::Disconnected, .cause = QString::number(m_losses) } });
}

/// Nothing passes any more: each side that still waits for the other finds out for itself.
void World::noticeTheLoss()
{
    if (m_migrating && sourceAlive && chance(50)) {
        m_migrating = false;
        sayStatus(Side::Source, "failed");
        resumeSource();
    } else if (destinationAlive && m_monitorUp && !m_loaded && vmm(Side::Destination).status.isEmpty()) {
        if (chance(50))
            crash(Side::Destination);
        else
            sayStatus(Side::Destination, "failed");
    }
}

void World::progress()
{
    if (destinationAlive && !m_monitorUp && (m_migrating || !m_config.cpr)) {
        m_monitorUp = m_destination.connected = true;
        say(Side::Destination, input::Connected{ Side::Destination });
        return;
    }
    if (m_config.throughFile) {
        progressThroughFile();
        return;
    }
    if (m_losses > 0) {
        noticeTheLoss();
        return;
    }
    if (!m_migrating || !m_incoming || !sourceAlive || !destinationAlive)
        return;
    switch (++m_stage) {
    case 1:
        sourceRuns = false;
        say(Side::Source, input::VmEvent{ Side::Source, QStringLiteral("STOP"), {} });
        sayStatus(Side::Source, "active");
        return;
    case 2:
        if (m_faults && chance(10)) {
            sayStatus(Side::Source, "failed");
            m_migrating = false;
            resumeSource();
            return;
        }
        sayStatus(Side::Source, "device");
        return;
    case 3:
        m_loaded = true;
        sayStatus(Side::Destination, "completed");
        return;
    case 4:
        m_migrating = false;
        if (m_faults && chance(10)) { // the channel is cut before the destination's answer arrives
            sayStatus(Side::Source, "failed");
            resumeSource();
            return;
        }
        m_sourceDone = true;
        sayStatus(Side::Source, "completed");
        return;
    default:
        return;
    }
}

void World::progressThroughFile()
{
    if (m_migrating && sourceAlive) {
        ++m_stage;
        if (m_stage == 1) {
            sourceRuns = false;
            say(Side::Source, input::VmEvent{ Side::Source, QStringLiteral("STOP"), {} });
            sayStatus(Side::Source, "active");
            return;
        }
        m_migrating = false;
        if (m_faults && chance(10)) { // no room left for the file
            sayStatus(Side::Source, "failed");
            resumeSource();
            return;
        }
        m_sourceDone = m_fileWhole = true;
        sayStatus(Side::Source, "completed");
    } else if (m_incoming && destinationAlive && !m_loaded && vmm(Side::Destination).status.isEmpty()) {
        m_loaded = m_fileWhole && (!m_faults || !chance(20));
        sayStatus(Side::Destination, m_loaded ? "completed" : "failed");
    }
}

std::optional<TimerKind> World::timerToFire(bool silent)
{
    // A poll may fire at any time; a limit only ends a wait in a world where things go wrong.
    for (auto timer = m_timers.begin(); timer != m_timers.end(); ++timer) {
        const bool now
            = *timer == TimerKind::Poll ? chance(50) : m_faults && (silent ? chance(20) : chance(2));
        if (now) {
            const TimerKind kind = *timer;
            m_timers.erase(timer);
            return kind;
        }
    }
    return std::nullopt;
}

bool World::run()
{
    if (!feed(input::Begin{})
        || !feed(input::Checked{ .refused = false, .sourceWasRunning = true, .config = m_config }))
        return false;
    machine.known.source.connected = true;
    if (!feed(input::Migrate{}))
        return false;
    for (int turn = 0; turn < 400; ++turn) {
        if (m_faults && std::holds_alternative<state::Stranded>(machine.state)
            && !std::exchange(m_continued, true) && chance(50)) {
            if (!feed(input::Continued{}))
                return false;
            continue;
        }
        if (isFinal(machine.state) || std::holds_alternative<state::Migrated>(machine.state))
            return true;
        std::vector<std::deque<SessionInput>*> ready;
        for (auto* queue : { &m_source.outbox, &m_destination.outbox, &m_kernel }) {
            if (!queue->empty())
                ready.push_back(queue);
        }
        if (m_faults && m_crashes < 2 && chance(2)) {
            ++m_crashes;
            crash(chance(70) ? Side::Destination : Side::Source);
        } else if (m_relay && m_losses < 2 && destinationAlive && chance(m_losses == 0 ? 3 : 10)) {
            loseRelay();
        } else if (m_faults && chance(1) && canCancel(machine.state)) {
            if (!feed(input::Cancel{}))
                return false;
        } else if (m_faults && chance(1) && destinationAlive && m_monitorUp && m_destination.connected) {
            m_destination.connected = false;
            say(Side::Destination, input::Disconnected{ Side::Destination, {} });
        } else if (!ready.empty() && chance(70)) {
            auto* queue = ready[std::uniform_int_distribution<std::size_t>(0, ready.size() - 1)(m_random)];
            const SessionInput next = queue->front();
            queue->pop_front();
            if (!feed(next))
                return false;
        } else if (const auto timer = timerToFire(ready.empty())) {
            if (!feed(input::TimerFired{ *timer }))
                return false;
        } else {
            progress();
        }
    }
    return true;
}

} // namespace

class TestSessionMachine : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void movesTheGuest_data();
    void movesTheGuest();
    void neverRunsTheGuestTwice_data();
    void neverRunsTheGuestTwice();
    void movesTheGuestThroughAFile();
    void takesTheGuestBackFromAFile();
    void executesInOneProcess_data();
    void executesInOneProcess();
    void programThatCannotBeExecuted();
    void saysWhatIsLeftAfterTheExec();
    void refusesWhatDoesNotFit();
    void refusedPreflightCannotMigrate();
    void armErrorLeavesTheSourceAlone();
    void blamesTheCauseAndNotItsSigns_data();
    void blamesTheCauseAndNotItsSigns();
    void pausedSourceGetsNoContinue();
    void locatesTheGuest_data();
    void locatesTheGuest();
    void resumedSourceAfterTheDestinationRanIsCorruption();
    void neverConnectedSaysNothingOfTheGuest();
    void believesTheSourcesWord_data();
    void believesTheSourcesWord();
    void waitsForADestinationThatLoads();
    void everyStateHasANameAndASentence();
};

void TestSessionMachine::movesTheGuest_data()
{
    QTest::addColumn<bool>("cpr");
    QTest::addColumn<bool>("launched");
    QTest::addColumn<bool>("relay");
    QTest::newRow("cpr, launched") << true << true << false;
    QTest::newRow("cpr, attached") << true << false << false;
    QTest::newRow("normal, launched") << false << true << false;
    QTest::newRow("cpr, launched, relay") << true << true << true;
    QTest::newRow("cpr, attached, relay") << true << false << true;
    QTest::newRow("normal, launched, relay") << false << true << true;
}

void TestSessionMachine::movesTheGuest()
{
    QFETCH(bool, cpr);
    QFETCH(bool, launched);
    for (quint32 seed = 0; seed < 200; ++seed) {
        World world(configuration(cpr, launched), seed, false);
        QVERIFY2(world.run(), qPrintable(world.log.join(QLatin1Char('\n'))));
        QVERIFY2(std::holds_alternative<state::Migrated>(world.machine.state),
            qPrintable(world.log.join(QLatin1Char('\n'))));
        QVERIFY(world.destinationRuns && !world.sourceRuns && !world.ranTwice);
    }
}

void TestSessionMachine::neverRunsTheGuestTwice_data()
{
    movesTheGuest_data();
}

void TestSessionMachine::neverRunsTheGuestTwice()
{
    QFETCH(bool, cpr);
    QFETCH(bool, launched);
    QFETCH(bool, relay);
    QMap<QString, int> outcomes;
    for (quint32 seed = 0; seed < 20000; ++seed) {
        World world(configuration(cpr, launched), seed, true, relay);
        const bool accepted = world.run();
        const QByteArray story
            = "seed " + QByteArray::number(seed) + '\n' + world.log.join(QLatin1Char('\n')).toUtf8();
        QVERIFY2(accepted, story.constData());
        QVERIFY2(!world.ranTwice, story.constData());
        QVERIFY2(!world.killedARunningGuest, story.constData());
        QString outcome = stateId(world.machine.state);
        if (std::holds_alternative<state::Failed>(world.machine.state)) {
            QVERIFY2(world.sourceRuns || !world.sourceAlive, story.constData());
            QVERIFY2(!launched || !world.destinationAlive, story.constData());
        } else if (std::holds_alternative<state::Migrated>(world.machine.state)) {
            QVERIFY2(!world.sourceRuns && world.destinationEverRan, story.constData());
        } else if (const auto* stranded = std::get_if<state::Stranded>(&world.machine.state)) {
            outcome += QLatin1Char(' ') + guestLocationId(stranded->location);
            const GuestLocation where = stranded->location;
            if (where == GuestLocation::NowhereSourceHolds)
                QVERIFY2(!world.destinationEverRan && !world.sourceRuns, story.constData());
            if (where == GuestLocation::NowhereDestinationHolds)
                QVERIFY2(!world.destinationEverRan && !world.sourceRuns, story.constData());
            if (where == GuestLocation::Lost)
                QVERIFY2(!world.sourceRuns && !world.destinationRuns, story.constData());
            QVERIFY2(where != GuestLocation::Both, story.constData());
        } else {
            QFAIL(story.constData());
        }
        if (const auto& lost = world.machine.known.relayLost; lost && relay)
            QVERIFY2(lost->cause == u"1", story.constData());
        ++outcomes[outcome];
    }
    // The generator must reach the interesting ends, otherwise this test proves nothing.
    for (const char* outcome : { "migrated", "failed", "stranded nowhere-source-holds", "stranded lost" })
        QVERIFY2(outcomes.value(QString::fromLatin1(outcome)) > 0, outcome);
}

void TestSessionMachine::movesTheGuestThroughAFile()
{
    for (quint32 seed = 0; seed < 200; ++seed) {
        World world(throughFile(), seed, false);
        const bool accepted = world.run();
        const QByteArray story = world.log.join(QLatin1Char('\n')).toUtf8();
        QVERIFY2(accepted && std::holds_alternative<state::Migrated>(world.machine.state), story.constData());
        QVERIFY2(world.destinationRuns && !world.sourceRuns && !world.ranTwice, story.constData());
        // The file is whole before anybody is told to load it, and the destination was there before.
        const qsizetype loads = world.log.indexOf(QStringLiteral("call migrate-incoming destination"));
        QVERIFY2(loads > world.log.indexOf(QStringLiteral("-> committing")), story.constData());
        QVERIFY2(world.log.indexOf(QStringLiteral("call migrate source"))
                > world.log.indexOf(QStringLiteral("connected destination")),
            story.constData());
    }
}

void TestSessionMachine::takesTheGuestBackFromAFile()
{
    QMap<QString, int> outcomes;
    int continued = 0;
    for (quint32 seed = 0; seed < 20000; ++seed) {
        World world(throughFile(), seed, true);
        const bool accepted = world.run();
        const QByteArray story
            = "seed " + QByteArray::number(seed) + '\n' + world.log.join(QLatin1Char('\n')).toUtf8();
        QVERIFY2(accepted, story.constData());
        QVERIFY2(!world.ranTwice && !world.killedARunningGuest, story.constData());
        const bool wentBack = world.log.contains(QStringLiteral("call cont source"));
        QVERIFY2(!wentBack || !world.destinationEverRan, story.constData());
        QString outcome = stateId(world.machine.state);
        if (std::holds_alternative<state::Failed>(world.machine.state)) {
            QVERIFY2(world.sourceRuns || !world.sourceAlive, story.constData());
            QVERIFY2(!world.destinationAlive && !world.destinationEverRan, story.constData());
            continued += wentBack ? 1 : 0;
        } else if (std::holds_alternative<state::Migrated>(world.machine.state)) {
            QVERIFY2(!world.sourceRuns && world.destinationEverRan && !wentBack, story.constData());
        } else if (const auto* stranded = std::get_if<state::Stranded>(&world.machine.state)) {
            outcome += QLatin1Char(' ') + guestLocationId(stranded->location);
            switch (stranded->location) {
            case GuestLocation::NowhereSourceHolds:
            case GuestLocation::NowhereDestinationHolds:
                QVERIFY2(!world.destinationEverRan && !world.sourceRuns, story.constData());
                break;
            case GuestLocation::Saved:
                QVERIFY2(world.saved() && !world.destinationEverRan && !world.sourceAlive, story.constData());
                break;
            case GuestLocation::Lost:
                QVERIFY2(!world.sourceRuns && !world.destinationRuns, story.constData());
                QVERIFY2(!world.saved() || world.destinationEverRan, story.constData());
                break;
            default:
                QVERIFY2(stranded->location != GuestLocation::Both, story.constData());
                break;
            }
        } else {
            QFAIL(story.constData());
        }
        ++outcomes[outcome];
    }
    for (const char* outcome : { "migrated", "failed", "stranded nowhere-source-holds", "stranded saved" })
        QVERIFY2(outcomes.value(QString::fromLatin1(outcome)) > 0, outcome);
    QVERIFY(continued > 0);
}

/// A session in the mode cpr-exec, told step by step what happens.
class ExecStory
{
public:
    ExecStory()
    {
        m_machine.config = executing();
        m_machine.known.source.connected = true;
        m_machine.state = state::Launching{};
        tell(input::Launched{});
        tell(input::ListenerReady{});
    }
    void tell(const SessionInput& input)
    {
        const auto next = step(m_machine, input);
        QVERIFY(next);
        m_machine = next->next;
        for (const SessionAction& action : next->actions) {
            if (const auto* call = std::get_if<action::Call>(&action))
                calls << call->command + u' ' + sideId(call->side);
            QVERIFY(!std::holds_alternative<action::Kill>(action));
        }
    }
    void status(Side side, const QString& status)
    {
        tell(input::VmEvent{ side, QStringLiteral("MIGRATION"), { { QStringLiteral("status"), status } } });
    }
    void answer(Side side, Tag tag, const QString& status = {}, const QString& error = {})
    {
        tell(input::Reply{ side, tag,
            QJsonValue(QJsonObject{
                { QStringLiteral("status"), status }, { QStringLiteral("error-desc"), error } }) });
    }
    void loadInNewProgram()
    {
        tell(input::Connected{ Side::Destination });
        answer(Side::Destination, Tag::Configure);
        answer(Side::Destination, Tag::Configure);
    }
    const SessionState& state() const { return m_machine.state; }
    template <typename T>
    bool is() const
    {
        return std::holds_alternative<T>(m_machine.state);
    }
    GuestLocation location() const
    {
        const auto* stranded = std::get_if<state::Stranded>(&m_machine.state);
        return stranded ? stranded->location : GuestLocation::Both;
    }

    QStringList calls;

private:
    Machine m_machine;
};

void TestSessionMachine::executesInOneProcess_data()
{
    // The connections are read independently, so the order of their news is anybody's.
    QTest::addColumn<QString>("order");
    for (const char* order :
        { "completed, end, new", "completed, new, end", "new, completed, end", "end, new" })
        QTest::newRow(order) << QString::fromLatin1(order);
}

void TestSessionMachine::executesInOneProcess()
{
    QFETCH(QString, order);
    ExecStory story;
    QVERIFY(story.is<state::Moving>());
    for (const QString& news : order.split(QStringLiteral(", "))) {
        if (news == u"completed")
            story.status(Side::Source, QStringLiteral("completed"));
        else if (news == u"end")
            story.tell(input::Disconnected{ Side::Source, {} });
        else
            story.tell(input::Connected{ Side::Destination });
        QVERIFY(story.is<state::Moving>() || story.is<state::Committing>());
    }
    QVERIFY(story.calls.contains(QStringLiteral("migrate-set-capabilities destination")));
    QVERIFY(!story.calls.contains(QStringLiteral("cont destination")));
    story.answer(Side::Destination, Tag::Configure);
    story.answer(Side::Destination, Tag::Configure);
    QVERIFY(story.calls.contains(QStringLiteral("migrate-incoming destination")));
    story.status(Side::Destination, QStringLiteral("completed"));
    story.answer(Side::Destination, Tag::Continue);
    story.answer(Side::Destination, Tag::QueryStatus, QStringLiteral("running"));
    QVERIFY(story.is<state::Verifying>());
    story.tell(input::Verified{ .ok = true, .failure = {} });
    story.tell(input::Finish{});
    story.tell(input::MonitorMoved{});
    QVERIFY(story.is<state::Finished>());
    QVERIFY(!story.calls.contains(QStringLiteral("quit source")));
    QCOMPARE(story.calls.count(QStringLiteral("cont destination")), 1);
}

void TestSessionMachine::programThatCannotBeExecuted()
{
    ExecStory story;
    story.status(Side::Source, QStringLiteral("completed"));
    QVERIFY(story.is<state::Committing>());
    story.status(Side::Source, QStringLiteral("failed"));
    story.tell(input::VmEvent{ Side::Source, QStringLiteral("RESUME"), {} });
    story.answer(Side::Source, Tag::QueryMigrate, QStringLiteral("failed"), QStringLiteral("execvp failed"));
    story.answer(Side::Source, Tag::QueryStatus, QStringLiteral("running"));
    story.answer(Side::Source, Tag::Restore);
    const auto* failed = std::get_if<state::Failed>(&story.state());
    QVERIFY(failed);
    QCOMPARE(failed->why.error.cause, QStringLiteral("execvp failed"));
    QVERIFY(!story.calls.contains(QStringLiteral("cont source")));
}

void TestSessionMachine::saysWhatIsLeftAfterTheExec()
{
    // It ends at once.
    ExecStory ended;
    ended.status(Side::Source, QStringLiteral("completed"));
    ended.tell(input::Disconnected{ Side::Source, {} });
    ended.tell(input::Exited{ .side = Side::Source, .text = {}, .output = QStringLiteral("no") });
    QCOMPARE(ended.location(), GuestLocation::Lost);
    QCOMPARE(std::get<state::Stranded>(ended.state()).why.destinationOutput, QStringLiteral("no"));

    // It never answers: what it is has not been seen.
    ExecStory silent;
    silent.status(Side::Source, QStringLiteral("completed"));
    silent.tell(input::TimerFired{ TimerKind::Limit });
    QVERIFY(silent.is<state::Locating>());
    silent.tell(input::TimerFired{ TimerKind::Limit });
    QCOMPARE(silent.location(), GuestLocation::Unknown);

    // It refuses the state, and is asked what it has.
    ExecStory refused;
    refused.status(Side::Source, QStringLiteral("completed"));
    refused.loadInNewProgram();
    refused.status(Side::Destination, QStringLiteral("failed"));
    QVERIFY(refused.is<state::Locating>());
    refused.answer(
        Side::Destination, Tag::QueryMigrate, QStringLiteral("failed"), QStringLiteral("unknown section"));
    refused.answer(Side::Destination, Tag::QueryStatus, QStringLiteral("inmigrate"));
    QCOMPARE(refused.location(), GuestLocation::Kept);
    QCOMPARE(std::get<state::Stranded>(refused.state()).why.error.cause, QStringLiteral("unknown section"));

    // It has other memory than the guest's: never told to go on.
    ExecStory empty;
    empty.status(Side::Source, QStringLiteral("completed"));
    empty.tell(input::Connected{ Side::Destination });
    empty.tell(input::FdLost{ QStringLiteral("ram0") });
    empty.answer(Side::Destination, Tag::QueryMigrate, QStringLiteral("completed"));
    empty.answer(Side::Destination, Tag::QueryStatus, QStringLiteral("paused"));
    QCOMPARE(empty.location(), GuestLocation::Kept);
    QVERIFY(!empty.calls.contains(QStringLiteral("cont destination")));

    // It dies with the guest.
    ExecStory died;
    died.status(Side::Source, QStringLiteral("completed"));
    died.loadInNewProgram();
    died.status(Side::Destination, QStringLiteral("completed"));
    died.answer(Side::Destination, Tag::Continue);
    died.tell(input::Exited{ .side = Side::Destination, .text = {}, .output = {} });
    QCOMPARE(died.location(), GuestLocation::Lost);
}

void TestSessionMachine::refusesWhatDoesNotFit()
{
    const Machine idle;
    const auto refused = step(idle, input::Finish{});
    QVERIFY(!refused.has_value());
    QCOMPARE(refused.error().code, ErrorCode::Refused);
    QVERIFY(refused.error().message().contains(QStringLiteral("finish")));
    QVERIFY(refused.error().message().contains(QStringLiteral("idle")));
    QVERIFY(step(idle, input::VmEvent{ Side::Source, QStringLiteral("RTC_CHANGE"), {} }).has_value());
}

void TestSessionMachine::refusedPreflightCannotMigrate()
{
    Machine machine;
    machine.state = state::Ready{ .refused = true };
    const auto refused = step(machine, input::Migrate{});
    QVERIFY(!refused.has_value());
    QVERIFY(!canMigrate(machine.state).has_value());
}

void TestSessionMachine::armErrorLeavesTheSourceAlone()
{
    World world(configuration(), 1, false);
    auto now = step(Machine{}, input::Begin{});
    now = step(
        now->next, input::Checked{ .refused = false, .sourceWasRunning = true, .config = configuration() });
    now->next.known.source.connected = true;
    now = step(now->next, input::Migrate{});
    QVERIFY(std::holds_alternative<state::ArmingSource>(now->next.state));
    now = step(now->next,
        input::Reply{ Side::Source, Tag::Arm,
            failure(ErrorCode::Remote, QStringLiteral("set"), {}, QStringLiteral("no")) });
    QVERIFY(std::holds_alternative<state::Aborting>(now->next.state));
    for (const SessionAction& action : now->actions)
        QVERIFY(
            !std::holds_alternative<action::Launch>(action) && !std::holds_alternative<action::Kill>(action));
    now = step(now->next,
        input::Reply{ Side::Source, Tag::QueryStatus,
            QJsonValue(QJsonObject{ { QStringLiteral("status"), QStringLiteral("running") } }) });
    QVERIFY(std::holds_alternative<state::Aborting>(now->next.state));
    now = step(now->next, input::Reply{ Side::Source, Tag::Restore, QJsonValue() });
    const auto* failed = std::get_if<state::Failed>(&now->next.state);
    QVERIFY(failed);
    QCOMPARE(failed->why.error.cause, QStringLiteral("no"));
    QCOMPARE(failed->why.phase, SessionPhase::Arm);
}

static input::RelayLost relayLost(ErrorCode code, const char* cause)
{
    return { { .code = code, .cause = QString::fromLatin1(cause) } };
}

void TestSessionMachine::blamesTheCauseAndNotItsSigns_data()
{
    QTest::addColumn<std::vector<SessionInput>>("inputs");
    QTest::addColumn<Side>("side");
    QTest::addColumn<QString>("cause");
    const SessionInput failed = input::VmEvent{ Side::Source, QStringLiteral("MIGRATION"),
        { { QStringLiteral("status"), QStringLiteral("failed") } } };
    const SessionInput cut = relayLost(ErrorCode::Disconnected, "cut on purpose");
    const SessionInput nobodyThere = relayLost(ErrorCode::NotFound, "the destination's socket is gone");
    const SessionInput fdLost = input::FdLost{ QStringLiteral("ram0 did not arrive") };
    using Inputs = std::vector<SessionInput>;
    const QString onPurpose = QStringLiteral("cut on purpose");
    QTest::newRow("cut, told late") << Inputs{ failed, cut, nobodyThere } << Side::Channel << onPurpose;
    QTest::newRow("cut") << Inputs{ cut, nobodyThere, failed } << Side::Channel << onPurpose;
    QTest::newRow("cut, and descriptors lost")
        << Inputs{ cut, nobodyThere, fdLost } << Side::Channel << onPurpose;
    QTest::newRow("destination died")
        << Inputs{ nobodyThere, failed } << Side::Destination << QStringLiteral("killed");
    QTest::newRow("descriptor lost") << Inputs{ nobodyThere, fdLost, failed } << Side::Channel
                                     << QStringLiteral("ram0 did not arrive");
    QTest::newRow("descriptor lost, told first")
        << Inputs{ fdLost, nobodyThere, failed } << Side::Channel << QStringLiteral("ram0 did not arrive");
}

void TestSessionMachine::blamesTheCauseAndNotItsSigns()
{
    QFETCH(const std::vector<SessionInput>, inputs);
    QFETCH(const Side, side);
    QFETCH(const QString, cause);
    Machine machine;
    machine.config = configuration();
    machine.known.source.connected = machine.known.launched = machine.known.migrateSent = true;
    machine.state = state::Transferring{};
    const auto answer = [](const char* status) {
        return QJsonValue(QJsonObject{ { QStringLiteral("status"), QString::fromLatin1(status) } });
    };
    std::vector<SessionInput> all = inputs;
    all.push_back(input::Reply{ Side::Source, Tag::QueryMigrate, answer("failed") });
    all.push_back(input::Exited{ .side = Side::Destination,
        .text = QStringLiteral("killed"),
        .output = {},
        .ranGuest = RanGuest::No });
    all.push_back(input::Reply{ Side::Source, Tag::QueryStatus, answer("running") });
    all.push_back(input::Reply{ Side::Source, Tag::Restore, QJsonValue() });
    for (const SessionInput& input : all) {
        const auto next = step(machine, input);
        QVERIFY(next);
        machine = next->next;
    }
    const auto* end = std::get_if<state::Failed>(&machine.state);
    QVERIFY(end);
    QCOMPARE(end->why.side, side);
    QCOMPARE(end->why.error.cause, cause);
}

void TestSessionMachine::pausedSourceGetsNoContinue()
{
    Machine machine;
    machine.config = configuration();
    machine.config.sourceWasRunning = false;
    machine.known.source.connected = machine.known.destination.connected = true;
    machine.known.destination.migrationStatus = QStringLiteral("completed");
    machine.state = state::Committing{};
    const auto next = step(machine,
        input::Reply{ Side::Source, Tag::QueryStatus,
            QJsonValue(QJsonObject{ { QStringLiteral("status"), QStringLiteral("postmigrate") } }) });
    QVERIFY(std::holds_alternative<state::Verifying>(next->next.state));
    QVERIFY(!next->next.known.guardReleased);
}

void TestSessionMachine::locatesTheGuest_data()
{
    QTest::addColumn<bool>("sourceGone");
    QTest::addColumn<QString>("sourceState");
    QTest::addColumn<bool>("destinationGone");
    QTest::addColumn<QString>("destinationState");
    QTest::addColumn<QString>("destinationStatus");
    QTest::addColumn<bool>("released");
    QTest::addColumn<RanGuest>("ran");
    QTest::addColumn<GuestLocation>("expected");
    const QString none;
    const QString running = QStringLiteral("running");
    const QString post = QStringLiteral("postmigrate");
    const QString paused = QStringLiteral("paused");
    const QString completed = QStringLiteral("completed");
    QTest::newRow("source runs") << false << running << true << none << none << false << RanGuest::Unknown
                                 << GuestLocation::Source;
    QTest::newRow("destination runs") << false << post << false << running << completed << true
                                      << RanGuest::Unknown << GuestLocation::Destination;
    QTest::newRow("destination died before the guard")
        << false << post << true << none << completed << false << RanGuest::Unknown
        << GuestLocation::NowhereSourceHolds;
    QTest::newRow("destination died after it, log says no")
        << false << post << true << none << completed << true << RanGuest::No
        << GuestLocation::NowhereSourceHolds;
    QTest::newRow("destination died after it, log says yes")
        << false << post << true << none << completed << true << RanGuest::Yes << GuestLocation::Lost;
    QTest::newRow("destination died after it, no log")
        << false << post << true << none << completed << true << RanGuest::Unknown << GuestLocation::Unknown;
    QTest::newRow("destination waits") << false << post << false << paused << completed << false
                                       << RanGuest::Unknown << GuestLocation::NowhereDestinationHolds;
    QTest::newRow("source died, destination waits")
        << true << none << false << paused << completed << false << RanGuest::Unknown
        << GuestLocation::NowhereDestinationHolds;
    QTest::newRow("source died, destination loads")
        << true << none << false << QStringLiteral("inmigrate") << QStringLiteral("active") << false
        << RanGuest::Unknown << GuestLocation::Unknown;
    QTest::newRow("both died") << true << none << true << none << none << false << RanGuest::Unknown
                               << GuestLocation::Lost;
}

void TestSessionMachine::locatesTheGuest()
{
    QFETCH(bool, sourceGone);
    QFETCH(QString, sourceState);
    QFETCH(bool, destinationGone);
    QFETCH(QString, destinationState);
    QFETCH(QString, destinationStatus);
    QFETCH(bool, released);
    QFETCH(RanGuest, ran);
    QFETCH(GuestLocation, expected);
    Knowledge known;
    known.launched = known.migrateSent = true;
    known.guardReleased = released;
    known.source = { .connected = !sourceGone,
        .gone = sourceGone,
        .exitText = {},
        .migrationStatus = {},
        .runState = sourceState,
        .answered = !sourceGone,
        .errorDesc = {} };
    known.destination = { .connected = !destinationGone,
        .gone = destinationGone,
        .exitText = {},
        .ranGuest = ran,
        .migrationStatus = destinationStatus,
        .runState = destinationState,
        .answered = !destinationGone,
        .errorDesc = {} };
    QCOMPARE(locate(configuration(), known), expected);
}

void TestSessionMachine::resumedSourceAfterTheDestinationRanIsCorruption()
{
    MachineConfig config = configuration();
    config.guarded = false;
    Knowledge known;
    known.launched = known.migrateSent = true;
    known.source.connected = known.destination.connected = true;
    known.source.runState = known.destination.runState = QStringLiteral("running");
    known.destination.everResumed = true;
    QCOMPARE(locate(config, known), GuestLocation::Both);
}

void TestSessionMachine::neverConnectedSaysNothingOfTheGuest()
{
    const input::Disconnected refused{ .side = Side::Source, .error = { .code = ErrorCode::System } };
    const auto failed = step(step(Machine{}, input::Begin{})->next, refused);
    QCOMPARE(std::get<state::Failed>(failed->next.state).why.phase, SessionPhase::Connect);
    QVERIFY(!stateSentence(failed->next.state).contains(QStringLiteral("guest")));

    auto now = step(step(Machine{}, input::Begin{})->next, input::Connected{ Side::Source });
    now = step(now->next, refused);
    QCOMPARE(std::get<state::Failed>(now->next.state).why.phase, SessionPhase::Preflight);
}

static QJsonValue statusOf(const char* status)
{
    return QJsonObject{ { QStringLiteral("status"), QString::fromLatin1(status) } };
}

/// VMMs that agree on the commit by themselves: the source has handed over, and the destination is dead.
void TestSessionMachine::believesTheSourcesWord_data()
{
    QTest::addColumn<QJsonObject>("word");
    QTest::addColumn<GuestLocation>("expected");
    const QString ran = QStringLiteral("destination-ran");
    const QString gone = QStringLiteral("destination-gone");
    QTest::newRow("ran") << QJsonObject{ { ran, true }, { gone, true } } << GuestLocation::Lost;
    QTest::newRow("never ran") << QJsonObject{ { ran, false }, { gone, true } }
                               << GuestLocation::NowhereSourceHolds;
    QTest::newRow("not seen to end") << QJsonObject{ { ran, false }, { gone, false } }
                                     << GuestLocation::Unknown;
    QTest::newRow("says nothing") << QJsonObject() << GuestLocation::Unknown;
}

void TestSessionMachine::believesTheSourcesWord()
{
    QFETCH(QJsonObject, word);
    QFETCH(GuestLocation, expected);
    Machine machine;
    machine.config = configuration();
    machine.config.guarded = false;
    machine.known.source.connected = machine.known.launched = machine.known.migrateSent = true;
    machine.known.source.migrationStatus = QStringLiteral("completed");
    machine.state = state::Committing{ .step = state::Committing::Step::ConfirmDestination };
    word.insert(QStringLiteral("status"), QStringLiteral("completed"));
    const auto inputs = std::to_array<SessionInput>({
        input::Exited{ .side = Side::Destination, .text = {}, .output = {}, .ranGuest = RanGuest::Unknown },
        input::Reply{ Side::Source, Tag::QueryMigrate, QJsonValue(word) },
        input::Reply{ Side::Source, Tag::QueryStatus, statusOf("postmigrate") },
        input::TimerFired{ TimerKind::Limit },
    });
    for (const SessionInput& input : inputs)
        machine = step(machine, input)->next;
    const auto* stranded = std::get_if<state::Stranded>(&machine.state);
    QVERIFY(stranded);
    QCOMPARE(stranded->location, expected);
}

void TestSessionMachine::waitsForADestinationThatLoads()
{
    Machine machine;
    machine.config = configuration();
    machine.config.guarded = false;
    machine.known.source.connected = machine.known.destination.connected = true;
    machine.known.launched = machine.known.migrateSent = true;
    machine.state = state::Moving{};
    const auto inputs = std::to_array<SessionInput>({
        input::Exited{ .side = Side::Source, .text = {}, .output = {}, .ranGuest = RanGuest::Unknown },
        input::Reply{ Side::Destination, Tag::QueryMigrate, statusOf("active") },
        input::Reply{ Side::Destination, Tag::QueryStatus, statusOf("inmigrate") },
    });
    for (const SessionInput& input : inputs)
        machine = step(machine, input)->next;
    QVERIFY(std::holds_alternative<state::Locating>(machine.state));
    const Machine waiting = machine;
    // It had been told to start, and has.
    machine = step(step(waiting, input::TimerFired{ TimerKind::Poll })->next,
        input::Reply{ Side::Destination, Tag::QueryMigrate, statusOf("completed") })
                  ->next;
    machine = step(machine, input::Reply{ Side::Destination, Tag::QueryStatus, statusOf("running") })->next;
    QCOMPARE(std::get<state::Stranded>(machine.state).location, GuestLocation::Destination);
    // It had not, and has given up; or never says.
    machine = step(waiting, input::Reply{ Side::Destination, Tag::QueryMigrate, statusOf("failed") })->next;
    machine = step(machine, input::Reply{ Side::Destination, Tag::QueryStatus, statusOf("inmigrate") })->next;
    QCOMPARE(std::get<state::Stranded>(machine.state).location, GuestLocation::Lost);
    machine = step(waiting, input::TimerFired{ TimerKind::Limit })->next;
    QCOMPARE(std::get<state::Stranded>(machine.state).location, GuestLocation::Unknown);
}

void TestSessionMachine::everyStateHasANameAndASentence()
{
    const std::vector<SessionState> states{ state::Idle{}, state::Checking{}, state::Ready{},
        state::ArmingSource{}, state::Launching{}, state::Transferring{}, state::ConfiguringDestination{},
        state::Moving{}, state::Committing{}, state::Verifying{}, state::Migrated{}, state::Finishing{},
        state::Finished{}, state::Aborting{}, state::Failed{}, state::Locating{}, state::Stranded{} };
    QSet<QString> ids;
    for (const SessionState& state : states) {
        QVERIFY(!stateSentence(state).isEmpty());
        ids.insert(stateId(state));
    }
    QCOMPARE(static_cast<std::size_t>(ids.size()), states.size());
}

QTEST_GUILESS_MAIN(TestSessionMachine)
#include "tst_sessionmachine.moc"
