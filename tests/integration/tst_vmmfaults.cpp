// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/vmmlab.h"
#include "operator/vmmfault.h"
#include "sessionrun.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>

#include <algorithm>
#include <memory>
#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

/// How many labs run at once: they mostly wait for each other's time limits.
constexpr qsizetype atOnce = 4;

/// What an operator sees of one attempt, and what is true.
struct Attempt
{
    QString point;
    QStringList faults; ///< the first is the one that is looked at
    std::unique_ptr<lab::VmmLab> lab;
    std::unique_ptr<timeline::Record> record;
    std::unique_ptr<Session> session;
    QString destinationQmp;
    EndpointStatus source;
    EndpointStatus destination;

    bool wasDone() const
    {
        return std::ranges::any_of(record->events(), [&](const timeline::Event& event) {
            return event.name == u"fault" && event.attributes[u"fault"].toString() == faults.first();
        });
    }
    std::vector<QJsonObject> outcomes() const
    {
        std::vector<QJsonObject> found;
        for (const timeline::Event& event : record->events()) {
            if (event.name == u"fault-outcome" && event.attributes[u"fault"].toString() == faults.first())
                found.push_back(event.attributes);
        }
        return found;
    }
    QByteArray text() const
    {
        QString all = faults.join(u' ') + u": "_s + QString::fromUtf8(story(*session));
        for (const timeline::Event& event : record->events()) {
            if (event.category == timeline::Category::State || event.name.startsWith(u"fault")
                || event.name == u"continued" || event.name == u"exited")
                all += u"\n  "_s + sideId(event.side) + u' ' + event.name + u' '
                    + QString::fromUtf8(QJsonDocument(event.attributes).toJson(QJsonDocument::Compact))
                          .left(300);
            else if (event.name == u"return"
                && event.attributes[u"raw"].toString().contains(u"destination-"_s)
                && event.attributes[u"raw"].toString().size() < 2000)
                all += u"\n  "_s + sideId(event.side) + u' ' + event.attributes[u"raw"].toString();
        }
        return all.toUtf8();
    }
};

bool isRollback(Side side, const QString& point)
{
    static const QStringList ofSource{ u"recover-exclusive"_s, u"activate-block"_s, u"retake"_s,
        u"resume"_s };
    static const QStringList ofDestination{ u"let-go"_s, u"send-abort"_s };
    return (side == Side::Source ? ofSource : ofDestination).contains(point);
}

bool isStopped(pid_t pid)
{
    QFile stat(u"/proc/%1/stat"_s.arg(pid));
    if (!stat.open(QIODevice::ReadOnly))
        return false;
    const QByteArray text = stat.readAll();
    return text.mid(text.lastIndexOf(')') + 2).startsWith('T');
}

QString runStateAt(const QString& qmpPath)
{
    return ask(qmpPath, u"query-status"_s)[u"status"].toString();
}

} // namespace

/// A process of the embedded VMM that ends or stops itself at a point of a migration: where the guest is
/// then, and what the session says of it.
class TestVmmFaults : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void atEachPoint_data();
    void atEachPoint();
    void refusals();
    void onceAndSeen();

private:
    bool begin(Attempt& attempt, const QString& handover, int patience);
    void conclude(Attempt& attempt);
    void verify(Attempt& attempt, const VmmFault& fault);

    std::optional<QTemporaryDir> m_runtime;
};

void TestVmmFaults::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

bool TestVmmFaults::begin(Attempt& attempt, const QString& handover, int patience)
{
    const bool copied = attempt.point == u"copy-ram";
    attempt.lab = std::make_unique<lab::VmmLab>(lab::VmmLabOptions{ .ramBytes = qint64{ 16 } << 20,
        .processors = 1,
        .network = lab::LabNetwork::None,
        .disk = false,
        .ramMigrateFds = !copied });
    QSignalSpy started(attempt.lab.get(), &lab::VmmLab::started);
    attempt.lab->start();
    if (started.isEmpty() && !started.wait(deadlineMs))
        return false;
    // Short where a side hangs, and longer where a loaded machine has struck a limit before the point was
    // reached.
    QJsonObject parameters{ { u"connect-time-limit"_s, 2000 * patience },
        { u"prepare-time-limit"_s, 2000 * patience }, { u"state-time-limit"_s, 2000 * patience },
        { u"ready-time-limit"_s, 1000 * patience }, { u"started-time-limit"_s, 500 * patience },
        { u"rollback-time-limit"_s, 500 * patience } };
    if (!handover.isEmpty())
        parameters.insert(u"handover"_s, handover);
    const bool relayed
        = std::ranges::any_of(attempt.faults, [](const QString& fault) { return !isVmmFault(fault); });
    attempt.record = std::make_unique<timeline::Record>();
    attempt.session = std::make_unique<Session>(*attempt.record);
    const SessionRequest request{ .source = { .qmpPath = attempt.lab->qmpPath() },
        .mode = handover.isEmpty() ? u"normal"_s : u"cpr-transfer"_s,
        .parameters = parameters,
        .relay = relayed,
        .faults = attempt.faults,
        .limits
        = { .monitorMs = 4000 * patience, .switchoverMs = 4000 * patience, .settleMs = 1500 * patience } };
    return attempt.session->check(request) && waitSettled(*attempt.session)
        && attempt.session->migrate().has_value();
}

