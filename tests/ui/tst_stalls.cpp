// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "integration/vmmprocess.h"
#include "stallingpeer.h"
#include "windowtest.h"

#include "livesession.h"
#include "mainwindow.h"
#include "nextstep.h"

#include <QAction>
#include <QMessageBox>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using ui::test::StallingPeer;

namespace {

/// Counts how often the event loop came round. The peer lives on the same thread: a wait for it would be one
/// for ever.
class Heartbeat : public QObject
{
public:
    Heartbeat()
    {
        connect(&m_timer, &QTimer::timeout, this, [this] { ++m_beats; });
        m_timer.start(0);
    }
    /// The loop runs on.
    bool beats()
    {
        const int before = m_beats;
        return QTest::qWaitFor([&] { return m_beats > before + 100; }, 60'000);
    }

private:
    QTimer m_timer;
    int m_beats = 0;
};

op::SessionRequest requestTo(const QString& path)
{
    op::SessionRequest request;
    request.source.qmpPath = path;
    return request;
}

/// The real window with the real session, connecting.
struct Connecting
{
    LiveSession session;
    MainWindow window{ &session };
    Heartbeat heart;

    explicit Connecting(const op::SessionRequest& request)
    {
        window.show();
        window.begin(request);
    }
    bool isChecking() const { return std::holds_alternative<op::state::Checking>(session.state()); }
};

struct Source
{
    QString path;
    cutover::test::VmmProcess vmm;

    explicit Source(const QString& socket)
        : path(socket)
        , vmm({ u"-name"_s, u"stalls"_s, u"-m"_s, u"64M"_s, u"-qmp"_s,
              u"unix:%1,server=on,wait=off"_s.arg(socket) })
    {
        // The socket is there a moment before it listens.
        cutover::test::QmpConnection(socket).negotiate();
    }
    op::SessionRequest request(const QString& destination) const
    {
        op::SessionRequest request = requestTo(path);
        request.mode = u"normal"_s;
        request.destination.kind = op::DestinationSpec::Kind::Attach;
        request.destination.qmpPath = destination;
        return request;
    }
};

bool migrate(Connecting& to)
{
    return QTest::qWaitFor(
               [&] { return to.window.actionGroups().find(u"session_migrate"_s)->isEnabled(); }, 60'000)
        && to.session.migrate();
}

/// Where a migration is under way the window asks first; the peer does not keep it from asking.
void closeOrBeAsked(MainWindow& window)
{
    if (window.close())
        QVERIFY(!window.isVisible());
    else
        QTRY_VERIFY(window.findChild<QMessageBox*>());
}

} // namespace

/// A peer that stops in the middle of any exchange stops neither the window nor its user.
class TestStalls : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_runtime;
    int m_number = 0;

    QString nextPath() { return m_runtime.filePath(u"peer%1"_s.arg(m_number++)); }

private Q_SLOTS:
    void initTestCase() { ui::test::setUp(m_runtime.path()); }
    void init() { ui::test::startAfresh({ u"RecentSessions"_s }); }

