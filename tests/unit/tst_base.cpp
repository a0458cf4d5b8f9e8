// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "base/error.h"
#include "base/side.h"
#include "base/uniquefd.h"

#include <QTest>

#include <cerrno>
#include <fcntl.h>

using namespace cutover;

class TestBase : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void uniqueFdClosesOnce();
    void uniqueFdMoves();
    void duplicateIsCloseOnExec();
    void errorMessageNamesEverything();
    void errnoDecidesTheCode_data();
    void errnoDecidesTheCode();
    void sidesRoundTrip();
    void clocksAgree();
};

static bool isOpen(int fd)
{
    return ::fcntl(fd, F_GETFD) >= 0;
}

static UniqueFd openNull()
{
    return UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void TestBase::uniqueFdClosesOnce()
{
    int number = -1;
    {
        const UniqueFd fd = openNull();
        number = fd.get();
        QVERIFY(isOpen(number));
    }
    QVERIFY(!isOpen(number));
}

void TestBase::uniqueFdMoves()
{
    UniqueFd first = openNull();
    const int number = first.get();
    UniqueFd second = std::move(first);
    QVERIFY(!first); // NOLINT(bugprone-use-after-move): the state after a move is the contract under test
    QCOMPARE(second.get(), number);
    second = UniqueFd();
    QVERIFY(!isOpen(number));
}

void TestBase::duplicateIsCloseOnExec()
{
    const UniqueFd fd = openNull();
    const auto copy = fd.duplicate();
    QVERIFY(copy.has_value());
    QVERIFY(copy->get() != fd.get());
    QVERIFY(::fcntl(copy->get(), F_GETFD) & FD_CLOEXEC);
    const auto none = UniqueFd().duplicate();
    QVERIFY(!none.has_value());
    QCOMPARE(none.error().sysErrno, EBADF);
}

void TestBase::errorMessageNamesEverything()
{
    const Error error{ .code = ErrorCode::System,
        .attempt = QStringLiteral("open the log"),
        .object = QStringLiteral("/x"),
        .cause = QStringLiteral("no space for it"),
        .remedy = QStringLiteral("Free some space."),
        .sysErrno = ENOSPC };
    QCOMPARE(error.message(),
        QStringLiteral("Cannot open the log '/x': no space for it: No space left on device"));
}

void TestBase::errnoDecidesTheCode_data()
{
    QTest::addColumn<int>("sysErrno");
    QTest::addColumn<ErrorCode>("code");
    QTest::newRow("missing") << ENOENT << ErrorCode::NotFound;
    QTest::newRow("denied") << EACCES << ErrorCode::PermissionDenied;
    QTest::newRow("busy") << EBUSY << ErrorCode::Busy;
    QTest::newRow("gone") << EPIPE << ErrorCode::Disconnected;
    QTest::newRow("other") << EIO << ErrorCode::System;
}

void TestBase::errnoDecidesTheCode()
{
    QFETCH(int, sysErrno);
    QFETCH(ErrorCode, code);
    QCOMPARE(systemError(QStringLiteral("x"), {}, sysErrno).error().code, code);
}

void TestBase::sidesRoundTrip()
{
    for (const Side side : { Side::Source, Side::Destination, Side::Channel, Side::Console })
        QCOMPARE(sideFromId(sideId(side)), std::optional(side));
    QVERIFY(!sideFromId(u"elsewhere"));
}

void TestBase::clocksAgree()
{
    const ClockOffset offset = sampleClockOffset();
    QVERIFY(offset.uncertaintyNs >= 0);
    const qint64 difference = realtimeNs() - monotonicNs() - offset.offsetNs;
    QVERIFY(qAbs(difference) < 1'000'000'000);
}

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
