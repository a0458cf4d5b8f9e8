// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/record.h"
#include "timeline/recording.h"

#include "timelinehelp.h"

#include <QBuffer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

class TestRecording : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_folder = std::make_unique<QTemporaryDir>();
    }
    void roundTrip();
    void theFormatIsFixed();
    void followsARecord();
    void writesWithoutBeingTold();
    void keepsWhatExists();
    void aDeviceIsNotToBeDeleted();
    void endlessFirstLine();
    void noSpaceForTheHeader();
    void noSpaceLater();
    void cannotBeCreated();
    void everyCutGivesAllThatIsWhole();
    void damagedLinesAreLeftOut_data();
    void damagedLinesAreLeftOut();
    void foreignFiles_data();
    void foreignFiles();
    void unknownThingsAreIgnored();
    void longLinesAreLeftOut();
    void longEventsLoseTheirAttributes();
    void readsInPieces();
    void manyBlocksAreOneRecording();
    void otherSpellingsMeanTheSame();
    void canBeCancelled();
    void missingFile();

private:
    QString path(const QString& name = u"x.cutover"_s) const { return m_folder->filePath(name); }
    std::unique_ptr<QTemporaryDir> m_folder;
};

static QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

static std::vector<Event> sampleEvents()
{
    auto events = test::migrationFrom(u"qemu-10.0-guarded"_s);
    events.push_back({ .side = Side::Console,
        .timeNs = 0,
        .category = Category::Action,
        .name = u"quote \" backslash \\ newline \n tab \t umlaut ä nul \0 end"_s,
        .attributes = { { u"nested"_s, QJsonObject{ { u"a"_s, 1.5 } } },
            { u"big"_s, std::numeric_limits<qint64>::max() } } });
    return events;
}

static Event named(const QString& name)
{
    return { .side = Side::Source, .timeNs = 5, .category = Category::State, .name = name, .attributes = {} };
}

struct Read
{
    Result<RecordingHeader> header;
    std::vector<Event> events;
    RecordingDamage damage;
    qint64 skipped = 0;
};

static Read readBytes(QByteArray bytes)
{
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    RecordingReader reader(&buffer);
    Read result;
    result.header = reader.readHeader();
    if (!result.header)
        return result;
    while (reader.read(result.events, 100).value_or(0) > 0) { }
    result.damage = reader.damage();
    result.skipped = reader.skippedEvents();
    return result;
}

static const QByteArray headerLine
    = "{\"format\":\"cutover-recording\",\"version\":1,\"created\":\"x\",\"program\":\"p\"}\n";

void TestRecording::roundTrip()
{
    const auto events = sampleEvents();
    RecordingWriter writer;
    QVERIFY(writer.open(path(), u"test 1"_s));
    writer.append(events);
    QVERIFY(writer.close());
    const auto recording = readRecording(path());
    QVERIFY(recording.has_value());
    QCOMPARE(recording->header.version, 1);
    QCOMPARE(recording->header.program, u"test 1"_s);
    QVERIFY(QDateTime::fromString(recording->header.created, Qt::ISODateWithMs).isValid());
    QCOMPARE(recording->events.size(), events.size());
    for (std::size_t i = 0; i < events.size(); ++i)
        QCOMPARE(recording->events[i], events[i]);
    QVERIFY(!recording->damage.isDamaged());
    QVERIFY(recording->damage.message().isEmpty());
    struct stat status{};
    QCOMPARE(::stat(path().toUtf8().constData(), &status), 0);
    QCOMPARE(status.st_mode & 0777U, 0600U);
}

