// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmmprocess.h"

#include <QFile>
#include <QProcessEnvironment>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <optional>

using namespace cutover::test;
using namespace Qt::StringLiterals;

/// A QMP client that this project did not write: Python's qemu.qmp, the library and its shell.
class TestVmmQmpClient : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void libraryUnderstandsIt();
    void shellUnderstandsIt();

private:
    QString socketPath() const { return m_folder->filePath(u"qmp"_s); }
    /// Its output; both streams when it fails.
    QString python(const QStringList& arguments, const QByteArray& input = {}) const;

    std::optional<QTemporaryDir> m_folder;
    std::optional<VmmProcess> m_vmm;
};

void TestVmmQmpClient::initTestCase()
{
    m_folder.emplace();
    if (QStandardPaths::findExecutable(u"python3"_s).isEmpty())
        QSKIP("there is no python3 here");
    if (const QString trouble = python({ u"-c"_s, u"import qemu.qmp"_s }); !trouble.isEmpty())
        QSKIP("there is no Python module qemu.qmp here (Debian: python3-qemu-qmp)");
}

void TestVmmQmpClient::init()
{
    QTest::failOnWarning();
    m_folder.emplace();
    m_vmm.emplace(QStringList{ u"-m"_s, u"32M"_s, u"-object"_s,
        u"memory-backend-memfd,id=ram0,size=33554432"_s, u"-machine"_s, u"memory-backend=ram0"_s, u"-qmp"_s,
        u"unix:%1,server=on,wait=off"_s.arg(socketPath()) });
    QmpConnection connection(socketPath());
    connection.negotiate();
    QVERIFY2(connection.waitForStatus(u"query-status"_s, u"running"_s), qPrintable(m_vmm->errors()));
}

void TestVmmQmpClient::cleanup()
{
    m_vmm.reset();
}

QString TestVmmQmpClient::python(const QStringList& arguments, const QByteArray& input) const
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (const QString named = environment.value(u"CUTOVER_QEMU_QMP"_s); !named.isEmpty())
        environment.insert(u"PYTHONPATH"_s, named);
    environment.insert(u"HOME"_s, m_folder->path()); // the shell writes its history there
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(u"python3"_s, arguments);
    process.write(input);
    process.closeWriteChannel();
    const bool good = process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit
        && process.exitCode() == 0;
    const QByteArray said = process.readAllStandardOutput();
    return QString::fromUtf8(good ? said : QByteArray("FAILED\n" + said + process.readAllStandardError()));
}

void TestVmmQmpClient::libraryUnderstandsIt()
{
    const QString said = python({ QStringLiteral(CUTOVER_QMP_CLIENT), socketPath() });
    QStringList lines = said.split(u'\n', Qt::SkipEmptyParts);
    QVERIFY2(!lines.isEmpty() && lines.first().startsWith(u"greeting cutover-vmm "), qPrintable(said));
    lines.removeFirst();
    const QStringList expected{ u"status running"_s, u"event STOP"_s, u"status paused"_s,
        u"unknown CommandNotFound: The command no-such-command has not been found"_s,
        u"bad value GenericError: Invalid parameter type for 'downtime-limit', expected: integer"_s,
        u"bad mode GenericError: Parameter 'mode' does not accept value 'sideways'"_s, u"status running"_s };
    QCOMPARE(lines.join(u'\n'), expected.join(u'\n'));
}

void TestVmmQmpClient::shellUnderstandsIt()
{
    const QString said = python({ u"-c"_s, u"from qemu.qmp.qmp_shell import main; main()"_s, socketPath() },
        "query-status\n"
        "migrate-set-parameters downtime-limit=soon\n"
        "migrate-set-parameters downtime-limit=400\n"
        "no-such\n"
        "stop\n"
        "query-status\n");
    QVERIFY2(!said.startsWith("FAILED"_L1), qPrintable(said));
    qsizetype at = 0;
    for (const QString& part : { u"Connected to QEMU"_s, u"\"status\": \"running\""_s,
             u"Invalid parameter type for 'downtime-limit'"_s, u"{\"return\": {}}"_s,
             u"The command no-such has not been found"_s, u"{\"return\": {}}"_s,
             u"\"status\": \"paused\""_s }) {
        at = said.indexOf(part, at);
        QVERIFY2(at >= 0, qPrintable(part + u" is not in its place in:\n"_s + said));
        at += part.size();
    }
}

QTEST_GUILESS_MAIN(TestVmmQmpClient)

#include "tst_vmmqmpclient.moc"
