// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/destinationmigration.h"
#include "engine/parameters.h"
#include "engine/sourcemigration.h"
#include "fakes/channelproxy.h"
#include "fakes/fakevm.h"
#include "fdpass/describe.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <semaphore>

using namespace cutover;
using namespace cutover::engine;
using namespace cutover::fakes;
using namespace Qt::StringLiterals;

namespace {

struct Setting
{
    ChannelKind channel = ChannelKind::Cpr;
    Handover handover = Handover::Prepared;
    bool migrateFds = true;
    std::vector<bool> switches = { true, true };
    bool ramSwitch = true;

    RealizePolicy policy(bool incoming) const
    {
        return { .incoming = incoming, .migrateFds = migrateFds, .channel = channel, .handover = handover };
    }
    bool passes(std::size_t device) const { return migrateFds && switches.at(device); }
    bool ramPasses() const { return migrateFds && ramSwitch; }
};

/// One handover between two fake VMs in this process, over real unix sockets.
struct Run
{
    World world;
    Setting setting;
    FakeVm source;
    FakeVm destination;
    QTemporaryDir folder;
    Tampering forth; ///< of the main channel, source to destination
    Tampering back;
    Tampering cprForth;
    TimeLimits limits;

    std::optional<SourceState> sourceState;
    std::optional<DestinationState> destinationState;
    qint64 bytesForth = 0;
    qint64 bytesBack = 0;
    std::mutex migrationMutex;
    SourceMigration* migration = nullptr; ///< while it runs

    explicit Run(const Setting& s)
        : setting(s)
        , source(world, s.policy(true), true, s.switches, s.ramSwitch)
        , destination(world, s.policy(true), false, s.switches, s.ramSwitch)
    {
        for (std::size_t i = 0; i < s.switches.size(); ++i)
            source.device(i).state = 1000 + qint64(i);
        source.processorState = 77;
        std::memcpy(source.ram() + 5000, "guest", 5);
    }

    QString path(const QString& name) const { return folder.filePath(name); }

    void go()
    {
        std::binary_semaphore sourceDone{ 0 };
        std::binary_semaphore destinationDone{ 0 };
        const bool cpr = setting.channel == ChannelKind::Cpr;
        auto incoming = DestinationMigration::create(
            destination, { .cpr = cpr, .limits = limits }, [](const std::vector<Notice>&) {},
            [&](const DestinationState& state) {
                destinationState = state;
                destinationDone.release();
            });
        QVERIFY(incoming.has_value());
        const auto listenAt = [&](const QString& name) {
            return *listenOn({ .transport = Transport::Unix, .path = path(name) });
        };
        if (cpr)
            (*incoming)->setCprListener(listenAt(u"cpr"_s));
        (*incoming)->setMainListener(listenAt(u"main"_s));
        (*incoming)->start();

        ChannelProxy proxy(path(u"main-proxy"_s), path(u"main"_s), forth, back);
        std::optional<ChannelProxy> cprProxy;
        if (cpr)
            cprProxy.emplace(path(u"cpr-proxy"_s), path(u"cpr"_s), cprForth, Tampering{});
        const auto connector = [&](const QString& name) {
            return [this, name] {
                return connectTo({ .transport = Transport::Unix, .path = path(name) }, 5000);
            };
        };
        auto outgoing = SourceMigration::create(
            source,
            { .cpr = cpr,
                .policy = setting.policy(true),
                .limits = limits,
                .connectCpr = connector(u"cpr-proxy"_s),
                .connectMain = connector(u"main-proxy"_s) },
            [](const std::vector<Notice>&) {},
            [&](const SourceState& state) {
                sourceState = state;
                sourceDone.release();
            });
        QVERIFY(outgoing.has_value());
        {
            const std::scoped_lock lock(migrationMutex);
            migration = outgoing->get();
        }
        (*outgoing)->start();
        QVERIFY(sourceDone.try_acquire_for(std::chrono::minutes(1)));
        // A destination that was never reached would wait for ever, as it should.
        {
            const std::scoped_lock lock(migrationMutex);
            migration = nullptr;
        }
        outgoing->reset();
        if (!std::holds_alternative<SourceCompleted>(*sourceState)
            || !destinationDone.try_acquire_for(std::chrono::seconds(20))) {
            (*incoming)->cancel();
            QVERIFY(
                destinationDone.try_acquire_for(std::chrono::seconds(20)) || destinationState.has_value());
        }
        incoming->reset();
        bytesForth = proxy.bytesForth();
        bytesBack = proxy.bytesBack();
    }

