// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/fds.h"

#include "timelinehelp.h"

#include <QTest>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

class TestFds : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void realMigrations_data();
    void realMigrations();
    void aLostFdIsAnAlarm();
    void whatWasNotSentIsNone();
    void freshSourcesOfEarlierHopsAreNone();
    void theSecondHopKnowsItsSource();
    void fewerReceivedThanSent();
    void whatNobodyLooksForIsUnclaimed();
    void failedSendsDoNotCount();
    void oneSideAlone();
    void theSessionAddsItsProof();
    void aRelayHasSeenWhatNoLogTells();
};

static std::vector<Event> linesOf(const QByteArray& source, const QByteArray& destination)
{
    auto events = test::parseLog(Side::Source, source);
    test::append(events, test::parseLog(Side::Destination, destination));
    return events;
}

static const FdEntry* find(const std::vector<FdEntry>& table, const QString& name)
{
    const auto entry = std::ranges::find(table, name, &FdEntry::name);
    return entry == table.end() ? nullptr : &*entry;
}

void TestFds::realMigrations_data()
{
    QTest::addColumn<int>("ramSource");
    QTest::addColumn<int>("ramDestination");
    QTest::newRow("qemu-11.1.3-cpr-transfer-defer") << 13 << 16;
    QTest::newRow("qemu-10.0-guarded") << 11 << 14;
    QTest::newRow("qemu-11.1-failed") << 13 << 16;
}

void TestFds::realMigrations()
{
    QFETCH(int, ramSource);
    QFETCH(int, ramDestination);
    const auto events = test::migrationFrom(QString::fromLatin1(QTest::currentDataTag()));
    const auto table = fdTable(events);
    QCOMPARE(table.size(), 6);
    for (const FdEntry& fd : table) {
        QVERIFY(!fd.name.isEmpty());
        QVERIFY(fd.saved && fd.sent && fd.received);
        QCOMPARE(fd.claim, FdClaim::Claimed);
        QVERIFY(fd.sourceFd && fd.destinationFd);
        QVERIFY(fd.savedNs > 0 && fd.savedNs < fd.sentNs && fd.sentNs < fd.receivedNs
            && fd.receivedNs < fd.claimedNs);
    }
    const FdEntry* ram = find(table, u"ram0"_s);
    QVERIFY(ram);
    QCOMPARE(ram->sourceFd, std::optional(ramSource));
    QCOMPARE(ram->destinationFd, std::optional(ramDestination));
    QVERIFY(fdAlarms(events).empty());
}

void TestFds::aLostFdIsAnAlarm()
{
    auto destination = test::dataFile(u"logs/qemu-11.1.3-cpr-transfer-defer-dst.log"_s);
    destination.replace("cpr_find_fd ram0, id 0 returns 16", "cpr_find_fd ram0, id 0 returns -1");
    const auto events
        = linesOf(test::dataFile(u"logs/qemu-11.1.3-cpr-transfer-defer-src.log"_s), destination);
    const auto alarms = fdAlarms(events);
    QCOMPARE(alarms.size(), 1);
    QCOMPARE(alarms[0].name, u"ram0"_s);
    QCOMPARE(alarms[0].id, 0);
    QVERIFY(alarms[0].timeNs > 0);
    QVERIFY(alarms[0].text.contains(u"'ram0'"));
    QCOMPARE(find(fdTable(events), u"ram0"_s)->claim, FdClaim::Missing);
}

void TestFds::whatWasNotSentIsNone()
{
    auto destination = test::dataFile(u"logs/qemu-11.1.3-cpr-transfer-defer-dst.log"_s);
    destination += "2026-11-20T21:09:15.2Z cpr_find_fd new-device, id 0 returns -1\n";
    const auto events
        = linesOf(test::dataFile(u"logs/qemu-11.1.3-cpr-transfer-defer-src.log"_s), destination);
    QVERIFY(fdAlarms(events).empty());
    QVERIFY(!find(fdTable(events), u"new-device"_s));
}

