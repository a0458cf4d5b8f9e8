// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/realize.h"
#include "fdhelpers.h"

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <array>
#include <sys/eventfd.h>

using namespace cutover;
using namespace cutover::engine;
using namespace Qt::StringLiterals;
using fdpass::FdKind;

namespace {

UniqueFd makeEventFd()
{
    return UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
}

UniqueFd makeFd(FdKind kind)
{
    return kind == FdKind::EventFd ? makeEventFd() : test::makeMemfd("m", 4096);
}

/// An eventfd that may be shared, a memfd that may not, and one that need not be there.
class Probe : public Device
{
public:
    Probe(const QString& id, bool migrateFds, QList<FdClass> classes)
        : Device(u"probe"_s, id, migrateFds)
    {
        for (const FdClass fdClass : classes) {
            m_slots.append({ .name = fdClass == FdClass::Shareable ? id + u"/kick" : QString(id),
                .id = qint32(m_slots.size()),
                .kind = fdClass == FdClass::Shareable ? FdKind::EventFd : FdKind::Memfd,
                .fdClass = fdClass });
        }
        m_fds.resize(std::size_t(m_slots.size()));
    }
    void setOptional(qsizetype index) { m_slots[index].optional = true; }

    QJsonObject guestConfiguration() const override { return {}; }
    QString resource() const override { return host; }
    Result<void> realizeFrontend() override
    {
        calls += u"frontend"_s;
        return frontend;
    }
    QList<FdSlot> fdSlots() const override { return m_slots; }
    Result<void> openBackend() override
    {
        calls += u"open"_s;
        for (std::size_t i = 0; backend && i < m_fds.size(); ++i)
            m_fds[i] = makeFd(m_slots[qsizetype(i)].kind);
        return backend;
    }
    Result<void> attachFd(qsizetype index, UniqueFd fd) override
    {
        calls += u"attach %1"_s.arg(index);
        if (m_fds[std::size_t(index)])
            return failure(ErrorCode::Protocol, u"attach"_s, id(), u"twice"_s);
        m_fds[std::size_t(index)] = std::move(fd);
        return attach;
    }
    int slotFd(qsizetype index) const override { return m_fds[std::size_t(index)].get(); }
    void detachBackend() override
    {
        calls += u"detach"_s;
        for (UniqueFd& fd : m_fds)
            fd.reset();
    }
    Result<void> take(int) override { return {}; }
    Result<void> release(int, Keep) override { return {}; }
    Ownership ownership() const override { return Ownership::None; }
    void start() override { }
    void stop() override { }
    void save(QCborStreamWriter&) const override { }
    qsizetype stateSize() const override { return 0; }
    Result<void> load(QCborStreamReader&) override { return {}; }

    QString host = u"tap0"_s;
    Result<void> frontend;
    Result<void> backend;
    Result<void> attach;
    QStringList calls;

private:
    QList<FdSlot> m_slots;
    std::vector<UniqueFd> m_fds;
};

const QList<FdClass> bothClasses{ FdClass::Shareable, FdClass::Exclusive };
const RealizePolicy prepared{ .incoming = true, .migrateFds = true, .channel = ChannelKind::Cpr };

Error broken()
{
    return { .code = ErrorCode::Busy,
        .attempt = u"open the thing"_s,
        .object = u"tap0"_s,
        .cause = u"it is taken"_s };
}

} // namespace

class TestRealize : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void decision_data();
    void decision();
    void wholeLife_data();
    void wholeLife();
    void ram();
    void unknownHandoverTakesEither_data();
    void unknownHandoverTakesEither();
    void missingAreNamed();
    void unexpected();
    void wrongKind();
    void wrongChannel();
    void twice();
    void optionalSlots();
    void errorsNameTheDevice();
    void otherResourceIsOpenedEarly();
    void nameClash();
    void detachAll();
    void outgoingWithoutFd();
    void devicesDoNotAskForTheMigration();
};

