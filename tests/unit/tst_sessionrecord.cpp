// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionmachine.h"
#include "operator/sessionreplay.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;
using timeline::Category;
using timeline::Event;

/// What a session says of itself goes into the record and comes back from it.
class TestSessionRecord : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { KLocalizedString::setApplicationDomain("cutover"); }
    void init() { QTest::failOnWarning(); }
    void everyState();
    void foreignStates();
    void failures();
    void endpoints();
    void requests();
    void checksAndProofs();
    void derivedCommands();
    void settingsOfBothSides();
    void settingsThatMakeNoSense();
    void nonsenseIsHarmless();
    void replaysASession();
    void findsEveryPosition();
    void stepsFromStateToState();
    void recordingsWithoutStatus();
};

static Failure sampleFailure()
{
    return { .side = Side::Destination,
        .phase = SessionPhase::Switchover,
        .error = { .code = ErrorCode::Timeout,
            .attempt = u"wait"_s,
            .object = u"tap0"_s,
            .cause = u"it takes “too long”"_s,
            .remedy = u"Look."_s,
            .sysErrno = 110 },
        .destinationOutput = u"line 1\nline 2"_s };
}

static Event consoleEvent(Category category, const QString& name, const QJsonObject& attributes)
{
    return {
        .side = Side::Console, .timeNs = 0, .category = category, .name = name, .attributes = attributes
    };
}

static Event stateEvent(const SessionState& state)
{
    return consoleEvent(Category::State, stateId(state), toRecord(state));
}

static Event statusEvent(Side side, const EndpointStatus& status)
{
    return { .side = side,
        .timeNs = 0,
        .category = Category::Endpoint,
        .name = u"status"_s,
        .attributes = toRecord(status) };
}

void TestSessionRecord::everyState()
{
    const Failure why = sampleFailure();
    const std::vector<SessionState> states{ state::Idle{}, state::Checking{}, state::Ready{},
        state::Ready{ .refused = true }, state::ArmingSource{}, state::Launching{}, state::Transferring{},
        state::ConfiguringDestination{}, state::Moving{}, state::Committing{}, state::Verifying{},
        state::Migrated{}, state::Migrated{ .verified = true }, state::Finishing{ .verified = true },
        state::Finished{ .verified = true, .sourceKept = true }, state::Aborting{ .why = why },
        state::Failed{ .why = why, .refused = true, .cancelled = true }, state::Locating{ .why = why },
        state::Stranded{ .why = why, .location = GuestLocation::NowhereDestinationHolds } };
    for (const SessionState& state : states) {
        const QJsonObject attributes = toRecord(state);
        QCOMPARE(attributes["sentence"_L1].toString(), stateSentence(state));
        const auto read = stateFromRecord(stateId(state), attributes);
        QVERIFY2(read, qPrintable(stateId(state)));
        QCOMPARE(read->index(), state.index());
        QCOMPARE(toRecord(*read), attributes);
        QCOMPARE(canMigrate(*read).has_value(), canMigrate(state).has_value());
    }
}

void TestSessionRecord::foreignStates()
{
    QVERIFY(!stateFromRecord(u"levitating"_s, {}));
    // As older programs wrote it.
    const auto failed = stateFromRecord(u"failed"_s, { { u"sentence"_s, u"Failed."_s } });
    QVERIFY(std::holds_alternative<state::Failed>(*failed));
    ReplayedSession session;
    session.take(stateEvent(state::Moving{}));
    session.take(consoleEvent(Category::State, u"levitating"_s, {}));
    QCOMPARE(stateId(session.state), u"moving"_s);
}

void TestSessionRecord::failures()
{
    const Failure failure = sampleFailure();
    QCOMPARE(failureFromRecord(toRecord(failure)), failure);
    QCOMPARE(failureFromRecord(toRecord(Failure{})), Failure{});
    for (int code = 0; code <= static_cast<int>(ErrorCode::System); ++code) {
        Failure each;
        each.error.code = static_cast<ErrorCode>(code);
        QCOMPARE(failureFromRecord(toRecord(each)), each);
    }
}

