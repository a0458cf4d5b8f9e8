// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/clean.h"
#include "report/download.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/textwidth.h"
#include "report/timelinestyle.h"
#include "report/timelinesvg.h"

#include "timelinehelp.h"

#include <QJsonArray>
#include <QProcess>
#include <QRegularExpression>
#include <QSaveFile>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace cutover;
using namespace cutover::report;
using namespace Qt::StringLiterals;
using timeline::Category;
using timeline::Event;

namespace {

constexpr qint64 startNs = 1'795'208'129'000'000'000;

/// Everything that would leave its place if it were not escaped.
const QString hostile
    = u"</script><script>alert(1)</script>\"'>&amp;<img src=x onerror=alert(1)>\u202e\u0000\u001b[2J%1"_s;

Event happened(
    Side side, qint64 afterNs, Category category, const QString& name, const QJsonObject& attributes = {})
{
    return { .side = side,
        .timeNs = afterNs < 0 ? 0 : startNs + afterNs,
        .category = category,
        .name = name,
        .attributes = attributes };
}

std::vector<Event> recorded(const QString& name)
{
    auto recording = timeline::readRecording(QStringLiteral(CUTOVER_TEST_DATA "/recordings/") + name);
    return recording ? std::move(recording->events) : std::vector<Event>();
}

/// Logs of QEMU, as a session has recorded them, without the session.
std::vector<Event> logged(const QString& name)
{
    std::vector<Event> events
        = test::parseLog(Side::Source, test::dataFile(u"logs/"_s + name + u"-src.log"_s));
    test::append(
        events, test::parseLog(Side::Destination, test::dataFile(u"logs/"_s + name + u"-dst.log"_s)));
    return events;
}

/// What a reader of XML finds in a document; empty elements of it where the document is broken.
struct Found
{
    QString error;
    QStringList texts;
    QStringList elements;
    QStringList links; ///< whatever an element refers to
    QStringList ids;

    bool hasText(const QString& text) const
    {
        return std::ranges::any_of(texts, [&text](const QString& each) { return each.contains(text); });
    }
};

Found readDocument(const QByteArray& document)
{
    Found found;
    QXmlStreamReader reader(document);
    while (!reader.atEnd()) {
        reader.readNext();
        if (reader.isCharacters() && !reader.isWhitespace())
            found.texts.append(reader.text().toString());
        if (!reader.isStartElement())
            continue;
        found.elements.append(reader.name().toString());
        for (const QXmlStreamAttribute& attribute : reader.attributes()) {
            if (attribute.name() == u"href" || attribute.name() == u"src" || attribute.name() == u"clip-path")
                found.links.append(attribute.value().toString());
            if (attribute.name() == u"id")
                found.ids.append(attribute.value().toString());
            if (attribute.name().startsWith(u"on"))
                found.error = u"an event handler"_s;
        }
    }
    if (reader.hasError())
        found.error = reader.errorString();
    return found;
}

std::vector<Event> hostileMigration()
{
    std::vector<Event> events = recorded(u"vmm-prepared.cutover"_s);
    const QJsonObject everything{ { "text"_L1, hostile }, { "sentence"_L1, hostile }, { "line"_L1, hostile },
        { "guest"_L1, hostile }, { "version"_L1, hostile }, { "qmp"_L1, hostile }, { "runState"_L1, hostile },
        { "title"_L1, hostile }, { "evidence"_L1, hostile }, { "remedy"_L1, hostile },
        { "verdict"_L1, "warning"_L1 }, { "kind"_L1, hostile }, { "proof"_L1, hostile },
        { "identity"_L1, hostile }, { "method"_L1, hostile }, { "name"_L1, hostile }, { "idstr"_L1, hostile },
        { "device"_L1, hostile }, { "resource"_L1, hostile }, { "argv"_L1, hostile },
        { "command"_L1, hostile }, { "cause"_L1, hostile }, { "mode"_L1, hostile }, { "owned"_L1, true },
        { "parameters"_L1,
            QJsonArray{
                QJsonObject{ { "name"_L1, hostile }, { "value"_L1, hostile }, { "origin"_L1, hostile } } } },
        { "inventory"_L1,
            QJsonObject{ { "devices"_L1,
                QJsonArray{ QJsonObject{ { "id"_L1, hostile }, { "type"_L1, hostile } } } } } } };
    const qint64 lastNs = events.empty() ? 0 : events.back().timeNs - startNs;
    for (const Side side : { Side::Source, Side::Destination, Side::Channel, Side::Console }) {
        for (int category = 0; category <= static_cast<int>(Category::Endpoint); ++category)
            events.push_back(happened(side, lastNs, static_cast<Category>(category), hostile, everything));
    }
    for (const QString& name : { u"note"_s, u"command"_s, u"settings"_s, u"switch"_s, u"socket-moved"_s })
        events.push_back(happened(Side::Source, lastNs, Category::Action, name, everything));
    events.push_back(happened(Side::Console, lastNs, Category::Process, u"spawned"_s, everything));
    events.push_back(happened(Side::Destination, lastNs, Category::Process, u"stderr"_s, everything));
    events.push_back(happened(Side::Source, lastNs, Category::Endpoint, u"status"_s, everything));
    events.push_back(
        happened(Side::Source, lastNs, Category::Trace, u"vmstate_downtime_checkpoint"_s, everything));
    events.push_back(happened(Side::Source, lastNs, Category::QmpEvent, u"DEVICE_OWNERSHIP"_s, everything));
    return events;
}

} // namespace

class TestReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void cleansText();
    void measuresText();
    void textReadsWellOnItsBar();
    void packsAsGzip();
    void isWellFormed_data();
    void isWellFormed();
    void tellsWhatHappened();
    void remembersAnEndedVmm();
    void addsUpSmallParts();
    void linksToEachPart();
    void beginsWithTheGuest_data();
    void beginsWithTheGuest();
    void hostileStringsStayText();
    void hugeRecordingsAreCut();
    void givesTheRecordingBack();
    void leavesOutALongRecording();
    void refersToNothingOutside();
    void pictureStandsAlone();
    void golden_data();
    void golden();
};

void TestReport::cleansText()
{
    QCOMPARE(clean(u"plain\ttext\n"_s), u"plain\ttext\n"_s);
    QCOMPARE(clean(u"a\u0000b\u001bc\u009bd\u202ee\ufffff"_s), u"a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"_s);
    const QString half = QString(QChar(0xd83d)) + u'x';
    QCOMPARE(clean(half), u"\ufffdx"_s);
    QCOMPARE(clean(u"\U0001f600"_s), u"\U0001f600"_s);
    QCOMPARE(clean(QString(15, u'x'), 10), QString(10, u'x') + u" [… 5 characters more]"_s);
    // A pair is not torn apart.
    QCOMPARE(clean(u"x\U0001f600yz"_s, 2), u"x [… 4 characters more]"_s);
    QCOMPARE(clean({}), QString());
}

void TestReport::measuresText()
{
    QCOMPARE(textWidth(u"", 12), 0.0);
    QVERIFY(textWidth(u"WWWW", 12) > textWidth(u"iiii", 12));
    QCOMPARE(fittedText(u"ready"_s, 12, 100), u"ready"_s);
    QCOMPARE(fittedText(u"waits for the source"_s, 12, 10), QString());
    const QString cut = fittedText(u"waits for the source"_s, 12, 100);
    QVERIFY(cut.endsWith(u'…'));
    QVERIFY(textWidth(cut, 12) <= 100);
    QCOMPARE(fittedText(QString(), 12, 0), QString());
}

