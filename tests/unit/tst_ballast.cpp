// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/ballast.h"

#include "fdhelpers.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QTest>

using namespace cutover;
using namespace cutover::vmm;
using namespace Qt::StringLiterals;
using engine::Device;
using engine::Ownership;

class TestBallast : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void refusesSizes_data();
    void refusesSizes();
    void changesWhileItRuns();
    void stateIsSavedWithoutItsFd();
    void statePassesWithItsFd();
    void rollback();
    void damagedStates_data();
    void damagedStates();
    void aWrongPageIsFound();
    void refusesDescriptors();

private:
    std::unique_ptr<Ballast> make(quint64 bytes = Ballast::minBytes, const QString& id = u"b0"_s);
    std::unique_ptr<Ballast> makeRunning();
    std::unique_ptr<IoThread> m_thread;
    qsizetype m_fds = 0;
};

void TestBallast::init()
{
    QTest::failOnWarning();
    m_fds = test::openFdCount();
    auto thread = IoThread::create();
    QVERIFY(thread);
    m_thread = std::move(*thread);
}

void TestBallast::cleanup()
{
    m_thread.reset();
    QCOMPARE(test::openFdCount(), m_fds);
}

std::unique_ptr<Ballast> TestBallast::make(quint64 bytes, const QString& id)
{
    auto device = std::make_unique<Ballast>(id, BallastConfig{ .stateBytes = bytes }, *m_thread);
    return device->realizeFrontend() ? std::move(device) : nullptr;
}

std::unique_ptr<Ballast> TestBallast::makeRunning()
{
    auto device = make();
    if (!device || !device->openBackend() || !device->take(100))
        return nullptr;
    device->start();
    return device;
}

static QByteArray saved(const Device& device)
{
    QByteArray bytes;
    bytes.reserve(device.stateSize());
    const auto* before = bytes.constData();
    QCborStreamWriter writer(&bytes);
    device.save(writer);
    return bytes.constData() == before ? bytes : QByteArray();
}

static Result<void> loaded(Device& device, const QByteArray& state)
{
    QCborStreamReader reader(state);
    return device.load(reader);
}

void TestBallast::refusesSizes_data()
{
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<bool>("possible");
    QTest::newRow("nothing") << quint64{ 0 } << false;
    QTest::newRow("too small") << Ballast::minBytes - 4096 << false;
    QTest::newRow("least") << Ballast::minBytes << true;
    QTest::newRow("no whole pages") << Ballast::minBytes + 1 << false;
    QTest::newRow("most") << Ballast::maxBytes << true;
    QTest::newRow("too large") << Ballast::maxBytes + 4096 << false;
}

void TestBallast::refusesSizes()
{
    QFETCH(quint64, bytes);
    QFETCH(bool, possible);
    Ballast device(u"b0"_s, { .stateBytes = bytes }, *m_thread);
    const auto realized = device.realizeFrontend();
    QCOMPARE(realized.has_value(), possible);
    if (!realized)
        QCOMPARE(realized.error().code, ErrorCode::InvalidArgument);
}

void TestBallast::changesWhileItRuns()
{
    const auto device = make();
    QVERIFY(device && device->openBackend());
    QVERIFY(device->guestConfiguration().contains(u"state"));
    QVERIFY(device->resource().isEmpty());
    QCOMPARE(device->ownership(), Ownership::None);
    QVERIFY(device->take(100));
    QCOMPARE(device->ownership(), Ownership::Owned);
    QTest::qWait(50);
    QCOMPARE(device->reading().touches, quint64{ 0 });
    device->start();
    QTRY_VERIFY(device->reading().touches > 100);
    device->stop();
    const quint64 touches = device->reading().touches;
    QTest::qWait(50);
    QCOMPARE(device->reading().touches, touches);
}

void TestBallast::stateIsSavedWithoutItsFd()
{
    const auto source = makeRunning();
    QVERIFY(source);
    QTRY_VERIFY(source->reading().touches > 200);
    source->stop();
    QVERIFY(source->release(100, Device::Keep::Nothing));
    QCOMPARE(source->ownership(), Ownership::None);
    const QByteArray state = saved(*source);
    QVERIFY(state.size() > qsizetype(Ballast::minBytes));
    QVERIFY(state.size() <= source->stateSize());

    const auto destination = make();
    QVERIFY(destination && destination->openBackend());
    QVERIFY(destination->take(100));
    QVERIFY(loaded(*destination, state));
    QCOMPARE(destination->reading().touches, source->reading().touches);
    QCOMPARE(saved(*destination), state);
    QCOMPARE(destination->reading().pagesToVerify, Ballast::minBytes / 4096);
    destination->start();
    QTRY_COMPARE(destination->reading().pagesToVerify, quint64{ 0 });
    QCOMPARE(destination->reading().wrongPages, quint64{ 0 });
}

