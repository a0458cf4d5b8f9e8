// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionrun.h"

#include <QTemporaryDir>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <optional>
#include <sched.h>
#include <sys/ioctl.h>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

const QString tapName = QStringLiteral("cutover0");
const QString otherTapName = QStringLiteral("cutover1");

QString problem(const char* what)
{
    return u"%1: %2"_s.arg(QString::fromLatin1(what), QString::fromLocal8Bit(std::strerror(errno)));
}

bool writeProc(const QString& path, const QByteArray& text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.flush();
}

/// Goes into a network namespace of its own, where interfaces may be made; a user namespace permits it to
/// ordinary users. Only possible before there are threads. Why it is not possible, or nothing.
QString enterOwnNetwork()
{
    const QByteArray uid = QByteArray::number(::geteuid());
    const QByteArray gid = QByteArray::number(::getegid());
    if (::unshare(CLONE_NEWNET) == 0)
        return {};
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return problem("no network namespace can be made");
    const bool mapped = writeProc(u"/proc/self/setgroups"_s, "deny")
        && writeProc(u"/proc/self/uid_map"_s, "0 " + uid + " 1")
        && writeProc(u"/proc/self/gid_map"_s, "0 " + gid + " 1");
    return mapped ? QString() : problem("no user can be mapped into a namespace");
}

/// A TAP with one queue, which lasts as long as the namespace.
QString makeTap(const QString& name)
{
    const auto tap = UniqueFd::adopt(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!tap)
        return problem("/dev/net/tun");
    ifreq request{};
    std::ranges::copy(name.toLatin1(), std::begin(request.ifr_name));
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tap.get(), TUNSETIFF, &request) != 0)
        return problem("TUNSETIFF");
    return ::ioctl(tap.get(), TUNSETPERSIST, 1) == 0 ? QString() : problem("TUNSETPERSIST");
}

QStringList replaced(QStringList argv, const QString& before, const QString& after)
{
    return argv.replaceInStrings(before, after);
}

const Check* find(const std::vector<Check>& checks, QStringView id)
{
    const auto found = std::ranges::find(checks, id, &Check::id);
    return found == checks.end() ? nullptr : &*found;
}

} // namespace

/// A TAP of the source's that the destination would open by its name.
class TestTap : public QObject
{
    Q_OBJECT
public:
    explicit TestTap(const QString& missing)
        : m_missing(missing)
    {
    }
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void refused_data();
    void refused();
    void busyInTheDestination_data();
    void busyInTheDestination();
    void anotherInterface();

private:
    void startLab(const QString& version, const QStringList& network);
    QString observer() const { return m_runtime->filePath(u"observer.qmp"_s); }
    static QStringList tapNetwork()
    {
        return { u"-netdev"_s, u"tap,id=net0,ifname=%1,script=no,downscript=no"_s.arg(tapName) };
    }

    QString m_missing;
    std::optional<QTemporaryDir> m_runtime;
    std::unique_ptr<lab::QemuLab> m_lab;
};

void TestTap::initTestCase()
{
    if (m_missing.isEmpty())
        m_missing = makeTap(tapName);
    if (m_missing.isEmpty())
        m_missing = makeTap(otherTapName);
    if (!m_missing.isEmpty())
        QSKIP(qPrintable(m_missing));
}

void TestTap::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestTap::cleanup()
{
    m_lab.reset();
    m_runtime.reset();
}

void TestTap::startLab(const QString& version, const QStringList& network)
{
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    lab::QemuLabOptions options = labOptions(version, kvmUsable() ? u"kvm"_s : u"tcg"_s);
    options.extraArguments = network
        + QStringList{ u"-device"_s, u"virtio-net-pci,netdev=net0"_s, u"-qmp"_s,
              u"unix:%1,server=on,wait=off"_s.arg(observer()) };
    m_lab = startedLab(options);
    QVERIFY(m_lab);
}

void TestTap::refused_data()
{
    QTest::addColumn<bool>("derived");
    QTest::newRow("derived") << true;
    QTest::newRow("own command line") << false;
}

void TestTap::refused()
{
    QFETCH(const bool, derived);
    startLab(u"11.1"_s, tapNetwork());
    if (!m_lab)
        return;
    timeline::Record record;
    Session session(record);
    SessionRequest request{ .source = { .qmpPath = m_lab->qmpPath() } };
    if (!derived)
        request.destination = { .kind = DestinationSpec::Kind::Command, .argv = m_lab->arguments() };
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    QCOMPARE(session.outcome(), Outcome::Refused);
    const Check* check = find(session.checks(), u"tap-names");
    QVERIFY(check);
    QCOMPARE(check->verdict, Verdict::Refuse);
    QVERIFY2(check->evidence.contains(tapName), qPrintable(check->evidence));
    QVERIFY(!check->remedy.isEmpty());
    QCOMPARE(ask(observer(), u"query-status"_s)["status"_L1].toString(), u"running"_s);
}

void TestTap::busyInTheDestination_data()
{
    QTest::addColumn<QString>("version");
    for (const QemuVersion& qemu : qemuVersions)
        QTest::newRow(qemu.name) << QString::fromLatin1(qemu.name);
}

/// The interface is named in a file that preflight does not read, so only the kernel can refuse it.
void TestTap::busyInTheDestination()
{
    QFETCH(const QString, version);
    const QString config = m_runtime->filePath(u"network.cfg"_s);
    QFile file(config);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("[netdev \"net0\"]\n  type = \"tap\"\n  ifname = \"" + tapName.toLatin1()
        + "\"\n  script = \"no\"\n  downscript = \"no\"\n");
    file.close();
    startLab(version, { u"-readconfig"_s, config });
    if (!m_lab)
        return;

    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = m_lab->qmpPath() } }).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(session.outcome() != Outcome::Refused, story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));

    const Failure why = *session.failure();
    QVERIFY2(why.side == Side::Destination, story(session));
    QVERIFY2(why.phase == SessionPhase::Devices, story(session));
    QVERIFY2(why.destinationOutput.contains("Device or resource busy"_L1), story(session));
    QVERIFY2(why.destinationOutput.contains(tapName), story(session));
    QVERIFY(!why.error.remedy.isEmpty());
    QVERIFY(session.endpoint(Side::Destination).gone);
    const QJsonValue status = ask(observer(), u"query-status"_s);
    QCOMPARE(status["status"_L1].toString(), u"running"_s);
    // It was never stopped.
    QVERIFY(std::ranges::none_of(record.events(), [](const timeline::Event& event) {
        return event.side == Side::Source && event.name == "vmstate_downtime_checkpoint"_L1;
    }));
}

void TestTap::anotherInterface()
{
    startLab(u"11.1"_s, tapNetwork());
    if (!m_lab)
        return;
    timeline::Record record;
    Session session(record);
    const DestinationSpec destination{ .kind = DestinationSpec::Kind::Command,
        .argv = replaced(m_lab->arguments(), tapName, otherTapName) };
    QVERIFY(
        session.check({ .source = { .qmpPath = m_lab->qmpPath() }, .destination = destination }).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(session.outcome() != Outcome::Refused, story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    keepInLab(*m_lab, session);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
}

int main(int argc, char* argv[])
{
    TestTap test(enterOwnNetwork());
    const QCoreApplication application(argc, argv);
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}

#include "tst_tap.moc"