    bool completed() const { return std::holds_alternative<SourceCompleted>(*sourceState); }

    /// Everything that must be true after any run.
    void verifyOneOwner()
    {
        QVERIFY(sourceState.has_value());
        QVERIFY(destinationState.has_value());
        QCOMPARE(world.mostRunning.load(), 1);
        if (completed()) {
            QVERIFY(!source.running);
            for (std::size_t i = 0; i < setting.switches.size(); ++i)
                QCOMPARE(source.device(i).ownership(), Ownership::None);
            return;
        }
        const auto* failed = std::get_if<SourceFailed>(&*sourceState);
        QVERIFY2(failed, "a source that did not hand over has its guest back");
        QVERIFY(source.running);
        QVERIFY(!destination.running);
        QVERIFY(source.blockActive);
        for (std::size_t i = 0; i < setting.switches.size(); ++i) {
            QCOMPARE(source.device(i).ownership(), Ownership::Owned);
            QVERIFY(source.device(i).moving);
            QCOMPARE(destination.device(i).ownership(), Ownership::None);
        }
        QVERIFY(!failed->cause.message().isEmpty());
    }
};

QList<Setting> workingSettings()
{
    QList<Setting> settings;
    for (const auto& switches : { std::vector{ true, true }, { true, false }, { false, false } }) {
        for (const bool ramSwitch : { true, false }) {
            for (const Handover handover : { Handover::EarlyStop, Handover::Prepared })
                settings.append({ .channel = ChannelKind::Cpr,
                    .handover = handover,
                    .switches = switches,
                    .ramSwitch = ramSwitch });
            for (const bool migrateFds : { true, false })
                settings.append({ .channel = ChannelKind::MainUnix,
                    .migrateFds = migrateFds,
                    .switches = switches,
                    .ramSwitch = ramSwitch });
        }
    }
    return settings;
}

QByteArray rowName(const Setting& setting)
{
    QByteArray name = "normal";
    if (setting.channel == ChannelKind::Cpr)
        name = "cpr " + handoverId(setting.handover).toLatin1();
    name += setting.migrateFds ? ", fds on" : ", fds off";
    for (const bool on : setting.switches)
        name += on ? ", device on" : ", device off";
    return name + (setting.ramSwitch ? ", RAM on" : ", RAM off");
}

qsizetype openFds()
{
    return fdpass::listFds(::getpid())->size();
}

} // namespace

class TestHandover : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_fds = openFds();
    }
    void cleanup() { QCOMPARE(openFds(), m_fds); }

    void handsOver_data();
    void handsOver();
    void pausedGuestStaysPaused();
    void lateStopEndsInBusy();
    void failureOnTheDestination_data();
    void failureOnTheDestination();
    void failureOnTheSource_data();
    void failureOnTheSource();
    void differentConfiguration();
    void cutAnywhere_data();
    void cutAnywhere();
    void corruptedAnywhere();
    void droppedDescriptors_data();
    void droppedDescriptors();
    void cancelled_data();
    void cancelled();

private:
    qsizetype m_fds = 0;
};

void TestHandover::handsOver_data()
{
    QTest::addColumn<int>("index");
    const auto settings = workingSettings();
    for (qsizetype i = 0; i < settings.size(); ++i)
        QTest::newRow(rowName(settings[i]).constData()) << int(i);
}

