// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/codec.h"
#include "qmp/message.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QTest>

#include <algorithm>
#include <limits>

using namespace cutover;
using namespace cutover::qmp;
using namespace Qt::StringLiterals;

class TestQmpCodec : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void everySplitGivesTheSame();
    void keepsBytesAndIntegers();
    void separators_data();
    void separators();
    void malformed_data();
    void malformed();
    void limitsSize();
    void limitsDepth();
    void resynchronises();
    void manyMessagesInTinyChunks();
    void longMessageInTinyChunks();
    void encodesOneLine();
    void greetingRoundTrip();
    void eventTimes_data();
    void eventTimes();
};

static QList<Message> readAll(MessageReader& reader)
{
    QList<Message> messages;
    while (auto message = reader.next())
        messages.append(*message);
    return messages;
}

static QList<Message> read(const QByteArray& bytes, CodecLimits limits = {})
{
    MessageReader reader(limits);
    reader.append(bytes);
    return readAll(reader);
}

void TestQmpCodec::everySplitGivesTheSame()
{
    // Two-, three- and four-byte UTF-8, escapes, braces in strings, both line ends, an error in the middle.
    const QByteArray stream
        = "{\"a\": \"}\\\"{\", \"\xC3\xA9\": \"\xE2\x82\xAC \xF0\x9F\x98\x80\"}\r\n"
          "{\"b\": [1, {\"c\": []}], \"u\": \"\\u00e9\\\\\"}\nstray {x}\n  {\"d\": null}{\"e\":1}";
    const QList<Message> whole = read(stream);
    QCOMPARE(whole.size(), 5);
    QVERIFY(whole.at(0).object && whole.at(1).object && !whole.at(2).object && whole.at(4).object);
    for (qsizetype first = 0; first <= stream.size(); ++first) {
        for (qsizetype second = first; second <= stream.size(); ++second) {
            MessageReader reader;
            QList<Message> messages;
            for (const auto& part :
                { stream.first(first), stream.sliced(first, second - first), stream.sliced(second) }) {
                reader.append(part);
                messages += readAll(reader);
            }
            QCOMPARE(messages.size(), whole.size());
            for (qsizetype i = 0; i < whole.size(); ++i) {
                QCOMPARE(messages.at(i).raw, whole.at(i).raw);
                QCOMPARE(messages.at(i).offset, whole.at(i).offset);
                QVERIFY(messages.at(i).object == whole.at(i).object);
            }
            QVERIFY(!reader.insideMessage());
            QCOMPARE(reader.pendingBytes(), 0);
        }
    }
}

void TestQmpCodec::keepsBytesAndIntegers()
{
    const QByteArray raw
        = R"({"max" : 9223372036854775807,"min":-9223372036854775808, "odd":9007199254740993 })";
    const QList<Message> messages = read("  " + raw + "\r\n");
    QCOMPARE(messages.size(), 1);
    QCOMPARE(messages.first().raw, raw);
    QCOMPARE(messages.first().offset, 2);
    const QJsonObject object = *messages.first().object;
    QCOMPARE(object["max"_L1].toInteger(), std::numeric_limits<qint64>::max());
    QCOMPARE(object["min"_L1].toInteger(), std::numeric_limits<qint64>::min());
    QCOMPARE(object["odd"_L1].toInteger(), 9007199254740993);
    QCOMPARE(read(encode(object)).first().object, object);
}

void TestQmpCodec::separators_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<int>("count");
    QTest::newRow("crlf") << "{\"a\":1}\r\n{\"b\":2}\r\n"_ba << 2;
    QTest::newRow("lf") << "{\"a\":1}\n{\"b\":2}\n"_ba << 2;
    QTest::newRow("none") << R"({"a":1}{"b":2})"_ba << 2;
    QTest::newRow("blanks") << " \t\r\n {\"a\":1} \n\n\n{\"b\":2}  "_ba << 2;
    QTest::newRow("pretty") << "{\n  \"a\": {\n    \"b\": 1\n  }\n}\r\n"_ba << 1;
    QTest::newRow("unfinished") << "{\"a\":1}\n{\"b\":"_ba << 1;
    QTest::newRow("empty") << ""_ba << 0;
}

void TestQmpCodec::separators()
{
    QFETCH(QByteArray, stream);
    QFETCH(int, count);
    const QList<Message> messages = read(stream);
    QCOMPARE(messages.size(), count);
    for (const Message& message : messages)
        QVERIFY(message.object.has_value());
}

