// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/console.h"

#include "fdhelpers.h"

#include "fdpass/unixsocket.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace cutover;
using namespace cutover::vmm;
using namespace Qt::StringLiterals;
using engine::Device;
using engine::Ownership;

class TestConsole : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void greetsAndEchoes();
    void tellsThePulse();
    void linesInPieces();
    void aLineTooLong();
    void oneClientAfterTheOther();
    void inputWaitsForOutput();
    void restsWhileStopped();
    void theClientStays();
    void noClientIsPassedToo();
    void aNewClientFindsTheNewOwner();
    void withoutItsFds();
    void rollback_data();
    void rollback();
    void takesNothingTooEarly();
    void aPathInUse();
    void damagedStates();
    void refusesDescriptors();

private:
    std::unique_ptr<Console> make();
    std::unique_ptr<Console> makeRunning();
    bool pass(Console& from, Console& to);

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    std::unique_ptr<GuestMemory> m_memory;
    std::unique_ptr<IoThread> m_thread;
    qsizetype m_fds = 0;
};

/// Somebody at the console.
struct Client
{
    UniqueFd socket;
    explicit Client(const QString& path)
    {
        if (auto connected = fdpass::connectUnix(path))
            socket = std::move(*connected);
    }
    bool type(const QByteArray& text) const
    {
        return ::send(socket.get(), text.constData(), std::size_t(text.size()), MSG_NOSIGNAL) == text.size();
    }
    /// What comes until \a bytes are there, the other side closes, or \a limitMs are over.
    QByteArray read(qsizetype bytes, int limitMs = 10'000) const
    {
        QByteArray text;
        while (text.size() < bytes) {
            pollfd ready{ .fd = socket.get(), .events = POLLIN, .revents = 0 };
            if (::poll(&ready, 1, limitMs) != 1)
                break;
            QByteArray part(bytes - text.size(), '\0');
            const ssize_t count = ::recv(socket.get(), part.data(), std::size_t(part.size()), 0);
            if (count <= 0)
                break;
            text += part.first(count);
        }
        return text;
    }
    QByteArray line() const
    {
        QByteArray text;
        while (!text.endsWith('\n')) {
            const QByteArray byte = read(1);
            if (byte.isEmpty())
                break;
            text += byte;
        }
        return text;
    }
    bool greeted() const { return line().startsWith("Console c0."); }
};

void TestConsole::init()
{
    QTest::failOnWarning();
    m_fds = test::openFdCount();
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(u"console"_s);
    m_memory = std::make_unique<GuestMemory>();
    QVERIFY(m_memory->addBlock(u"ram"_s, 16 << 20, true));
    auto thread = IoThread::create();
    QVERIFY(thread);
    m_thread = std::move(*thread);
}

void TestConsole::cleanup()
{
    m_thread.reset();
    m_memory.reset();
    m_folder.reset();
    QCOMPARE(test::openFdCount(), m_fds);
}

std::unique_ptr<Console> TestConsole::make()
{
    auto console = std::make_unique<Console>(u"c0"_s, ConsoleConfig{ .path = m_path }, *m_memory, *m_thread);
    return console->realizeFrontend() ? std::move(console) : nullptr;
}

std::unique_ptr<Console> TestConsole::makeRunning()
{
    auto console = make();
    if (!console || !console->openBackend() || !console->take(100))
        return nullptr;
    console->start();
    return console;
}

static QByteArray saved(const Device& device)
{
    QByteArray bytes;
    bytes.reserve(device.stateSize());
    QCborStreamWriter writer(&bytes);
    device.save(writer);
    return bytes.size() <= device.stateSize() ? bytes : QByteArray();
}

static Result<void> loaded(Device& device, const QByteArray& state)
{
    QCborStreamReader reader(state);
    return device.load(reader);
}

/// As between two processes, but for the sending.
bool TestConsole::pass(Console& from, Console& to)
{
    from.stop();
    if (!from.release(100, Device::Keep::Backend))
        return false;
    const QByteArray state = saved(from);
    for (qsizetype slot = 0; slot < from.fdSlots().size(); ++slot) {
        if (from.slotFd(slot) < 0 && from.fdSlots()[slot].optional)
            continue;
        if (!to.attachFd(slot, UniqueFd::adopt(::fcntl(from.slotFd(slot), F_DUPFD_CLOEXEC, 3))))
            return false;
    }
    from.detachBackend();
    if (!to.take(100) || !loaded(to, state))
        return false;
    to.start();
    return true;
}

void TestConsole::greetsAndEchoes()
{
    const auto console = makeRunning();
    QVERIFY(console);
    QCOMPARE(console->ownership(), Ownership::Owned);
    QCOMPARE(console->resource(), m_path);
    struct stat status{};
    QCOMPARE(::stat(m_path.toLocal8Bit().constData(), &status), 0);
    QCOMPARE(status.st_mode & 0777, 0600U);
    QCOMPARE(console->slotFd(1), -1);
    const Client client(m_path);
    QVERIFY(client.greeted());
    QVERIFY(console->slotFd(1) >= 0);
    QVERIFY(client.type("hello\nthere\r\n\n"));
    QCOMPARE(client.line(), "hello\n");
    QCOMPARE(client.line(), "there\n");
    QCOMPARE(client.line(), "\n");
    QCOMPARE(console->lines(), 3ULL);
    console->detachBackend();
    QVERIFY(!QFileInfo::exists(m_path));
    QVERIFY(client.line().isEmpty());
}

void TestConsole::tellsThePulse()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    QVERIFY(client.type("pulse\n"));
    QCOMPARE(client.line(), "pulse: none\n");
    QVERIFY(writeBootInfo(*m_memory, { .ramBytes = 16 << 20, .processors = 1 }));
    QVERIFY(client.type("pulse\n"));
    QCOMPARE(client.line(), "pulse: 0 beats, longest gap 0 us\n");
}