void TestFds::freshSourcesOfEarlierHopsAreNone()
{
    // The same VMM, followed as a destination although its log begins with its life as a fresh VMM.
    auto events = test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s);
    test::append(events,
        test::parseLog(Side::Destination, "2026-11-20T21:09:15.000001Z cpr_find_fd ram0, id 0 returns -1\n"));
    QVERIFY(fdAlarms(events).empty());
}

static const QByteArray firstSource = R"(2026-11-21T09:00:00.000Z cpr_find_fd ram0, id 0 returns -1
2026-11-21T09:00:00.000Z cpr_save_fd ram0, id 0, fd 11
2026-11-21T09:00:01.000Z migrate_set_state new state setup
2026-11-21T09:00:01.100Z qemu_file_put_fd ioc cpr-out, fd 11 -> status 0
2026-11-21T09:00:01.900Z migrate_set_state new state completed
)";
static const QByteArray firstDestination = R"(2026-11-21T09:00:01.200Z qemu_file_get_fd ioc cpr-in -> fd 20
2026-11-21T09:00:01.300Z cpr_find_fd ram0, id 0 returns 20
2026-11-21T09:00:01.400Z migrate_set_state new state setup
2026-11-21T09:00:01.800Z migrate_set_state new state completed
)";
static const QByteArray secondSource = R"(2026-11-21T09:00:02.000Z migrate_set_state new state setup
2026-11-21T09:00:02.100Z qemu_file_put_fd ioc cpr-out, fd 20 -> status 0
2026-11-21T09:00:02.900Z migrate_set_state new state completed
)";
static const QByteArray secondDestination = R"(2026-11-21T09:00:02.200Z qemu_file_get_fd ioc cpr-in -> fd 31
2026-11-21T09:00:02.300Z cpr_find_fd ram0, id 0 returns 31
)";

void TestFds::theSecondHopKnowsItsSource()
{
    const auto events = linesOf(firstSource + secondSource, firstDestination + secondDestination);
    const auto first = fdTable(events, 0);
    QCOMPARE(first.size(), 1);
    QCOMPARE(first[0].sourceFd, std::optional(11));
    QCOMPARE(first[0].destinationFd, std::optional(20));
    const auto second = fdTable(events);
    QCOMPARE(second.size(), 1);
    QCOMPARE(second[0].name, u"ram0"_s);
    QCOMPARE(second[0].sourceFd, std::optional(20));
    QCOMPARE(second[0].destinationFd, std::optional(31));
    QCOMPARE(second[0].claim, FdClaim::Claimed);
    QVERIFY(fdTable(events, 7).empty());
    QVERIFY(fdTable(std::span<const Event>()).empty());
}

void TestFds::fewerReceivedThanSent()
{
    QByteArray source = firstSource;
    source.replace("2026-11-21T09:00:01.900Z",
        "2026-11-21T09:00:01.101Z qemu_file_put_fd ioc cpr-out, fd 12 -> status 0\n2026-11-21T09:00:01.900Z");
    const auto alarms = fdAlarms(linesOf(source, firstDestination));
    QCOMPARE(alarms.size(), 1);
    QVERIFY(alarms[0].text.contains(u"only 1 of 2"));
}

void TestFds::whatNobodyLooksForIsUnclaimed()
{
    QByteArray source = firstSource;
    source.replace("2026-11-21T09:00:01.000Z",
        "2026-11-21T09:00:00.5Z cpr_save_fd old, id 4, fd 12\n2026-11-21T09:00:01.000Z");
    source.replace("2026-11-21T09:00:01.900Z",
        "2026-11-21T09:00:01.101Z qemu_file_put_fd ioc cpr-out, fd 12 -> status 0\n2026-11-21T09:00:01.900Z");
    QByteArray destination = firstDestination;
    destination.replace("2026-11-21T09:00:01.300Z",
        "2026-11-21T09:00:01.201Z qemu_file_get_fd ioc cpr-in -> fd 21\n2026-11-21T09:00:01.300Z");
    const auto events = linesOf(source, destination);
    const auto table = fdTable(events);
    const FdEntry* old = find(table, u"old"_s);
    QVERIFY(old);
    QCOMPARE(old->id, 4);
    QCOMPARE(old->claim, FdClaim::Unclaimed);
    QCOMPARE(old->destinationFd, std::optional(21));
    QVERIFY(fdAlarms(events).empty());
}