    void connectingToAFullQueue()
    {
        const QString path = nextPath();
        const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        QVERIFY(listener >= 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const QByteArray name = QFile::encodeName(path);
        QVERIFY(name.size() < qsizetype{ sizeof(address.sun_path) });
        std::copy(name.begin(), name.end(), address.sun_path);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        QCOMPARE(::bind(listener, generic, sizeof(address)), 0);
        QCOMPARE(::listen(listener, 0), 0);
        QList<int> waiting;
        for (int result = 0; result == 0;) {
            waiting << ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            result = ::connect(waiting.last(), generic, sizeof(address));
        }
        {
            Connecting to(requestTo(path));
            QVERIFY(to.heart.beats());
            QTRY_VERIFY(std::holds_alternative<op::state::Failed>(to.session.state()));
            QVERIFY(!to.session.failure()->error.remedy.isEmpty());
            QVERIFY(to.window.close());
        }
        for (const int fd : std::as_const(waiting))
            ::close(fd);
        ::close(listener);
    }

    /// Says what there is to stall in.
    void everyMessageWhileChecking_data()
    {
        QTest::addColumn<int>("afterMessages");
        QTest::addColumn<bool>("inTheMiddle");
        int messages = 0;
        QStringList commands;
        {
            StallingPeer peer(nextPath(), std::nullopt);
            Connecting to(requestTo(m_runtime.filePath(u"peer%1"_s.arg(m_number - 1))));
            QVERIFY(QTest::qWaitFor([&] { return !to.isChecking(); }, 60'000));
            messages = peer.messages();
            commands = peer.received();
            to.window.close();
        }
        QVERIFY(messages > 5);
        for (int i = 0; i < messages; ++i) {
            const QByteArray name = i == 0 ? QByteArray("greeting") : commands.value(i - 1).toLatin1();
            QTest::addRow("%d before %s", i, name.constData()) << i << false;
            QTest::addRow("%d within %s", i, name.constData()) << i << true;
        }
    }
    void everyMessageWhileChecking()
    {
        QFETCH(const int, afterMessages);
        QFETCH(const bool, inTheMiddle);
        const QString path = nextPath();
        StallingPeer peer(
            path, StallingPeer::Stall{ .afterMessages = afterMessages, .inTheMiddle = inTheMiddle });
        Connecting to(requestTo(path));
        QTRY_VERIFY(peer.isStalled());
        QVERIFY(to.heart.beats());
        QVERIFY(to.isChecking());
        // The window answers its user: one half of the rows cancels, the other closes.
        QAction* cancel = to.window.actionGroups().find(u"session_cancel"_s);
        QVERIFY(cancel->isEnabled());
        if (inTheMiddle) {
            cancel->trigger();
            QTRY_VERIFY(!to.isChecking());
            QVERIFY(to.heart.beats());
            QVERIFY(to.window.close());
            return;
        }
        closeOrBeAsked(to.window);
    }

    /// A real source, and a destination that was started by somebody and stalls while it is prepared.
    void everyMessageWhileMigrating_data()
    {
        QTest::addColumn<int>("afterMessages");
        QTest::addColumn<bool>("inTheMiddle");
        const QString path = nextPath();
        StallingPeer peer(path, std::nullopt);
        const Source source(m_runtime.filePath(u"source%1"_s.arg(m_number)));
        Connecting to(source.request(path));
        QVERIFY(migrate(to));
        QVERIFY(QTest::qWaitFor([&] { return !isUnderWay(to.session.state()); }, 60'000));
        closeOrBeAsked(to.window);
        QVERIFY2(peer.messages() > 3, qPrintable(peer.received().join(u' ')));
        for (int i = 0; i < peer.messages(); ++i) {
            const QByteArray name = i == 0 ? QByteArray("greeting") : peer.received().value(i - 1).toLatin1();
            QTest::addRow("%d before %s", i, name.constData()) << i << false;
            QTest::addRow("%d within %s", i, name.constData()) << i << true;
        }
    }
    void everyMessageWhileMigrating()
    {
        QFETCH(const int, afterMessages);
        QFETCH(const bool, inTheMiddle);
        const QString path = nextPath();
        StallingPeer peer(
            path, StallingPeer::Stall{ .afterMessages = afterMessages, .inTheMiddle = inTheMiddle });
        const Source source(m_runtime.filePath(u"source%1"_s.arg(m_number)));
        Connecting to(source.request(path));
        QVERIFY(migrate(to));
        QTRY_VERIFY_WITH_TIMEOUT(peer.isStalled(), 60'000);
        QVERIFY(to.heart.beats());
        QAction* cancel = to.window.actionGroups().find(u"session_cancel"_s);
        if (cancel->isEnabled() && inTheMiddle) {
            cancel->trigger();
            QVERIFY(to.heart.beats());
        }
        closeOrBeAsked(to.window);
        QVERIFY(to.heart.beats());
        QVERIFY(source.vmm.isRunning());
    }
};

QTEST_MAIN(TestStalls)
#include "tst_stalls.moc"
