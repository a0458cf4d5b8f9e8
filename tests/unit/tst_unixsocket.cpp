// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"

#include "fdpass/sockets.h"
#include "fdpass/unixsocket.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace cutover;
using namespace cutover::fdpass;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestUnixSocket : public QObject
{
    Q_OBJECT
    QString path(const QString& name) const { return m_folder->filePath(name); }

    std::unique_ptr<QTemporaryDir> m_folder;
    qsizetype m_before = 0;

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_folder = std::make_unique<QTemporaryDir>();
        m_before = openFdCount();
    }
    void cleanup()
    {
        QCOMPARE(openFdCount(), m_before);
        m_folder.reset();
    }

    void connects_data();
    void connects();
    void socketsAreCloseOnExecAndNonBlocking();
    void onlyTheOwnerMayConnect();
    void longPaths_data();
    void longPaths();
    void relativePath();
    void badPaths_data();
    void badPaths();
    void staleSocketIsReplaced_data();
    void staleSocketIsReplaced();
    void liveSocketStays_data();
    void liveSocketStays();
    void liveListenerIsNotDisturbed();
    void boundIsNotYetListening();
    void otherFilesStay_data();
    void otherFilesStay();
    void lockedFolder();
    void nobodyListens();
    void fullQueue();
    void peerIsOurself();
    void peerOfAnotherUser();
    void peerOfWhatHasNone();
};

namespace {

bool isSocketFile(const QString& path)
{
    struct stat status{};
    return ::lstat(QFile::encodeName(path).constData(), &status) == 0 && S_ISSOCK(status.st_mode);
}

ino_t inodeOf(const QString& path)
{
    struct stat status{};
    return ::lstat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_ino : 0;
}

} // namespace

void TestUnixSocket::connects_data()
{
    QTest::addColumn<SocketType>("type");
    QTest::newRow("stream") << SocketType::Stream;
    QTest::newRow("seqpacket") << SocketType::SeqPacket;
}

void TestUnixSocket::connects()
{
    QFETCH(const SocketType, type);
    const auto listener = listenUnix(path(u"s"_s), 1, type);
    QVERIFY(listener);
    const auto nobody = acceptUnix(listener->get());
    QVERIFY(nobody);
    QVERIFY(!*nobody);
    const auto client = connectUnix(path(u"s"_s), type);
    QVERIFY(client);
    const auto server = acceptUnix(listener->get());
    QVERIFY(server);
    QVERIFY(bool(*server));
    QCOMPARE(::send(client->get(), "hi", 2, 0), ssize_t{ 2 });
    std::array<char, 8> buffer{};
    QCOMPARE(::recv(server->get(), buffer.data(), buffer.size(), 0), ssize_t{ 2 });
}

