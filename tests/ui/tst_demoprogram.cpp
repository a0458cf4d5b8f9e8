// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/recording.h"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QSet>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace Qt::StringLiterals;

/// The finished program shows the demo to nobody, and writes it down.
class TestDemoProgram : public QObject
{
    Q_OBJECT
private:
    struct Run
    {
        int code = -1;
        QString output;
    };
    Run run(const QStringList& arguments) const
    {
        QProcess program;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"HOME"_s, m_home.path());
        environment.insert(u"XDG_RUNTIME_DIR"_s, m_home.path());
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        program.setProcessEnvironment(environment);
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.setWorkingDirectory(m_home.path());
        program.start(QStringLiteral(CUTOVER_PROGRAM), arguments);
        Run run;
        if (program.waitForFinished(300'000) && program.exitStatus() == QProcess::NormalExit)
            run.code = program.exitCode();
        run.output = QString::fromUtf8(program.readAll());
        return run;
    }
    QStringList left() const
    {
        QStringList entries;
        for (const QString& folder : { u"cutover"_s, u"cutover-labs"_s })
            entries += QDir(m_home.filePath(folder)).entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
        return entries;
    }
    QTemporaryDir m_home;

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void showsAndWrites_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("embedded") << QStringList{ u"--demo"_s };
        QTest::newRow("embedded, everything copied")
            << QStringList{ u"--demo"_s, u"--migrate-fds"_s, u"off"_s, u"--ram"_s, u"64M"_s };
        QTest::newRow("qemu") << QStringList{ u"--demo"_s, u"qemu"_s, u"--ram"_s, u"64M"_s };
    }
    void showsAndWrites()
    {
        QFETCH(const QStringList, arguments);
        if (arguments.contains(u"qemu"_s)
            && QStandardPaths::findExecutable(u"qemu-system-x86_64"_s).isEmpty())
            QSKIP("qemu-system-x86_64 is not installed");
        const QDir folder(m_home.filePath(u"out"_s));
        const Run done = run(arguments + QStringList{ u"--output"_s, folder.path() });
        QVERIFY2(done.code == 0, qPrintable(done.output));
        QVERIFY2(done.output.contains(u"verified"), qPrintable(done.output));
        for (const QString& name : { u"before"_s, u"during"_s, u"after"_s }) {
            const QString path = folder.filePath(name + u".png"_s);
            QVERIFY2(done.output.contains(path), qPrintable(done.output));
            const QImage image(path);
            QVERIFY(image.width() > 600);
            QSet<QRgb> colours;
            for (int x = 0; x < image.width(); x += 3) {
                for (int y = 0; y < image.height(); y += 3)
                    colours.insert(image.pixel(x, y));
            }
            QVERIFY(colours.size() > 50);
        }
        const auto recording = timeline::readRecording(folder.filePath(u"demo.cutover"_s));
        QVERIFY(recording);
        QVERIFY(!recording->damage.isDamaged());
        QVERIFY(recording->events.size() > 100);
        QFile phases(folder.filePath(u"phases.txt"_s));
        QVERIFY(phases.open(QIODevice::ReadOnly));
        QVERIFY(phases.readAll().contains("ram0"));
        if (const QString kept = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !kept.isEmpty()) {
            for (const QString& name : { u"before"_s, u"during"_s, u"after"_s })
                QFile::copy(folder.filePath(name + u".png"_s),
                    kept + u"/demo-%1-%2.png"_s.arg(QString::fromLatin1(QTest::currentDataTag()), name));
        }
        QVERIFY(QDir(folder).removeRecursively());
        QTRY_COMPARE(left(), QStringList());
    }

    void failureIsSaid()
    {
        const Run done = run({ u"--demo"_s, u"--binary"_s, u"/nowhere/cutover-vmm"_s });
        QCOMPARE(done.code, 1);
        QVERIFY2(done.output.contains(u"/nowhere/cutover-vmm"), qPrintable(done.output));
        QVERIFY(QFile::exists(m_home.filePath(u"cutover-demo/demo.cutover"_s)));
        QTRY_COMPARE(left(), QStringList());
    }
};

QTEST_GUILESS_MAIN(TestDemoProgram)
#include "tst_demoprogram.moc"
