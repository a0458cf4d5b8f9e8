// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/describe.h"
#include "fdpass/identity.h"
#include "kvmguest.h"
#include "lab/privatenetwork.h"
#include "lab/vmmlab.h"
#include "sessionrun.h"

#include <QJsonArray>
#include <QMap>
#include <QTemporaryDir>

#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

QString noNetwork; ///< why; empty when there is one

/// One way to hand the guest over.
struct Choice
{
    QString mode = u"cpr-transfer"_s;
    QString handover = u"prepared"_s;
    bool migrateFds = true;
    bool ram = true;
    bool network = true;
    bool disk = true;
    bool console = true;
    bool ballast = true;
    QString accelerator = u"thread"_s;

    bool device(const QString& id) const
    {
        if (id == "ram0"_L1)
            return ram;
        if (id == "net0"_L1)
            return network;
        if (id == "disk0"_L1)
            return disk;
        return id == "console0"_L1 ? console : ballast;
    }
    bool passes(const QString& id) const { return migrateFds && device(id); }
    bool anyExclusivePasses() const { return migrateFds && (network || disk || console); }
    bool isLateStop() const { return mode == "cpr-transfer"_L1 && handover == "late-stop"_L1; }

    QByteArray name() const
    {
        QByteArray text = mode == "normal"_L1 ? "normal" : handover.toLatin1();
        if (accelerator != "thread"_L1)
            text = accelerator.toLatin1() + ", " + text;
        if (!migrateFds)
            text += ", fds off";
        QByteArrayList off;
        for (const char* id : { "ram0", "net0", "disk0", "console0", "ballast0" }) {
            if (!device(QString::fromLatin1(id)))
                off << id;
        }
        return off.isEmpty() ? text : QByteArray(text + ", off: " + off.join(' '));
    }
};

/// Every mix of the devices' switches, with every policy and both channels.
QList<Choice> choices()
{
    QList<Choice> list;
    for (int bits = 0; bits < 16; ++bits) {
        const Choice base{ .ram = (bits & 1) == 0,
            .network = (bits & 2) == 0,
            .disk = (bits & 4) == 0,
            .console = (bits & 8) == 0,
            .ballast = (bits & 8) == 0 };
        for (const QString& handover : { u"prepared"_s, u"early-stop"_s, u"late-stop"_s }) {
            Choice choice = base;
            choice.handover = handover;
            list << choice;
        }
        for (const bool migrateFds : { true, false }) {
            Choice choice = base;
            choice.mode = u"normal"_s;
            choice.migrateFds = migrateFds;
            list << choice;
        }
    }
    // What the processors run on matters to RAM and to the descriptors that the guest rings.
    const QString kvm = u"kvm"_s;
    list << Choice{ .accelerator = kvm } << Choice{ .handover = u"early-stop"_s, .accelerator = kvm }
         << Choice{ .handover = u"late-stop"_s, .accelerator = kvm }
         << Choice{ .ram = false, .accelerator = kvm }
         << Choice{ .handover = u"early-stop"_s, .ram = false, .accelerator = kvm }
         << Choice{ .network = false, .disk = false, .console = false, .ballast = false, .accelerator = kvm }
         << Choice{ .mode = u"normal"_s, .accelerator = kvm }
         << Choice{ .mode = u"normal"_s, .ram = false, .accelerator = kvm }
         << Choice{ .mode = u"normal"_s, .migrateFds = false, .accelerator = kvm };
    return list;
}

/// What query-cpr-fds tells of one process: its fds by "name id".
QMap<QString, int> fdsOf(const QString& qmpPath)
{
    QMap<QString, int> fds;
    const QJsonArray list = ask(qmpPath, u"query-cpr-fds"_s).toArray();
    for (const QJsonValue& entry : list)
        fds.insert(entry[u"name"].toString() + u' ' + QString::number(entry[u"id"].toInteger()),
            int(entry[u"fd"].toInteger(-1)));
    return fds;
}

} // namespace

class TestVmmMatrix : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void handsOver_data();
    void handsOver();

private:
    void verifyFds(const Choice& choice, const Session& session, const QMap<QString, int>& before);

    std::optional<QTemporaryDir> m_runtime;
};

void TestVmmMatrix::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestVmmMatrix::handsOver_data()
{
    QTest::addColumn<int>("index");
    const QList<Choice> all = choices();
    for (qsizetype i = 0; i < all.size(); ++i)
        QTest::newRow(all[i].name().constData()) << int(i);
}