void TestUnixSocket::socketsAreCloseOnExecAndNonBlocking()
{
    const auto listener = listenUnix(path(u"s"_s));
    QVERIFY(listener);
    const auto client = connectUnix(path(u"s"_s));
    QVERIFY(client);
    const auto server = acceptUnix(listener->get());
    QVERIFY(server);
    const auto pair = unixSocketPair();
    QVERIFY(pair);
    for (const int fd :
        { listener->get(), client->get(), server->get(), pair->first.get(), pair->second.get() }) {
        QVERIFY((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        QVERIFY((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    }
}

void TestUnixSocket::onlyTheOwnerMayConnect()
{
    const mode_t old = ::umask(0);
    const auto listener = listenUnix(path(u"s"_s));
    ::umask(old);
    QVERIFY(listener);
    struct stat status{};
    QCOMPARE(::stat(QFile::encodeName(path(u"s"_s)).constData(), &status), 0);
    QCOMPARE(status.st_mode & 07777, mode_t{ 0600 });
}

void TestUnixSocket::longPaths_data()
{
    QTest::addColumn<int>("length");
    for (const int length : { 106, 107, 108, 109, 400 })
        QTest::addRow("%d bytes", length) << length;
}

void TestUnixSocket::longPaths()
{
    QFETCH(const int, length);
    QString folder = m_folder->path();
    while (length - folder.size() > 60)
        folder += u"/"_s + QString(50, u'd');
    QVERIFY(QDir().mkpath(folder));
    const QString name = folder + u'/' + QString(length - folder.size() - 1, u's');
    QCOMPARE(name.size(), length);
    {
        const auto listener = listenUnix(name);
        QVERIFY2(listener, qPrintable(listener ? QString() : listener.error().message()));
        QVERIFY(isSocketFile(name));
        const auto client = connectUnix(name);
        QVERIFY(client);
        const auto second = listenUnix(name);
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Busy);
    }
    QVERIFY(listenUnix(name)); // stale by now
}

void TestUnixSocket::relativePath()
{
    const QString old = QDir::currentPath();
    QVERIFY(QDir::setCurrent(m_folder->path()));
    const auto listener = listenUnix(u"relative"_s);
    const auto client = connectUnix(u"relative"_s);
    QVERIFY(QDir::setCurrent(old));
    QVERIFY(listener);
    QVERIFY(client);
    QVERIFY(isSocketFile(path(u"relative"_s)));
}

void TestUnixSocket::badPaths_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<ErrorCode>("code");
    QTest::newRow("empty") << QString() << ErrorCode::InvalidArgument;
    QTest::newRow("NUL") << u"a\0b"_s << ErrorCode::InvalidArgument;
    QTest::newRow("file name too long") << QString(120, u'x') << ErrorCode::InvalidArgument;
    QTest::newRow("no such folder") << u"none/s"_s << ErrorCode::NotFound;
    QTest::newRow("no such folder, long") << (QString(120, u'x') + u"/s"_s) << ErrorCode::NotFound;
}

void TestUnixSocket::badPaths()
{
    QFETCH(QString, name);
    QFETCH(const ErrorCode, code);
    if (!name.isEmpty())
        name = path(name);
    const auto listener = listenUnix(name);
    QVERIFY(!listener);
    QCOMPARE(listener.error().code, code);
    const auto client = connectUnix(name);
    QVERIFY(!client);
    QCOMPARE(client.error().code, code);
    QCOMPARE(client.error().object, name);
}

void TestUnixSocket::staleSocketIsReplaced_data()
{
    connects_data();
}

void TestUnixSocket::staleSocketIsReplaced()
{
    QFETCH(const SocketType, type);
    const QString name = path(u"s"_s);
    QVERIFY(listenUnix(name, 1, type)); // closed at once, the file stays
    QVERIFY(isSocketFile(name));
    const auto listener = listenUnix(name, 1, type);
    QVERIFY(listener);
    QVERIFY(connectUnix(name, type));
}

void TestUnixSocket::liveSocketStays_data()
{
    QTest::addColumn<SocketType>("live");
    QTest::addColumn<SocketType>("wanted");
    QTest::addColumn<int>("connections");
    QTest::newRow("stream") << SocketType::Stream << SocketType::Stream << 0;
    QTest::newRow("stream, queue full") << SocketType::Stream << SocketType::Stream << 2;
    QTest::newRow("another type") << SocketType::SeqPacket << SocketType::Stream << 0;
}

void TestUnixSocket::liveSocketStays()
{
    QFETCH(const SocketType, live);
    QFETCH(const SocketType, wanted);
    QFETCH(const int, connections);
    const QString name = path(u"s"_s);
    const auto listener = listenUnix(name, 1, live);
    QVERIFY(listener);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < connections; ++i) {
        auto client = connectUnix(name, live);
        QVERIFY(client);
        clients.push_back(*std::move(client));
    }
    const ino_t before = inodeOf(name);
    const auto second = listenUnix(name, 1, wanted);
    QVERIFY(!second);
    QCOMPARE(second.error().code, ErrorCode::Busy);
    QVERIFY(!second.error().remedy.isEmpty());
    QCOMPARE(inodeOf(name), before);
    for (int i = 0; i < connections; ++i) {
        const auto accepted = acceptUnix(listener->get());
        QVERIFY(accepted);
        QVERIFY(bool(*accepted));
    }
    QVERIFY(connectUnix(name, live));
}

void TestUnixSocket::liveListenerIsNotDisturbed()
{
    const QString name = path(u"s"_s);
    const auto listener = listenUnix(name);
    QVERIFY(listener);
    struct stat status{};
    QCOMPARE(::lstat(QFile::encodeName(name).constData(), &status), 0);
    if (!isBoundSocket(status))
        QSKIP("this kernel, or the file system of the temporary folder, does not show who is bound to a "
              "socket file");
    QVERIFY(!listenUnix(name));
    const auto accepted = acceptUnix(listener->get());
    QVERIFY(accepted);
    QVERIFY(!*accepted); // no connection was made to find out
}

void TestUnixSocket::boundIsNotYetListening()
{
    const QString name = path(u"with a space"_s);
    QVERIFY(!isListeningAt(name));
    const UniqueFd socket = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{ .sun_family = AF_UNIX, .sun_path = {} };
    const QByteArray encoded = QFile::encodeName(name);
    QVERIFY(encoded.size() < qsizetype(sizeof address.sun_path));
    std::copy(encoded.begin(), encoded.end(), address.sun_path);
    QCOMPARE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    QVERIFY(QFile::exists(name));
    QVERIFY(!isListeningAt(name));
    QCOMPARE(::listen(socket.get(), 1), 0);
    QVERIFY(isListeningAt(name));
    QVERIFY(!isListeningAt(name.chopped(1)));
}

void TestUnixSocket::otherFilesStay_data()
{
    QTest::addColumn<QString>("kind");
    for (const char* kind : { "file", "folder", "link", "dangling link" })
        QTest::newRow(kind) << QString::fromLatin1(kind);
}

void TestUnixSocket::otherFilesStay()
{
    QFETCH(const QString, kind);
    const QString name = path(u"s"_s);
    const QString target = path(u"target"_s);
    if (kind == "file"_L1) {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("precious");
    } else if (kind == "folder"_L1) {
        QVERIFY(QDir().mkdir(name));
    } else {
        if (kind == "link"_L1)
            QVERIFY(listenUnix(target)); // leaves a stale socket
        QVERIFY(QFile::link(target, name));
    }
    const ino_t before = inodeOf(name);
    const auto listener = listenUnix(name);
    QVERIFY(!listener);
    QCOMPARE(listener.error().code, ErrorCode::Refused);
    QCOMPARE(inodeOf(name), before);
    QCOMPARE(isSocketFile(target), kind == "link"_L1);
}

void TestUnixSocket::lockedFolder()
{
    const UniqueFd folder = UniqueFd::adopt(
        ::open(QFile::encodeName(m_folder->path()).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    QCOMPARE(::flock(folder.get(), LOCK_EX), 0);
    const auto listener = listenUnix(path(u"s"_s));
    QVERIFY(!listener);
    QCOMPARE(listener.error().code, ErrorCode::Busy);
    QVERIFY(!isSocketFile(path(u"s"_s)));
}

void TestUnixSocket::nobodyListens()
{
    QVERIFY(listenUnix(path(u"s"_s)));
    const auto client = connectUnix(path(u"s"_s));
    QVERIFY(!client);
    QCOMPARE(client.error().code, ErrorCode::Disconnected);
    QCOMPARE(client.error().sysErrno, ECONNREFUSED);
}

void TestUnixSocket::fullQueue()
{
    const auto listener = listenUnix(path(u"s"_s), 0);
    QVERIFY(listener);
    std::vector<UniqueFd> clients;
    for (;;) {
        auto client = connectUnix(path(u"s"_s));
        if (!client) {
            QCOMPARE(client.error().code, ErrorCode::Busy);
            break;
        }
        clients.push_back(*std::move(client));
        QVERIFY(clients.size() < 10);
    }
}

void TestUnixSocket::peerIsOurself()
{
    const auto listener = listenUnix(path(u"s"_s));
    QVERIFY(listener);
    const auto client = connectUnix(path(u"s"_s));
    QVERIFY(client);
    const auto server = acceptUnix(listener->get());
    QVERIFY(server);
    for (const int socket : { client->get(), server->get() }) {
        const auto peer = peerCredentials(socket);
        QVERIFY(peer);
        QCOMPARE(peer->pid, ::getpid());
        QCOMPARE(peer->uid, ::geteuid());
        QCOMPARE(peer->gid, ::getegid());
        QVERIFY(requireTrustedPeer(socket));
    }
}

void TestUnixSocket::peerOfAnotherUser()
{
    constexpr uid_t nobody = 65534;
    if (::geteuid() != 0 || ::seteuid(nobody) != 0)
        QSKIP("only root can act as another user");
    const auto pair = unixSocketPair();
    QCOMPARE(::seteuid(0), 0);
    QVERIFY(pair);
    const auto trusted = requireTrustedPeer(pair->first.get());
    QVERIFY(!trusted);
    QCOMPARE(trusted.error().code, ErrorCode::PermissionDenied);
    QVERIFY2(trusted.error().cause.contains(u"user 65534"_s), qPrintable(trusted.error().cause));
}

void TestUnixSocket::peerOfWhatHasNone()
{
    const auto listenerless = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto internet = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const UniqueFd file = openNull();
    for (const int fd : { listenerless.get(), internet.get(), file.get() }) {
        QVERIFY(!peerCredentials(fd));
        QVERIFY(!requireTrustedPeer(fd));
    }
}

QTEST_GUILESS_MAIN(TestUnixSocket)
#include "tst_unixsocket.moc"