void TestConsole::linesInPieces()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    for (const char letter : QByteArrayView("one\ntwo\n"))
        QVERIFY(client.type(QByteArray(1, letter)));
    QCOMPARE(client.line(), "one\n");
    QCOMPARE(client.line(), "two\n");
}

void TestConsole::aLineTooLong()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    QVERIFY(client.type(QByteArray(1024 + 10, 'x') + "\n"));
    QCOMPARE(client.line(), QByteArray(1024, 'x') + "\n");
    QCOMPARE(client.line(), QByteArray(10, 'x') + "\n");
}

void TestConsole::oneClientAfterTheOther()
{
    const auto console = makeRunning();
    QVERIFY(console);
    for (int round = 0; round < 5; ++round) {
        const Client first(m_path);
        QVERIFY(first.greeted());
        Client second(m_path);
        QVERIFY(second.socket);
        QVERIFY(second.read(1, 20).isEmpty());
        QVERIFY(first.type("half a line"));
        const_cast<Client&>(first).socket.reset();
        QVERIFY(second.greeted());
        QVERIFY(second.type("x\n"));
        QCOMPARE(second.line(), "x\n");
    }
    QTRY_COMPARE(console->slotFd(1), -1);
}

void TestConsole::inputWaitsForOutput()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    // More than the buffers of the console and of both sockets hold: it must wait, and lose nothing.
    const QByteArray line = QByteArray(999, 'y') + '\n';
    qsizetype typed = 0;
    for (int quiet = 0; quiet < 20;) {
        const ssize_t count = ::send(client.socket.get(), line.constData() + typed % 1000,
            std::size_t(1000 - typed % 1000), MSG_NOSIGNAL);
        typed += count > 0 ? count : 0;
        quiet = count > 0 ? 0 : quiet + 1;
        if (count <= 0)
            QTest::qWait(5);
    }
    QVERIFY(typed > 100'000);
    const QByteArray echo = client.read(typed / 1000 * 1000);
    QCOMPARE(echo.size(), typed / 1000 * 1000);
    for (qsizetype at = 0; at < echo.size(); at += 1000)
        QVERIFY(echo.sliced(at, 1000) == line);
}

void TestConsole::restsWhileStopped()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    console->stop();
    QVERIFY(client.type("wait\n"));
    QVERIFY(client.read(1, 50).isEmpty());
    console->start();
    QCOMPARE(client.line(), "wait\n");
}

void TestConsole::theClientStays()
{
    auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    for (int hop = 0; hop < 10; ++hop) {
        // A line is begun before and ended after, another is typed meanwhile.
        QVERIFY(client.type("one"));
        auto next = make();
        QTest::qWait(hop % 2 == 0 ? 0 : 5);
        QVERIFY(pass(*console, *next));
        QCOMPARE(console->ownership(), Ownership::None);
        console = std::move(next);
        QVERIFY(client.type(" line\n"));
        QCOMPARE(client.line(), "one line\n");
        QVERIFY(QFileInfo::exists(m_path));
    }
    QCOMPARE(console->lines(), 10ULL);
    // What could not be sent yet goes along.
    QVERIFY(client.type("pulse\n"));
    QCOMPARE(client.line(), "pulse: none\n");
}

void TestConsole::noClientIsPassedToo()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const auto next = make();
    QVERIFY(pass(*console, *next));
    const Client client(m_path);
    QVERIFY(client.greeted());
}

void TestConsole::aNewClientFindsTheNewOwner()
{
    const auto console = makeRunning();
    QVERIFY(console);
    console->stop();
    const Client client(m_path); // waits in the listener's queue
    QVERIFY(client.socket);
    QVERIFY(client.type("hello\n"));
    const auto next = make();
    QVERIFY(pass(*console, *next));
    QVERIFY(client.greeted());
    QCOMPARE(client.line(), "hello\n");
}