void TestVmmMatrix::handsOver()
{
    QFETCH(int, index);
    const Choice choice = choices()[index];
    static const QString noKvm = kvmGuestProblem();
    if (choice.accelerator == "kvm"_L1 && !noKvm.isEmpty())
        QSKIP(qPrintable(noKvm));
    lab::VmmLab lab({ .accelerator = choice.accelerator,
        .ramBytes = qint64{ 32 } << 20,
        .processors = 2,
        .queues = 2,
        .ballastBytes = qint64{ 1 } << 20,
        .network = noNetwork.isEmpty() ? lab::LabNetwork::Tap : lab::LabNetwork::None,
        .ramMigrateFds = choice.ram,
        .networkMigrateFds = choice.network,
        .diskMigrateFds = choice.disk,
        .consoleMigrateFds = choice.console,
        .ballastMigrateFds = choice.ballast,
        .packetsPerSecond = 500 });
    QSignalSpy started(&lab, &lab::VmmLab::started);
    QSignalSpy failed(&lab, &lab::VmmLab::failed);
    lab.start();
    QVERIFY(QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, deadlineMs));
    if (!failed.isEmpty())
        QFAIL(qPrintable(failed.first().first().value<Error>().message()));
    if (noNetwork.isEmpty())
        QVERIFY2(lab.notes().isEmpty(), qPrintable(lab.notes().join(u' ')));
    std::ignore = ask(lab.qmpPath(), u"x-set-pulse-rates"_s, { { u"blocks-per-second"_s, 200 } });

    const QMap<QString, int> before = fdsOf(lab.qmpPath());
    QVERIFY(before.contains(u"ram0 0"_s));

    timeline::Record record;
    Session session(record);
    SessionRequest request{ .source = { .qmpPath = lab.qmpPath() }, .mode = choice.mode, .keepSource = true };
    if (choice.mode == "normal"_L1)
        request.parameters = { { u"migrate-fds"_s, choice.migrateFds } };
    else
        request.parameters = { { u"handover"_s, choice.handover } };
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    const EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid > 0 && !moved.gone)
        std::ignore = lab.takeOver(moved.pid, moved.startTicks);

    if (choice.isLateStop() && choice.anyExclusivePasses()) {
        QVERIFY2(session.outcome() == Outcome::Failed, story(session));
        QVERIFY2(story(session).contains("busy") || story(session).contains("Busy"), story(session));
        QCOMPARE(ask(lab.qmpPath(), u"query-status"_s)[u"status"].toString(), u"running"_s);
        return;
    }
    QVERIFY2(session.outcome() == Outcome::Migrated, story(session));
    verifyFds(choice, session, before);
    QVERIFY2(session.verification().evidence.join(u'\n').contains(u"heart beats"_s), story(session));

    const QJsonValue pulse = ask(session.endpoint(Side::Destination).qmpPath, u"query-pulse"_s);
    const qint64 beats = pulse[u"beats"].toInteger();
    QVERIFY(QTest::qWaitFor(
        [&] {
            return ask(session.endpoint(Side::Destination).qmpPath, u"query-pulse"_s)[u"beats"].toInteger()
                > beats;
        },
        deadlineMs));
    QCOMPARE(pulse[u"blocks-wrong"].toInteger(), 0);
    QCOMPARE(pulse[u"block-errors"].toInteger(), 0);
    QCOMPARE(pulse[u"ring-faults"].toInteger(), 0);
    if (lab.traffic() && choice.passes(u"net0"_s)) {
        const lab::TrafficReading traffic = lab.traffic()->stop(5000);
        QVERIFY(traffic.received > 0);
        QCOMPARE(traffic.lost(), 0u);
    }
}

void TestVmmMatrix::verifyFds(const Choice& choice, const Session& session, const QMap<QString, int>& before)
{
    const pid_t source = session.endpoint(Side::Source).pid;
    const EndpointStatus destination = session.endpoint(Side::Destination);
    const QMap<QString, int> after = fdsOf(destination.qmpPath);
    QCOMPARE(after.keys(), before.keys());
    for (auto fd = after.begin(); fd != after.end(); ++fd) {
        const QString device = fd.key().section(u' ', 0, 0).section(u'/', 0, 0);
        if (fd.value() < 0) {
            QVERIFY2(before[fd.key()] < 0, qPrintable(fd.key()));
            continue;
        }
        const auto proof = fdpass::compareFds(source, before[fd.key()], destination.pid, fd.value());
        const bool same
            = proof.identity == fdpass::Identity::Same || proof.identity == fdpass::Identity::SameInode;
        QVERIFY2(same == choice.passes(device), qPrintable(fd.key() + u": "_s + proof.text));
    }
}

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    if (const auto network = lab::enterPrivateNetwork(); !network)
        noNetwork = network.error().message();
    QCoreApplication application(argc, argv);
    TestVmmMatrix test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vmmmatrix.moc"
