// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cprfixture.h"
#include "relayhelp.h"
#include "sectionhelpers.h"

#include "fdpass/unixsocket.h"
#include "relay/relay.h"

#include <QCborStreamWriter>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <sys/stat.h>

using namespace cutover;
using namespace cutover::test;
using namespace cutover::relay;
using namespace Qt::StringLiterals;

static constexpr int limitMs = 60'000;

class TestRelay : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(); }
    void init()
    {
        QVERIFY(m_dir.isValid());
        m_open = openFdCount();
        m_events.clear();
    }
    void cleanup() { QCOMPARE(openFdCount(), m_open); }

    void refusesWhatCannotCarryDescriptors();
    void tellsOfEachDescriptor();
    void garbagePasses();
    void tooEarlyAnEnd();
    void descriptorsWithoutAnEntry();
    void nobodyListensBehind();
    void cutEndsBothSides();
    void sectionsOfTheEngine();
    void damagedSection_data();
    void damagedSection();
    void sectionsOfQemu();
    void loopbackTcp();
    void scannerAtEveryCut();

private:
    QString path(const QString& name) const { return m_dir.filePath(name); }
    Route route(const QString& name) const
    {
        return { .listen = { .path = path(name) }, .forward = { .path = path(name + u".real"_s) } };
    }
    std::unique_ptr<Relay> start(const RelaySpec& spec)
    {
        auto relay = Relay::start(spec);
        if (!relay)
            return nullptr;
        connect(relay->get(), &Relay::observed, this, [this](const std::vector<timeline::Event>& events) {
            m_events.insert(m_events.end(), events.begin(), events.end());
        });
        return std::move(*relay);
    }
    std::vector<QJsonObject> told(const QString& name) const
    {
        std::vector<QJsonObject> found;
        for (const timeline::Event& event : m_events) {
            if (event.name == name)
                found.push_back(event.attributes);
        }
        return found;
    }
    QJsonObject first(const QString& name) const
    {
        const auto all = told(name);
        return all.empty() ? QJsonObject() : all.front();
    }
    bool waitFor(const QString& name)
    {
        return QTest::qWaitFor([&] { return !told(name).empty(); }, limitMs);
    }
    static UniqueFd accepted(const UniqueFd& listener)
    {
        UniqueFd socket;
        std::ignore = QTest::qWaitFor(
            [&] {
                socket = fdpass::acceptUnix(listener.get()).value_or(UniqueFd());
                return bool(socket);
            },
            limitMs);
        return socket;
    }
    static Got receiveToEnd(const UniqueFd& socket)
    {
        Got all;
        std::ignore = QTest::qWaitFor(
            [&] {
                Got part = receiveAll(socket.get());
                all.bytes.insert(all.bytes.end(), part.bytes.begin(), part.bytes.end());
                std::ranges::move(part.fds, std::back_inserter(all.fds));
                all.end = part.end;
                all.reset = part.reset;
                return all.end || all.reset;
            },
            limitMs);
        return all;
    }
    /// Sends \a bytes through a main channel, and closes.
    Got sendThroughMain(const Bytes& bytes, const std::vector<UniqueFd>& fds = {})
    {
        const auto listener = fdpass::listenUnix(path(u"main.real"_s));
        const auto relay = start({ .main = route(u"main"_s) });
        auto source = fdpass::connectUnix(path(u"main"_s));
        if (!listener || !relay || !source)
            return {};
        const UniqueFd destination = accepted(*listener);
        std::ignore = fdpass::sendSome(source->get(), bytes, numbersOf(fds));
        source->reset();
        Got got = receiveToEnd(destination);
        std::ignore = waitFor(u"closed"_s);
        return got;
    }

    QTemporaryDir m_dir;
    qsizetype m_open = 0;
    std::vector<timeline::Event> m_events;
};

void TestRelay::refusesWhatCannotCarryDescriptors()
{
    const auto none = Relay::start({});
    QVERIFY(!none);
    QCOMPARE(none.error().code, ErrorCode::InvalidArgument);
    Route tcp = route(u"cpr"_s);
    tcp.forward = { .transport = engine::Transport::Inet, .host = u"localhost"_s, .port = 1 };
    const auto refused = Relay::start({ .cpr = tcp });
    QVERIFY(!refused);
    QVERIFY(refused.error().message().contains(u"descriptors"));
}

