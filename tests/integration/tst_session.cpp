// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/discovery.h"
#include "operator/journal.h"
#include "sessionrun.h"

#include <QTemporaryDir>

#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;

class TestSession : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void migrates_data();
    void migrates();
    void hopsThreeTimes_data();
    void hopsThreeTimes();
    void namesStayThroughHops();
    void newerBinaryTakesOver();
    void attachedDestinationIsGuarded_data();
    void attachedDestinationIsGuarded();
    void checkChangesNothing();
    void cancelledBeforeSwitchoverLeavesTheSource();
    void lateBlockActivateKeepsTheImageLocked();

private:
    std::optional<QTemporaryDir> m_runtime;
};

void TestSession::initTestCase() { }

void TestSession::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestSession::migrates_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("accelerator");
    QTest::addColumn<QString>("mode");
    QTest::addColumn<bool>("defer");
    QTest::addColumn<bool>("guarded");
    QTest::addColumn<bool>("paused");
    QTest::addColumn<int>("ramMiB");
    for (const char* version : { "10.0", "11.1" }) {
        for (const char* accelerator : { "kvm", "tcg" }) {
            const auto row
                = [&](const char* name, const char* mode, bool defer, bool guarded, bool paused, int ram) {
                      QTest::addRow("%s %s %s", version, accelerator, name)
                          << QString::fromLatin1(version) << QString::fromLatin1(accelerator)
                          << QString::fromLatin1(mode) << defer << guarded << paused << ram;
                  };
            row("defer", "cpr-transfer", true, true, false, 64);
            row("uri", "cpr-transfer", false, true, false, 64);
            row("unguarded", "cpr-transfer", true, false, false, 64);
            row("paused", "cpr-transfer", true, true, true, 64);
            row("paused uri", "cpr-transfer", false, true, true, 64);
            row("4 GiB", "cpr-transfer", true, true, false, 4096);
            row("normal", "normal", true, true, false, 64);
            row("normal uri", "normal", false, true, false, 64);
        }
    }
}

