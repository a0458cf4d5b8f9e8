// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/faultpoint.h"
#include "engine/parameters.h"
#include "operator/vmmfault.h"

#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

/// Faults that a VMM does to itself, as the operator asks for them and as the embedded VMM takes them.
class TestVmmFault : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(); }
    void bothKnowTheSamePoints();
    void refuses_data();
    void refuses();
    void whatTheGuestIsToDo();
    void offUnlessAsked();
    void onlyInItsRole();
};

void TestVmmFault::bothKnowTheSamePoints()
{
    QStringList all{ u"none"_s };
    for (const Side side : { Side::Source, Side::Destination }) {
        QStringList ours = vmmFaultPoints(side);
        QStringList theirs = engine::faultPointNames(side == Side::Source);
        ours.sort();
        theirs.sort();
        QCOMPARE(ours, theirs);
        for (const VmmFault::Kind kind : { VmmFault::Kind::Kill, VmmFault::Kind::Stop }) {
            for (const QString& point : std::as_const(ours)) {
                const VmmFault fault{ .kind = kind, .side = side, .point = point };
                all << fault.text();
                QCOMPARE(parseVmmFault(fault.text()), fault);
                QCOMPARE(engine::parseFaultPoint(fault.text()).text(), fault.text());
                QVERIFY(checkFault(fault.text()));
            }
        }
    }
    QStringList taken = engine::faultPointTexts();
    all.sort();
    taken.sort();
    QCOMPARE(all, taken);
}

void TestVmmFault::refuses_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text : { "", "kill", "kill:", "kill:source", "kill:source:", "kill:channel:go",
             "kill:source:load", "stop:destination:send-state", "kill:source:go:1", "Kill:source:go",
             "end:source:go", "kill:source: go" })
        QTest::newRow(text) << QString::fromLatin1(text);
}

void TestVmmFault::refuses()
{
    QFETCH(const QString, text);
    const auto fault = parseVmmFault(text);
    QVERIFY(!fault);
    QVERIFY(!fault.error().remedy.isEmpty());
    QVERIFY(!checkFault(text));
    QVERIFY(engine::parseFaultPoint(text).kind == engine::FaultPoint::Kind::None);
    engine::ParameterSet set;
    QVERIFY(!set.setText(u"x-fault"_s, text, engine::ParameterSource::Config));
}

void TestVmmFault::whatTheGuestIsToDo()
{
    using Expected = relay::Fault::Expected;
    const auto expected = [](const QString& text) { return parseVmmFault(text)->expected(); };
    // Who has said GO has no guest any more; who has not yet got it never had one.
    QCOMPARE(expected(u"kill:source:go"_s), Expected::Ends);
    QCOMPARE(expected(u"kill:source:await-started"_s), Expected::Moves);
    QCOMPARE(expected(u"kill:destination:send-ready"_s), Expected::Stays);
    QCOMPARE(expected(u"kill:destination:start"_s), Expected::OneSide);
    QCOMPARE(expected(u"kill:destination:send-started"_s), Expected::Ends);
    QCOMPARE(expected(u"stop:destination:send-ready"_s), Expected::Stays);
    QCOMPARE(expected(u"stop:source:send-state"_s), Expected::OneSide);
    QCOMPARE(relay::expectedId(Expected::Ends), u"ends"_s);
}

void TestVmmFault::offUnlessAsked()
{
    engine::ParameterSet set;
    QCOMPARE(set.value(u"x-fault"_s).toString(), u"none"_s);
    QCOMPARE(set.parameters().fault, engine::FaultPoint());
    QVERIFY(set.setText(u"x-fault"_s, u"kill:source:go"_s, engine::ParameterSource::Config));
    QCOMPARE(set.parameters().fault.text(), u"kill:source:go"_s);
    QVERIFY(set.set(u"x-fault"_s, u"none"_s, engine::ParameterSource::Qmp));
    QVERIFY(set.parameters().fault.kind == engine::FaultPoint::Kind::None);
}

void TestVmmFault::onlyInItsRole()
{
    const auto fault = engine::parseFaultPoint(u"kill:source:hello"_s);
    const auto refuse = [](const QString&) { QFAIL("it was carried out"); };
    engine::FaultTrigger other(fault, false, refuse);
    QVERIFY(!other.isArmed());
    other.reach(u"hello"_s);
    engine::FaultTrigger own(fault, true, refuse);
    QVERIFY(own.isArmed());
    own.reach(u"go"_s);
    engine::FaultTrigger().reach(u"hello"_s);
}

QTEST_GUILESS_MAIN(TestVmmFault)
#include "tst_vmmfault.moc"