void TestRelay::tellsOfEachDescriptor()
{
    const auto stream = CapturedStream::load();
    const auto listener = fdpass::listenUnix(path(u"cpr.real"_s));
    QVERIFY(listener);
    const auto relay = start({ .cpr = route(u"cpr"_s) });
    QVERIFY(relay);
    QSignalSpy over(relay.get(), &Relay::over);
    auto source = fdpass::connectUnix(path(u"cpr"_s));
    QVERIFY(source);
    UniqueFd destination = accepted(*listener);
    QVERIFY(destination);
    const auto fds = stream.fdsBetween(0, stream.bytes.size());
    for (qsizetype i = 0; i < stream.bytes.size(); ++i) {
        const auto one = stream.fds.find(i);
        const int number
            = one == stream.fds.end() ? -1 : fds[std::size_t(std::distance(stream.fds.begin(), one))].get();
        QCOMPARE(fdpass::sendSome(source->get(), asBytes(stream.bytes).subspan(i, 1),
                     std::span(&number, number < 0 ? std::size_t(0) : std::size_t(1))),
            std::size_t(1));
    }
    ::shutdown(source->get(), SHUT_WR);
    Got got = receiveToEnd(destination);
    QCOMPARE(text(got.bytes), stream.bytes);
    QCOMPARE(got.fds.size(), stream.fds.size());
    QVERIFY(QTest::qWaitFor([&] { return told(u"fd"_s).size() == stream.fds.size(); }, limitMs));
    QVERIFY(waitFor(u"half-closed"_s));
    QVERIFY(told(u"closed"_s).empty());
    QCOMPARE(pollNow(source->get()), short(0));
    std::size_t at = 0;
    for (const QJsonObject& fd : told(u"fd"_s)) {
        QCOMPARE(fd[u"channel"], u"cpr"_s);
        QCOMPARE(fd[u"kind"], u"memfd"_s);
        QCOMPARE(fd[u"inode"], QString::number(inodeOf(fds[at].get())));
        ++at;
    }
    // Nothing of what passed is open here any more. By /proc: the relay's thread closes its own meanwhile.
    const quint64 passed = inodeOf(fds.front().get());
    const auto copies
        = std::ranges::count_if(fdpass::listFds(::getpid()).value_or(QList<int>()), [passed](int fd) {
              struct stat status{};
              const QByteArray path = "/proc/self/fd/" + QByteArray::number(fd);
              return ::stat(path.constData(), &status) == 0 && status.st_ino == passed;
          });
    QCOMPARE(copies, 2); // the source's and the destination's, both in this process
    destination.reset();
    QVERIFY(QTest::qWaitFor([&] { return !over.isEmpty(); }, limitMs));
    QVERIFY((pollNow(source->get()) & POLLHUP) != 0);
    const QJsonObject closed = first(u"closed"_s);
    QCOMPARE(closed[u"by"], u"destination"_s);
    QCOMPARE(closed[u"complete"], true);
    QCOMPARE(closed[u"entries"], qint64(stream.fds.size()));
    QCOMPARE(closed[u"unclaimed"], 0);
    QCOMPARE(closed[u"bytesForth"], qint64(stream.bytes.size()));
}