void TestSessionRecord::endpoints()
{
    const EndpointStatus status{ .name = u"web-07"_s,
        .version = u"11.1.3 (Debian)"_s,
        .qmpPath = u"/run/qmp"_s,
        .logPath = u"/run/vm.log"_s,
        .pid = 4711,
        .startTicks = 123'456'789'012,
        .connected = true,
        .gone = true,
        .waitingForSource = true,
        .runState = u"postmigrate"_s,
        .migrationStatus = u"completed"_s,
        .ramBytes = qint64{ 1 } << 40,
        .processStartNs = 1'795'253'994'813'290'001 };
    QCOMPARE(endpointFromRecord(toRecord(status)), status);
    QCOMPARE(endpointFromRecord(toRecord(EndpointStatus{})), EndpointStatus{});
    QVERIFY(toRecord(EndpointStatus{}).isEmpty());
}

void TestSessionRecord::requests()
{
    SessionRequest request;
    request.source = { .qmpPath = u"/run/qmp"_s, .pid = 12 };
    request.destination = { .kind = DestinationSpec::Kind::Attach,
        .binary = u"/usr/bin/vmm"_s,
        .argv = { u"vmm"_s, u"-m"_s, u"1G"_s },
        .qmpPath = u"/q"_s,
        .cprPath = u"/c"_s,
        .mainPath = u"/m"_s };
    request.mode = u"normal"_s;
    request.parameters = { { u"migrate-fds"_s, true } };
    request.defer = request.guarded = request.traceSource = false;
    request.keepSource = true;
    const SessionRequest read = requestFromRecord(toRecord(request));
    QCOMPARE(read.source, request.source);
    QCOMPARE(read.destination, request.destination);
    QCOMPARE(toRecord(read), toRecord(request));
    QVERIFY(!read.defer && !read.guarded && !read.traceSource && read.keepSource);
    QCOMPARE(toRecord(requestFromRecord({})), toRecord(SessionRequest{}));
}

void TestSessionRecord::checksAndProofs()
{
    for (const Verdict verdict :
        { Verdict::Pass, Verdict::Warning, Verdict::Refuse, Verdict::NotApplicable }) {
        const Check check{
            .id = u"ram-shared"_s, .verdict = verdict, .title = u"RAM"_s, .evidence = u"e"_s, .remedy = u"r"_s
        };
        QCOMPARE(checkFromRecord(check.id, toRecord(check)), check);
    }
    FdProof proof{
        .name = u"tap0"_s, .id = 3, .sourceFd = 14, .destinationFd = 22, .description = {}, .proof = {}
    };
    proof.description.kind = fdpass::FdKind::Tap;
    proof.description.text = u"TAP tap0"_s;
    proof.proof = {
        .identity = fdpass::Identity::Same, .method = fdpass::IdentityMethod::Kcmp, .text = u"one open file"_s
    };
    const FdProof read = proofFromRecord(proof.name, toRecord(proof));
    QCOMPARE(toRecord(read), toRecord(proof));
    QCOMPARE(read.name, proof.name);
    QCOMPARE(read.proof.identity, fdpass::Identity::Same);
    const Verification faulty{
        .ok = false, .findings = { u"f"_s }, .evidence = { u"a"_s, u"b"_s }, .fds = {}
    };
    const Verification again = verificationFromRecord(u"faulty"_s, toRecord(faulty));
    QVERIFY(!again.ok);
    QCOMPARE(again.findings, faulty.findings);
    QCOMPARE(again.evidence, faulty.evidence);
    QVERIFY(verificationFromRecord(u"verified"_s, {}).ok);
}

void TestSessionRecord::derivedCommands()
{
    DerivedCommand command;
    command.argv = { u"qemu"_s, u"-name"_s, u"a b"_s };
    command.changes = { { .kind = CommandChange::Kind::Replaced,
                            .before = u"-qmp a"_s,
                            .after = u"-qmp b"_s,
                            .reason = u"its own socket"_s },
        { .kind = CommandChange::Kind::Conflict, .before = u"x"_s, .after = {}, .reason = u"r"_s } };
    command.moves = { { .sourcePath = u"/a"_s, .destinationPath = u"/b"_s } };
    command.monitorPath = u"/m"_s;
    command.logFile = u"/l"_s;
    const DerivedCommand read = derivedFromRecord(toRecord(command));
    QCOMPARE(read.argv, command.argv);
    QCOMPARE(read.moves, command.moves);
    QVERIFY(read.hasConflicts());
    QCOMPARE(toRecord(read), toRecord(command));
}