void TestVmmFaults::conclude(Attempt& attempt)
{
    attempt.source = attempt.session->endpoint(Side::Source);
    attempt.destination = attempt.session->endpoint(Side::Destination);
    attempt.destinationQmp = attempt.session->plan().monitorPath;
    if (attempt.destination.pid > 0 && !attempt.destination.gone)
        std::ignore = attempt.lab->takeOver(attempt.destination.pid, attempt.destination.startTicks);
}

void TestVmmFaults::verify(Attempt& attempt, const VmmFault& fault)
{
    const QByteArray what = attempt.text();
    // Its log is read when it has written there; the session may have ended before.
    QTRY_VERIFY2(attempt.outcomes().size() == 1, what);
    const QJsonObject outcome = attempt.outcomes().front();
    const QString location = outcome[u"location"].toString();
    const bool alone = attempt.faults.size() == 1;
    QCOMPARE(outcome[u"expected"].toString(), relay::expectedId(fault.expected()));
    // A destination that had no time to answer, or waits for a source that is no more, proves nothing.
    const bool mayBeUnknown = fault.side == Side::Source && fault.kind == VmmFault::Kind::Kill
        && fault.expected() == relay::Fault::Expected::Ends;
    const bool isUnknown = location == u"unknown";
    QVERIFY2(!alone || outcome[u"met"].toBool() || (isUnknown && mayBeUnknown), what);
    // Nobody is left standing.
    for (const EndpointStatus& side : { attempt.source, attempt.destination })
        QVERIFY2(side.pid <= 0 || side.gone || !isStopped(side.pid), what);

    attempt.session->letGo();
    const bool sourceIsDead = attempt.source.gone;
    const bool destinationIsDead = attempt.destination.gone || attempt.destination.pid <= 0;
    const QString sourceState = sourceIsDead ? QString() : runStateAt(attempt.lab->qmpPath());
    const QString destinationState = destinationIsDead ? QString() : runStateAt(attempt.destinationQmp);
    const bool atSource = sourceState == u"running";
    const bool atDestination = destinationState == u"running";
    const QByteArray truth
        = "\nsource: " + sourceState.toUtf8() + "\ndestination: " + destinationState.toUtf8() + '\n' + what;
    QVERIFY2(!(atSource && atDestination), truth);
    QVERIFY2(sourceIsDead || !sourceState.isEmpty(), truth);
    QVERIFY2(destinationIsDead || !destinationState.isEmpty(), truth);
    if (location == u"source")
        QVERIFY2(atSource && !atDestination, truth);
    else if (location == u"destination")
        QVERIFY2(atDestination && !atSource, truth);
    else
        QVERIFY2(!atSource && !atDestination, truth);
    if (location == u"nowhere-source-holds") {
        std::ignore = ask(attempt.lab->qmpPath(), u"cont"_s);
        QVERIFY2(runStateAt(attempt.lab->qmpPath()) == u"running", truth);
    } else if (location == u"lost" && !sourceIsDead) {
        // It would go on with what the destination has changed.
        std::ignore = ask(attempt.lab->qmpPath(), u"cont"_s);
        QVERIFY2(runStateAt(attempt.lab->qmpPath()) != u"running", truth);
    }
    QVERIFY2(location != u"both" && (!isUnknown || mayBeUnknown), truth);
}

void TestVmmFaults::atEachPoint_data()
{
    QTest::addColumn<QString>("handover");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Side>("side");
    for (const char* handover : { "prepared", "early-stop", "" }) {
        for (const char* kind : { "kill", "stop" }) {
            for (const Side side : { Side::Source, Side::Destination })
                QTest::addRow("%s, %s %s", *handover ? handover : "normal", kind, qPrintable(sideId(side)))
                    << QString::fromLatin1(handover) << QString::fromLatin1(kind) << side;
        }
    }
}