void TestBallast::statePassesWithItsFd()
{
    const auto source = makeRunning();
    QVERIFY(source);
    const auto list = source->fdSlots();
    QCOMPARE(list.size(), 1);
    QCOMPARE(list[0].fdClass, engine::FdClass::Shareable);
    const auto destination = make();
    QVERIFY(destination);
    QCOMPARE(destination->slotFd(0), -1);
    // Shared while the source still changes it.
    UniqueFd copy = UniqueFd::adopt(::dup(source->slotFd(0)));
    QVERIFY(destination->attachFd(0, std::move(copy)));
    QVERIFY(destination->slotFd(0) >= 0);
    QTRY_VERIFY(source->reading().touches > 200);
    source->stop();
    QVERIFY(source->release(100, Device::Keep::Backend));
    QVERIFY(source->stateSize() < 100);
    const QByteArray state = saved(*source);
    QVERIFY(!state.isEmpty() && state.size() <= source->stateSize());
    source->detachBackend();
    QCOMPARE(source->slotFd(0), -1);

    QVERIFY(destination->take(100));
    QVERIFY(loaded(*destination, state));
    destination->start();
    QTRY_COMPARE(destination->reading().pagesToVerify, quint64{ 0 });
    QCOMPARE(destination->reading().wrongPages, quint64{ 0 });
    QTRY_VERIFY(destination->reading().touches > 1000);
}

void TestBallast::rollback()
{
    const auto device = makeRunning();
    QVERIFY(device);
    for (const auto keep : { Device::Keep::Backend, Device::Keep::Nothing, Device::Keep::Backend }) {
        QTRY_VERIFY(device->reading().touches > 100);
        device->stop();
        QVERIFY(device->release(100, keep));
        const quint64 touches = device->reading().touches;
        QVERIFY(device->take(100));
        device->start();
        QTRY_VERIFY(device->reading().touches > touches);
    }
    device->stop();
    QVERIFY(device->release(100, Device::Keep::Nothing));
    const auto destination = make();
    QVERIFY(destination->openBackend());
    QVERIFY(loaded(*destination, saved(*device)));
}

void TestBallast::damagedStates_data()
{
    QTest::addColumn<bool>("passes");
    QTest::newRow("with the fd") << true;
    QTest::newRow("without") << false;
}

void TestBallast::damagedStates()
{
    QFETCH(bool, passes);
    const auto source = makeRunning();
    QVERIFY(source);
    QTRY_VERIFY(source->reading().touches > 100);
    source->stop();
    QVERIFY(source->release(100, passes ? Device::Keep::Backend : Device::Keep::Nothing));
    const QByteArray good = saved(*source);

    const auto opened = make();
    QVERIFY(opened->openBackend());
    const auto attached = make();
    QVERIFY(attached->attachFd(0, UniqueFd::adopt(::dup(source->slotFd(0)))));
    Ballast& fitting = passes ? *attached : *opened;
    Ballast& other = passes ? *opened : *attached;
    QVERIFY(loaded(fitting, good));
    const auto refused = loaded(other, good);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Malformed);
    QVERIFY(refused.error().message().contains(u"b0"));

    const qsizetype step = passes ? 1 : 65521;
    for (qsizetype length = 0; length < good.size(); length += step) {
        const auto cut = loaded(fitting, good.first(length));
        QVERIFY2(!cut, qPrintable(QString::number(length)));
        QCOMPARE(cut.error().code, ErrorCode::Malformed);
    }
    if (!passes) {
        // The head of a page, and one that is whole but not the latest.
        QByteArray bad = good;
        const qsizetype page = good.size() - qsizetype(Ballast::minBytes) + 17 * 4096;
        bad[page] = char(bad[page] ^ 1);
        QVERIFY(!loaded(fitting, bad));
        bad = good;
        bad.replace(page, 4096, bad.sliced(page + 4096, 4096));
        QVERIFY(!loaded(fitting, bad));
        QVERIFY(loaded(fitting, good));
    }
    const auto larger = make(Ballast::minBytes * 2);
    QVERIFY(larger->openBackend());
    QVERIFY(!loaded(*larger, good));
}

void TestBallast::aWrongPageIsFound()
{
    const auto source = makeRunning();
    QVERIFY(source);
    source->stop();
    QVERIFY(source->release(100, Device::Keep::Backend));
    const QByteArray state = saved(*source);
    const char byte = 1;
    QCOMPARE(::pwrite(source->slotFd(0), &byte, 1, 100 * 4096 + 3000), 1);
    const auto destination = make();
    QVERIFY(destination->attachFd(0, UniqueFd::adopt(::dup(source->slotFd(0)))));
    QVERIFY(loaded(*destination, state));
    QVERIFY(destination->take(100));
    destination->start();
    QTRY_COMPARE(destination->reading().pagesToVerify, quint64{ 0 });
    QCOMPARE(destination->reading().wrongPages, quint64{ 1 });
}

void TestBallast::refusesDescriptors()
{
    const auto device = make();
    const auto refused = [&](qsizetype index, UniqueFd fd) {
        const auto attached = device->attachFd(index, std::move(fd));
        return !attached && attached.error().code == ErrorCode::Protocol;
    };
    QVERIFY(refused(0, test::openNull()));
    QVERIFY(refused(0, test::makeMemfd("x", off_t(Ballast::minBytes)))); // it could shrink
    const auto sealed = [](off_t bytes) {
        UniqueFd fd = UniqueFd::adopt(::memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        (void)!::ftruncate(fd.get(), bytes);
        ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK);
        return fd;
    };
    QVERIFY(refused(0, sealed(off_t(Ballast::minBytes) - 4096)));
    QVERIFY(refused(1, sealed(off_t(Ballast::minBytes))));
    QVERIFY(device->attachFd(0, sealed(off_t(Ballast::minBytes))));
    QVERIFY(refused(0, sealed(off_t(Ballast::minBytes))));
}

QTEST_GUILESS_MAIN(TestBallast)
#include "tst_ballast.moc"
