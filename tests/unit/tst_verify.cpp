// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/verify.h"

#include <QRegularExpression>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;
using fdpass::Identity;

static FdProof proof(const QString& name, Identity identity, int sourceFd = 7)
{
    FdProof fd;
    fd.name = name;
    fd.sourceFd = sourceFd;
    fd.destinationFd = 8;
    fd.proof.identity = identity;
    fd.proof.text = u"not permitted"_s;
    return fd;
}

/// A guest that was moved as it should be; each row spoils one thing.
static VerificationInput moved()
{
    VerificationInput input;
    input.sourceRunState = u"postmigrate"_s;
    input.destinationRunState = u"running"_s;
    input.fdsExpected = input.traceComplete = true;
    input.fds = { proof(u"tap"_s, Identity::Same) };
    return input;
}

class TestVerify : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void verdict_data()
    {
        QTest::addColumn<VerificationInput>("input");
        QTest::addColumn<bool>("ok");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const auto& spoil, bool ok, const QString& says) {
            VerificationInput input = moved();
            spoil(input);
            QTest::newRow(name) << input << ok << says;
        };
        row("moved", [](auto&) { }, true, u"runs the guest"_s);
        row("the source has ended", [](auto& in) { in.sourceGone = true; }, true, u"has ended"_s);
        row("both run it", [](auto& in) { in.sourceRunState = u"running"_s; }, false, u"as well"_s);
        row("nobody runs it", [](auto& in) { in.destinationRunState = u"paused"_s; }, false, u"'paused'"_s);
        row(
            "paused before and after",
            [](auto& in) {
                in.sourceWasRunning = false;
                in.destinationRunState = u"paused"_s;
            },
            true, u"paused as it was"_s);
        row("paused before, runs now", [](auto& in) { in.sourceWasRunning = false; }, false, u"was paused"_s);
        row("it beats", [](auto& in) { in.guestBeats = true; }, true, u"heart beats"_s);
        row("it does not beat", [](auto& in) { in.guestBeats = false; }, false, u"does not beat"_s);
        row(
            "another file", [](auto& in) { in.fds = { proof(u"tap"_s, Identity::Different) }; }, false,
            u"'tap' is not the same"_s);
        row(
            "not found in the source", [](auto& in) { in.fds = { proof(u"tap"_s, Identity::Unknown, -1) }; },
            false, u"'tap' is not the same"_s);
        row(
            "not comparable", [](auto& in) { in.fds = { proof(u"tap"_s, Identity::Unknown) }; }, true,
            u"not permitted"_s);
        row(
            "the same inode", [](auto& in) { in.fds = { proof(u"tap"_s, Identity::SameInode) }; }, true,
            u"weaker"_s);
        row("none passed", [](auto& in) { in.fds.clear(); }, false, u"No descriptor was passed"_s);
        row(
            "none wanted",
            [](auto& in) {
                in.fds.clear();
                in.fdsExpected = false;
            },
            true, u"runs the guest"_s);
        row(
            "a log that does not tell",
            [](auto& in) {
                in.fds.clear();
                in.traceComplete = false;
            },
            true, u"does not tell"_s);
        row("one was lost", [](auto& in) { in.alarms = { u"'tap' was lost."_s }; }, false, u"was lost"_s);
        row("never claimed", [](auto& in) { in.unclaimed = { u"spare"_s }; }, true, u"'spare'"_s);
    }
    void verdict()
    {
        QFETCH(const VerificationInput, input);
        QFETCH(const bool, ok);
        QFETCH(const QString, says);
        const Verification verdict = judge(input);
        QCOMPARE(verdict.ok, ok);
        QCOMPARE(verdict.findings.isEmpty(), ok);
        QCOMPARE(verdict.fds.size(), input.fds.size());
        const QString text = (ok ? verdict.evidence : verdict.findings).join(u'\n');
        QVERIFY2(text.contains(says), qPrintable(text));
    }
};

QTEST_GUILESS_MAIN(TestVerify)
#include "tst_verify.moc"