void TestRealize::decision_data()
{
    QTest::addColumn<bool>("incoming");
    QTest::addColumn<bool>("migrateFds");
    QTest::addColumn<bool>("device");
    QTest::addColumn<int>("fdClass");
    QTest::addColumn<int>("channel");
    QTest::addColumn<int>("handover");
    QTest::addColumn<int>("resource");
    for (int bits = 0; bits < 16; ++bits) {
        for (int channel = 0; channel < 3; ++channel) {
            for (int handover = 0; handover < 3; ++handover) {
                for (int resource = 0; resource < 3; ++resource) {
                    QTest::addRow("%d %d %d %d", bits, channel, handover, resource)
                        << bool(bits & 1) << bool(bits & 2) << bool(bits & 4) << (bits >> 3) << channel
                        << handover << resource;
                }
            }
        }
    }
}

/// Said once more, one sentence of the specification after the other.
static BackendSource expectedSource(bool incoming, bool a, bool b, FdClass fdClass, ChannelKind channel,
    Handover handover, ResourceRelation resource)
{
    if (!incoming)
        return BackendSource::OpenNow;
    const bool passes = a && b && channel != ChannelKind::Inet;
    if (!passes && fdClass == FdClass::Shareable)
        return BackendSource::OpenNow;
    if (!passes && resource == ResourceRelation::Other)
        return BackendSource::OpenNow;
    if (!passes)
        return BackendSource::ReopenInSwitchover;
    if (channel == ChannelKind::MainUnix)
        return BackendSource::AwaitMain;
    if (fdClass == FdClass::Exclusive && handover == Handover::Prepared)
        return BackendSource::AwaitMain;
    return BackendSource::AwaitCpr;
}

void TestRealize::decision()
{
    QFETCH(bool, incoming);
    QFETCH(bool, migrateFds);
    QFETCH(bool, device);
    QFETCH(int, fdClass);
    QFETCH(int, channel);
    QFETCH(int, handover);
    QFETCH(int, resource);
    QCOMPARE(backendSource(incoming, migrateFds, device, FdClass(fdClass), ChannelKind(channel),
                 Handover(handover), ResourceRelation(resource)),
        expectedSource(incoming, migrateFds, device, FdClass(fdClass), ChannelKind(channel),
            Handover(handover), ResourceRelation(resource)));
}

void TestRealize::wholeLife_data()
{
    QTest::addColumn<bool>("migrateFds");
    QTest::addColumn<bool>("device");
    QTest::addColumn<int>("classes");
    QTest::addColumn<int>("channel");
    QTest::addColumn<int>("handover");
    for (int bits = 0; bits < 4; ++bits) {
        for (int classes = 1; classes < 4; ++classes) {
            for (int channel = 0; channel < 3; ++channel) {
                for (int handover = 0; handover < 3; ++handover) {
                    QTest::addRow("a%d b%d classes %d channel %d policy %d", bits & 1, bits >> 1, classes,
                        channel, handover)
                        << bool(bits & 1) << bool(bits & 2) << classes << channel << handover;
                }
            }
        }
    }
}