void TestHandover::handsOver()
{
    QFETCH(int, index);
    Run run(workingSettings()[index]);
    const Setting& setting = run.setting;
    std::vector<ino_t> exclusive;
    for (std::size_t i = 0; i < setting.switches.size(); ++i)
        exclusive.push_back(run.source.device(i).exclusiveInode());
    run.go();
    if (!run.completed())
        qInfo().noquote() << std::get<SourceFailed>(*run.sourceState).cause.message();
    QVERIFY(run.completed());
    QVERIFY(!std::get<SourceCompleted>(*run.sourceState).unconfirmed.has_value());
    QVERIFY(std::holds_alternative<DestinationCompleted>(*run.destinationState));
    run.verifyOneOwner();
    QVERIFY(run.destination.running);
    QVERIFY(run.destination.startedWord && run.destination.startedWord->isSet());
    QCOMPARE(run.destination.processorState, 77);
    QCOMPARE(std::memcmp(run.destination.ram() + 5000, "guest", 5), 0);
    QCOMPARE(run.destination.ramInode() == run.source.ramInode(), setting.ramPasses());
    for (std::size_t i = 0; i < setting.switches.size(); ++i) {
        FakeDevice& device = run.destination.device(i);
        QCOMPARE(device.state, 1000 + qint64(i));
        QVERIFY(device.moving);
        QCOMPARE(device.ownership(), Ownership::Owned);
        QCOMPARE(device.exclusiveInode() == exclusive[i], setting.passes(i));
        QCOMPARE(device.opened, setting.passes(i) ? 0 : 1);
    }
}

void TestHandover::pausedGuestStaysPaused()
{
    Run run({});
    run.source.stopProcessors();
    run.go();
    QVERIFY(run.completed());
    QVERIFY(!run.destination.running);
    QVERIFY2(!run.destination.startedWord->isSet(), "a guest that was never run can still be rescued");
}

void TestHandover::lateStopEndsInBusy()
{
    Run run({ .handover = Handover::LateStop });
    run.go();
    QVERIFY(!run.completed());
    run.verifyOneOwner();
    const Error cause = std::get<SourceFailed>(*run.sourceState).cause;
    QCOMPARE(cause.code, ErrorCode::Busy);
}

void TestHandover::failureOnTheDestination_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("where");
    const auto settings = workingSettings();
    for (const QString& where :
        { u"create"_s, u"prepare"_s, u"complete"_s, u"cpu"_s, u"load"_s, u"take"_s }) {
        for (qsizetype i = 0; i < settings.size(); ++i) {
            if (where == "create"_L1 && settings[i].channel != ChannelKind::Cpr)
                continue; // its devices are there from the start
            QTest::newRow(QByteArray(where.toLatin1() + ": " + rowName(settings[i])).constData())
                << int(i) << where;
        }
    }
}

void TestHandover::failureOnTheDestination()
{
    QFETCH(int, index);
    QFETCH(QString, where);
    Run run(workingSettings()[index]);
    run.destination.failAt = where;
    run.destination.device(1).failAt = where;
    run.go();
    QVERIFY(!run.completed());
    run.verifyOneOwner();
    const Error cause = std::get<SourceFailed>(*run.sourceState).cause;
    QVERIFY2(cause.cause.contains(u"broken on purpose"_s), qPrintable(cause.message()));
    QVERIFY2(cause.message().contains(u"destination"_s), qPrintable(cause.message()));
}

void TestHandover::failureOnTheSource_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("where");
    const auto settings = workingSettings();
    for (const QString& where : { u"release"_s, u"inactivate"_s }) {
        for (qsizetype i = 0; i < settings.size(); ++i)
            QTest::newRow(QByteArray(where.toLatin1() + ": " + rowName(settings[i])).constData())
                << int(i) << where;
    }
}

void TestHandover::failureOnTheSource()
{
    QFETCH(int, index);
    QFETCH(QString, where);
    Run run(workingSettings()[index]);
    run.source.failAt = where;
    run.source.device(1).failAt = where;
    run.go();
    QVERIFY(!run.completed());
    run.verifyOneOwner();
    QVERIFY(std::get<SourceFailed>(*run.sourceState).cause.cause.contains(u"broken on purpose"_s));
}

void TestHandover::differentConfiguration()
{
    Run run({});
    run.source.extraConfiguration = { { u"smp"_s, 2 } };
    run.destination.extraConfiguration = { { u"smp"_s, 4 } };
    run.go();
    QVERIFY(!run.completed());
    run.verifyOneOwner();
    const QString message = std::get<SourceFailed>(*run.sourceState).cause.message();
    QVERIFY2(message.contains(u"smp: 2 on the source, 4 on the destination"_s), qPrintable(message));
}