void TestReport::textReadsWellOnItsBar()
{
    constexpr double readable = 4.5;
    for (const Palette* palette : { &lightPalette(), &darkPalette() }) {
        const auto check = [palette](Colour fill) {
            QVERIFY2(contrast(palette->on(fill), fill) >= readable,
                qPrintable(u"%1: %2"_s.arg(fill.css()).arg(contrast(palette->on(fill), fill))));
        };
        for (const Side side : { Side::Source, Side::Destination, Side::Channel, Side::Console }) {
            for (int tone = 0; tone <= static_cast<int>(layout::Tone::Fault); ++tone)
                check(barColour(*palette, side, static_cast<layout::Tone>(tone)));
        }
        for (const auto owner : { layout::Owner::Source, layout::Owner::Destination, layout::Owner::Both }) {
            check(ownerColour(*palette, owner, false));
            check(ownerColour(*palette, owner, true));
        }
        for (const Colour colour : { palette->text, palette->faint, palette->source, palette->destination,
                 palette->pause, palette->neutral }) {
            QVERIFY(contrast(colour, palette->background) >= readable);
            QVERIFY(contrast(colour, palette->raised) >= readable);
        }
    }
}

static QByteArray unpacked(const QByteArray& gzip)
{
    QProcess tool;
    tool.start(u"gzip"_s, { u"-dc"_s });
    tool.write(gzip);
    tool.closeWriteChannel();
    return tool.waitForFinished() && tool.exitCode() == 0 ? tool.readAllStandardOutput()
                                                          : QByteArray("failed");
}

void TestReport::packsAsGzip()
{
    if (QStandardPaths::findExecutable(u"gzip"_s).isEmpty())
        QSKIP("no gzip here");
    const QByteArray all = test::dataFile(u"recordings/vmm-prepared.cutover"_s);
    QVERIFY(!all.isEmpty());
    for (const QByteArray& bytes : { QByteArray(), QByteArray("x"), all })
        QCOMPARE(unpacked(gzipped(bytes)), bytes);
}

void TestReport::isWellFormed_data()
{
    QTest::addColumn<std::vector<Event>>("events");
    QTest::newRow("nothing") << std::vector<Event>();
    QTest::newRow("embedded VMM") << recorded(u"vmm-prepared.cutover"_s);
    for (const char* name : { "qemu-10.0-guarded", "qemu-10.0-failed", "qemu-10.0-paused", "qemu-10.0-plain",
             "qemu-11.1-sections", "qemu-11.1.3-cpr-transfer-defer" })
        QTest::newRow(name) << logged(QString::fromLatin1(name));
    QTest::newRow("without times") << std::vector{ happened(
        Side::Source, -1, Category::QmpSent, u"migrate"_s) };
    QTest::newRow("one instant") << std::vector{ happened(Side::Source, 0, Category::QmpSent, u"migrate"_s) };
    QTest::newRow("hostile") << hostileMigration();
}

void TestReport::isWellFormed()
{
    QFETCH(const std::vector<Event>, events);
    const QByteArray page = htmlReport({ .events = events, .recording = QByteArray("x") });
    QVERIFY(page.startsWith("<!DOCTYPE html>\n<html "));
    const Found found = readDocument(page);
    QCOMPARE(found.error, QString());
    QStringList ids = found.ids;
    QCOMPARE(ids.removeDuplicates(), 0);
    QCOMPARE(found.elements.count(u"h1"_s), 1);
    QCOMPARE(found.elements.count(u"table"_s), found.elements.count(u"caption"_s));
    // An element that HTML wants an end tag for must not be written as an empty one.
    static const QRegularExpression empty(u"<(?!meta|rect|line|polygon)[a-z0-9]+[^<>]*/>"_s);
    QVERIFY2(!empty.match(QString::fromUtf8(page)).hasMatch(),
        qPrintable(empty.match(QString::fromUtf8(page)).captured()));
    QCOMPARE(readDocument(timelinePicture(events)).error, QString());
}

void TestReport::tellsWhatHappened()
{
    const std::vector<Event> events = recorded(u"vmm-prepared.cutover"_s);
    QVERIFY(!events.empty());
    const Found found = readDocument(htmlReport({ .events = events }));
    QVERIFY(found.hasText(u"and runs there. The result was verified."_s));
    QVERIFY(found.texts.contains(u"5.46 ms"_s));
    QVERIFY(found.hasText(u"±1.10 µs. From trace lines"_s));
    QVERIFY(found.hasText(u"dst-precopy-loadvm-completed"_s));
    QVERIFY(found.hasText(u"memfd ram0, 256 MiB"_s));
    QVERIFY(found.hasText(u"the same open file"_s));
    QVERIFY(found.hasText(u"9 descriptors are the same open files on both sides."_s));
    QVERIFY(found.hasText(u"Ending the source."_s));
    QVERIFY(found.hasText(u"were not recorded"_s)); // an older recording has no settings
}