/// What the source sends is what the destination awaits, and the device has all its fds in the end.
void TestRealize::wholeLife()
{
    QFETCH(bool, migrateFds);
    QFETCH(bool, device);
    QFETCH(int, classes);
    QFETCH(int, channel);
    QFETCH(int, handover);
    const RealizePolicy policy{ .incoming = true,
        .migrateFds = migrateFds,
        .channel = ChannelKind(channel),
        .handover = Handover(handover) };
    QList<FdClass> list;
    if (classes & 1)
        list += FdClass::Shareable;
    if (classes & 2)
        list += FdClass::Exclusive;

    const qsizetype before = test::openFdCount();
    {
        Probe source(u"net0"_s, device, list);
        Realizer onSource{ RealizePolicy{} };
        QVERIFY(onSource.realize(source));
        QCOMPARE(source.calls, QStringList({ u"frontend"_s, u"open"_s }));
        QVERIFY(onSource.isComplete(source));

        Probe destination(u"net0"_s, device, list);
        Realizer realizer(policy);
        QVERIFY(realizer.realize(destination));
        const bool passes = migrateFds && device && policy.channel != ChannelKind::Inet;
        const bool exclusive = (classes & 2) != 0;

        const std::array<Device*, 1> devices{ &source };
        qsizetype attached = 0;
        for (const BackendSource way : { BackendSource::AwaitCpr, BackendSource::AwaitMain }) {
            const auto fds = outgoingFds(policy, {}, devices, way);
            QVERIFY(fds);
            QCOMPARE(realizer.awaited(way).size(), qsizetype(fds->size()));
            QCOMPARE(realizer.complete(way).has_value(), fds->empty());
            for (const OutgoingFd& fd : *fds) {
                QCOMPARE(fd.device, u"net0"_s);
                auto copy = UniqueFd::adopt(::fcntl(fd.fd, F_DUPFD_CLOEXEC, 0));
                QVERIFY(realizer.arrived(way, fd.slot.name, fd.slot.id, std::move(copy)));
                ++attached;
            }
            QVERIFY(realizer.complete(way));
        }
        QCOMPARE(attached, passes ? list.size() : 0);
        QCOMPARE(realizer.isComplete(destination), passes || !exclusive);
        QCOMPARE(realizer.toReopen().size(), std::size_t(passes || !exclusive ? 0 : 1));
        QVERIFY(realizer.reopen());
        QVERIFY(realizer.reopen());
        QVERIFY(realizer.isComplete(destination));
        QCOMPARE(destination.calls.count(u"open"_s), passes ? 0 : 1);
        for (qsizetype i = 0; i < list.size(); ++i)
            QVERIFY(destination.slotFd(i) >= 0);

        BackendSource latest = BackendSource::OpenNow;
        for (const FdClass fdClass : list)
            latest = std::max(latest, policy.decide(device, fdClass));
        QCOMPARE(realizer.sourceOf(destination), latest);
    }
    QCOMPARE(test::openFdCount(), before);
}

void TestRealize::ram()
{
    Realizer realizer(prepared);
    QCOMPARE(*realizer.expectRam(u"ram0"_s, true), BackendSource::AwaitCpr);
    QCOMPARE(*realizer.expectRam(u"ram1"_s, false), BackendSource::OpenNow);
    QCOMPARE(realizer.expectRam(u"ram0"_s, true).error().code, ErrorCode::InvalidArgument);
    QVERIFY(!realizer.takeRam(u"ram0"_s));
    const auto missing = realizer.complete(BackendSource::AwaitCpr);
    QVERIFY(missing.error().message().contains(u"RAM block 'ram0'"));
    QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"ram0"_s, 0, test::makeMemfd("ram", 4096)));
    QVERIFY(realizer.complete(BackendSource::AwaitCpr));
    QVERIFY(realizer.takeRam(u"ram0"_s));
    QVERIFY(!realizer.takeRam(u"ram0"_s));
    QVERIFY(!realizer.takeRam(u"ram1"_s));

    Realizer byMain({ .incoming = true, .migrateFds = true, .channel = ChannelKind::MainUnix });
    QCOMPARE(*byMain.expectRam(u"ram0"_s, true), BackendSource::AwaitMain);
}

void TestRealize::unknownHandoverTakesEither_data()
{
    QTest::addColumn<bool>("early");
    QTest::newRow("exclusive fd with the CPR state") << true;
    QTest::newRow("exclusive fd in the main channel") << false;
}