void TestSessionRecord::nonsenseIsHarmless()
{
    const QJsonObject nonsense{ { u"pid"_s, -5.5 }, { u"startTicks"_s, u"x"_s }, { u"ramBytes"_s, -77 },
        { u"processStartNs"_s, -1 }, { u"connected"_s, 3 }, { u"why"_s, 7 }, { u"argv"_s, u"no list"_s },
        { u"changes"_s, QJsonObject{} }, { u"location"_s, u"moon"_s }, { u"side"_s, u"left"_s },
        { u"verdict"_s, 4 }, { u"source"_s, 4 }, { u"id"_s, u"x"_s }, { u"findings"_s, 1 } };
    QCOMPARE(endpointFromRecord(nonsense), EndpointStatus{});
    QCOMPARE(failureFromRecord(nonsense).side, Side::Console);
    QCOMPARE(checkFromRecord(u"c"_s, nonsense).verdict, Verdict::NotApplicable);
    const auto stranded = stateFromRecord(u"stranded"_s, nonsense);
    QCOMPARE(std::get<state::Stranded>(*stranded).location, GuestLocation::Unknown);
    ReplayedSession session;
    for (int category = 0; category <= static_cast<int>(Category::Endpoint); ++category) {
        for (const QString& name : { u"check"_s, u"destination"_s, u"note"_s, u"spawned"_s, u"exited"_s,
                 u"QMP"_s, u"MIGRATION"_s, u"stranded"_s }) {
            for (const Side side : { Side::Source, Side::Destination, Side::Channel, Side::Console })
                session.take({ .side = side,
                    .timeNs = 0,
                    .category = static_cast<Category>(category),
                    .name = name,
                    .attributes = nonsense });
        }
    }
    QCOMPARE(stateId(session.state), u"stranded"_s);
}

static std::vector<Event> sampleSession()
{
    SessionRequest request;
    request.mode = u"normal"_s;
    EndpointStatus source{ .name = u"web-07"_s, .pid = 1, .connected = true, .runState = u"running"_s };
    std::vector<Event> events;
    events.push_back(consoleEvent(Category::Action, u"check"_s, toRecord(request)));
    events.push_back(stateEvent(state::Checking{}));
    events.push_back(consoleEvent(Category::QmpSent, u"query-status"_s, {}));
    events.push_back(statusEvent(Side::Source, source));
    events.push_back(
        consoleEvent(Category::Action, u"destination"_s, { { u"argv"_s, QJsonArray{ u"vmm"_s } } }));
    events.push_back(consoleEvent(Category::Check, u"ram"_s, { { u"verdict"_s, u"pass"_s } }));
    events.push_back(consoleEvent(Category::Check, u"fds"_s, { { u"verdict"_s, u"warning"_s } }));
    events.push_back(stateEvent(state::Ready{}));
    events.push_back(
        consoleEvent(Category::Action, u"note"_s, { { u"failure"_s, toRecord(sampleFailure()) } }));
    events.push_back(stateEvent(state::Moving{}));
    events.push_back(consoleEvent(Category::Fd, u"tap0"_s, { { u"id"_s, 1 } }));
    events.push_back(consoleEvent(Category::Verdict, u"verified"_s, {}));
    source.gone = true;
    events.push_back(statusEvent(Side::Source, source));
    events.push_back(stateEvent(state::Failed{ .why = sampleFailure() }));
    events.push_back(consoleEvent(Category::Action, u"check"_s, toRecord(SessionRequest{})));
    events.push_back(stateEvent(state::Checking{}));
    return events;
}

