// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trace/logfollower.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace cutover;
using namespace cutover::trace;
using namespace Qt::StringLiterals;

class TestLogFollower : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void readsWhatIsThere();
    void aMissingFileIsWaitedFor();
    void aPartialLineWaits();
    void startsAtTheEnd_data();
    void startsAtTheEnd();
    void aTruncatedFileIsReadFromItsNewBeginning();
    void aReplacedFileIsReadToItsEndFirst();
    void aRemovedFileMayComeBack();
    void longLinesAreCut();
    void largeFilesAreReadInSlices();
    void readNowDrains();
    void aReceiverMayStopOrDeleteIt_data();
    void aReceiverMayStopOrDeleteIt();
    void whatCannotBeReadIsTold();
    void noFdLeaks();

private:
    void write(const QByteArray& bytes, QIODevice::OpenMode mode = QIODevice::Append);
    void follow(LogFollower::StartAt startAt = LogFollower::StartAt::Beginning);
    static qsizetype openFds()
    {
        return QDir(u"/proc/self/fd"_s)
            .entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System)
            .size();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    std::unique_ptr<LogFollower> m_follower;
    QByteArrayList m_lines;
};

void TestLogFollower::init()
{
    QTest::failOnWarning();
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(u"vmm.log"_s);
    m_lines.clear();
    m_follower = std::make_unique<LogFollower>();
    connect(m_follower.get(), &LogFollower::lines, this, [this](const QByteArrayList& lines) {
        QVERIFY(!lines.isEmpty());
        m_lines += lines;
    });
}

void TestLogFollower::cleanup()
{
    m_follower.reset();
    m_folder.reset();
}

void TestLogFollower::write(const QByteArray& bytes, QIODevice::OpenMode mode)
{
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly | mode));
    QCOMPARE(file.write(bytes), bytes.size());
}

void TestLogFollower::follow(LogFollower::StartAt startAt)
{
    const auto started = m_follower->start(m_path, startAt);
    QVERIFY2(started.has_value(), started ? "" : qPrintable(started.error().message()));
}

void TestLogFollower::readsWhatIsThere()
{
    write("one\ntwo\r\n\nthree\n");
    follow();
    QTRY_COMPARE(m_lines, (QByteArrayList{ "one", "two", "three" }));
    write("four\n");
    QTRY_COMPARE(m_lines.size(), 4);
    QCOMPARE(m_lines.last(), "four");
}

void TestLogFollower::aMissingFileIsWaitedFor()
{
    follow();
    QTest::qWait(1);
    QVERIFY(m_lines.isEmpty());
    write("one\n");
    QTRY_COMPARE(m_lines, QByteArrayList{ "one" });
}

void TestLogFollower::aPartialLineWaits()
{
    write("one\ntw");
    follow();
    QTRY_COMPARE(m_lines, QByteArrayList{ "one" });
    write("o");
    m_follower->readNow();
    QCOMPARE(m_lines, QByteArrayList{ "one" });
    write("\n");
    QTRY_COMPARE(m_lines, (QByteArrayList{ "one", "two" }));
}

void TestLogFollower::startsAtTheEnd_data()
{
    QTest::addColumn<QByteArray>("old");
    QTest::addColumn<QByteArray>("added");
    QTest::addColumn<QByteArrayList>("expected");
    QTest::newRow("after a line") << "old\n"_ba << "new\n"_ba << QByteArrayList{ "new" };
    QTest::newRow("within a line") << "old\npart"_ba << "ial\nnew\n"_ba << QByteArrayList{ "new" };
    QTest::newRow("empty") << ""_ba << "new\n"_ba << QByteArrayList{ "new" };
}

void TestLogFollower::startsAtTheEnd()
{
    QFETCH(QByteArray, old);
    QFETCH(QByteArray, added);
    write(old);
    follow(LogFollower::StartAt::End);
    write(added);
    m_follower->readNow();
    QTEST(m_lines, "expected");
}

void TestLogFollower::aTruncatedFileIsReadFromItsNewBeginning()
{
    write("one\ntwo\nrest");
    follow();
    QTRY_COMPARE(m_lines.size(), 2);
    write("new\n", QIODevice::Truncate);
    QTRY_COMPARE(m_lines, (QByteArrayList{ "one", "two", "new" }));
}

void TestLogFollower::aReplacedFileIsReadToItsEndFirst()
{
    write("one\n");
    follow();
    QTRY_COMPARE(m_lines.size(), 1);
    write("two\nlast");
    QVERIFY(QFile::rename(m_path, m_path + u".1"_s));
    write("three\n");
    QTRY_COMPARE(m_lines, (QByteArrayList{ "one", "two", "last", "three" }));
}