void TestRecording::theFormatIsFixed()
{
    QCOMPARE(recordingLine(RecordingHeader{
                 .version = 1, .created = u"2026-11-21T09:00:00.123Z"_s, .program = u"cutover 0.1.0"_s }),
        R"({"created":"2026-11-21T09:00:00.123Z","format":"cutover-recording","program":"cutover 0.1.0","version":1})"
        "\n"_ba);
    QCOMPARE(recordingLine(Event{ .side = Side::Destination,
                 .timeNs = 1795253994813290000,
                 .category = Category::QmpEvent,
                 .name = u"MIGRATION"_s,
                 .attributes = { { u"status"_s, u"setup"_s } } }),
        R"({"time":1795253994813290000,"side":"destination","category":"qmp-event","name":"MIGRATION","attributes":{"status":"setup"}})"
        "\n"_ba);
    QCOMPARE(recordingLine(Event{ .side = Side::Console,
                 .timeNs = 0,
                 .category = Category::Action,
                 .name = u"a\x01"_s,
                 .attributes = {} }),
        "{\"side\":\"console\",\"category\":\"action\",\"name\":\"a\\u0001\"}\n"_ba);
}

void TestRecording::followsARecord()
{
    RecordingWriter writer;
    QVERIFY(writer.open(path(), u"t"_s));
    {
        Record record;
        record.append(named(u"before"_s));
        writer.follow(&record);
        record.append(named(u"after"_s));
        record.append({ named(u"b"_s), named(u"c"_s) });
    }
    QVERIFY(writer.flush());
    const auto recording = readRecording(path());
    QVERIFY(recording.has_value());
    QCOMPARE(recording->events.size(), 4);
    QCOMPARE(recording->events[1].name, u"after"_s);
    QCOMPARE(recording->events[3].name, u"c"_s);
}

void TestRecording::writesWithoutBeingTold()
{
    RecordingWriter writer;
    QVERIFY(writer.open(path(), u"t"_s));
    writer.append(std::vector{ named(u"a"_s) });
    QTRY_COMPARE(readRecording(path())->events.size(), 1);
    auto other = std::make_unique<RecordingWriter>();
    QVERIFY(other->open(path(u"y"_s), u"t"_s));
    other->append(std::vector{ named(u"a"_s) });
    other.reset();
    QCOMPARE(readRecording(path(u"y"_s))->events.size(), 1);
}

void TestRecording::keepsWhatExists()
{
    QFile file(path());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("precious");
    file.close();
    RecordingWriter writer;
    const auto refused = writer.open(path(), u"t"_s);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Refused);
    QVERIFY(!refused.error().remedy.isEmpty());
    QCOMPARE(contents(path()), "precious"_ba);
    QVERIFY(!writer.isOpen());
    QVERIFY(writer.open(path(), u"t"_s, RecordingWriter::Existing::Overwrite));
    QVERIFY(writer.close());
    QVERIFY(readRecording(path()).has_value());
}

void TestRecording::aDeviceIsNotToBeDeleted()
{
    RecordingWriter writer;
    const auto refused = writer.open(u"/dev/full"_s, u"t"_s);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Refused);
    QVERIFY(!refused.error().remedy.isEmpty());
    QVERIFY(!refused.error().remedy.contains(u"delete"_s));
}

void TestRecording::endlessFirstLine()
{
    const auto read = readRecording(u"/dev/zero"_s);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::Malformed);
}

void TestRecording::noSpaceForTheHeader()
{
    RecordingWriter writer;
    QSignalSpy failed(&writer, &RecordingWriter::failed);
    const auto opened = writer.open(u"/dev/full"_s, u"t"_s, RecordingWriter::Existing::Overwrite);
    QVERIFY(!opened);
    QCOMPARE(opened.error().sysErrno, ENOSPC);
    QVERIFY(!opened.error().remedy.isEmpty());
    QVERIFY(!writer.isOpen());
    QCOMPARE(failed.size(), 1);
}

