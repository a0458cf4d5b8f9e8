// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;

/// The command line of the desktop program: bad input is one clear error, and no window opens.
class TestProgram : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void arguments_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("says");
        QTest::newRow("help") << QStringList{ u"--help"_s } << 0 << u"--source"_s;
        QTest::newRow("version") << QStringList{ u"--version"_s } << 0 << u"cutover"_s;
        QTest::newRow("source without a kind")
            << QStringList{ u"--source"_s, u"/run/qmp.sock"_s } << 2 << u"qmp:PATH"_s;
        QTest::newRow("pid that is none") << QStringList{ u"--source"_s, u"pid:x1"_s } << 2 << u"pid:x1"_s;
        QTest::newRow("pid zero") << QStringList{ u"--source"_s, u"pid:0"_s } << 2 << u"pid:0"_s;
        QTest::newRow("no source") << QStringList{ u"--mode"_s, u"normal"_s } << 2
                                   << u"--source is missing"_s;
        QTest::newRow("unknown mode")
            << QStringList{ u"--source"_s, u"pid:1"_s, u"--mode"_s, u"fast"_s } << 2 << u"'fast'"_s;
        QTest::newRow("no CPR channel") << QStringList{ u"--source"_s, u"pid:1"_s, u"--destination"_s,
            u"qmp:/run/b"_s } << 2 << u",cpr:PATH"_s;
        QTest::newRow("no parameter")
            << QStringList{ u"--source"_s, u"pid:1"_s, u"--set"_s, u"handover"_s } << 2 << u"NAME=VALUE"_s;
        QTest::newRow("program and command") << QStringList{ u"--source"_s, u"pid:1"_s, u"--binary"_s, u"q"_s,
            u"--destination"_s, u"--"_s, u"qemu"_s, u"-S"_s }
                                             << 2 << u"excludes"_s;
        QTest::newRow("unknown lab") << QStringList{ u"--lab"_s, u"xen"_s } << 2 << u"xen"_s;
        QTest::newRow("both") << QStringList{ u"--lab"_s, u"qemu"_s, u"--source"_s, u"pid:1"_s } << 2
                              << u"exclude"_s;
        QTest::newRow("left over") << QStringList{ u"something"_s } << 2 << u"something"_s;
        QTest::newRow("unknown option") << QStringList{ u"--bogus"_s } << 2 << u"bogus"_s;
    }
    void arguments()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QString, says);
        QProcess program;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"HOME"_s, m_home.path());
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        program.setProcessEnvironment(environment);
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start(QStringLiteral(CUTOVER_PROGRAM), arguments);
        QVERIFY2(program.waitForFinished(60'000), qPrintable(program.errorString()));
        const QString output = QString::fromUtf8(program.readAll());
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QTEST(program.exitCode(), "exitCode");
        QVERIFY2(output.contains(says, Qt::CaseInsensitive), qPrintable(output));
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "tst_program.moc"
