// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/socketmove.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <optional>
#include <unistd.h>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

class TestSocketMove : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_folder.emplace();
    }
    void followsLinks();
    void takesThePlaceAndLeavesALink();
    void takesThePlaceBehindALink();
    void theUsedMonitorIsNotTheFirst();
    void theUsedMonitorIsOnNoCommandLine();

private:
    QString path(const QString& name) const { return m_folder->filePath(name); }
    void write(const QString& name, const QByteArray& bytes) const
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }
    QByteArray read(const QString& name) const
    {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void link(const QString& target, const QString& name) const
    {
        QCOMPARE(
            ::symlink(QFile::encodeName(target).constData(), QFile::encodeName(path(name)).constData()), 0);
    }

    std::optional<QTemporaryDir> m_folder;
};

void TestSocketMove::followsLinks()
{
    QCOMPARE(finalPlace(path(u"none"_s)), path(u"none"_s));
    link(path(u"none"_s), u"a"_s);
    link(u"a"_s, u"b"_s);
    QCOMPARE(finalPlace(path(u"b"_s)), path(u"none"_s));
    link(u"circle"_s, u"circle"_s);
    QCOMPARE(finalPlace(path(u"circle"_s)), path(u"circle"_s));
}

void TestSocketMove::takesThePlaceAndLeavesALink()
{
    write(u"new"_s, "new"_ba);
    write(u"known"_s, "old"_ba);
    // A second time, as after a console that died before it could note the first.
    for (int time = 0; time < 2; ++time) {
        QVERIFY(takePlace(path(u"new"_s), path(u"known"_s)));
        QCOMPARE(read(u"known"_s), "new"_ba);
        QVERIFY(!QFileInfo(path(u"known"_s)).isSymLink());
        QCOMPARE(finalPlace(path(u"new"_s)), path(u"known"_s));
    }
    QVERIFY(!takePlace(path(u"absent"_s), path(u"known"_s)));
    QCOMPARE(read(u"known"_s), "new"_ba);
}

void TestSocketMove::takesThePlaceBehindALink()
{
    write(u"new"_s, "new"_ba);
    link(path(u"known"_s), u"earlier"_s);
    QVERIFY(takePlace(path(u"new"_s), path(u"earlier"_s)));
    QCOMPARE(read(u"known"_s), "new"_ba);
    QVERIFY(QFileInfo(path(u"earlier"_s)).isSymLink());
}

void TestSocketMove::theUsedMonitorIsNotTheFirst()
{
    link(path(u"first"_s), u"earlier"_s);
    const std::vector<PathMove> moves{ { .sourcePath = path(u"earlier"_s), .destinationPath = u"/m"_s },
        { .sourcePath = u"second"_s, .destinationPath = u"/s"_s } };
    const std::vector<PathMove> expected{ { .sourcePath = path(u"first"_s), .destinationPath = u"/m"_s },
        { .sourcePath = path(u"second"_s), .destinationPath = u"/s"_s } };
    QCOMPARE(plannedMoves(moves, u"/m"_s, path(u"first"_s), m_folder->path()), expected);
    QCOMPARE(plannedMoves(moves, u"/m"_s, path(u"second"_s), m_folder->path()), expected);
}

void TestSocketMove::theUsedMonitorIsOnNoCommandLine()
{
    const PathMove other{ .sourcePath = u"/run/pid"_s, .destinationPath = u"/p"_s };
    const PathMove used{ .sourcePath = u"/run/used"_s, .destinationPath = u"/m"_s };
    QCOMPARE(plannedMoves({ other }, u"/m"_s, u"/run/used"_s, u"/"_s), (std::vector{ other, used }));
    const PathMove theirs{ .sourcePath = u"/run/theirs"_s, .destinationPath = u"/m"_s };
    QCOMPARE(plannedMoves({ theirs }, u"/m"_s, u"/run/used"_s, u"/"_s), std::vector{ used });
}

QTEST_GUILESS_MAIN(TestSocketMove)
#include "tst_socketmove.moc"