void TestConsole::withoutItsFds()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    QVERIFY(client.type("one\n"));
    QCOMPARE(client.line(), "one\n");
    const auto next = make();
    QVERIFY(!next->openBackend());
    console->stop();
    QVERIFY(console->release(100, Device::Keep::Nothing));
    QCOMPARE(console->slotFd(0), -1);
    QVERIFY(client.line().isEmpty()); // it has to connect again
    const QByteArray state = saved(*console);
    QVERIFY(next->openBackend() && next->take(100) && loaded(*next, state));
    next->start();
    QCOMPARE(next->lines(), 1ULL);
    console->detachBackend();
    const Client again(m_path);
    QVERIFY(again.greeted());
}

void TestConsole::rollback_data()
{
    QTest::addColumn<bool>("passes");
    QTest::newRow("the fds pass") << true;
    QTest::newRow("they do not") << false;
}

void TestConsole::rollback()
{
    QFETCH(bool, passes);
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    for (int round = 0; round < 3; ++round) {
        console->stop();
        QVERIFY(console->release(100, passes ? Device::Keep::Backend : Device::Keep::Nothing));
        const QByteArray state = saved(*console);
        QVERIFY(console->take(100));
        console->start();
    }
    if (passes) {
        QVERIFY(client.type("still here\n"));
        QCOMPARE(client.line(), "still here\n");
    } else {
        QVERIFY(client.line().isEmpty());
        const Client again(m_path);
        QVERIFY(again.greeted());
    }
}

void TestConsole::takesNothingTooEarly()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const auto next = make();
    for (const qsizetype slot : { 0, 2 })
        QVERIFY(next->attachFd(slot, UniqueFd::adopt(::dup(console->slotFd(slot)))));
    const auto taken = next->take(100);
    QVERIFY(!taken);
    QCOMPARE(taken.error().code, ErrorCode::Busy);
    next->detachBackend();
    QVERIFY(QFileInfo::exists(m_path)); // it is not the owner's to lose
    const Client client(m_path);
    QVERIFY(client.greeted());
}

void TestConsole::aPathInUse()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const auto second = make();
    const auto opened = second->openBackend();
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::Busy);
    QCOMPARE(opened.error().object, m_path);
    Console nowhere(u"c1"_s, {}, *m_memory, *m_thread);
    QCOMPARE(nowhere.realizeFrontend().error().code, ErrorCode::InvalidArgument);
}

void TestConsole::damagedStates()
{
    const auto console = makeRunning();
    QVERIFY(console);
    const Client client(m_path);
    QVERIFY(client.greeted());
    QVERIFY(client.type("half"));
    QTest::qWait(20);
    console->stop();
    QVERIFY(console->release(100, Device::Keep::Backend));
    const QByteArray good = saved(*console);
    QVERIFY(loaded(*console, good));
    for (qsizetype length = 0; length < good.size(); ++length)
        QCOMPARE(loaded(*console, good.first(length)).error().code, ErrorCode::Malformed);
    const auto other = make();
    QVERIFY(other->attachFd(0, UniqueFd::adopt(::dup(console->slotFd(0)))));
    QVERIFY(loaded(*other, good).error().message().contains(u"did not come"));
    QByteArray none;
    QCborStreamWriter writer(&none);
    writer.startArray(4);
    writer.append(false);
    writer.append(quint64{ 1 });
    writer.append(QByteArray());
    writer.append(QByteArray());
    writer.endArray();
    QVERIFY(loaded(*other, none));
    QVERIFY(!loaded(*console, none));
    QByteArray large;
    QCborStreamWriter largeWriter(&large);
    largeWriter.startArray(4);
    largeWriter.append(true);
    largeWriter.append(quint64{ 1 });
    largeWriter.append(QByteArray(2000, 'x'));
    largeWriter.append(QByteArray());
    largeWriter.endArray();
    QCOMPARE(loaded(*console, large).error().code, ErrorCode::Malformed);
}

void TestConsole::refusesDescriptors()
{
    const auto console = make();
    const auto refused = [&](qsizetype slot, UniqueFd fd) { return !console->attachFd(slot, std::move(fd)); };
    auto pair = fdpass::unixSocketPair();
    auto datagrams = fdpass::unixSocketPair(fdpass::SocketType::SeqPacket);
    auto listener = fdpass::listenUnix(m_path);
    QVERIFY(pair && datagrams && listener);
    auto copy = listener->duplicate();
    QVERIFY(refused(0, std::move(pair->first)));
    QVERIFY(refused(1, std::move(datagrams->first)));
    QVERIFY(refused(1, std::move(*copy)));
    QVERIFY(refused(0, test::openNull()));
    QVERIFY(refused(2, test::makeMemfd("x", 4096)));
    QVERIFY(refused(3, test::openNull()));
    QVERIFY(refused(-1, test::openNull()));
    QVERIFY(refused(1, UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))));
    auto second = listener->duplicate();
    QVERIFY(console->attachFd(0, std::move(*listener)));
    QVERIFY(refused(0, std::move(*second)));
    QVERIFY(console->attachFd(1, std::move(pair->second)));
    QVERIFY(!console->take(100)); // no token has come
}

QTEST_GUILESS_MAIN(TestConsole)
#include "tst_console.moc"