void TestReport::remembersAnEndedVmm()
{
    const auto status = [](qint64 afterNs, const QJsonObject& more) {
        QJsonObject attributes{ { "guest"_L1, "vm7"_L1 }, { "pid"_L1, 42 },
            { "version"_L1, "10.0.13 Debian 1:10.0.13"_L1 } };
        for (auto it = more.begin(); it != more.end(); ++it)
            attributes.insert(it.key(), it.value());
        return happened(Side::Source, afterNs, Category::Endpoint, u"status"_s, attributes);
    };
    const std::vector<Event> events{
        happened(Side::Source, 0, Category::Process, u"command-line"_s,
            { { "pid"_L1, 42 }, { "argv"_L1, "qemu-system-x86_64 -name 'vm 7'"_L1 } }),
        status(1, { { "connected"_L1, true } }),
        happened(Side::Destination, 2, Category::Endpoint, u"status"_s,
            { { "pid"_L1, 43 }, { "version"_L1, "11.1.0 cutover-vmm 0.1.0"_L1 } }),
        status(3, { { "gone"_L1, true } }),
        happened(Side::Console, 4, Category::State, u"finished"_s, { { "verified"_L1, true } }),
    };
    const Found found = readDocument(htmlReport({ .events = events }));
    QVERIFY(found.hasText(
        u"from QEMU 10.0.13 Debian 1:10.0.13 (process 42) to cutover-vmm 0.1.0 (process 43)"_s));
    QVERIFY(found.texts.contains(u"42, ended"_s));
    QVERIFY(found.texts.contains(u"Command line of the source"_s));
    QVERIFY(found.texts.contains(u"qemu-system-x86_64 -name 'vm 7'"_s));
}

void TestReport::addsUpSmallParts()
{
    const Found found = readDocument(htmlReport({ .events = logged(u"qemu-10.0-guarded"_s) }));
    static const QRegularExpression sum(u"^save [0-9]+ smaller devices$"_s);
    QCOMPARE(found.texts.filter(sum).size(), 1);
    QCOMPARE(found.texts.count(u"Parts of the pause"_s), 1);
    QCOMPARE(found.texts.count(u"All parts of the pause"_s), 1);
}

void TestReport::linksToEachPart()
{
    const Found found = readDocument(htmlReport({ .events = {}, .recording = QByteArray("x") }));
    const QStringList links = found.links.filter(QRegularExpression(u"^#"_s));
    QCOMPARE(links.size(), found.elements.count(u"h2"_s));
    for (const QString& link : links)
        QVERIFY2(found.ids.contains(link.sliced(1)), qPrintable(link));
}

void TestReport::beginsWithTheGuest_data()
{
    QTest::addColumn<QString>("state");
    QTest::addColumn<QJsonObject>("attributes");
    QTest::addColumn<QString>("sentence");
    const auto why = [](const char* phase) {
        return QJsonObject{ { "phase"_L1, QString::fromLatin1(phase) }, { "cause"_L1, "no room"_L1 },
            { "attempt"_L1, "start it"_L1 } };
    };
    QTest::newRow("failed")
        << u"failed"_s << QJsonObject{ { "why"_L1, why("transfer") } }
        << u"The migration failed. The guest “vm7” is on the source, QEMU 11.1.3 (process 42)."_s;
    QTest::newRow("refused") << u"failed"_s
                             << QJsonObject{ { "why"_L1, why("preflight") }, { "refused"_L1, true } }
                             << u"The guest “vm7” was not moved: the preflight refused it."_s;
    QTest::newRow("cancelled") << u"failed"_s
                               << QJsonObject{ { "why"_L1, why("transfer") }, { "cancelled"_L1, true } }
                               << u"The migration was cancelled. The guest “vm7” is on the source"_s;
    QTest::newRow("stranded") << u"stranded"_s << QJsonObject{ { "location"_L1, "lost"_L1 } }
                              << u"The migration needs the operator. The guest is lost"_s;
    QTest::newRow("faulty") << u"migrated"_s << QJsonObject() << u"But the verification found a fault"_s;
    QTest::newRow("verified")
        << u"finished"_s << QJsonObject{ { "verified"_L1, true } }
        << u"The guest “vm7” was moved from QEMU 11.1.3 (process 42) to the destination"_s;
    QTest::newRow("under way") << u"moving"_s << QJsonObject() << u"while the migration is under way"_s;
    QTest::newRow("ready") << u"ready"_s << QJsonObject() << u"The guest “vm7” was not moved yet"_s;
}