void TestRealize::unknownHandoverTakesEither()
{
    QFETCH(bool, early);
    RealizePolicy policy = prepared;
    policy.handoverKnown = false;
    Realizer realizer(policy);
    Probe device(u"net0"_s, true, bothClasses);
    QVERIFY(realizer.realize(device));
    QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, makeEventFd()));
    if (early)
        QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"net0"_s, 1, test::makeMemfd("m")));
    QVERIFY(realizer.complete(BackendSource::AwaitCpr));
    QCOMPARE(realizer.isComplete(device), early);
    QCOMPARE(realizer.sourceOf(device), early ? BackendSource::AwaitCpr : BackendSource::AwaitMain);
    QCOMPARE(realizer.complete(BackendSource::AwaitMain).has_value(), early);
    QCOMPARE(
        realizer.arrived(BackendSource::AwaitMain, u"net0"_s, 1, test::makeMemfd("m")).has_value(), !early);
    QVERIFY(realizer.complete(BackendSource::AwaitMain));
    // What is shareable has its channel in every policy.
    Probe other(u"net1"_s, true, bothClasses);
    QVERIFY(realizer.realize(other));
    QVERIFY(!realizer.arrived(BackendSource::AwaitMain, u"net1/kick"_s, 0, makeEventFd()));
}

void TestRealize::missingAreNamed()
{
    Realizer realizer(prepared);
    Probe first(u"net0"_s, true, { FdClass::Shareable, FdClass::Shareable, FdClass::Exclusive });
    Probe second(u"net1"_s, true, { FdClass::Shareable });
    QVERIFY(realizer.realize(first));
    QVERIFY(realizer.realize(second));
    QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, makeEventFd()));
    const auto missing = realizer.complete(BackendSource::AwaitCpr);
    QVERIFY(!missing);
    QCOMPARE(missing.error().code, ErrorCode::Protocol);
    QCOMPARE(missing.error().object, u"net0/kick, id 1"_s);
    QCOMPARE(missing.error().cause,
        u"it did not come over the cpr channel (missing: net0/kick, id 1 of device 'net0'; "
        "net1/kick, id 0 of device 'net1')"_s);
    QVERIFY(!missing.error().remedy.isEmpty());
    QVERIFY(!realizer.complete(BackendSource::AwaitCpr, &second));
    QVERIFY(realizer.complete(BackendSource::AwaitMain, &second));
    QVERIFY(realizer.complete(BackendSource::AwaitMain, &first).error().cause.contains(u"the main channel"));
}

void TestRealize::unexpected()
{
    const qsizetype before = test::openFdCount();
    Realizer realizer(prepared);
    Probe device(u"net0"_s, false, bothClasses);
    QVERIFY(realizer.realize(device));
    const auto arrived = realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, makeEventFd());
    QCOMPARE(arrived.error().code, ErrorCode::Protocol);
    QCOMPARE(arrived.error().object, u"net0/kick, id 0"_s);
    QVERIFY(arrived.error().cause.contains(u"the cpr channel"));
    QVERIFY(!realizer.arrived(BackendSource::AwaitMain, u"\x1b[2J"_s, 0, makeEventFd()));
    QCOMPARE(device.calls, QStringList{ u"frontend"_s });
    QCOMPARE(test::openFdCount(), before);
}

void TestRealize::wrongKind()
{
    const qsizetype before = test::openFdCount();
    Realizer realizer(prepared);
    Probe device(u"net0"_s, true, bothClasses);
    QVERIFY(realizer.realize(device));
    const auto arrived = realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, test::openNull());
    QCOMPARE(arrived.error().code, ErrorCode::Protocol);
    QVERIFY2(arrived.error().cause.startsWith(u"device 'net0' needs a eventfd, but what came is "),
        qPrintable(arrived.error().cause));
    QVERIFY(!realizer.complete(BackendSource::AwaitCpr));
    QCOMPARE(test::openFdCount(), before);
    QVERIFY(!realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, UniqueFd()));
}

