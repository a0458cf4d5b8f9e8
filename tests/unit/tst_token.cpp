// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"
#include "forkedpeer.h"

#include "base/process.h"
#include "engine/token.h"

#include <QTest>

#include <csignal>
#include <cstring>
#include <limits>

using namespace cutover;
using namespace cutover::engine;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestToken : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void takeAndRelease();
    void busyNamesTheOwner();
    void aKilledOwnersLockFreesItself();
    void closingDuplicatesDoesNotRelease();
    void ownershipMovesBetweenProcesses();
    void aMovedTokenKeepsItsLock();
    void namesAreChecked();
    void anythingElseIsRefused_data();
    void anythingElseIsRefused();
    void aDamagedRecordNamesNobody();
    void leavesNoFds();
    void noToken();
};

void TestToken::init()
{
    QTest::failOnWarning();
}

namespace {

UniqueFd duplicateOf(int fd)
{
    return UniqueFd::adopt(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/// What a child does with the token whose fd it has inherited; it keeps what it took until its end.
int takeInChild(int fd)
{
    auto token = OwnershipToken::adopt(duplicateOf(fd));
    if (!token)
        return -1;
    static OwnershipToken kept;
    kept = std::move(*token);
    const auto taken = kept.take();
    return taken ? 0 : int(taken.error().code);
}

OwnershipToken::Owner identity(pid_t pid)
{
    return { .pid = pid, .startTime = processStartTime(pid).value_or(0) };
}

} // namespace

void TestToken::takeAndRelease()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    QVERIFY(token);
    QCOMPARE(token->name(), u"tap0"_s);
    QVERIFY(!token->held());
    QVERIFY(!token->owner());
    for (int i = 0; i < 3; ++i) {
        QVERIFY(token->take());
        QVERIFY(token->held());
        QVERIFY(token->take());
        QCOMPARE(token->owner().value(), identity(::getpid()));
        token->release();
        QVERIFY(!token->held());
        QVERIFY(!token->owner());
        token->release();
    }
}

void TestToken::busyNamesTheOwner()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    QVERIFY(token && token->take());
    ForkedPeer peer([&] { return std::vector{ takeInChild(token->fd()) }; });
    QCOMPARE(peer.fds(), std::vector{ int(ErrorCode::Busy) });

    auto other = OwnershipToken::adopt(duplicateOf(token->fd()));
    QVERIFY(other);
    QCOMPARE(other->name(), u"tap0"_s);
    const auto taken = other->take();
    QVERIFY(!taken);
    QCOMPARE(taken.error().code, ErrorCode::Busy);
    QCOMPARE(taken.error().message(),
        u"Cannot take the ownership of 'tap0': process %1 owns it: Device or resource busy"_s.arg(
            ::getpid()));
    QVERIFY(!other->held());
    QCOMPARE(other->owner().value(), identity(::getpid()));
}

void TestToken::aKilledOwnersLockFreesItself()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    QVERIFY(token);
    ForkedPeer owner([&] { return std::vector{ takeInChild(token->fd()) }; });
    QCOMPARE(owner.fds(), std::vector{ 0 });
    QCOMPARE(token->owner().value(), identity(owner.pid()));
    const auto early = token->take();
    QVERIFY(!early);
    QVERIFY(early.error().cause.contains(QString::number(owner.pid())));

    ::kill(owner.pid(), SIGKILL);
    owner.end();
    QVERIFY(!token->owner());
    QVERIFY(token->take());
    QCOMPARE(token->owner().value(), identity(::getpid()));
}

void TestToken::closingDuplicatesDoesNotRelease()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    QVERIFY(token && token->take());
    duplicateOf(token->fd()).reset();
    {
        // Another opening of the same file: a lock by process would be lost when it is closed.
        const QByteArray path = "/proc/self/fd/" + QByteArray::number(token->fd());
        UniqueFd again = UniqueFd::adopt(::open(path.constData(), O_RDWR | O_CLOEXEC));
        QVERIFY(again);
        auto adopted = OwnershipToken::adopt(duplicateOf(token->fd()));
        QVERIFY(adopted);
        QVERIFY(!adopted->take());
        adopted->release();
    }
    ForkedPeer peer([&] { return std::vector{ takeInChild(token->fd()) }; });
    QCOMPARE(peer.fds(), std::vector{ int(ErrorCode::Busy) });
}

