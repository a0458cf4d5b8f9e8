// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "kvmguest.h"
#include "lab/privatenetwork.h"
#include "soakrun.h"

#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace Qt::StringLiterals;

/// The short form of soak_handover.
class TestVmmSoak : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void losesAndLeavesNothing_data();
    void losesAndLeavesNothing();
};

void TestVmmSoak::losesAndLeavesNothing_data()
{
    QTest::addColumn<QString>("accelerator");
    QTest::newRow("thread") << u"thread"_s;
    QTest::newRow("kvm") << u"kvm"_s;
}

void TestVmmSoak::losesAndLeavesNothing()
{
    QFETCH(QString, accelerator);
    if (const QString problem = accelerator == "kvm"_L1 ? test::kvmGuestProblem() : QString();
        !problem.isEmpty())
        QSKIP(qPrintable(problem));
    const QTemporaryDir runtime;
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtime.path()));
    const test::SoakResult result = test::soak({ .hops = 20, .accelerator = accelerator });
    QVERIFY2(result.findings.isEmpty(), qPrintable(result.findings.join(u'\n')));
    QCOMPARE(result.hops, 20);
    if (!result.notes.isEmpty())
        QSKIP(qPrintable(u"moved without load on every device: "_s + result.notes.join(u' ')));
    QVERIFY(result.traffic.received > 0);
    QVERIFY(result.pulse[u"blocks-verified"].toInteger() > 0);
}

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    std::ignore = lab::enterPrivateNetwork();
    QCoreApplication application(argc, argv);
    TestVmmSoak test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vmmsoak.moc"