void TestSession::migrates()
{
    QFETCH(QString, version);
    QFETCH(QString, accelerator);
    QFETCH(QString, mode);
    QFETCH(bool, defer);
    QFETCH(bool, guarded);
    QFETCH(bool, paused);
    QFETCH(int, ramMiB);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    lab::QemuLabOptions options = labOptions(version, accelerator);
    options.paused = paused;
    options.ramBytes = qint64{ ramMiB } * 1024 * 1024;
    const auto lab = startedLab(options);
    QVERIFY(lab);

    timeline::Record record;
    Session session(record);
    QVERIFY(session
            .check(
                { .source = { .qmpPath = lab->qmpPath() }, .mode = mode, .defer = defer, .guarded = guarded })
            .has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    keepInLab(*lab, session);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
    QVERIFY2(session.verification().ok, story(session));
    QCOMPARE(session.verification().fds.empty(), mode == u"normal");
    for (const FdProof& fd : session.verification().fds)
        QCOMPARE(fd.proof.identity, fdpass::Identity::Same);

    QVERIFY(session.finish().has_value());
    QVERIFY(reaches<state::Finished>(session));
    QVERIFY(session.endpoint(Side::Source).gone);
    // The destination answers where the source did.
    const QJsonValue status = ask(lab->qmpPath(), QStringLiteral("query-status"));
    QCOMPARE(status[u"status"].toString(), paused ? QStringLiteral("prelaunch") : QStringLiteral("running"));
}

void TestSession::hopsThreeTimes_data()
{
    addQemuRows();
}

void TestSession::hopsThreeTimes()
{
    QFETCH(QString, version);
    QFETCH(QString, accelerator);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const auto lab = startedLab(labOptions(version, accelerator));
    QVERIFY(lab);
    QString memory;
    for (int hop = 0; hop < 3; ++hop) {
        timeline::Record record;
        Session session(record);
        QVERIFY(session.check({ .source = { .qmpPath = lab->qmpPath() } }).has_value());
        QVERIFY(waitSettled(session));
        QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
        QVERIFY(session.migrate().has_value());
        QVERIFY(waitSettled(session));
        keepInLab(*lab, session);
        QVERIFY2(std::holds_alternative<state::Migrated>(session.state()) && session.verification().ok,
            story(session));
        for (const FdProof& fd : session.verification().fds) {
            if (fd.name != u"ram0")
                continue;
            // One memory through all hops.
            const QString inode = QString::number(fd.description.inode);
            QVERIFY(memory.isEmpty() || memory == inode);
            memory = inode;
        }
        QVERIFY(session.finish().has_value());
        QVERIFY(reaches<state::Finished>(session));
    }
    QVERIFY(!memory.isEmpty());
}

void TestSession::namesStayThroughHops()
{
    if (const QString missing = missingFor(QStringLiteral("11.1"), QStringLiteral("tcg")); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const QString second = m_runtime->filePath(QStringLiteral("second.qmp"));
    const QString pidFile = m_runtime->filePath(QStringLiteral("vm.pid"));
    lab::QemuLabOptions options = labOptions(QStringLiteral("11.1"), QStringLiteral("tcg"));
    options.extraArguments = { QStringLiteral("-qmp"),
        QStringLiteral("unix:%1,server=on,wait=off").arg(second), QStringLiteral("-pidfile"), pidFile };
    const auto lab = startedLab(options);
    QVERIFY(lab);
    pid_t pid = lab->sourcePid();
    for (int hop = 0; hop < 4; ++hop) {
        // By its process and by its second monitor, in turn.
        const SourceSpec source = hop % 2 == 0 ? SourceSpec{ .pid = pid } : SourceSpec{ .qmpPath = second };
        timeline::Record record;
        Session session(record);
        QVERIFY(session.check({ .source = source }).has_value());
        QVERIFY(waitSettled(session));
        QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
        QVERIFY(session.migrate().has_value());
        QVERIFY(waitSettled(session));
        keepInLab(*lab, session);
        QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
        pid = session.endpoint(Side::Destination).pid;
        QVERIFY(session.finish().has_value());
        QVERIFY(reaches<state::Finished>(session));
        for (const QString& monitor : { lab->qmpPath(), second }) {
            const QJsonValue status = ask(monitor, QStringLiteral("query-status"));
            QCOMPARE(status[u"status"].toString(), QStringLiteral("running"));
        }
        QFile file(pidFile);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll().trimmed().toInt(), pid);
        const auto found = inspectProcess(pid);
        QVERIFY(found.has_value());
        QVERIFY(found->usableMonitor());
        QVERIFY(!found->usableMonitor()->path.contains(QStringLiteral("/pair-")));
    }
}

void TestSession::newerBinaryTakesOver()
{
    for (const char* version : { "10.0", "11.1" }) {
        if (const QString missing = missingFor(QString::fromLatin1(version), QStringLiteral("tcg"));
            !missing.isEmpty())
            QSKIP(qPrintable(missing));
    }
    const auto lab = startedLab(labOptions(QStringLiteral("10.0"), QStringLiteral("tcg")));
    QVERIFY(lab);
    timeline::Record record;
    Session session(record);
    QVERIFY(session
            .check({ .source = { .qmpPath = lab->qmpPath() },
                .destination = { .binary = qemuBinary(QStringLiteral("11.1")) } })
            .has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    keepInLab(*lab, session);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()) && session.verification().ok,
        story(session));
    QVERIFY(session.endpoint(Side::Source).version.startsWith(QStringLiteral("10.0")));
    QVERIFY(session.endpoint(Side::Destination).version.startsWith(QStringLiteral("11.1")));
}

void TestSession::attachedDestinationIsGuarded_data()
{
    addQemuRows();
}