void TestToken::ownershipMovesBetweenProcesses()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    QVERIFY(token && token->take());
    token->release();
    ForkedPeer first([&] { return std::vector{ takeInChild(token->fd()) }; });
    QCOMPARE(first.fds(), std::vector{ 0 });
    QVERIFY(!token->take());
    first.end();
    ForkedPeer second([&] { return std::vector{ takeInChild(token->fd()) }; });
    QCOMPARE(second.fds(), std::vector{ 0 });
    QCOMPARE(token->owner().value(), identity(second.pid()));
}

void TestToken::aMovedTokenKeepsItsLock()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    QVERIFY(token && token->take());
    auto rival = OwnershipToken::adopt(duplicateOf(token->fd()));
    QVERIFY(rival);
    {
        OwnershipToken moved = std::move(*token);
        QVERIFY(moved.held());
        QVERIFY(!rival->take());
    }
    QVERIFY(rival->take());
}

void TestToken::namesAreChecked()
{
    QVERIFY(OwnershipToken::create(QString(200, u'x')));
    for (const QString& name : { QString(), QString(201, u'x'), QString(101, u'é'), u"a\0b"_s }) {
        const auto token = OwnershipToken::create(name);
        QVERIFY(!token);
        QCOMPARE(token.error().code, ErrorCode::InvalidArgument);
    }
}

void TestToken::anythingElseIsRefused_data()
{
    QTest::addColumn<QString>("what");
    for (const char* what : { "none", "null", "empty memfd", "unsealed copy", "other size", "other content" })
        QTest::newRow(what) << QString::fromLatin1(what);
}

void TestToken::anythingElseIsRefused()
{
    QFETCH(const QString, what);
    const qsizetype before = openFdCount();
    {
        const auto token = OwnershipToken::create(u"tap0"_s);
        QVERIFY(token);
        QByteArray content(32, 0);
        QCOMPARE(::pread(token->fd(), content.data(), 32, 0), ssize_t{ 32 });
        UniqueFd fd = UniqueFd::adopt(::memfd_create("token:x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        if (what == "none"_L1)
            fd.reset();
        else if (what == "null"_L1)
            fd = openNull();
        else if (what != "empty memfd"_L1) {
            if (what == "other content"_L1)
                content[0] = 'X';
            if (what == "other size"_L1)
                content += '\0';
            QCOMPARE(::pwrite(fd.get(), content.constData(), std::size_t(content.size()), 0), content.size());
        }
        if (what.startsWith("other"_L1))
            QCOMPARE(::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
        const auto adopted = OwnershipToken::adopt(std::move(fd));
        QVERIFY(!adopted);
        QCOMPARE(adopted.error().code, what == "none"_L1 ? ErrorCode::NotFound : ErrorCode::Malformed);
    }
    QCOMPARE(openFdCount(), before);
}

void TestToken::aDamagedRecordNamesNobody()
{
    auto token = OwnershipToken::create(u"tap0"_s);
    auto rival = OwnershipToken::adopt(duplicateOf(token->fd()));
    QVERIFY(token && rival && token->take());
    const std::int64_t pid = std::numeric_limits<std::int64_t>::max();
    QCOMPARE(::pwrite(token->fd(), &pid, sizeof pid, 16), ssize_t{ sizeof pid });
    const auto taken = rival->take();
    QVERIFY(!taken);
    QCOMPARE(taken.error().cause, u"another process owns it"_s);
    QVERIFY(!rival->owner());
}

void TestToken::leavesNoFds()
{
    const qsizetype before = openFdCount();
    {
        auto token = OwnershipToken::create(u"tap0"_s);
        QVERIFY(token && token->take());
        auto other = OwnershipToken::adopt(duplicateOf(token->fd()));
        QVERIFY(other && !other->take());
        *other = OwnershipToken();
        *token = std::move(*OwnershipToken::create(u"tap1"_s));
        QVERIFY(!token->held());
        for (const int fd : { token->fd() })
            QCOMPARE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
    QCOMPARE(openFdCount(), before);
}

void TestToken::noToken()
{
    OwnershipToken token;
    QVERIFY(!token);
    QCOMPARE(token.fd(), -1);
    QVERIFY(!token.take());
    QVERIFY(!token.owner());
    token.release();
    QVERIFY(!token.held());
}

QTEST_GUILESS_MAIN(TestToken)
#include "tst_token.moc"