void TestVmmFaults::atEachPoint()
{
    QFETCH(const QString, handover);
    QFETCH(const QString, kind);
    QFETCH(const Side, side);
    std::vector<Attempt> waiting;
    for (const QString& point : vmmFaultPoints(side)) {
        const bool cprOnly = point == u"send-cpr" || point == u"await-cpr-close" || point == u"await-cpr"
            || point == u"create-devices";
        if ((handover.isEmpty() && cprOnly) || (handover == u"early-stop" && point == u"copy-ram"))
            continue;
        Attempt attempt{ .point = point, .faults = { u"%1:%2:%3"_s.arg(kind, sideId(side), point) } };
        // What else goes wrong, for those that nothing else leads to.
        if (isRollback(side, point))
            attempt.faults << (side == Side::Source ? u"kill:destination:send-ready"_s : u"corrupt:main:2"_s);
        waiting.push_back(std::move(attempt));
    }
    int patience = 1;
    while (!waiting.empty()) {
        const auto count = std::min<qsizetype>(atOnce, std::ssize(waiting));
        std::vector<Attempt> now(
            std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.begin() + count));
        waiting.erase(waiting.begin(), waiting.begin() + count);
        for (Attempt& attempt : now)
            QVERIFY2(begin(attempt, handover, patience),
                attempt.session ? attempt.text() : attempt.point.toUtf8());
        for (Attempt& attempt : now) {
            QVERIFY2(waitSettled(*attempt.session), attempt.text());
            conclude(attempt);
        }
        for (Attempt& attempt : now) {
            std::ignore = QTest::qWaitFor([&] { return attempt.wasDone(); }, 1000);
            if (!attempt.wasDone() && patience < 8) {
                // A time limit came first.
                patience *= 2;
                waiting.push_back({ .point = attempt.point, .faults = attempt.faults });
                continue;
            }
            QVERIFY2(attempt.wasDone(), attempt.text());
            const auto fault = parseVmmFault(attempt.faults.first());
            QVERIFY(fault);
            verify(attempt, *fault);
            if (QTest::currentTestFailed())
                return;
        }
    }
}

void TestVmmFaults::refusals()
{
    Attempt attempt;
    attempt.lab = std::make_unique<lab::VmmLab>(lab::VmmLabOptions{
        .ramBytes = qint64{ 16 } << 20, .processors = 1, .network = lab::LabNetwork::None, .disk = false });
    QSignalSpy started(attempt.lab.get(), &lab::VmmLab::started);
    attempt.lab->start();
    QVERIFY(!started.isEmpty() || started.wait(deadlineMs));
    SessionRequest request{ .source = { .qmpPath = attempt.lab->qmpPath() } };
    QString name;
    const auto outcomeOf = [&](const QStringList& faults) {
        timeline::Record record;
        Session session(record);
        request.faults = faults;
        if (!session.check(request) || !waitSettled(session))
            return Outcome::Failed;
        name = session.sourceFacts().name;
        return session.outcome();
    };
    QCOMPARE(outcomeOf({ u"kill:source:go"_s }), Outcome::Running);
    QCOMPARE(outcomeOf({ u"kill:source:go"_s, u"stop:destination:load"_s }), Outcome::Running);
    QCOMPARE(outcomeOf({ u"kill:source:go"_s, u"stop:source:stop"_s }), Outcome::Refused);
    QCOMPARE(outcomeOf({ u"kill:source:nowhere"_s }), Outcome::Refused);
    QCOMPARE(outcomeOf({ u"cut:main:5"_s }), Outcome::Refused);
    // Set by hand, it is the same fault.
    request.faults.clear();
    request.parameters = { { u"x-fault"_s, u"kill:source:go"_s } };
    {
        timeline::Record record;
        Session session(record);
        QVERIFY(session.check(request) && waitSettled(session));
        QCOMPARE(session.request().faults, request.faults + QStringList{ u"kill:source:go"_s });
        QVERIFY(session.request().parameters.isEmpty());
    }
    request.parameters = {};

    // The same VMM where the labs' folder is another.
    const QTemporaryDir other;
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(other.path()));
    QCOMPARE(outcomeOf({ u"kill:source:go"_s }), Outcome::Refused);
    QVERIFY(!name.isEmpty());
    request.faultsConfirmedFor = name;
    QCOMPARE(outcomeOf({ u"kill:source:go"_s }), Outcome::Running);
}

void TestVmmFaults::onceAndSeen()
{
    Attempt attempt{ .point = u"await-prepared"_s, .faults = { u"stop:source:await-prepared"_s } };
    QVERIFY2(begin(attempt, u"prepared"_s, 1), attempt.session ? attempt.text() : QByteArray());
    QVERIFY2(waitSettled(*attempt.session), attempt.text());
    conclude(attempt);
    QTRY_VERIFY2(attempt.outcomes().size() == 1, attempt.text());
    const auto has = [&](const QString& name) {
        return std::ranges::any_of(attempt.record->events(),
            [&](const timeline::Event& event) { return event.side == Side::Source && event.name == name; });
    };
    QVERIFY2(has(u"x_fault_armed"_s) && has(u"x_fault_done"_s) && has(u"continued"_s), attempt.text());
    const auto& checks = attempt.session->checks();
    const auto check = std::ranges::find(checks, u"faults-on-purpose"_s, &Check::id);
    QVERIFY(check != checks.end());
    QVERIFY(check->verdict == Verdict::Warning && check->evidence.contains(attempt.faults.first()));
    attempt.session->letGo();
    // Not again in the next migration.
    const QJsonValue parameters = ask(attempt.lab->qmpPath(), u"query-migrate-parameters"_s);
    QCOMPARE(parameters[u"x-fault"].toString(), u"none"_s);
}

QTEST_GUILESS_MAIN(TestVmmFaults)
#include "tst_vmmfaults.moc"