void TestSessionRecord::replaysASession()
{
    const std::vector<Event> events = sampleSession();
    const ReplayIndex index(events);
    const ReplayedSession ready = index.at(events, 8);
    QCOMPARE(stateId(ready.state), u"ready"_s);
    QCOMPARE(ready.request.mode, u"normal"_s);
    QCOMPARE(ready.checks.size(), 2);
    QCOMPARE(ready.checks[1].verdict, Verdict::Warning);
    QCOMPARE(ready.endpoint(Side::Source).name, u"web-07"_s);
    QCOMPARE(ready.derived->argv, QStringList{ u"vmm"_s });
    QVERIFY(!ready.note);
    QVERIFY(!ready.failure());
    QCOMPARE(index.at(events, 9).note, std::optional(sampleFailure()));
    const ReplayedSession failed = index.at(events, 14);
    QVERIFY(!failed.note);
    QCOMPARE(failed.failure(), std::optional(sampleFailure()));
    QVERIFY(failed.verification.ok);
    QCOMPARE(failed.verification.fds.size(), 1);
    QVERIFY(failed.source.gone);
    const ReplayedSession again = index.at(events, 99);
    QVERIFY(again.checks.empty());
    QVERIFY(again.verification.fds.empty());
    QVERIFY(!again.derived);
    QCOMPARE(again.request.mode, u"cpr-transfer"_s);
    QCOMPARE(stateId(index.at(events, 0).state), u"idle"_s);
    QVERIFY(index.changes(0, 1));
    QVERIFY(!index.changes(2, 3));
    QVERIFY(index.changes(9, 7));
    QCOMPARE(stateId(ReplayIndex().at({}, 5).state), u"idle"_s);
}

/// As if each position were reached from the beginning.
void TestSessionRecord::findsEveryPosition()
{
    std::vector<Event> events;
    while (events.size() < 3000) {
        for (Event& event : sampleSession())
            events.push_back(std::move(event));
    }
    const ReplayIndex index(events);
    ReplayedSession walked;
    for (std::size_t position = 0; position <= events.size(); ++position) {
        const ReplayedSession found = index.at(events, position);
        QCOMPARE(toRecord(found.state), toRecord(walked.state));
        QCOMPARE(found.checks, walked.checks);
        QCOMPARE(found.source, walked.source);
        QCOMPARE(toRecord(found.request), toRecord(walked.request));
        QCOMPARE(found.note, walked.note);
        QCOMPARE(found.verification.fds.size(), walked.verification.fds.size());
        if (position < events.size())
            walked.take(events[position]);
    }
}

void TestSessionRecord::stepsFromStateToState()
{
    const std::vector<Event> events = sampleSession();
    const ReplayIndex index(events);
    QList<std::size_t> forward;
    for (auto next = index.nextState(0, 1); next; next = index.nextState(*next, 1))
        forward.append(*next);
    QCOMPARE(forward, (QList<std::size_t>{ 2, 8, 10, 14, 16 }));
    QList<std::size_t> back;
    for (auto next = index.nextState(events.size(), -1); next; next = index.nextState(*next, -1))
        back.prepend(*next);
    QCOMPARE(back, (QList<std::size_t>{ 2, 8, 10, 14 }));
}

void TestSessionRecord::recordingsWithoutStatus()
{
    ReplayedSession session;
    const QString greeting = QStringLiteral(
        R"json({"QMP":{"version":{"qemu":{"micro":3,"minor":1,"major":11},"package":"(x)"},"capabilities":[]}})json");
    session.take({ .side = Side::Source,
        .timeNs = 0,
        .category = Category::QmpReceived,
        .name = u"QMP"_s,
        .attributes = { { u"raw"_s, greeting } } });
    QVERIFY(session.source.connected);
    QCOMPARE(session.source.version, u"11.1.3 (x)"_s);
    session.take(consoleEvent(Category::Process, u"spawned"_s, { { u"pid"_s, 77 } }));
    QCOMPARE(session.destination.pid, 77);
    const auto vmEvent = [](Side side, const QString& name, const QJsonObject& data = {}) {
        return Event{
            .side = side, .timeNs = 0, .category = Category::QmpEvent, .name = name, .attributes = data
        };
    };
    session.take(vmEvent(Side::Source, u"STOP"_s));
    session.take(vmEvent(Side::Destination, u"RESUME"_s));
    session.take(vmEvent(Side::Source, u"MIGRATION"_s, { { u"status"_s, u"completed"_s } }));
    QCOMPARE(session.source.runState, u"paused"_s);
    QCOMPARE(session.source.migrationStatus, u"completed"_s);
    QCOMPARE(session.destination.runState, u"running"_s);
    session.take({ .side = Side::Source,
        .timeNs = 0,
        .category = Category::Process,
        .name = u"exited"_s,
        .attributes = {} });
    QVERIFY(session.source.gone && !session.source.connected);
    // Where the recording tells, nothing is guessed.
    session.take(statusEvent(Side::Source, { .pid = 5, .runState = u"running"_s }));
    session.take(vmEvent(Side::Source, u"STOP"_s));
    QCOMPARE(session.source.runState, u"running"_s);
}

