// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/plan.h"
#include "sessionrun.h"

#include <QDir>
#include <QJsonArray>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

/// The byte ranges of the image that the process has locked, as "100-101": QEMU's locks belong to open file
/// descriptions, which fdinfo lists and /proc/locks gives no owner for.
QStringList locksOf(pid_t pid, const QString& image)
{
    QStringList ranges;
    const QDir fds(u"/proc/%1/fd"_s.arg(pid));
    for (const QString& fd : fds.entryList(QDir::System | QDir::Files)) {
        if (QFile::symLinkTarget(fds.filePath(fd)) != image)
            continue;
        QFile info(u"/proc/%1/fdinfo/%2"_s.arg(QString::number(pid), fd));
        if (!info.open(QIODevice::ReadOnly))
            continue;
        for (const QByteArray& line : info.readAll().split('\n')) {
            const QStringList words = QString::fromLatin1(line).simplified().split(u' ');
            if (words.size() > 2 && words.first() == "lock:"_L1)
                ranges << QString(words.at(words.size() - 2) + u'-' + words.last());
        }
    }
    ranges.sort();
    return ranges;
}

/// Byte 101 stands for the permission to write.
bool mayWrite(const QStringList& locks)
{
    return locks.contains(u"100-101"_s) || locks.contains(u"101-101"_s);
}

QJsonArray capabilities(const QStringList& on)
{
    QJsonArray list;
    for (const QString& name : on)
        list.append(QJsonObject{ { u"capability"_s, name }, { u"state"_s, true } });
    return list;
}

QJsonObject channel(const QString& type, const QString& path)
{
    return { { u"channel-type"_s, type }, { u"addr"_s, Plan::unixAddress(path) } };
}

} // namespace

/// Who holds the locks of the guest's image while the guest changes hands.
class TestDisks : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void sessionLeavesThemToCont_data();
    void sessionLeavesThemToCont();
    void contTakesThem_data();
    void contTakesThem();

private:
    void startLab(const QString& version, const QString& format);
    QString path(const QString& name) const { return m_runtime->filePath(name); }
    QString image() const { return path(u"disk.img"_s); }
    QString observer() const { return path(u"observer.qmp"_s); }

    std::optional<QTemporaryDir> m_runtime;
    std::unique_ptr<lab::QemuLab> m_lab;
};

void TestDisks::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestDisks::cleanup()
{
    m_lab.reset();
    m_runtime.reset();
}

void TestDisks::startLab(const QString& version, const QString& format)
{
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const QString maker = QStandardPaths::findExecutable(u"qemu-img"_s);
    if (maker.isEmpty())
        QSKIP("there is no qemu-img here");
    QCOMPARE(QProcess::execute(maker, { u"create"_s, u"-q"_s, u"-f"_s, format, image(), u"16M"_s }), 0);
    lab::QemuLabOptions options = labOptions(version, kvmUsable() ? u"kvm"_s : u"tcg"_s);
    options.extraArguments
        = { u"-blockdev"_s, u"driver=file,node-name=file0,filename=%1,locking=on"_s.arg(image()),
              u"-blockdev"_s, u"driver=%1,node-name=disk0,file=file0"_s.arg(format), u"-device"_s,
              u"virtio-blk-pci,drive=disk0"_s, u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(observer()) };
    m_lab = startedLab(options);
    QVERIFY(m_lab);
    QVERIFY(mayWrite(locksOf(m_lab->sourcePid(), image())));
}

void TestDisks::sessionLeavesThemToCont_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("format");
    for (const QemuVersion& qemu : qemuVersions) {
        for (const char* format : { "raw", "qcow2" })
            QTest::addRow("%s %s", qemu.name, format)
                << QString::fromLatin1(qemu.name) << QString::fromLatin1(format);
    }
}

void TestDisks::sessionLeavesThemToCont()
{
    QFETCH(const QString, version);
    QFETCH(const QString, format);
    startLab(version, format);
    if (!m_lab)
        return;
    const pid_t source = m_lab->sourcePid();
    const QStringList wanted = locksOf(source, image());

    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = m_lab->qmpPath() } }).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    bool completed = false;
    bool continued = false;
    int looks = 0;
    QStringList early;
    connect(&record, &timeline::Record::appended, this, [&](std::size_t first, std::size_t count) {
        for (const timeline::Event& event : record.events().subspan(first, count)) {
            if (event.side != Side::Destination)
                continue;
            completed = completed
                || (event.category == timeline::Category::QmpEvent && event.name == "MIGRATION"_L1
                    && event.attributes["status"_L1].toString() == "completed"_L1);
            continued
                = continued || (event.category == timeline::Category::QmpSent && event.name == "cont"_L1);
        }
        if (completed && !continued) {
            ++looks;
            early += locksOf(session.endpoint(Side::Destination).pid, image());
        }
    });
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    keepInLab(*m_lab, session);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
    QVERIFY(completed && continued && looks > 0);
    QCOMPARE(early, QStringList());
    QCOMPARE(locksOf(session.endpoint(Side::Destination).pid, image()), wanted);
    QVERIFY(!mayWrite(locksOf(source, image())));
}