void TestRealize::wrongChannel()
{
    Realizer realizer(prepared);
    Probe device(u"net0"_s, true, bothClasses);
    QVERIFY(realizer.realize(device));
    const auto early = realizer.arrived(BackendSource::AwaitCpr, u"net0"_s, 1, test::makeMemfd("m"));
    QCOMPARE(early.error().code, ErrorCode::Protocol);
    QCOMPARE(early.error().cause,
        u"it came over the cpr channel, but device 'net0' expects it over the main channel"_s);
    QVERIFY(!realizer.arrived(BackendSource::AwaitMain, u"net0/kick"_s, 0, makeEventFd()));
}

void TestRealize::twice()
{
    Realizer realizer(prepared);
    Probe device(u"net0"_s, true, bothClasses);
    QVERIFY(realizer.realize(device));
    QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, makeEventFd()));
    const auto again = realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, makeEventFd());
    QCOMPARE(again.error().code, ErrorCode::Protocol);
    QVERIFY(again.error().cause.contains(u"second time"));
    QCOMPARE(device.calls.count(u"attach 0"_s), 1);
}

void TestRealize::optionalSlots()
{
    Probe source(u"con0"_s, true, bothClasses);
    source.setOptional(1);
    const std::array<Device*, 1> devices{ &source };
    QVERIFY(source.attachFd(0, makeEventFd()));
    QCOMPARE(outgoingFds(prepared, {}, devices, BackendSource::AwaitCpr)->size(), 1u);
    QCOMPARE(outgoingFds(prepared, {}, devices, BackendSource::AwaitMain)->size(), 0u);

    for (const bool comes : { false, true }) {
        Realizer realizer(prepared);
        Probe device(u"con0"_s, true, bothClasses);
        device.setOptional(1);
        QVERIFY(realizer.realize(device));
        QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"con0/kick"_s, 0, makeEventFd()));
        if (comes)
            QVERIFY(realizer.arrived(BackendSource::AwaitMain, u"con0"_s, 1, test::makeMemfd("m")));
        QVERIFY(realizer.complete(BackendSource::AwaitMain));
        QVERIFY(realizer.isComplete(device));
        QCOMPARE(device.slotFd(1) >= 0, comes);
    }
}

void TestRealize::errorsNameTheDevice()
{
    RealizePolicy policy = prepared;
    policy.migrateFds = false;
    for (const bool incoming : { false, true }) {
        policy.incoming = incoming;
        Realizer realizer(policy);
        Probe device(u"net0"_s, true, bothClasses);
        device.backend = std::unexpected(broken());
        const auto realized = realizer.realize(device);
        QCOMPARE(realized.has_value(), incoming);
        const auto failed = incoming ? realizer.reopen() : realized;
        QCOMPARE(failed.error().code, ErrorCode::Busy);
        QVERIFY2(failed.error().message().contains(u"device 'net0' (open the thing)"),
            qPrintable(failed.error().message()));
        QCOMPARE(device.calls.last(), u"detach"_s);
    }
    Realizer realizer(prepared);
    Probe device(u"net0"_s, true, bothClasses);
    device.frontend = std::unexpected(broken());
    QVERIFY(realizer.realize(device).error().attempt.contains(u"frontend"));
    QVERIFY(realizer.awaited(BackendSource::AwaitCpr).isEmpty());

    Probe fussy(u"net1"_s, true, bothClasses);
    fussy.attach = std::unexpected(broken());
    QVERIFY(realizer.realize(fussy));
    const auto arrived = realizer.arrived(BackendSource::AwaitCpr, u"net1/kick"_s, 0, makeEventFd());
    QVERIFY(arrived.error().attempt.contains(u"'net1'"));
}

