// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"
#include "forkedpeer.h"

#include "fdpass/identity.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <QTest>

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace cutover;
using namespace cutover::fdpass;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

int reopen(int fd, int flags)
{
    const QByteArray path = "/proc/self/fd/" + QByteArray::number(fd);
    return ::open(path.constData(), flags | O_CLOEXEC);
}

/// As a container's system call filter does it.
bool forbidKcmp()
{
    std::array filter{
        sock_filter{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr) },
        sock_filter{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_kcmp },
        sock_filter{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM },
        sock_filter{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
    };
    const sock_fprog program{ .len = filter.size(), .filter = filter.data() };
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

} // namespace

class TestIdentity : public QObject
{
    Q_OBJECT
    /// What compareFds() must say, if kcmp is permitted.
    void checkKcmp(const IdentityProof& proof, Identity expected) const
    {
        if (!m_kcmp)
            QSKIP("kcmp is not permitted here");
        QCOMPARE(proof.identity, expected);
        QCOMPARE(proof.method, IdentityMethod::Kcmp);
        QVERIFY2(proof.text.contains("kcmp"_L1), qPrintable(proof.text));
    }

    qsizetype m_before = 0;
    bool m_kcmp = false;

private Q_SLOTS:
    void initTestCase();
    void init()
    {
        QTest::failOnWarning();
        m_before = openFdCount();
    }
    void cleanup() { QCOMPARE(openFdCount(), m_before); }

    void inherited_data();
    void inherited();
    void lookalikes_data();
    void lookalikes();
    void passedOverASocket();
    void withoutPermissionForKcmp();
    void duplicatesAreTheSame();
    void cannotBeLookedAt();
    void ids();
};

void TestIdentity::initTestCase()
{
    const UniqueFd fd = openNull();
    const ForkedPeer peer;
    m_kcmp = ::syscall(SYS_kcmp, ::getpid(), peer.pid(), KCMP_FILE, fd.get(), fd.get()) == 0;
}

void TestIdentity::inherited_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Identity>("withoutKcmp");
    QTest::newRow("memfd") << u"memfd"_s << Identity::SameInode;
    QTest::newRow("device") << u"device"_s << Identity::SameInode;
    QTest::newRow("socket") << u"socket"_s << Identity::Same;
    QTest::newRow("eventfd") << u"eventfd"_s << Identity::Same;
    QTest::newRow("epoll") << u"epoll"_s << Identity::Unknown;
}

void TestIdentity::inherited()
{
    QFETCH(const QString, kind);
    QFETCH(const Identity, withoutKcmp);
    UniqueFd fd;
    if (kind == "memfd"_L1)
        fd = makeMemfd("ram0", 4096);
    else if (kind == "device"_L1)
        fd = openNull();
    else if (kind == "socket"_L1)
        fd = std::move(unixSocketPair()->first);
    else if (kind == "eventfd"_L1)
        fd = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
    else
        fd = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
    const ForkedPeer peer;
    const auto weaker = compareFdsByInode(::getpid(), fd.get(), peer.pid(), fd.get());
    QCOMPARE(weaker.identity, withoutKcmp);
    QCOMPARE(weaker.method, IdentityMethod::InodeAndFdinfo);
    if (withoutKcmp == Identity::SameInode)
        QVERIFY2(weaker.text.contains("without kcmp"_L1), qPrintable(weaker.text));
    checkKcmp(compareFds(::getpid(), fd.get(), peer.pid(), fd.get()), Identity::Same);
}

void TestIdentity::lookalikes_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Identity>("withoutKcmp");
    QTest::newRow("memfd opened twice") << u"memfd"_s << Identity::SameInode;
    QTest::newRow("memfd opened for reading") << u"readonly"_s << Identity::Different;
    QTest::newRow("device opened twice") << u"device"_s << Identity::SameInode;
    QTest::newRow("two memfds of one name") << u"memfds"_s << Identity::Different;
    QTest::newRow("two eventfds") << u"eventfds"_s << Identity::Different;
    QTest::newRow("eventfd and epoll") << u"anonymous"_s << Identity::Different;
    QTest::newRow("two epolls") << u"epolls"_s << Identity::Unknown;
}

void TestIdentity::lookalikes()
{
    QFETCH(const QString, kind);
    QFETCH(const Identity, withoutKcmp);
    UniqueFd fd;
    if (kind == "eventfds"_L1 || kind == "anonymous"_L1)
        fd = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
    else if (kind == "epolls"_L1)
        fd = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
    else if (kind == "device"_L1)
        fd = openNull();
    else
        fd = makeMemfd("ram0", 4096);
    const ForkedPeer peer([&] {
        if (kind == "memfd"_L1)
            return std::vector{ reopen(fd.get(), O_RDWR) };
        if (kind == "readonly"_L1)
            return std::vector{ reopen(fd.get(), O_RDONLY) };
        if (kind == "device"_L1)
            return std::vector{ openNull().release() };
        if (kind == "memfds"_L1)
            return std::vector{ makeMemfd("ram0", 4096).release() };
        if (kind == "eventfds"_L1)
            return std::vector{ ::eventfd(0, EFD_CLOEXEC) };
        return std::vector{ ::epoll_create1(EPOLL_CLOEXEC) };
    });
    QCOMPARE(peer.fds().size(), std::size_t{ 1 });
    QVERIFY(peer.fds().front() >= 0);
    const auto weaker = compareFdsByInode(::getpid(), fd.get(), peer.pid(), peer.fds().front());
    QCOMPARE(weaker.identity, withoutKcmp);
    QVERIFY(!weaker.text.isEmpty());
    checkKcmp(compareFds(::getpid(), fd.get(), peer.pid(), peer.fds().front()), Identity::Different);
}