void TestReport::beginsWithTheGuest()
{
    QFETCH(const QString, state);
    QFETCH(const QJsonObject, attributes);
    QFETCH(const QString, sentence);
    const std::vector<Event> events{
        happened(Side::Source, 0, Category::Endpoint, u"status"_s,
            { { "guest"_L1, "vm7"_L1 }, { "version"_L1, "QEMU 11.1.3"_L1 }, { "pid"_L1, 42 } }),
        happened(Side::Console, 1, Category::State, state, attributes),
    };
    const QByteArray page = htmlReport({ .events = events });
    QXmlStreamReader reader(page);
    QString lead;
    while (!reader.atEnd() && lead.isEmpty()) {
        if (reader.readNext() == QXmlStreamReader::StartElement
            && reader.attributes().value(u"class").startsWith(u"lead"))
            lead = reader.readElementText();
    }
    QVERIFY2(lead.contains(sentence), qPrintable(lead));
}

void TestReport::hostileStringsStayText()
{
    const std::vector<Event> events = hostileMigration();
    const QByteArray page
        = htmlReport({ .events = events, .fileName = hostile, .recording = QByteArray("x") });
    const Found found = readDocument(page);
    QCOMPARE(found.error, QString());
    QCOMPARE(found.elements.count(u"script"_s), 1);
    QVERIFY(!found.elements.contains(u"img"_s));
    QVERIFY(!page.contains("<script>alert"));
    QVERIFY(!page.contains("onerror=alert(1)>"));
    QVERIFY(!page.contains('\x1b'));
    QVERIFY(found.hasText(u"</script><script>alert(1)</script>"_s));
    const Found picture = readDocument(timelinePicture(events));
    QCOMPARE(picture.error, QString());
    QVERIFY(!picture.elements.contains(u"script"_s));
}

void TestReport::hugeRecordingsAreCut()
{
    std::vector<Event> events = recorded(u"vmm-prepared.cutover"_s);
    const qsizetype small = htmlReport({ .events = events }).size();
    const qint64 lastNs = events.back().timeNs - startNs;
    for (int i = 0; i < 6'000; ++i) {
        const QString name = u"thing %1"_s.arg(i);
        events.push_back(happened(Side::Source, lastNs + i, Category::Trace, u"vmstate_downtime_checkpoint"_s,
            { { "name"_L1, name } }));
        events.push_back(
            happened(Side::Console, lastNs + i, Category::Action, u"note"_s, { { "text"_L1, name } }));
        events.push_back(happened(Side::Source, lastNs + i, Category::QmpEvent, u"DEVICE_OWNERSHIP"_s,
            { { "device"_L1, u"dev%1"_s.arg(i % 3000) }, { "owned"_L1, i % 2 == 0 } }));
        events.push_back(happened(Side::Console, lastNs + i, Category::Fd, name, { { "id"_L1, i } }));
    }
    events.push_back(happened(Side::Console, lastNs, Category::Check, u"long"_s,
        { { "verdict"_L1, "warning"_L1 }, { "evidence"_L1, QString(5'000'000, u'x') } }));
    const QByteArray page = htmlReport({ .events = events });
    QVERIFY2(page.size() < small + 1'500'000, qPrintable(QString::number(page.size())));
    const Found found = readDocument(page);
    QCOMPARE(found.error, QString());
    QVERIFY(found.hasText(u"more rows are left out here; they are in the recording."_s));
    QVERIFY(found.hasText(u"characters more]"_s));
    QVERIFY(found.hasText(u"the first 40 of 3"_s));
    QVERIFY(timelinePicture(events).size() < 1'000'000);
}