void TestRealize::otherResourceIsOpenedEarly()
{
    RealizePolicy policy = prepared;
    policy.channel = ChannelKind::Inet;
    Realizer realizer(policy);
    Probe same(u"net0"_s, true, bothClasses);
    Probe other(u"net1"_s, true, bothClasses);
    Probe unknown(u"net2"_s, true, bothClasses);
    Probe told(u"net3"_s, true, bothClasses);
    for (Probe* device : { &same, &other, &unknown })
        QVERIFY(realizer.realize(*device));
    QVERIFY(realizer.realize(told, ResourceRelation::Other));
    QVERIFY(realizer.isComplete(told));
    QCOMPARE(realizer.toReopen().size(), 3u);
    QVERIFY(realizer.learnSourceResources(
        { { u"net0"_s, u"tap0"_s }, { u"net1"_s, u"tap7"_s }, { u"net2"_s, {} } }));
    QCOMPARE(realizer.toReopen().size(), 2u);
    QVERIFY(realizer.isComplete(other) && !realizer.isComplete(same) && !realizer.isComplete(unknown));
    QCOMPARE(realizer.sourceOf(other), BackendSource::OpenNow);
    QVERIFY(realizer.reopen());
    QCOMPARE(other.calls.count(u"open"_s), 1);
    QVERIFY(realizer.isComplete(same));
}

void TestRealize::nameClash()
{
    Realizer realizer(prepared);
    QVERIFY(realizer.expectRam(u"net0"_s, true));
    Probe device(u"net0"_s, true, { FdClass::Exclusive });
    const auto realized = realizer.realize(device);
    QCOMPARE(realized.error().code, ErrorCode::InvalidArgument);
    QVERIFY(realizer.awaited(BackendSource::AwaitMain).isEmpty());
}

void TestRealize::detachAll()
{
    const qsizetype before = test::openFdCount();
    Realizer realizer(prepared);
    Probe device(u"net0"_s, true, bothClasses);
    QVERIFY(realizer.expectRam(u"ram0"_s, true));
    QVERIFY(realizer.realize(device));
    QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"ram0"_s, 0, test::makeMemfd("ram")));
    QVERIFY(realizer.arrived(BackendSource::AwaitCpr, u"net0/kick"_s, 0, makeEventFd()));
    realizer.detachAll();
    QCOMPARE(test::openFdCount(), before);
    QVERIFY(!realizer.isComplete(device));
    QVERIFY(realizer.complete(BackendSource::AwaitMain));
}

void TestRealize::outgoingWithoutFd()
{
    Probe source(u"net0"_s, true, bothClasses);
    const std::array<Device*, 1> devices{ &source };
    const auto fds = outgoingFds(prepared, {}, devices, BackendSource::AwaitCpr);
    QCOMPARE(fds.error().code, ErrorCode::NotFound);
    QVERIFY(fds.error().message().contains(u"net0/kick, id 0"));
    const RamBlock block{ .id = u"ram0"_s, .bytes = 4096, .memfd = 3 };
    const auto ram = outgoingFds(prepared, { &block, 1 }, {}, BackendSource::AwaitCpr);
    QCOMPARE(ram->size(), 1u);
    QCOMPARE(ram->front().slot, ramSlot(u"ram0"_s));
    QCOMPARE(ram->front().fd, 3);
}

/// The question that only realize.cpp may ask does not appear where devices are implemented.
void TestRealize::devicesDoNotAskForTheMigration()
{
    static const QRegularExpression question(u"incoming|RealizePolicy|BackendSource|Handover|ParameterSet"_s,
        QRegularExpression::CaseInsensitiveOption);
    QDirIterator files(
        QStringLiteral(CUTOVER_SOURCE) + u"/core/vmm/devices", { u"*.cpp"_s, u"*.h"_s }, QDir::Files);
    int seen = 0;
    while (files.hasNext()) {
        QFile file(files.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        ++seen;
        int number = 0;
        while (!file.atEnd()) {
            ++number;
            QString line = QString::fromUtf8(file.readLine());
            line.remove(QRegularExpression(u"//.*|\"[^\"]*\""_s));
            QVERIFY2(!line.contains(question),
                qPrintable(u"%1:%2: %3"_s.arg(file.fileName()).arg(number).arg(line)));
        }
    }
    QVERIFY(seen > 0);
}

QTEST_GUILESS_MAIN(TestRealize)
#include "tst_realize.moc"
