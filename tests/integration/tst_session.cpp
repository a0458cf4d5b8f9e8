// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/qemulab.h"
#include "operator/journal.h"
#include "operator/session.h"
#include "qemus.h"
#include "timeline/record.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace cutover::op;

namespace {

bool isSettled(const Session& session)
{
    return std::holds_alternative<state::Ready>(session.state())
        || std::holds_alternative<state::Migrated>(session.state()) || isFinal(session.state());
}

} // namespace

class TestSession : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void migrates_data();
    void migrates();

private:
    QTemporaryDir m_runtime;
};

void TestSession::initTestCase()
{
    QTest::failOnWarning();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime.path()));
}

void TestSession::migrates_data()
{
    test::addQemuRows();
}

void TestSession::migrates()
{
    QFETCH(QString, version);
    QFETCH(QString, accelerator);
    if (const QString missing = test::missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    lab::QemuLab lab(test::labOptions(version, accelerator));
    QSignalSpy started(&lab, &lab::QemuLab::started);
    lab.start();
    QVERIFY(started.wait(60'000));

    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = lab.qmpPath() } }).has_value());
    QTRY_VERIFY_WITH_TIMEOUT(isSettled(session), 60'000);
    QVERIFY(std::holds_alternative<state::Ready>(session.state()));
    QVERIFY(session.migrate().has_value());
    QTRY_VERIFY_WITH_TIMEOUT(isSettled(session), 120'000);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()),
        qPrintable(session.failure() ? session.failure()->sentence() : stateId(session.state())));
    const EndpointStatus moved = session.endpoint(Side::Destination);
    QVERIFY(lab.takeOver(moved.pid, moved.startTicks).has_value());
    QVERIFY(session.verification().ok);
    QVERIFY(!session.verification().fds.empty());
    for (const FdProof& fd : session.verification().fds)
        QCOMPARE(fd.proof.identity, fdpass::Identity::Same);

    QVERIFY(session.finish().has_value());
    QTRY_VERIFY_WITH_TIMEOUT(isFinal(session.state()), 60'000);
    QVERIFY(std::holds_alternative<state::Finished>(session.state()));
    QVERIFY(session.endpoint(Side::Source).gone);
    QCOMPARE(session.endpoint(Side::Destination).runState, QStringLiteral("running"));
}

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