void TestDisks::contTakesThem_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<bool>("capability");
    QTest::addColumn<bool>("startedPaused");
    for (const QemuVersion& qemu : qemuVersions) {
        for (const bool capability : { true, false }) {
            for (const bool startedPaused : { true, false })
                QTest::addRow("%s, %s the capability, %s", qemu.name, capability ? "with" : "without",
                    startedPaused ? "-S" : "stop")
                    << QString::fromLatin1(qemu.name) << capability << startedPaused;
        }
    }
}

/// QEMU's own behaviour, on which the guard relies: by a destination that nobody continues yet.
void TestDisks::contTakesThem()
{
    QFETCH(const QString, version);
    QFETCH(const bool, capability);
    QFETCH(const bool, startedPaused);
    startLab(version, u"qcow2"_s);
    if (!m_lab)
        return;
    const pid_t source = m_lab->sourcePid();
    const QStringList wanted = locksOf(source, image());
    const QString monitor = path(u"destination.qmp"_s);
    const QString cpr = path(u"cpr.sock"_s);
    const QString main = path(u"main.sock"_s);
    QStringList argv = m_lab->arguments();
    argv.replaceInStrings(m_lab->qmpPath(), monitor);
    argv.replaceInStrings(observer(), path(u"destination-observer.qmp"_s));
    argv.replaceInStrings(m_lab->logPath(), path(u"destination.log"_s));
    argv << u"-incoming"_s << u"defer"_s << u"-incoming"_s
         << u"cpr,addr.transport=socket,addr.type=unix,addr.path=%1"_s.arg(cpr);
    if (startedPaused)
        argv << u"-S"_s;
    auto destination = ChildProcess::spawn({ .argv = argv, .stderrPath = path(u"destination.err"_s) });
    QVERIFY(destination.has_value());
    const pid_t pid = (*destination)->pid();
    const auto succeeds = [](const QString& qmpPath, const QString& command, const QJsonObject& arguments) {
        return !ask(qmpPath, command, arguments).isUndefined();
    };
    const auto reaches = [](const QString& qmpPath, const QString& status) {
        return QTest::qWaitFor(
            [&] { return ask(qmpPath, u"query-migrate"_s)["status"_L1].toString() == status; }, deadlineMs);
    };

    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(cpr), deadlineMs);
    QVERIFY(succeeds(observer(), u"migrate-set-capabilities"_s,
        { { u"capabilities"_s, capabilities({ u"return-path"_s }) } }));
    QVERIFY(succeeds(observer(), u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-transfer"_s } }));
    QVERIFY(succeeds(observer(), u"migrate"_s,
        { { u"channels"_s, QJsonArray{ channel(u"main"_s, main), channel(u"cpr"_s, cpr) } } }));
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(monitor), deadlineMs);
    QStringList wantedCapabilities{ u"return-path"_s };
    if (capability)
        wantedCapabilities << u"late-block-activate"_s;
    QVERIFY(succeeds(
        monitor, u"migrate-set-capabilities"_s, { { u"capabilities"_s, capabilities(wantedCapabilities) } }));
    if (!startedPaused)
        QVERIFY(succeeds(monitor, u"stop"_s, {}));
    QVERIFY(succeeds(
        monitor, u"migrate-incoming"_s, { { u"channels"_s, QJsonArray{ channel(u"main"_s, main) } } }));
    QVERIFY(reaches(observer(), u"completed"_s));
    QVERIFY(reaches(monitor, u"completed"_s));

    QCOMPARE(locksOf(pid, image()), QStringList());
    QVERIFY(!mayWrite(locksOf(source, image())));
    QVERIFY(succeeds(monitor, u"cont"_s, {}));
    QCOMPARE(locksOf(pid, image()), wanted);
    QVERIFY(!mayWrite(locksOf(source, image())));
}

QTEST_GUILESS_MAIN(TestDisks)
#include "tst_disks.moc"