void TestSessionRecord::settingsOfBothSides()
{
    const QJsonArray provenance{ QJsonObject{
                                     { "name"_L1, "max-bandwidth"_L1 }, { "source"_L1, "config"_L1 } },
        QJsonObject{ { "name"_L1, "handover"_L1 }, { "source"_L1, "qmp"_L1 } } };
    const VmmSettings settings = settingsOf(
        { .parameters = { { "handover"_L1, "prepared"_L1 }, { "max-bandwidth"_L1, 5 } },
            .capabilities = { QJsonObject{ { "capability"_L1, "return-path"_L1 }, { "state"_L1, true } },
                QJsonObject{ { "capability"_L1, "events"_L1 }, { "state"_L1, false } } },
            .provenance = { { "parameters"_L1, provenance } } },
        { { "handover"_L1, "prepared"_L1 } }, { { "return-path"_L1, true }, { "events"_L1, true } });
    const VmmSettings expected{
        { .name = u"handover"_s, .isCapability = false, .value = u"prepared"_s, .origin = u"migration"_s },
        { .name = u"max-bandwidth"_s, .isCapability = false, .value = 5, .origin = u"config"_s },
        // What was asked for is not what is there: that it was asked for explains nothing.
        { .name = u"events"_s, .isCapability = true, .value = false, .origin = {} },
        { .name = u"return-path"_s, .isCapability = true, .value = true, .origin = u"migration"_s },
    };
    QCOMPARE(settings, expected);
    QCOMPARE(settingsFromRecord(toRecord(settings)), expected);

    const auto settingsEvent = [](Side side, const VmmSettings& of) {
        return timeline::Event{ .side = side,
            .timeNs = 1,
            .category = timeline::Category::Action,
            .name = u"settings"_s,
            .attributes = toRecord(of) };
    };
    const std::vector<timeline::Event> events{ settingsEvent(Side::Source, {}),
        settingsEvent(Side::Destination, settings), settingsEvent(Side::Source, settings),
        settingsEvent(Side::Console, {}) };
    QCOMPARE(lastSettings(events, Side::Source), expected);
    ReplayedSession session;
    for (const timeline::Event& event : events) {
        QVERIFY(ReplayedSession::concerns(event));
        session.take(event);
    }
    QCOMPARE(session.settings[0], expected);
    QCOMPARE(session.settings[1], expected);
}

void TestSessionRecord::settingsThatMakeNoSense()
{
    QVERIFY(settingsFromRecord({}).empty());
    QVERIFY(
        settingsFromRecord({ { "parameters"_L1, 7 }, { "capabilities"_L1, QJsonArray{ 1, QJsonObject() } } })
            .empty());
    QJsonArray many;
    for (int i = 0; i < 5000; ++i)
        many.append(QJsonObject{ { "name"_L1, QString::number(i) } });
    QCOMPARE(settingsFromRecord({ { "parameters"_L1, many } }).size(), std::size_t{ 1000 });
    QCOMPARE(settingText(QJsonArray{ 1, 2 }), u"[1,2]"_s);
    QCOMPARE(settingText(QJsonObject{ { "a"_L1, true } }), u"{\"a\":true}"_s);
    QCOMPARE(settingText(qint64{ 1 } << 53), u"9007199254740992"_s);
    QCOMPARE(settingText(0.5), u"0.5"_s);
    QCOMPARE(settingText({}), QString());
    QCOMPARE(originText(u"elsewhere"_s), QString());
}

QTEST_GUILESS_MAIN(TestSessionRecord)
#include "tst_sessionrecord.moc"