void TestRelay::garbagePasses()
{
    const auto listener = fdpass::listenUnix(path(u"cpr.real"_s));
    const auto relay = start({ .cpr = route(u"cpr"_s) });
    auto source = fdpass::connectUnix(path(u"cpr"_s));
    QVERIFY(listener && relay && source);
    const UniqueFd destination = accepted(*listener);
    const Bytes garbage = pattern(10'000);
    const auto fds = openNulls(3);
    QVERIFY(fdpass::sendSome(source->get(), garbage, numbersOf(fds)));
    source->reset();
    const Got got = receiveToEnd(destination);
    QCOMPARE(got.bytes, garbage);
    QCOMPARE(got.fds.size(), std::size_t(3));
    QVERIFY(waitFor(u"closed"_s));
    QCOMPARE(told(u"damaged"_s).size(), std::size_t(1));
    QCOMPARE(first(u"damaged"_s)[u"offset"], 0);
    QCOMPARE(first(u"closed"_s)[u"unclaimed"], 3);
    QCOMPARE(first(u"closed"_s)[u"by"], u"source"_s);
}

void TestRelay::tooEarlyAnEnd()
{
    const auto stream = CapturedStream::load();
    const auto listener = fdpass::listenUnix(path(u"cpr.real"_s));
    const auto relay = start({ .cpr = route(u"cpr"_s) });
    auto source = fdpass::connectUnix(path(u"cpr"_s));
    QVERIFY(listener && relay && source);
    const UniqueFd destination = accepted(*listener);
    QVERIFY(fdpass::sendSome(source->get(), asBytes(stream.bytes).first(20)));
    source->reset();
    QCOMPARE(receiveToEnd(destination).bytes.size(), std::size_t(20));
    QVERIFY(waitFor(u"closed"_s));
    QCOMPARE(first(u"closed"_s)[u"complete"], false);
    QCOMPARE(told(u"damaged"_s).size(), std::size_t(1));
}

void TestRelay::descriptorsWithoutAnEntry()
{
    const auto stream = CapturedStream::load();
    const auto listener = fdpass::listenUnix(path(u"cpr.real"_s));
    const auto relay = start({ .cpr = route(u"cpr"_s) });
    auto source = fdpass::connectUnix(path(u"cpr"_s));
    QVERIFY(listener && relay && source);
    const UniqueFd destination = accepted(*listener);
    auto fds = stream.fdsBetween(0, stream.bytes.size());
    fds.push_back(makeMemfd("nobody's"));
    QVERIFY(fdpass::sendSome(source->get(), asBytes(stream.bytes), numbersOf(fds)));
    ::shutdown(source->get(), SHUT_WR);
    QCOMPARE(receiveToEnd(destination).fds.size(), fds.size());
    source->reset();
    QVERIFY(waitFor(u"closed"_s));
    QCOMPARE(first(u"closed"_s)[u"unclaimed"], 1);
}

void TestRelay::nobodyListensBehind()
{
    const auto relay = start({ .cpr = route(u"cpr"_s) });
    QVERIFY(relay);
    QSignalSpy failed(relay.get(), &Relay::failed);
    QSignalSpy over(relay.get(), &Relay::over);
    auto source = fdpass::connectUnix(path(u"cpr"_s));
    QVERIFY(source);
    QVERIFY(QTest::qWaitFor([&] { return !over.isEmpty(); }, limitMs));
    QCOMPARE(failed.size(), 1);
    const auto error = failed.first().first().value<Error>();
    QVERIFY(error.message().contains(u"CPR channel"));
    QVERIFY(!error.cause.isEmpty() && !error.remedy.isEmpty());
    QVERIFY((pollNow(source->get()) & POLLHUP) != 0);
}

void TestRelay::cutEndsBothSides()
{
    const auto listener = fdpass::listenUnix(path(u"cpr.real"_s));
    const auto relay = start({ .cpr = route(u"cpr"_s), .main = route(u"main"_s) });
    auto source = fdpass::connectUnix(path(u"cpr"_s));
    QVERIFY(listener && relay && source);
    const UniqueFd destination = accepted(*listener);
    QVERIFY(destination);
    relay->cut();
    QVERIFY((pollNow(source->get()) & POLLHUP) != 0);
    QVERIFY((pollNow(destination.get()) & POLLHUP) != 0);
    QVERIFY(!fdpass::connectUnix(path(u"main"_s)));
    QVERIFY(!QFile::exists(path(u"main"_s)));
    // Nothing that it has seen is lost with it.
    QCoreApplication::sendPostedEvents(relay.get(), QEvent::MetaCall);
    QCOMPARE(told(u"opened"_s).size(), std::size_t(1));
}

static Bytes engineStream(std::size_t fds)
{
    const auto header = engine::encodeStreamHeader();
    Bytes stream(header.begin(), header.end());
    const auto add
        = [&stream](const Bytes& section) { stream.insert(stream.end(), section.begin(), section.end()); };
    add(sectionBytes("@hello", 0, 1, "hello"));
    QByteArray payload;
    QCborStreamWriter writer(&payload);
    writer.startArray();
    writer.startArray(fds);
    for (std::size_t i = 0; i < fds; ++i) {
        writer.startArray(2);
        writer.append(u"net0/queue"_s);
        writer.append(qint64(i));
        writer.endArray();
    }
    writer.endArray();
    writer.append(17);
    writer.endArray();
    add(sectionBytes("net0", 0, 3, payload, fds));
    add(sectionBytes("@ram", 0, 1, patternArray(200'000)));
    add(sectionBytes("@end", 0, 1, "end"));
    return stream;
}

void TestRelay::sectionsOfTheEngine()
{
    const auto fds = openNulls(2);
    const Bytes stream = engineStream(2);
    const auto listener = fdpass::listenUnix(path(u"main.real"_s));
    const auto relay = start({ .main = route(u"main"_s) });
    auto source = fdpass::connectUnix(path(u"main"_s));
    QVERIFY(listener && relay && source);
    const UniqueFd destination = accepted(*listener);
    std::size_t written = 0;
    Got got;
    QVERIFY(QTest::qWaitFor(
        [&] {
            const auto rest = std::span(stream).subspan(written);
            if (!rest.empty())
                written += fdpass::sendSome(
                    source->get(), rest, written == 0 ? numbersOf(fds) : std::vector<int>())
                               .value_or(0);
            Got part = receiveAll(destination.get());
            got.bytes.insert(got.bytes.end(), part.bytes.begin(), part.bytes.end());
            std::ranges::move(part.fds, std::back_inserter(got.fds));
            return got.bytes.size() == stream.size();
        },
        limitMs));
    QVERIFY(got.bytes == stream);
    QCOMPARE(got.fds.size(), std::size_t(2));
    source->reset();
    QVERIFY(waitFor(u"closed"_s));
    const auto sections = told(u"section"_s);
    QCOMPARE(sections.size(), std::size_t(4));
    QCOMPARE(sections[1][u"name"], u"net0"_s);
    QCOMPARE(sections[1][u"fds"], 2);
    qint64 offset = qint64(engine::streamHeaderBytes);
    for (const QJsonObject& section : sections) {
        QCOMPARE(section[u"offset"].toInteger(), offset);
        offset += section[u"bytes"].toInteger();
    }
    QCOMPARE(offset, qint64(stream.size()));
    QVERIFY(QTest::qWaitFor([&] { return told(u"fd"_s).size() == 2; }, limitMs));
    QCOMPARE(told(u"fd"_s)[1][u"name"], u"net0/queue"_s);
    QCOMPARE(told(u"fd"_s)[1][u"id"], 1);
    const QJsonObject closed = first(u"closed"_s);
    QCOMPARE(closed[u"format"], u"cutover"_s);
    QCOMPARE(closed[u"sectionsForth"], 4);
    QCOMPARE(closed[u"unclaimed"], 0);
}

void TestRelay::damagedSection_data()
{
    QTest::addColumn<qsizetype>("at");
    QTest::addColumn<std::size_t>("told");
    const auto head = qsizetype(engine::streamHeaderBytes);
    QTest::newRow("stream header") << qsizetype(8) << std::size_t(0);
    QTest::newRow("magic") << head << std::size_t(0);
    QTest::newRow("length") << head + 20 << std::size_t(0);
    QTest::newRow("payload") << head + 36 << std::size_t(1);
}

void TestRelay::damagedSection()
{
    QFETCH(const qsizetype, at);
    QFETCH(const std::size_t, told);
    Bytes stream = engineStream(0);
    stream[std::size_t(at)] ^= std::byte{ 0x40 };
    stream.resize(4000);
    const Got got = sendThroughMain(stream);
    QCOMPARE(got.bytes, stream);
    QCOMPARE(this->told(u"damaged"_s).size(), std::size_t(1));
    QCOMPARE(this->told(u"section"_s).size(), told);
}

static QByteArray word(quint32 value)
{
    QByteArray bytes(sizeof value, Qt::Uninitialized);
    qToBigEndian(value, bytes.data());
    return bytes;
}

void TestRelay::sectionsOfQemu()
{
    QByteArray stream = "QEVM" + word(3) + char(7) + word(2) + "pc" + char(1) + word(2) + char(3) + "ram"
        + word(0) + word(4) + QByteArray(300, 'r') + char(0x7E) + word(2);
    const qsizetype iterative = stream.size();
    int id = 3;
    for (const char* name : { "timer", "0000:00:02.0/vga", "cpu" }) {
        stream += char(4) + word(id) + char(qstrlen(name)) + name + word(0) + word(2)
            + QByteArray(100, 'x')
            // As if a payload held what looks like a head.
            + char(3) + "cpu" + word(0) + char(0x7E) + word(id);
        ++id;
    }
    const QByteArray json
        = R"json({"page_size": 4096, "devices": [{"name": "timer", "instance_id": 0}, )json"
          R"json({"name": "0000:00:02.0/vga", "instance_id": 0}, {"name": "cpu", "instance_id": 0}]})json";
    const qsizetype devicesEnd = stream.size();
    stream += QByteArray(1, '\0') + char(6) + word(quint32(json.size())) + json;
    const auto bytes = asBytes(stream);
    const Got got = sendThroughMain(Bytes(bytes.begin(), bytes.end()));
    QCOMPARE(text(got.bytes), stream);
    const QJsonObject closed = first(u"closed"_s);
    QCOMPARE(closed[u"format"], u"qemu"_s);
    QCOMPARE(closed[u"problem"], QString());
    QCOMPARE(closed[u"sectionsForth"], 3);
    QCOMPARE(closed[u"iterativeBytes"].toInteger(), qint64(iterative));
    const auto sections = told(u"section"_s);
    QCOMPARE(sections.size(), std::size_t(3));
    QCOMPARE(sections[1][u"name"], u"0000:00:02.0/vga"_s);
    QCOMPARE(sections[2][u"offset"].toInteger() + sections[2][u"bytes"].toInteger(), qint64(devicesEnd));
}

void TestRelay::loopbackTcp()
{
    auto real = engine::listenOn({ .transport = engine::Transport::Inet, .host = u"127.0.0.1"_s, .port = 0 });
    QVERIFY(real);
    const auto relay
        = start({ .main = Route{ .listen = { .transport = engine::Transport::Inet, .host = u"127.0.0.1"_s },
                      .forward = real->address() } });
    QVERIFY(relay);
    QVERIFY(relay->address(Channel::Main).port > 0);
    auto source = engine::connectTo(relay->address(Channel::Main), limitMs);
    QVERIFY(source);
    UniqueFd destination;
    QVERIFY(QTest::qWaitFor(
        [&] {
            destination = real->accept().value_or(UniqueFd());
            return bool(destination);
        },
        limitMs));
    QVERIFY(fdpass::sendSome(source->get(), bytesOf("over TCP")));
    ::shutdown(source->get(), SHUT_WR);
    QCOMPARE(text(receiveToEnd(destination).bytes), "over TCP");
    QVERIFY(fdpass::sendSome(destination.get(), bytesOf("answer")));
    destination.reset();
    QCOMPARE(text(receiveToEnd(*source).bytes), "answer");
    QVERIFY(waitFor(u"closed"_s));
    QCOMPARE(first(u"closed"_s)[u"bytesBack"], 6);
}

void TestRelay::scannerAtEveryCut()
{
    const Bytes whole = engineStream(1);
    const std::span<const std::byte> stream = std::span(whole).first(600);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        SectionScanner scanner;
        std::vector<UniqueFd> fds;
        fds.push_back(makeMemfd("one"));
        scanner.feed(stream.first(cut), std::move(fds), 1);
        auto sections = scanner.take();
        scanner.feed(stream.subspan(cut), {}, 2);
        std::ranges::move(scanner.take(), std::back_inserter(sections));
        QVERIFY(!scanner.error());
        QCOMPARE(sections.size(), std::size_t(2));
        QCOMPARE(sections[1].fds.size(), std::size_t(1));
        QCOMPARE(sections[1].fds.front().name, "net0/queue");
        QVERIFY(sections[0].beginNs <= sections[0].endNs);
    }
}

QTEST_GUILESS_MAIN(TestRelay)
#include "tst_relay.moc"