void TestRecording::noSpaceLater()
{
    RecordingWriter writer;
    QSignalSpy failed(&writer, &RecordingWriter::failed);
    QVERIFY(writer.open(path(), u"t"_s));
    rlimit old{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{ .rlim_cur = 400, .rlim_max = old.rlim_max };
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    for (int i = 0; i < 20; ++i)
        writer.append(std::vector{ named(u"number %1"_s.arg(i)) });
    const auto flushed = writer.flush();
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &old), 0);
    std::signal(SIGXFSZ, oldHandler);

    QVERIFY(!flushed);
    QCOMPARE(flushed.error().sysErrno, EFBIG);
    QCOMPARE(failed.size(), 1);
    writer.append(std::vector{ named(u"later"_s) });
    QVERIFY(!writer.close());
    QCOMPARE(failed.size(), 1);
    const auto recording = readRecording(path());
    QVERIFY(recording.has_value());
    QVERIFY(!recording->damage.isDamaged());
    QVERIFY(!recording->events.empty() && recording->events.size() < 20);
    QVERIFY(contents(path()).endsWith('\n'));
}

void TestRecording::cannotBeCreated()
{
    RecordingWriter writer;
    const auto opened = writer.open(path(u"none/x"_s), u"t"_s);
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::NotFound);
    QVERIFY(!writer.open(m_folder->path(), u"t"_s, RecordingWriter::Existing::Overwrite));
}

void TestRecording::everyCutGivesAllThatIsWhole()
{
    QByteArray bytes = headerLine;
    for (int i = 0; i < 5; ++i)
        bytes += recordingLine(named(u"number %1"_s.arg(i)));
    for (qsizetype size = headerLine.size(); size <= bytes.size(); ++size) {
        const QByteArray cut = bytes.first(size);
        const Read read = readBytes(cut);
        QVERIFY(read.header.has_value());
        // A last line that only lacks its end is whole.
        const bool whole = cut.endsWith('\n') || cut.endsWith("\"}");
        QCOMPARE(qsizetype(read.events.size()), cut.count("\"}") - (cut.startsWith(headerLine) ? 1 : 0));
        QCOMPARE(read.damage.isDamaged(), !whole);
        QCOMPARE(read.damage.cut, !whole);
        if (!whole) {
            QCOMPARE(read.damage.line, cut.count('\n') + 1);
            QCOMPARE(read.damage.byteOffset, cut.lastIndexOf('\n') + 1);
            QVERIFY(read.damage.message().contains(u"cut off"));
        }
    }
}

