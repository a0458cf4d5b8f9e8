// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "views.h"

#include "recordedsession.h"

#include "demo/director.h"
#include "help/guidewindow.h"
#include "help/shortcutsheet.h"
#include "mainwindow.h"
#include "preferences/preferencesdialog.h"
#include "replay/recordings.h"
#include "replay/replaybar.h"
#include "replay/replaysession.h"
#include "start/recentsessions.h"
#include "start/startpanel.h"
#include "timeline/timelinepanel.h"
#include "timeline/timelineview.h"

#include <KLocalizedString>
#include <KSharedConfig>

#include <QAction>
#include <QDockWidget>
#include <QImage>
#include <QTest>
#include <QTimeZone>
#include <QTreeView>

namespace cutover::ui::test {

using namespace Qt::StringLiterals;

namespace {

constexpr int deadlineMs = 30'000;

QString recordingPath()
{
    return QStringLiteral(CUTOVER_TEST_DATA "/recordings/vmm-lab.cutover");
}

/// A live update of the embedded VMM under load, as the window recorded it.
const std::vector<timeline::Event>& recordedUpdate()
{
    static const std::vector<timeline::Event> events = [] {
        auto recording = timeline::readRecording(recordingPath());
        if (!recording)
            qFatal("%s", qPrintable(recording.error().message()));
        return std::move(recording->events);
    }();
    return events;
}

/// As a session would say it in the language of the window.
QString translated(const QString& text)
{
    return text.isEmpty() ? text : ki18n(text.toUtf8().constData()).toString();
}

op::DiscoveredVmm runningVmm(pid_t pid, const QString& name, op::DiscoveredMonitor::Occupancy occupancy)
{
    op::DiscoveredVmm vmm;
    vmm.pid = pid;
    vmm.startTime = 1;
    vmm.name = name;
    vmm.binary = u"/nowhere/qemu-system-x86_64"_s;
    const QString path = u"/run/user/1000/vm/"_s + name + u".qmp"_s;
    vmm.argv = { vmm.binary, u"-name"_s, name, u"-qmp"_s, u"unix:"_s + path + u",server=on,wait=off"_s };
    vmm.facts.memorySize = u"4G"_s;
    op::DiscoveredMonitor monitor;
    monitor.path = path;
    monitor.exists = monitor.accessible = true;
    monitor.occupancy = occupancy;
    vmm.monitors.append(monitor);
    return vmm;
}

/// Two sessions of some day that is long past.
void rememberSessions()
{
    RecentSessions recent;
    op::SessionRequest request;
    const QDateTime day(QDate(2026, 3, 14), QTime(15, 9), QTimeZone::UTC);
    request.source.qmpPath = u"/run/user/1000/vm/database.qmp"_s;
    request.mode = u"normal"_s;
    recent.begin(request, day);
    recent.update({ .name = u"database"_s }, op::state::Failed{});
    request.source.qmpPath = u"/run/user/1000/vm/web-07.qmp"_s;
    request.mode = u"cpr-transfer"_s;
    recent.begin(request, day.addDays(1));
    recent.update({ .name = u"web-07"_s }, op::state::Finished{ .verified = true });
}

/// Layouts settle, and models take in what timers have gathered for them.
void waitUntilStill(QWidget& window)
{
    constexpr int stillMs = 200;
    constexpr int enough = 3;
    QImage last;
    for (int same = 0, turns = 0; same < enough; ++turns) {
        if (turns * stillMs > deadlineMs)
            qFatal("the window goes on changing");
        QTest::qWait(stillMs);
        const QImage now = window.grab().toImage();
        same = now == last ? same + 1 : 0;
        last = now;
    }
}

} // namespace

QStringList View::names()
{
    return { u"start"_s, u"ready"_s, u"moving"_s, u"migrated"_s, u"qmp"_s, u"trace"_s, u"pulse"_s,
        u"preflight"_s, u"events"_s, u"details"_s, u"setup"_s, u"rescue"_s, u"replay"_s, u"demo"_s,
        u"preferences"_s, u"guide"_s, u"shortcuts"_s };
}

View::View(QSize size)
    : m_size(size)
{
}

View::~View() = default;

QWidget* View::open(const QString& name)
{
    for (const QString& group : KSharedConfig::openConfig()->groupList())
        KSharedConfig::openConfig()->deleteGroup(group);
    const bool replays = name == u"replay";
    if (replays)
        m_session = std::make_unique<ReplaySession>();
    else
        m_session = std::make_unique<ViewSession>();
    auto* scripted = dynamic_cast<ScriptedSession*>(m_session.get());
    if (scripted && name == u"start") {
        using Occupancy = op::DiscoveredMonitor::Occupancy;
        rememberSessions();
        scripted->running = { runningVmm(4711, u"web-07"_s, Occupancy::Free),
            runningVmm(4823, u"database"_s, Occupancy::Libvirt),
            runningVmm(5102, u"build-agent-12"_s, Occupancy::Taken) };
    }
    m_window = std::make_unique<MainWindow>(m_session.get());
    m_window->resize(m_size);
    m_window->show();
    if (!QTest::qWaitForWindowExposed(m_window.get()))
        qFatal("the window is not shown");
    m_window->activateWindow();

    QWidget* shown = m_window.get();
    if (name == u"start")
        openStart();
    else if (name == u"ready")
        tellUntil(u"arming-source"_s);
    else if (name == u"moving")
        tellUntil(u"committing"_s);
    else if (name == u"migrated")
        openMigrated();
    else if (name == u"rescue")
        openRescue();
    else if (name == u"replay")
        openReplay();
    else if (name == u"demo")
        openDemo();
    else if (name == u"preferences")
        shown = openPreferences();
    else if (name == u"guide")
        shown = openGuide();
    else if (name == u"shortcuts")
        shown = openShortcuts();
    else
        openDock(name + u"Dock"_s);
    if (name == u"ready")
        bringForward(u"preflightDock"_s);
    waitUntilStill(*shown);
    return shown;
}

void View::tellUntil(const QString& state)
{
    auto& session = static_cast<ViewSession&>(*m_session);
    const auto& all = recordedUpdate();
    const auto end = std::ranges::find_if(all, [&](const timeline::Event& event) {
        return event.category == timeline::Category::State && event.name == state;
    });
    if (end == all.end())
        qFatal("the recording has no state \"%s\"", qPrintable(state));
    const std::vector<timeline::Event> events(all.begin(), end);
    session.now_ = events.back().timeNs;
    tell(session, events);
    for (op::Check& check : session.found) {
        check.title = translated(check.title);
        check.evidence = translated(check.evidence);
        check.remedy = translated(check.remedy);
    }
    Q_EMIT session.checksChanged();
    m_window->timelinePanel()->refresh();
}

void View::bringForward(const QString& dock)
{
    auto* widget = m_window->findChild<QDockWidget*>(dock);
    if (!widget)
        qFatal("there is no dock \"%s\"", qPrintable(dock));
    widget->show();
    widget->raise();
}

void View::openStart()
{
    m_window->startPanel()->refresh();
    const auto* table = m_window->findChild<QTreeView*>(u"vmmTable"_s);
    if (!QTest::qWaitFor([table] { return table->model()->rowCount() == 3; }, deadlineMs))
        qFatal("the running VMMs are not shown");
}

void View::openMigrated()
{
    tellUntil(u"finishing"_s);
    TimelinePanel* timeline = m_window->timelinePanel();
    if (!QTest::qWaitFor([timeline] { return timeline->scene().pause.isKnown(); }, deadlineMs))
        qFatal("the pause is not known");
    timeline->showPause();
}

void View::openDock(const QString& dock)
{
    openMigrated();
    bringForward(dock);
}

void View::openRescue()
{
    tellUntil(u"committing"_s);
    static_cast<ViewSession&>(*m_session).strand(waitingPair());
}

void View::openReplay()
{
    Recordings* recordings = m_window->recordings();
    recordings->open(recordingPath());
    const auto* bar = m_window->findChild<ReplayBar*>();
    if (!QTest::qWaitFor([bar] { return bar->isVisible(); }, deadlineMs))
        qFatal("the recording is not shown");
    recordings->goTo(200);
}

void View::openDemo()
{
    m_window->showDemo({});
    tellUntil(u"arming-source"_s);
    const DemoDirector* demo = m_window->demo();
    if (!QTest::qWaitFor([demo] { return !demo->isWaiting(); }, deadlineMs))
        qFatal("the demo waits");
    for (int step = 0; step < 2; ++step)
        m_window->demo()->next();
}

QWidget* View::openPreferences()
{
    m_window->actionGroups().find(u"settings_preferences"_s)->trigger();
    return m_window->findChild<PreferencesDialog*>();
}

QWidget* View::openGuide()
{
    m_window->actionGroups().find(u"help_guide"_s)->trigger();
    return m_window->findChild<GuideWindow*>();
}

QWidget* View::openShortcuts()
{
    m_window->actionGroups().find(u"help_shortcuts"_s)->trigger();
    return m_window->findChild<ShortcutSheet*>();
}

} // namespace cutover::ui::test