void TestFds::failedSendsDoNotCount()
{
    QByteArray source = firstSource;
    source.replace("-> status 0", "-> status -1");
    const auto table = fdTable(linesOf(source, {}));
    QCOMPARE(table.size(), 1);
    QVERIFY(table[0].saved);
    QVERIFY(!table[0].sent);
}

void TestFds::oneSideAlone()
{
    const auto source = fdTable(linesOf(firstSource, {}));
    QCOMPARE(source.size(), 1);
    QVERIFY(source[0].sent && !source[0].received);
    QCOMPARE(source[0].claim, FdClaim::Unknown);
    QVERIFY(fdAlarms(linesOf(firstSource, {})).empty());

    const auto destination
        = fdTable(linesOf("2026-11-21T09:00:01.000Z migrate_set_state new state setup\n", firstDestination));
    QCOMPARE(destination.size(), 1);
    QCOMPARE(destination[0].name, u"ram0"_s);
    QCOMPARE(destination[0].destinationFd, std::optional(20));
    QVERIFY(!destination[0].sent);
}

void TestFds::theSessionAddsItsProof()
{
    auto events = linesOf(firstSource, firstDestination);
    events.push_back({ .side = Side::Console,
        .timeNs = events.front().timeNs + 2'000'000'000,
        .category = Category::Fd,
        .name = u"ram0"_s,
        .attributes = { { u"id"_s, 0 }, { u"kind"_s, u"memfd"_s }, { u"text"_s, u"memfd ram0, 64 MiB"_s },
            { u"sourceFd"_s, 11 }, { u"destinationFd"_s, 20 }, { u"identity"_s, u"same"_s },
            { u"method"_s, u"kcmp"_s }, { u"proof"_s, u"kcmp says so"_s } } });
    events.push_back(events.back());
    events.back().name = u"other"_s;
    const auto table = fdTable(events);
    QCOMPARE(table.size(), 2);
    QCOMPARE(table[0].identity, u"same"_s);
    QCOMPARE(table[0].proof, u"kcmp says so"_s);
    QCOMPARE(table[1].name, u"other"_s);
    QCOMPARE(table[1].sourceFd, std::optional(11));
}

void TestFds::aRelayHasSeenWhatNoLogTells()
{
    auto events = linesOf(firstSource, firstDestination);
    const qint64 passedNs = events.front().timeNs + 2'000'000'000;
    for (const QString& name : { u"ram0"_s, u"console0"_s, u"@hello"_s, QString() })
        events.push_back({ .side = Side::Channel,
            .timeNs = passedNs,
            .category = Category::Relay,
            .name = u"fd"_s,
            .attributes = { { u"channel"_s, u"main"_s }, { u"name"_s, name }, { u"id"_s, 0 },
                { u"kind"_s, u"socket"_s }, { u"sourceFd"_s, 9 } } });
    const auto table = fdTable(events);
    QCOMPARE(table.size(), 2);
    // A log is nearer to what it tells.
    QVERIFY(table[0].sentNs > 0 && table[0].sentNs != passedNs);
    QCOMPARE(table[0].sourceFd, std::optional(11));
    QCOMPARE(table[1].name, u"console0"_s);
    QCOMPARE(table[1].sentNs, passedNs);
    QCOMPARE(table[1].sourceFd, std::optional(9));
    QCOMPARE(table[1].kind, u"socket"_s);
    QVERIFY(fdAlarms(events).empty());
}

QTEST_GUILESS_MAIN(TestFds)
#include "tst_fds.moc"