void TestSession::attachedDestinationIsGuarded()
{
    QFETCH(QString, version);
    QFETCH(QString, accelerator);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const auto lab = startedLab(labOptions(version, accelerator));
    QVERIFY(lab);
    // As an operator would start it, without -S.
    const QString monitor = lab->folder() + QStringLiteral("/attached.qmp");
    const QString channel = lab->folder() + QStringLiteral("/attached.cpr");
    QStringList argv = lab->arguments();
    for (QString& argument : argv) {
        argument.replace(lab->qmpPath(), monitor);
        argument.replace(lab->logPath(), lab->folder() + QStringLiteral("/attached.log"));
    }
    argv << QStringLiteral("-incoming") << QStringLiteral("defer") << QStringLiteral("-incoming")
         << QStringLiteral("cpr,addr.transport=socket,addr.type=unix,addr.path=") + channel;
    auto spawned = ChildProcess::spawn(
        { .argv = argv, .stderrPath = lab->folder() + QStringLiteral("/attached.err") });
    QVERIFY(spawned.has_value());

    timeline::Record record;
    Session session(record);
    const DestinationSpec destination{
        .kind = DestinationSpec::Kind::Attach, .qmpPath = monitor, .cprPath = channel
    };
    QVERIFY(
        session.check({ .source = { .qmpPath = lab->qmpPath() }, .destination = destination }).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
    // Paused at the end of the migration, and running only by our word.
    QStringList order;
    for (const timeline::Event& event : record.events()) {
        if (event.side == Side::Destination && event.category == timeline::Category::QmpSent
            && (event.name == u"stop" || event.name == u"cont"))
            order.append(event.name);
        if (event.side == Side::Destination && event.category == timeline::Category::QmpEvent
            && event.name == u"RESUME")
            order.append(event.name);
    }
    QCOMPARE(
        order, (QStringList{ QStringLiteral("stop"), QStringLiteral("cont"), QStringLiteral("RESUME") }));
}

void TestSession::checkChangesNothing()
{
    if (const QString missing = missingFor(QStringLiteral("11.1"), QStringLiteral("tcg")); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const auto lab = startedLab(labOptions(QStringLiteral("11.1"), QStringLiteral("tcg")));
    QVERIFY(lab);
    const auto settings = [&] {
        return std::pair(ask(lab->qmpPath(), QStringLiteral("query-migrate-parameters")),
            ask(lab->qmpPath(), QStringLiteral("query-migrate-capabilities")));
    };
    const auto before = settings();
    {
        timeline::Record record;
        Session session(record);
        QVERIFY(session.check({ .source = { .qmpPath = lab->qmpPath() } }).has_value());
        QVERIFY(waitSettled(session));
        QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    }
    QVERIFY(settings() == before);
    QVERIFY(findPairs().isEmpty());
    const auto root = pairsRoot();
    QVERIFY(root.has_value());
    QCOMPARE(QDir(*root).entryList({ QStringLiteral("pair-*") }), QStringList());
}

void TestSession::cancelledBeforeSwitchoverLeavesTheSource()
{
    if (const QString missing = missingFor(QStringLiteral("11.1"), QStringLiteral("tcg")); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const auto lab = startedLab(labOptions(QStringLiteral("11.1"), QStringLiteral("tcg")));
    QVERIFY(lab);
    {
        timeline::Record record;
        Session session(record);
        QVERIFY(session.check({ .source = { .qmpPath = lab->qmpPath() } }).has_value());
        QVERIFY(waitSettled(session));
        QVERIFY(session.migrate().has_value());
        QVERIFY(reaches<state::Transferring>(session));
        QVERIFY(session.cancel().has_value());
        QVERIFY(waitSettled(session));
        const auto* failed = std::get_if<state::Failed>(&session.state());
        QVERIFY2(failed && failed->cancelled, story(session));
        QVERIFY(session.endpoint(Side::Destination).gone);
        // Again, and now to the end.
        QVERIFY(session.check(session.request()).has_value());
        QVERIFY(waitSettled(session));
        QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
        QVERIFY(session.migrate().has_value());
        QVERIFY(waitSettled(session));
        keepInLab(*lab, session);
        QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
    }
}

void TestSession::lateBlockActivateKeepsTheImageLocked()
{
    if (const QString missing = missingFor(QStringLiteral("11.1"), QStringLiteral("tcg")); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    QTemporaryDir folder;
    const QString image = folder.filePath(QStringLiteral("disk.raw"));
    QFile file(image);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(1 << 20));
    file.close();
    lab::QemuLabOptions options = labOptions(QStringLiteral("11.1"), QStringLiteral("tcg"));
    options.extraArguments = { QStringLiteral("-drive"),
        QStringLiteral("if=none,id=d0,format=raw,file.driver=file,file.locking=on,file.filename=") + image,
        QStringLiteral("-device"), QStringLiteral("virtio-blk-pci,drive=d0,id=disk0") };
    const auto lab = startedLab(options);
    QVERIFY(lab);
    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = lab->qmpPath() } }).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    keepInLab(*lab, session);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()) && session.verification().ok,
        story(session));
}

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