void TestIdentity::passedOverASocket()
{
    const auto pair = unixSocketPair();
    QVERIFY(pair);
    const UniqueFd ram = makeMemfd("ram0", 4096);
    QVERIFY(sendSome(pair->first.get(), std::array{ std::byte{ 1 } }, std::array{ ram.get() }));
    const ForkedPeer peer([&] {
        std::array<std::byte, 1> buffer{};
        auto chunk = receiveExactly(pair->second.get(), buffer, 1);
        return std::vector{ chunk ? chunk->fds.at(0).release() : -1 };
    });
    QCOMPARE(peer.fds().size(), std::size_t{ 1 });
    QVERIFY(peer.fds().front() != ram.get());
    const auto weaker = compareFdsByInode(::getpid(), ram.get(), peer.pid(), peer.fds().front());
    QCOMPARE(weaker.identity, Identity::SameInode);
    QVERIFY2(weaker.text.startsWith("the same memory"_L1), qPrintable(weaker.text));
    checkKcmp(compareFds(::getpid(), ram.get(), peer.pid(), peer.fds().front()), Identity::Same);
}

void TestIdentity::withoutPermissionForKcmp()
{
    const UniqueFd ram = makeMemfd("ram0", 4096);
    const pid_t parent = ::getpid();
    const ForkedPeer peer([&]() -> std::vector<int> {
        if (!forbidKcmp())
            return {};
        const auto proof = compareFds(::getpid(), ram.get(), parent, ram.get());
        return { int(proof.identity), int(proof.method) };
    });
    if (peer.fds().size() != 2)
        QSKIP("no system call filter can be set here");
    QCOMPARE(Identity(peer.fds()[0]), Identity::SameInode);
    QCOMPARE(IdentityMethod(peer.fds()[1]), IdentityMethod::InodeAndFdinfo);
}

void TestIdentity::duplicatesAreTheSame()
{
    const UniqueFd fd = openNull();
    const auto copy = fd.duplicate();
    QVERIFY(copy);
    const auto proof = compareFds(::getpid(), fd.get(), ::getpid(), copy->get());
    if (proof.method != IdentityMethod::Kcmp)
        QSKIP("kcmp is not permitted here");
    QCOMPARE(proof.identity, Identity::Same);
}

void TestIdentity::cannotBeLookedAt()
{
    const UniqueFd fd = openNull();
    ForkedPeer peer;
    const pid_t pid = peer.pid();
    for (const auto compare : { &compareFds, &compareFdsByInode }) {
        for (const int missing : { -1, 9999 }) {
            const auto proof = compare(::getpid(), fd.get(), pid, missing);
            QCOMPARE(proof.identity, Identity::Unknown);
            QCOMPARE(proof.method, IdentityMethod::None);
            QVERIFY(!proof.text.isEmpty());
        }
    }
    for (const auto compare : { &compareFds, &compareFdsByInode }) {
        for (const pid_t nobody : { 0, -1 }) {
            const auto proof = compare(::getpid(), fd.get(), nobody, fd.get());
            QCOMPARE(proof.identity, Identity::Unknown);
            QCOMPARE(proof.method, IdentityMethod::None);
        }
    }
    peer.end();
    for (const auto compare : { &compareFds, &compareFdsByInode }) {
        const auto proof = compare(::getpid(), fd.get(), pid, fd.get());
        QCOMPARE(proof.identity, Identity::Unknown);
        QCOMPARE(proof.method, IdentityMethod::None);
    }
}

void TestIdentity::ids()
{
    QCOMPARE(identityId(Identity::Same), u"same"_s);
    QCOMPARE(identityId(Identity::SameInode), u"same-inode"_s);
    QCOMPARE(identityId(Identity::Different), u"different"_s);
    QCOMPARE(identityId(Identity::Unknown), u"unknown"_s);
    QCOMPARE(identityMethodId(IdentityMethod::Kcmp), u"kcmp"_s);
    QCOMPARE(identityMethodId(IdentityMethod::InodeAndFdinfo), u"inode"_s);
    QCOMPARE(identityMethodId(IdentityMethod::None), u"none"_s);
}

QTEST_GUILESS_MAIN(TestIdentity)
#include "tst_identity.moc"