void TestQmpCodec::malformed_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<QString>("position"); // named in the cause
    QTest::newRow("stray word") << "  garbage\n"_ba << u"'g' at byte 2"_s;
    QTest::newRow("number") << "5\n"_ba << u"'5' at byte 0"_s;
    QTest::newRow("array") << "[{}]\n"_ba << u"object at byte 0"_s;
    QTest::newRow("trailing comma") << "{\"a\":1,}\n"_ba << u"at byte 8"_s;
    QTest::newRow("wrong bracket") << "{\"a\":[1}\n"_ba << u"'}' at byte 7"_s;
    QTest::newRow("closing") << "}\n"_ba << u"'}' at byte 0"_s;
    QTest::newRow("single quotes") << "{'a':1}\n"_ba << u"at byte 2"_s;
    QTest::newRow("newline in string") << "{\"a\":\"x\ny\"}\n"_ba << u"0x0a at byte 7"_s;
    QTest::newRow("control in string") << "{\"a\":\"x\x01y\"}\n"_ba << u"0x01 at byte 7"_s;
    QTest::newRow("nul") << QByteArray("\0\n", 2) << u"0x00 at byte 0"_s;
    QTest::newRow("broken utf-8") << "{\"a\":\"\xC3(\"}\n"_ba << u"at byte "_s;
    QTest::newRow("surrogate utf-8") << "{\"a\":\"\xED\xA0\x80\"}\n"_ba << u"at byte "_s;
    QTest::newRow("byte order mark") << "\xEF\xBB\xBF{}\n"_ba << u"0xef at byte 0"_s;
    QTest::newRow("after good") << "{}{}x\n"_ba << u"'x' at byte 4"_s;
}

void TestQmpCodec::malformed()
{
    QFETCH(QByteArray, stream);
    QFETCH(QString, position);
    const QList<Message> messages = read(stream + "{\"good\":1}\n");
    const auto isBad = [](const Message& message) { return !message.object; };
    const auto found = std::ranges::find_if(messages, isBad);
    QVERIFY(found != messages.cend());
    const Message& bad = *found;
    QCOMPARE(bad.object.error().code, ErrorCode::Malformed);
    QVERIFY2(bad.object.error().cause.contains(position), qPrintable(bad.object.error().cause));
    QCOMPARE(messages.last().raw, "{\"good\":1}"_ba);
    QVERIFY(messages.last().object.has_value());
}

void TestQmpCodec::limitsSize()
{
    const CodecLimits limits{ .maxMessageBytes = 100 };
    const QByteArray fits = R"({"a":")" + QByteArray(92, 'x') + "\"}";
    QCOMPARE(fits.size(), 100);
    QVERIFY(read(fits, limits).first().object.has_value());

    QCOMPARE(read(fits + fits, limits).size(), 2);
    QCOMPARE(read("{ " + fits.sliced(1), limits).first().object.error().code, ErrorCode::LimitExceeded);

    const QByteArray tooLong = R"({"a":")" + QByteArray(1'000'000, 'x') + "\"}\n{}\n";
    MessageReader reader(limits);
    QList<Message> messages;
    for (qsizetype i = 0; i < tooLong.size(); i += 1000) {
        reader.append(tooLong.sliced(i, std::min<qsizetype>(1000, tooLong.size() - i)));
        messages += readAll(reader);
        QVERIFY(reader.pendingBytes() <= 1100);
    }
    QCOMPARE(messages.size(), 2);
    QCOMPARE(messages.first().object.error().code, ErrorCode::LimitExceeded);
    QVERIFY(messages.first().object.error().cause.contains(u"100 bytes"_s));
    QVERIFY(messages.first().raw.size() <= 4096);
    QVERIFY(messages.last().object.has_value());
    QCOMPARE(CodecLimits().maxMessageBytes, 64 * 1024 * 1024);
}

void TestQmpCodec::limitsDepth()
{
    const auto nested = [](int depth) {
        return "{\"a\":" + QByteArray(depth - 1, '[') + QByteArray(depth - 1, ']') + "}\n";
    };
    QVERIFY(read(nested(1024)).first().object.has_value());
    QList<Message> messages = read(nested(1025) + "{}\n");
    QCOMPARE(messages.size(), 2);
    QCOMPARE(messages.first().object.error().code, ErrorCode::LimitExceeded);
    QVERIFY(messages.first().object.error().cause.contains(u"1024 levels"_s));
    QVERIFY(messages.last().object.has_value());
    QCOMPARE(read(nested(9), { .maxDepth = 8 }).first().object.error().code, ErrorCode::LimitExceeded);
    messages = read(nested(1'000'000) + "{}\n");
    QCOMPARE(messages.size(), 2);
}