void TestHandover::cutAnywhere_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<bool>("back");
    const auto settings = workingSettings();
    for (const qsizetype i : { 0, 1, 2, 3 }) {
        QTest::newRow(QByteArray("source to destination: " + rowName(settings[i])).constData())
            << int(i) << false;
        QTest::newRow(QByteArray("destination to source: " + rowName(settings[i])).constData())
            << int(i) << true;
    }
}

void TestHandover::cutAnywhere()
{
    QFETCH(int, index);
    QFETCH(bool, back);
    const Setting setting = workingSettings()[index];
    qint64 bytes = 0;
    {
        Run whole(setting);
        whole.go();
        QVERIFY(whole.completed());
        bytes = back ? whole.bytesBack : whole.bytesForth;
    }
    // RAM that is copied has many bytes of one kind.
    const qint64 stride = std::max<qint64>(1, bytes / 400);
    for (qint64 n = 0; n < bytes; n += stride) {
        Run run(setting);
        (back ? run.back : run.forth).cutAfter = n;
        run.limits = { .release = 500, .rollback = 500 };
        run.go();
        run.verifyOneOwner();
        if (QTest::currentTestFailed())
            QFAIL(qPrintable(u"cut after %1 bytes"_s.arg(n)));
        if (run.destination.running)
            QVERIFY(run.completed());
    }
}

void TestHandover::corruptedAnywhere()
{
    qint64 bytes = 0;
    {
        Run whole({});
        whole.go();
        QVERIFY(whole.completed());
        bytes = whole.bytesForth;
    }
    for (qint64 n = 0; n < bytes; ++n) {
        Run run({});
        run.forth.corruptAt = n;
        run.limits = { .release = 500, .state = 500, .ready = 500, .started = 500, .rollback = 500 };
        run.go();
        run.verifyOneOwner();
        if (QTest::currentTestFailed())
            QFAIL(qPrintable(u"byte %1 was changed"_s.arg(n)));
        QVERIFY2(!run.destination.running, qPrintable(u"byte %1 was changed and not noticed"_s.arg(n)));
    }
}

void TestHandover::droppedDescriptors_data()
{
    QTest::addColumn<int>("channel");
    QTest::addColumn<bool>("onCpr");
    QTest::newRow("CPR channel") << int(ChannelKind::Cpr) << true;
    QTest::newRow("main channel beside a CPR channel") << int(ChannelKind::Cpr) << false;
    QTest::newRow("main channel alone") << int(ChannelKind::MainUnix) << false;
}

void TestHandover::droppedDescriptors()
{
    QFETCH(int, channel);
    QFETCH(bool, onCpr);
    Run run({ .channel = static_cast<ChannelKind>(channel) });
    (onCpr ? run.cprForth : run.forth).dropFds = true;
    run.go();
    QVERIFY(!run.completed());
    run.verifyOneOwner();
    const QString message = std::get<SourceFailed>(*run.sourceState).cause.message();
    QVERIFY2(message.contains(onCpr ? u"ram0"_s : u"@hello"_s), qPrintable(message));
}

void TestHandover::cancelled_data()
{
    QTest::addColumn<QString>("call");
    QTest::addColumn<bool>("onSource");
    QTest::newRow("while the destination creates its devices") << u"create"_s << false;
    QTest::newRow("while the destination prepares") << u"prepare"_s << false;
    QTest::newRow("at the stop") << u"stop"_s << true;
    QTest::newRow("at the release") << u"inactivate"_s << true;
    QTest::newRow("while the destination loads") << u"complete"_s << false;
    QTest::newRow("after GO") << u"arrived"_s << false;
}

void TestHandover::cancelled()
{
    QFETCH(QString, call);
    QFETCH(bool, onSource);
    Run run({});
    (onSource ? run.source : run.destination).onCall = [&](QLatin1StringView name) {
        const std::scoped_lock lock(run.migrationMutex);
        if (name == call && run.migration)
            run.migration->cancel();
    };
    run.go();
    run.verifyOneOwner();
    QCOMPARE(run.completed(), call == "arrived"_L1);
    if (!run.completed())
        QVERIFY(std::get<SourceFailed>(*run.sourceState).cancelled);
}

QTEST_GUILESS_MAIN(TestHandover)
#include "tst_handover.moc"
