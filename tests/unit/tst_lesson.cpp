// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lesson.h"
#include "lessons/stepmark.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::lessons;
using namespace Qt::StringLiterals;
using timeline::Category;
using timeline::Event;

namespace {

/// A lesson of one step besides the lab, with \a step as its members.
QByteArray lessonOf(const QByteArray& step)
{
    QByteArray json = R"json({"format": "cutover-lesson", "version": 1, "title": "T", "text": "t",
        "vmm": ["embedded"],
        "steps": [{"id": "lab", "do": "lab", "title": "T", "text": "t"},
                  {"id": "it", "title": "T", "text": "t"@}]})json";
    return json.replace("@", step.isEmpty() ? QByteArray() : ", " + step);
}

op::SessionState migrated(bool verified)
{
    return op::state::Migrated{ .verified = verified };
}

} // namespace

/// What lessons say, and what their expectations are held against.
class TestLesson : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void bundledLessons_data()
    {
        QTest::addColumn<QString>("name");
        for (const QString& name : lessonNames())
            QTest::newRow(qPrintable(name)) << name;
    }
    void bundledLessons()
    {
        QFETCH(const QString, name);
        const auto usual = lesson(name);
        QVERIFY2(usual.has_value(), qPrintable(usual ? QString() : usual.error().message()));
        for (const Vmm vmm : usual->vmms) {
            const auto read = lesson(name, vmm);
            QVERIFY(read.has_value());
            QSet<QString> ids;
            bool expects = false;
            for (const Step& step : read->steps) {
                QVERIFY2(!ids.contains(step.id), qPrintable(step.id));
                ids << step.id;
                expects |= !step.expectations.empty();
            }
            QVERIFY(expects);
        }
    }
    void recordings_data() { bundledLessons_data(); }
    /// The program shows them where it cannot play the lessons.
    void recordings()
    {
        QFETCH(const QString, name);
        const auto usual = lesson(name);
        QVERIFY(usual.has_value());
        for (const Vmm vmm : usual->vmms) {
            const auto recorded = recordedLesson(name, vmm);
            QVERIFY2(recorded.has_value(), qPrintable(recorded ? QString() : recorded.error().message()));
            QVERIFY(!recorded->recording.damage.isDamaged());
            for (const PlacedMark& placed : recorded->marks) {
                QCOMPARE(placed.mark.vmm, vmmId(vmm));
                QVERIFY2(placed.mark.trouble.isEmpty(), qPrintable(placed.mark.trouble));
                QVERIFY2(
                    std::ranges::all_of(placed.mark.findings, &Finding::holds), qPrintable(placed.mark.step));
            }
        }
    }
    void marks()
    {
        const StepMark mark{ .lesson = u"update"_s,
            .vmm = u"qemu"_s,
            .step = u"lab"_s,
            .title = u"A guest"_s,
            .trouble = u"none"_s,
            .findings = { { .holds = true, .sentence = u"so"_s, .seen = u"and so"_s }, {} } };
        const std::vector<Event> events{ {}, toEvent(mark, 17), { .category = Category::Action } };
        const auto read = stepMarks(events);
        QCOMPARE(read.size(), std::size_t{ 1 });
        QCOMPARE(read.front().position, std::size_t{ 2 });
        QVERIFY(read.front().mark == mark);
        QVERIFY(recordedLesson(u"nobody"_s, Vmm::Embedded).error().code == ErrorCode::NotFound);
    }
    void unknownLesson()
    {
        const auto read = lesson(u"nobody"_s);
        QVERIFY(!read.has_value());
        QCOMPARE(read.error().code, ErrorCode::NotFound);
        QCOMPARE(lesson(u"rescue"_s, Vmm::Embedded).error().code, ErrorCode::Unsupported);
    }

    void malformed_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("cause");
        const auto row = [](const char* name, const QByteArray& json, const QString& where,
                             const QString& cause) { QTest::newRow(name) << json << where << cause; };
        row("no JSON", "[", u"x"_s, QString());
        row("another format", R"json({"format": "other", "version": 1})json", u"x"_s, u"version"_s);
        row("another version", QByteArray(lessonOf({})).replace("\"version\": 1", "\"version\": 2"), u"x"_s,
            u"version"_s);
        row("no lab",
            R"json({"format": "cutover-lesson", "version": 1, "title": "T", "text": "t", "vmm": ["qemu"]})json",
            u"x"_s, u"lab"_s);
        row("another VMM", QByteArray(lessonOf({})).replace("[\"embedded\"]", "[\"other\"]"), u"x"_s,
            u"other"_s);
        row("unknown action", lessonOf(R"json("do": "dance")json"), u"it"_s, u"dance"_s);
        row("unknown member", lessonOf(R"json("colour": "red")json"), u"it"_s, u"colour"_s);
        row("unknown argument", lessonOf(R"json("do": "finish", "with": {"fast": true})json"), u"it"_s,
            u"fast"_s);
        row("another type", lessonOf(R"json("do": "switch", "with": {"on": "yes"})json"), u"it"_s, u"on"_s);
        row("no command", lessonOf(R"json("do": "qmp", "with": {})json"), u"it"_s, u"execute"_s);
        row("bad side", lessonOf(R"json("do": "kill", "with": {"side": "console"})json"), u"it"_s,
            u"console"_s);
        row("bad rescue", lessonOf(R"json("do": "rescue", "with": {"kind": "pray"})json"), u"it"_s,
            u"pray"_s);
        row("bad pattern",
            lessonOf(R"json("do": "check", "with": {"destination": [{"replace": "*", "by": ""}]})json"),
            u"it"_s, QString());
        row("unknown expectation", lessonOf(R"json("expect": [{"what": "luck"}])json"), u"it"_s, u"luck"_s);
        row("bad outcome", lessonOf(R"json("expect": [{"what": "outcome", "is": "good"}])json"), u"it"_s,
            u"good"_s);
        row("expectation of nothing", lessonOf(R"json("expect": [7])json"), u"it"_s, u"nothing"_s);
    }
    void malformed()
    {
        QFETCH(const QByteArray, json);
        QFETCH(const QString, where);
        QFETCH(const QString, cause);
        const auto read = readLesson(u"x"_s, json);
        QVERIFY(!read.has_value());
        QCOMPARE(read.error().code, ErrorCode::Malformed);
        QCOMPARE(read.error().object, where);
        QVERIFY2(read.error().cause.contains(cause), qPrintable(read.error().cause));
    }

    void whereTheGuestIs_data()
    {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("destination");
        QTest::addColumn<QString>("holds");
        QTest::newRow("source") << u"running"_s << u"gone"_s << u"source"_s;
        QTest::newRow("destination") << u"postmigrate"_s << u"running"_s << u"destination"_s;
        QTest::newRow("nowhere") << u"postmigrate"_s << u"gone"_s << u"nowhere"_s;
        QTest::newRow("both") << u"running"_s << u"running"_s << QString();
        QTest::newRow("heart stands still") << u"postmigrate"_s << u"still"_s << QString();
        QTest::newRow("silence") << u"silent"_s << u"gone"_s << QString();
    }
    void whereTheGuestIs()
    {
        QFETCH(const QString, source);
        QFETCH(const QString, destination);
        QFETCH(const QString, holds);
        const auto answers = [](const QString& state) {
            return Answers{ .reached = state != u"gone" && state != u"silent",
                .gone = state == u"gone",
                .runState = state == u"still" ? u"running"_s : state,
                .beats = state == u"still" ? std::optional(false) : std::nullopt };
        };
        Evidence evidence;
        evidence.source = answers(source);
        evidence.destination = answers(destination);
        for (const auto& [name, at] : { std::pair(u"source"_s, op::GuestLocation::Source),
                 std::pair(u"destination"_s, op::GuestLocation::Destination),
                 std::pair(u"nowhere"_s, op::GuestLocation::NowhereSourceHolds) }) {
            const Finding finding = judge(expect::Guest{ at }, evidence);
            QVERIFY2(finding.holds == (name == holds), qPrintable(name + u' ' + finding.seen));
        }
    }

    void outcomes()
    {
        Evidence evidence;
        evidence.state = migrated(true);
        QVERIFY(judge(expect::Outcome{ op::Outcome::Migrated }, evidence).holds);
        evidence.state = migrated(false);
        QVERIFY(!judge(expect::Outcome{ op::Outcome::Migrated }, evidence).holds);
        evidence.state = op::state::Ready{ .refused = true };
        QVERIFY(judge(expect::Outcome{ op::Outcome::Refused }, evidence).holds);
    }

    void descriptors()
    {
        const auto fd = [](const QString& name, const QString& identity) {
            return Event{ .timeNs = 1,
                .category = Category::Fd,
                .name = name,
                .attributes = { { u"identity"_s, identity } } };
        };
        const std::vector<Event> events{ fd(u"ram0"_s, u"same"_s), fd(u"console0/listener"_s, u"new"_s) };
        Evidence evidence;
        evidence.events = events;
        QVERIFY(judge(expect::Fds{ .devices = { u"ram0"_s } }, evidence).holds);
        QVERIFY(!judge(expect::Fds{}, evidence).holds);
        QVERIFY(!judge(expect::Fds{ .devices = { u"ram0"_s, u"net0"_s } }, evidence).holds);
        QVERIFY(judge(expect::Fds{ .devices = { u"console0"_s }, .same = false }, evidence).holds);
        QVERIFY(!judge(expect::Fds{ .same = false }, evidence).holds);
    }

    void orderOfEvents()
    {
        const auto events = [](qint64 madeNs) {
            return std::vector<Event>{ { .side = Side::Source,
                                           .timeNs = 10,
                                           .category = Category::Trace,
                                           .name = u"vmstate_downtime_checkpoint"_s,
                                           .attributes = { { u"name"_s, u"src-downtime-start"_s } } },
                { .side = Side::Destination,
                    .timeNs = madeNs,
                    .category = Category::Trace,
                    .name = u"qemu_ram_alloc_shared"_s } };
        };
        const auto early = events(5);
        const auto late = events(15);
        Evidence evidence;
        QVERIFY(!judge(expect::Devices{ .insidePause = true }, evidence).holds);
        QVERIFY(!judge(expect::Devices{ .insidePause = false }, evidence).holds);
        evidence.events = early;
        QVERIFY(judge(expect::Devices{ .insidePause = false }, evidence).holds);
        evidence.events = late;
        QVERIFY(judge(expect::Devices{ .insidePause = true }, evidence).holds);
        QVERIFY(!judge(expect::Devices{ .insidePause = false }, evidence).holds);
    }

    void guestsOwnCounters()
    {
        Evidence evidence;
        QVERIFY(!judge(expect::NoLoss{}, evidence).holds);
        evidence.source = { .reached = true,
            .runState = u"running"_s,
            .beats = true,
            .pulse = { { u"blocks-verified"_s, 7 }, { u"blocks-wrong"_s, 0 } } };
        QVERIFY(judge(expect::NoLoss{}, evidence).holds);
        evidence.source.pulse.insert(u"blocks-wrong"_s, 1);
        QVERIFY(!judge(expect::NoLoss{}, evidence).holds);
    }
};

QTEST_GUILESS_MAIN(TestLesson)
#include "tst_lesson.moc"