void TestRecording::damagedLinesAreLeftOut_data()
{
    QTest::addColumn<QByteArray>("damaged");
    QTest::newRow("no JSON") << "garbage"_ba;
    QTest::newRow("array") << "[1]"_ba;
    QTest::newRow("zeros") << QByteArray(4096, '\0');
    QTest::newRow("no name") << R"({"time":1,"side":"source","category":"state"})"_ba;
    QTest::newRow("number as side") << R"({"side":3,"category":"state","name":"x"})"_ba;
    QTest::newRow("two objects") << R"({"side":"source","category":"state","name":"x"}{})"_ba;
    QTest::newRow("deep") << QByteArray(R"({"side":"source","category":"state","name":"x","attributes":)")
            + QByteArray("[").repeated(100'000);
}

void TestRecording::damagedLinesAreLeftOut()
{
    QFETCH(QByteArray, damaged);
    const QByteArray good = recordingLine(named(u"good"_s));
    const Read read = readBytes(headerLine + good + damaged + "\n" + good + "bad\n" + good);
    QVERIFY(read.header.has_value());
    QCOMPARE(read.events.size(), 3);
    QCOMPARE(read.damage.lines, 2);
    QCOMPARE(read.damage.line, 3);
    QCOMPARE(read.damage.byteOffset, headerLine.size() + good.size());
    QVERIFY(!read.damage.cut);
    QVERIFY(read.damage.message().contains(u"line 3"));
    QVERIFY(read.damage.message().contains(u"2 lines"));
}

void TestRecording::foreignFiles_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("part");
    QTest::newRow("empty") << ""_ba << ErrorCode::Malformed << u"empty"_s;
    QTest::newRow("text") << "hello\nworld\n"_ba << ErrorCode::Malformed << u"not a Cutover recording"_s;
    QTest::newRow("other JSON") << "{\"format\":\"har\"}\n"_ba << ErrorCode::Malformed
                                << u"not a Cutover recording"_s;
    QTest::newRow("binary") << QByteArray(100'000, '\xff') << ErrorCode::Malformed
                            << u"not a Cutover recording"_s;
    QTest::newRow("newer") << QByteArray(headerLine).replace("\"version\":1", "\"version\":2")
                           << ErrorCode::Unsupported << u"version 2"_s;
    QTest::newRow("version 0") << QByteArray(headerLine).replace("\"version\":1", "\"version\":0")
                               << ErrorCode::Malformed << u"no valid version"_s;
    QTest::newRow("version as text") << QByteArray(headerLine).replace("\"version\":1", "\"version\":\"1\"")
                                     << ErrorCode::Malformed << u"no valid version"_s;
}

void TestRecording::foreignFiles()
{
    QFETCH(QByteArray, bytes);
    const Read read = readBytes(bytes);
    QVERIFY(!read.header);
    QTEST(read.header.error().code, "code");
    QFETCH(QString, part);
    QVERIFY2(read.header.error().message().contains(part), qPrintable(read.header.error().message()));
}

void TestRecording::unknownThingsAreIgnored()
{
    QByteArray bytes = headerLine;
    bytes.replace("{\"format\"", "{\"new\":[1,2],\"format\"");
    bytes += R"({"side":"source","category":"state","name":"a","colour":"red","time":7})"
             "\n\n"
             R"({"side":"moon","category":"state","name":"b"})"
             "\n"
             R"({"side":"source","category":"smell","name":"c"})"
             "\n"
             R"({"side":"source","category":"state","name":"d","time":-3,"attributes":5})"
             "\n";
    const Read read = readBytes(bytes);
    QCOMPARE(read.events.size(), 2);
    QCOMPARE(read.events[0].timeNs, 7);
    QCOMPARE(read.events[1].timeNs, 0);
    QVERIFY(read.events[1].attributes.isEmpty());
    QCOMPARE(read.skipped, 2);
    QVERIFY(!read.damage.isDamaged());
}

void TestRecording::longLinesAreLeftOut()
{
    const QByteArray good = recordingLine(named(u"good"_s));
    const QByteArray longLine = QByteArray("x").repeated(maxRecordingLine * 2 + 17);
    const Read read = readBytes(headerLine + longLine + "\n" + good);
    QCOMPARE(read.events.size(), 1);
    QCOMPARE(read.damage.lines, 1);
    QCOMPARE(read.damage.line, 2);
    QCOMPARE(read.damage.byteOffset, headerLine.size());
    QVERIFY(read.damage.message().contains(u"too long"));
}

void TestRecording::longEventsLoseTheirAttributes()
{
    Event large = named(u"large"_s);
    large.attributes.insert(u"bytes"_s, QString(maxRecordingLine, u'x'));
    const QByteArray line = recordingLine(large);
    QVERIFY(line.size() < 200);
    const Read read = readBytes(headerLine + line);
    QCOMPARE(read.events.size(), 1);
    QVERIFY(read.events[0].attributes[u"omittedBytes"].toInteger() > maxRecordingLine);
}

void TestRecording::readsInPieces()
{
    QByteArray bytes = headerLine;
    for (int i = 0; i < 50'000; ++i)
        bytes += recordingLine(named(QString::number(i)));
    QBuffer buffer(&bytes);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    RecordingReader reader(&buffer);
    QVERIFY(reader.readHeader());
    std::vector<Event> events;
    while (true) {
        const auto got = reader.read(events, 777);
        QVERIFY(got.has_value());
        QVERIFY(*got <= 777);
        if (*got == 0)
            break;
    }
    QCOMPARE(events.size(), 50'000);
    QCOMPARE(events.back().name, u"49999"_s);
    QCOMPARE(reader.bytesRead(), bytes.size());
}

/// Several times what is read at once; the damage is where the pieces meet and elsewhere.
void TestRecording::manyBlocksAreOneRecording()
{
    QByteArray bytes = headerLine;
    const QByteArray filling(3000, 'x');
    for (int i = 0; bytes.size() < 22'000'000; ++i) {
        if (i % 1000 == 700)
            bytes += "{damaged " + QByteArray::number(i) + "\n";
        else if (i % 1000 == 800)
            bytes += R"({"side":"moon","category":"trace","name":"n"})"
                     "\n";
        else if (i % 1000 == 900)
            bytes += "\n";
        bytes += recordingLine(Event{ .side = Side::Source,
            .timeNs = 1000 + i,
            .category = Category::Trace,
            .name = u"event %1"_s.arg(i % 7),
            .attributes = { { u"n"_s, i }, { u"filling"_s, QString::fromLatin1(filling) } } });
    }
    bytes += R"({"time":7,"side":"source)";
    QFile file(path());
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
    file.close();
    ReadProgress progress;
    const auto whole = readRecording(path(), &progress);
    QVERIFY(whole.has_value());
    QCOMPARE(progress.bytesTotal.load(), bytes.size());
    const Read pieces = readBytes(bytes);
    QCOMPARE(whole->events, pieces.events);
    QCOMPARE(whole->skippedEvents, pieces.skipped);
    QCOMPARE(whole->damage.lines, pieces.damage.lines);
    QCOMPARE(whole->damage.message(), pieces.damage.message());
    QVERIFY(whole->damage.cut);
}

void TestRecording::otherSpellingsMeanTheSame()
{
    const Event plain{ .side = Side::Source,
        .timeNs = 5,
        .category = Category::Trace,
        .name = u"a"_s,
        .attributes = { { u"b"_s, 1 } } };
    for (const char* line : {
             R"({"time":5,"side":"source","category":"trace","name":"a","attributes":{"b":1}})",
             R"({ "time" : 5 , "side":"source","category":"trace","name":"a","attributes":{"b":1}})",
             R"({"attributes":{"b":1},"name":"a","category":"trace","side":"source","time":5})",
             R"({"time":5,"side":"source","category":"trace","name":"\u0061","attributes":{"b":1}})",
             R"({"time":5,"side":"source","category":"trace","name":"a","attributes":{"b":1},"new":{}})",
             R"({"time":5.0,"side":"source","category":"trace","name":"a","attributes":{"b":1}} )",
         }) {
        const Read read = readBytes(headerLine + line + '\n');
        QVERIFY2(read.events.size() == 1, line);
        QVERIFY2(read.events.front() == plain, line);
    }
    for (const char* line : {
             R"({"time":5,"side":"source","category":"trace","name":"a","attributes":{"b":1})",
             R"({"time":5,"side":"source","category":"trace","name":"a","attributes":{"b":1}}})",
             R"({"time":5,"side":"source","category":"trace","name":"a"}{)",
             R"({"time":5,"side":"source","category":"trace")",
         }) {
        const Read read = readBytes(headerLine + line + '\n');
        QVERIFY2(read.events.empty() && read.damage.lines == 1, line);
    }
    const Read odd = readBytes(headerLine
        + R"({"time":99999999999999999999,"side":"source","category":"trace","name":"\u00e4","attributes":[]})"
          "\n");
    QCOMPARE(odd.events.size(), 1);
    QCOMPARE(odd.events.front().name, u"ä"_s);
    QVERIFY(odd.events.front().attributes.isEmpty());
}

void TestRecording::canBeCancelled()
{
    RecordingWriter writer;
    QVERIFY(writer.open(path(), u"t"_s));
    QVERIFY(writer.close());
    ReadProgress progress;
    progress.cancelled = true;
    const auto cancelled = readRecording(path(), &progress);
    QVERIFY(!cancelled);
    QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
    const auto folder = readRecording(m_folder->path());
    QVERIFY(!folder);
    QVERIFY2(folder.error().cause.contains(u"folder"), qPrintable(folder.error().message()));
}

void TestRecording::missingFile()
{
    const auto recording = readRecording(path(u"none"_s));
    QVERIFY(!recording);
    QCOMPARE(recording.error().code, ErrorCode::NotFound);
    QVERIFY(recording.error().message().contains(u"none"));
}

QTEST_GUILESS_MAIN(TestRecording)
#include "tst_recording.moc"
