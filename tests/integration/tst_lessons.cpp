// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lesson.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace Qt::StringLiterals;

/// Each lesson, played as somebody at a terminal plays it.
class TestLessons : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_runtime.isValid());
        qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime.path()));
    }
    void init() { QTest::failOnWarning(); }

    void list()
    {
        const QJsonObject answer = run({ u"--list"_s, u"--json"_s }).constFirst();
        QCOMPARE(m_exitCode, 0);
        QCOMPARE(answer["lessons"_L1].toArray().size(), lessons::lessonNames().size());
    }

    void play_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("vmm");
        for (const QString& name : lessons::lessonNames()) {
            const auto lesson = lessons::lesson(name);
            QVERIFY(lesson.has_value());
            for (const lessons::Vmm vmm : lesson->vmms)
                QTest::addRow("%s, %s", qPrintable(name), qPrintable(lessons::vmmId(vmm)))
                    << name << lessons::vmmId(vmm);
        }
    }
    void play()
    {
        QFETCH(const QString, name);
        QFETCH(const QString, vmm);
        const QStringList missing
            = lessons::missingFor(vmm == u"qemu" ? lessons::Vmm::Qemu : lessons::Vmm::Embedded);
        if (!missing.isEmpty())
            QSKIP(qPrintable(missing.join(u' ')));
        const QString recording = m_runtime.filePath(u"lesson.cutover"_s);
        const QList<QJsonObject> lines
            = run({ name, u"--vmm"_s, vmm, u"--json"_s, u"--record"_s, recording });
        const QJsonObject summary = lines.constLast();
        QCOMPARE(summary["type"_L1].toString(), u"summary"_s);
        // QEMU may still be writing when its destination has gone: then the loss is not silent.
        if (name == u"rescue" && summary["trouble"_L1].toString().contains(u"Unable to write to socket"))
            QSKIP("QEMU's source has noticed this time that its destination rejects the state");
        for (const QJsonValue& each : summary["findings"_L1].toArray())
            QVERIFY2(each["holds"_L1].toBool(),
                qPrintable(each["expected"_L1].toString() + u' ' + each["seen"_L1].toString()));
        QVERIFY2(m_exitCode == 0, qPrintable(summary["trouble"_L1].toString() + m_errors));
        QVERIFY(!summary["findings"_L1].toArray().isEmpty());
        QVERIFY(QFileInfo(recording).size() > 0);
        QVERIFY(QFile::remove(recording));
    }

    void recordedWhereQemuIsMissing()
    {
        const QByteArray path = qgetenv("PATH");
        qputenv("PATH", "/nonexistent");
        const QList<QJsonObject> lines = run({ u"rescue"_s, u"--json"_s });
        qputenv("PATH", path);
        QVERIFY2(m_exitCode == 0, qPrintable(m_errors));
        const auto lesson = lessons::lesson(u"rescue"_s);
        QVERIFY(lesson.has_value());
        QCOMPARE(lines.size(), qsizetype(lesson->steps.size()) + 1);
        QVERIFY(!lines.constLast()["missing"_L1].toArray().isEmpty());
        QVERIFY(!lines.constLast()["findings"_L1].toArray().isEmpty());
    }

    void cannotBePlayed_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("text");
        QTest::newRow("unknown") << QStringList{ u"late-stopp"_s } << u"late-stop"_s;
        QTest::newRow("another VMM") << QStringList{ u"rescue"_s, u"--vmm"_s, u"embedded"_s } << u"rescue"_s;
        QTest::newRow("settings of its own")
            << QStringList{ u"late-stop"_s, u"--handover"_s, u"prepared"_s } << u"--handover"_s;
    }
    void cannotBePlayed()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QString, text);
        QVERIFY(run(arguments).isEmpty());
        QCOMPARE(m_exitCode, 2);
        QVERIFY2(m_errors.contains(text), qPrintable(m_errors));
    }

private:
    QList<QJsonObject> run(const QStringList& arguments)
    {
        QProcess process;
        process.start(QStringLiteral(CUTOVERCTL), QStringList{ u"demo"_s } + arguments);
        static constexpr int deadlineMs = 600'000;
        if (!process.waitForFinished(deadlineMs)) {
            process.kill();
            process.waitForFinished();
        }
        m_exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        m_errors = QString::fromUtf8(process.readAllStandardError());
        QList<QJsonObject> lines;
        for (const QByteArray& line : process.readAllStandardOutput().split('\n')) {
            if (!line.isEmpty())
                lines << QJsonDocument::fromJson(line).object();
        }
        return lines;
    }

    QTemporaryDir m_runtime;
    int m_exitCode = -1;
    QString m_errors;
};

QTEST_GUILESS_MAIN(TestLessons)
#include "tst_lessons.moc"