void TestReport::givesTheRecordingBack()
{
    const QByteArray recording = test::dataFile(u"recordings/vmm-prepared.cutover"_s);
    const Found found = readDocument(htmlReport({ .events = recorded(u"vmm-prepared.cutover"_s),
        .fileName = u"update.cutover"_s,
        .recording = recording }));
    const auto link = std::ranges::find_if(
        found.links, [](const QString& each) { return each.startsWith(u"data:application/gzip;base64,"); });
    QVERIFY(link != found.links.end());
    if (QStandardPaths::findExecutable(u"gzip"_s).isEmpty())
        QSKIP("no gzip here");
    QCOMPARE(unpacked(QByteArray::fromBase64(link->section(u',', 1).toLatin1())), recording);
}

void TestReport::leavesOutALongRecording()
{
    const Found found = readDocument(htmlReport({ .events = {} }));
    QVERIFY(found.hasText(u"The recording itself is not in this page"_s));
    QVERIFY(std::ranges::all_of(found.links, [](const QString& link) { return link.startsWith(u'#'); }));
}

void TestReport::refersToNothingOutside()
{
    const QByteArray page
        = htmlReport({ .events = recorded(u"vmm-prepared.cutover"_s), .recording = QByteArray("x") });
    for (const QString& link : readDocument(page).links)
        QVERIFY2(link.startsWith(u"data:"_s) || link.startsWith(u'#'), qPrintable(link));
    QString text = QString::fromUtf8(page);
    for (const char* space : { "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg" })
        text.remove(QString::fromLatin1(space));
    for (const char* word : { "http:", "https:", "@import", "url(http", "file:" })
        QVERIFY2(!text.contains(QString::fromLatin1(word)), word);
}

void TestReport::pictureStandsAlone()
{
    const QByteArray picture = timelinePicture(recorded(u"vmm-prepared.cutover"_s));
    const Found found = readDocument(picture);
    QCOMPARE(found.error, QString());
    QCOMPARE(found.elements.first(), u"svg"_s);
    QVERIFY(found.elements.contains(u"style"_s));
    QVERIFY(found.hasText(u"pause 5.46 ms ±1.10 µs"_s));
    QVERIFY(found.hasText(u"net0"_s));
    QVERIFY(found.hasText(u"6 descriptors"_s));
    QVERIFY2(!picture.contains("var("), "many programs that draw SVG know no variables");
}

void TestReport::golden_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("made");
    const std::vector<Event> events = recorded(u"vmm-prepared.cutover"_s);
    QTest::newRow("page") << u"report-vmm-prepared.html"_s
                          << htmlReport({ .events = events,
                                 .header
                                 = { .created = u"2026-11-21T16:21:50.992Z"_s, .program = u"cutover"_s },
                                 .fileName = u"vmm-prepared.cutover"_s });
    QTest::newRow("picture") << u"report-vmm-prepared.svg"_s << timelinePicture(events);
}

/// CUTOVER_UPDATE_GOLDEN=1 writes the files anew; look at the difference before you keep it.
void TestReport::golden()
{
    QFETCH(const QString, file);
    QFETCH(QByteArray, made);
    // One element a line, so that a difference can be read.
    made.replace("><", ">\n<");
    if (qEnvironmentVariableIsSet("CUTOVER_UPDATE_GOLDEN")) {
        QSaveFile golden(QStringLiteral(CUTOVER_TEST_DATA "/golden/") + file);
        QVERIFY(golden.open(QIODevice::WriteOnly));
        golden.write(made);
        QVERIFY(golden.commit());
    }
    const QByteArrayList expected = test::dataFile(u"golden/"_s + file).split('\n');
    const QByteArrayList lines = made.split('\n');
    for (qsizetype i = 0; i < std::min(expected.size(), lines.size()); ++i)
        QCOMPARE(lines[i], expected[i]);
    QCOMPARE(lines.size(), expected.size());
}

QTEST_GUILESS_MAIN(TestReport)
#include "tst_report.moc"