void TestLogFollower::aRemovedFileMayComeBack()
{
    write("one\n");
    follow();
    QTRY_COMPARE(m_lines.size(), 1);
    QVERIFY(QFile::remove(m_path));
    m_follower->readNow();
    write("two\n");
    QTRY_COMPARE(m_lines, (QByteArrayList{ "one", "two" }));
}

void TestLogFollower::longLinesAreCut()
{
    const QByteArray exact(LogFollower::maxLineLength, 'e');
    const QByteArray longer(LogFollower::maxLineLength * 3 + 7, 'l');
    write(exact + "\n" + longer + "\nshort\n");
    follow();
    m_follower->readNow();
    QCOMPARE(m_lines.size(), 3);
    QCOMPARE(m_lines[0], exact);
    QCOMPARE(m_lines[1], longer.first(LogFollower::maxLineLength));
    QCOMPARE(m_lines[2], "short");
}

void TestLogFollower::largeFilesAreReadInSlices()
{
    QByteArray bytes;
    for (int i = 0; i < 200'000; ++i)
        bytes += QByteArray::number(i) + '\n';
    write(bytes);
    QSignalSpy batches(m_follower.get(), &LogFollower::lines);
    int others = 0;
    QTimer other;
    connect(&other, &QTimer::timeout, this, [&] {
        if (m_lines.size() < 200'000)
            ++others;
    });
    other.start(0);
    follow();
    QTRY_COMPARE(m_lines.size(), 200'000);
    QVERIFY(batches.size() > 1);
    QVERIFY(others > 0);
    QCOMPARE(m_lines.last(), "199999");
}

void TestLogFollower::readNowDrains()
{
    QByteArray bytes;
    for (int i = 0; i < 200'000; ++i)
        bytes += QByteArray::number(i) + '\n';
    follow();
    write(bytes + "no end");
    m_follower->readNow();
    QCOMPARE(m_lines.size(), 200'000);
    m_follower->readNow(true);
    QCOMPARE(m_lines.size(), 200'001);
    QCOMPARE(m_lines.last(), "no end");
    m_follower->stop();
    write("later\n");
    m_follower->readNow();
    QCOMPARE(m_lines.size(), 200'001);
}

void TestLogFollower::aReceiverMayStopOrDeleteIt_data()
{
    QTest::addColumn<bool>("deletes");
    QTest::addColumn<bool>("drains");
    QTest::newRow("stop, slices") << false << false;
    QTest::newRow("stop, drain") << false << true;
    QTest::newRow("delete, slices") << true << false;
    QTest::newRow("delete, drain") << true << true;
}

void TestLogFollower::aReceiverMayStopOrDeleteIt()
{
    QFETCH(bool, deletes);
    QFETCH(bool, drains);
    write(QByteArray("line\n").repeated(500'000));
    qsizetype calls = 0;
    connect(m_follower.get(), &LogFollower::lines, this, [&] {
        ++calls;
        if (deletes)
            m_follower.reset();
        else
            m_follower->stop();
    });
    follow();
    if (drains)
        m_follower->readNow();
    QTRY_COMPARE(calls, 1);
    QTest::qWait(10);
    QCOMPARE(calls, 1);
}

void TestLogFollower::whatCannotBeReadIsTold()
{
    LogFollower follower;
    const auto noFolder = follower.start(m_folder->filePath(u"none/vmm.log"_s));
    QVERIFY(!noFolder);
    QCOMPARE(noFolder.error().code, ErrorCode::NotFound);
    QVERIFY(!follower.isActive());

    QVERIFY(QDir(m_folder->path()).mkdir(u"folder"_s));
    const auto folder = follower.start(m_folder->filePath(u"folder"_s));
    QVERIFY(!folder);
    QVERIFY(!follower.isActive());

    QSignalSpy failures(m_follower.get(), &LogFollower::failed);
    follow();
    QVERIFY(QDir(m_folder->path()).mkdir(u"vmm.log"_s));
    QTRY_COMPARE(failures.size(), 1);
    m_follower->readNow();
    QCOMPARE(failures.size(), 1);
    QVERIFY(QDir(m_folder->path()).rmdir(u"vmm.log"_s));
    write("one\n");
    QTRY_COMPARE(m_lines, QByteArrayList{ "one" });
}

void TestLogFollower::noFdLeaks()
{
    const qsizetype before = openFds();
    for (int i = 0; i < 3; ++i) {
        write("one\n");
        follow();
        m_follower->readNow();
        QVERIFY(openFds() > before);
        m_follower->stop();
        QCOMPARE(openFds(), before);
    }
}

QTEST_GUILESS_MAIN(TestLogFollower)
#include "tst_logfollower.moc"
