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

    /// With a home of its own.
    QProcessEnvironment environment() const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"HOME"_s, m_home.path());
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        environment.remove(u"XDG_CONFIG_HOME"_s);
        return environment;
    }

    /// Runs it to its end and compares with what the row expects.
    static void runRow(const QProcessEnvironment& environment)
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QString, says);
        QProcess program;
        program.setProcessEnvironment(environment);
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start(QStringLiteral(CUTOVER_PROGRAM), arguments);
        QVERIFY2(program.waitForFinished(60'000), qPrintable(program.errorString()));
        const QString output = QString::fromUtf8(program.readAll());
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QTEST(program.exitCode(), "exitCode");
        QVERIFY2(output.contains(says, Qt::CaseInsensitive), qPrintable(output));
    }

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
            << QStringList{ u"--source"_s, u"/run/qmp.sock"_s } << 2 << u"qmp:/run/qmp.sock"_s;
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
        QTest::newRow("demo of something else") << QStringList{ u"--demo=xen"_s } << 2 << u"xen"_s;
        QTest::newRow("demo and source")
            << QStringList{ u"--demo"_s, u"--source"_s, u"pid:1"_s } << 2 << u"exclude"_s;
        QTest::newRow("migrate what") << QStringList{ u"--migrate"_s } << 2 << u"--source"_s;
        QTest::newRow("left over") << QStringList{ u"something"_s } << 2 << u"something"_s;
        QTest::newRow("no such recording") << QStringList{ u"something"_s } << 2 << u"something"_s;
        QTest::newRow("two recordings") << QStringList{ u"/"_s, u"other"_s } << 2 << u"other"_s;
        QTest::newRow("recording and lab")
            << QStringList{ u"/"_s, u"--lab"_s, u"qemu"_s } << 2 << u"exclude"_s;
        QTest::newRow("unknown option") << QStringList{ u"--bogus"_s } << 2 << u"bogus"_s;
    }
    void arguments() { runRow(environment()); }

    void withoutADisplay_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("says");
        QTest::newRow("version") << QStringList{ u"--version"_s } << 0 << u"cutover "_s;
        QTest::newRow("help") << QStringList{ u"--help"_s } << 0 << u"--demo"_s;
        QTest::newRow("window") << QStringList() << 1 << u"no display"_s;
        QTest::newRow("bad option") << QStringList{ u"--bogus"_s } << 2 << u"bogus"_s;
    }
    void withoutADisplay()
    {
        QProcessEnvironment without = environment();
        for (const QString& name :
            { u"DISPLAY"_s, u"WAYLAND_DISPLAY"_s, u"WAYLAND_SOCKET"_s, u"QT_QPA_PLATFORM"_s })
            without.remove(name);
        runRow(without);
    }

    /// The recording that is named on the command line is opened, and remembered.
    void opensARecording()
    {
        const QString path = m_home.filePath(u"given.cutover"_s);
        QFile recording(path);
        QVERIFY(recording.open(QIODevice::WriteOnly));
        recording.write(R"({"format":"cutover-recording","version":1})"
                        "\n"
                        R"({"time":5,"side":"console","category":"state","name":"ready"})"
                        "\n");
        recording.close();
        QProcess program;
        program.setProcessEnvironment(environment());
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start(QStringLiteral(CUTOVER_PROGRAM), { path });
        QVERIFY2(program.waitForStarted(), qPrintable(program.errorString()));
        const auto settings = [this] {
            QFile file(m_home.filePath(u".config/cutoverrc"_s));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QTRY_VERIFY_WITH_TIMEOUT(settings().contains("given.cutover"), 60'000);
        program.terminate();
        QVERIFY(program.waitForFinished(60'000));
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "tst_program.moc"