void TestQmpCodec::resynchronises()
{
    // An unfinished message swallows what follows, until a byte that no JSON text contains.
    QCOMPARE(read("{\"a\":{\n{\"b\":1}\n").size(), 0);
    for (const char byte : { '\x01', '\xFE', '\xFF' }) {
        const QList<Message> messages = read("{\"a\":{\n" + QByteArray(1, byte) + "{\"b\":1}");
        QCOMPARE(messages.size(), 2);
        QVERIFY(!messages.first().object);
        QVERIFY(messages.last().object.has_value());
    }
    // Nothing inside a damaged line is taken for a message.
    const QList<Message> messages = read("x {\"execute\":\"quit\"} {}\n{\"b\":1}\n");
    QCOMPARE(messages.size(), 2);
    QVERIFY(!messages.first().object);
    QCOMPARE(messages.last().raw, "{\"b\":1}"_ba);
}

void TestQmpCodec::manyMessagesInTinyChunks()
{
    constexpr int count = 100'000;
    MessageReader reader;
    qint64 sum = 0;
    int seen = 0;
    for (int i = 0; i < count; ++i) {
        const QByteArray line = "{\"n\":" + QByteArray::number(i) + "}\r\n";
        reader.append(line.first(3));
        reader.append(line.sliced(3));
        while (auto message = reader.next()) {
            QVERIFY(message->object.has_value());
            sum += message->object->value("n"_L1).toInteger();
            ++seen;
        }
    }
    QCOMPARE(seen, count);
    QCOMPARE(sum, qint64{ count } * (count - 1) / 2);

    // All at once: taking messages from the front must not move the rest each time.
    QByteArray all;
    for (int i = 0; i < count; ++i)
        all += "{\"n\":1}\n";
    QCOMPARE(read(all).size(), count);
}

void TestQmpCodec::longMessageInTinyChunks()
{
    // Quadratic rescanning of 16 MiB in chunks of 64 bytes would take hours.
    const QByteArray body(16 * 1024 * 1024, 'x');
    const QByteArray line = R"({"a":")" + body + "\"}\n";
    MessageReader reader;
    QList<Message> messages;
    for (qsizetype i = 0; i < line.size(); i += 64) {
        reader.append(QByteArrayView(line).sliced(i, std::min<qsizetype>(64, line.size() - i)));
        messages += readAll(reader);
    }
    QCOMPARE(messages.size(), 1);
    QCOMPARE(messages.first().object->value("a"_L1).toString().size(), body.size());
}

void TestQmpCodec::encodesOneLine()
{
    const QJsonObject object{ { u"execute"_s, u"a\nb é"_s } };
    QCOMPARE(encode(object), "{\"execute\":\"a\\nb \xC3\xA9\"}\n"_ba);
}

void TestQmpCodec::greetingRoundTrip()
{
    const Greeting greeting{
        .major = 11, .minor = 1, .micro = 3, .package = u"x"_s, .capabilities = { u"oob"_s }
    };
    const auto parsed = parseGreeting(toJson(greeting));
    QVERIFY(parsed.has_value());
    QCOMPARE(*parsed, greeting);
    for (const QByteArray& wrong : { "{}"_ba, R"({"QMP":1})"_ba, R"({"QMP":{"version":{}}})"_ba })
        QCOMPARE(parseGreeting(*read(wrong).first().object).error().code, ErrorCode::Protocol);
}

void TestQmpCodec::eventTimes_data()
{
    QTest::addColumn<QByteArray>("timestamp");
    QTest::addColumn<qint64>("timeNs");
    QTest::newRow("usual") << R"({"seconds":1795252356,"microseconds":395100})"_ba
                           << qint64{ 1795252356395100000 };
    QTest::newRow("unknown") << R"({"seconds":-1,"microseconds":-1})"_ba << qint64{ 0 };
    QTest::newRow("overflow") << R"({"seconds":9223372036854775807,"microseconds":0})"_ba << qint64{ 0 };
    QTest::newRow("bad fraction") << R"({"seconds":1,"microseconds":1000000})"_ba << qint64{ 0 };
    QTest::newRow("missing") << "{}"_ba << qint64{ 0 };
    QTest::newRow("no object") << "5"_ba << qint64{ 0 };
}

void TestQmpCodec::eventTimes()
{
    QFETCH(QByteArray, timestamp);
    QFETCH(qint64, timeNs);
    const QJsonObject event = *read("{\"timestamp\":" + timestamp + "}").first().object;
    QCOMPARE(eventTimeNs(event), timeNs);
    if (timeNs != 0)
        QCOMPARE(QJsonValue(eventTimestamp(timeNs)), event["timestamp"_L1]);
}

QTEST_GUILESS_MAIN(TestQmpCodec)
#include "tst_qmpcodec.moc"
