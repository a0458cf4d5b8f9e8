// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runtask.h"

#include "base/clock.h"
#include "base/process.h"
#include "operator/stopnote.h"
#include "runs/measure.h"

#include <KLocalizedString>

#include <QFileInfo>

#include <algorithm>
#include <tuple>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::runs {

namespace {

constexpr int guestPollMs = 50;
constexpr qint64 millisecond = 1'000'000;
constexpr qint64 guestWaitNs = 200 * millisecond; ///< for the first beats and echoes after the start
constexpr qint64 guestPatienceNs = 2000 * millisecond;

bool anyHeartbeat(std::span<const timeline::Event> events, Side side)
{
    return std::ranges::any_of(events, [side](const timeline::Event& event) {
        return event.category == timeline::Category::Pulse && event.side == side
            && event.name == "heartbeat"_L1;
    });
}

} // namespace

RunTask::RunTask(const Settings& settings, Site& site, int number, const QString& program, QObject* parent)
    : QObject(parent)
    , m_settings(settings)
    , m_site(site)
    , m_program(program)
    , m_session(std::make_unique<op::Session>(m_record))
{
    m_run.number = number;
    m_guestTimer.setInterval(guestPollMs);
    connect(&m_guestTimer, &QTimer::timeout, this, &RunTask::lookAtGuest);
    connect(m_session.get(), &op::Session::stateChanged, this, &RunTask::advance);
    connect(m_session.get(), &op::Session::endpointsChanged, this, &RunTask::endpointsChanged);
    if (m_site.lab())
        connect(m_site.lab(), &lab::LabProgram::trafficRead, this, [this] { m_trafficNs = monotonicNs(); });
}

RunTask::~RunTask()
{
    if (!m_session)
        return;
    m_session->disconnect(this);
    m_site.leave(m_session->pairFolder());
}

void RunTask::start()
{
    m_run.startedNs = realtimeNs();
    op::SessionRequest request = requestOf(m_settings);
    request.source = m_site.source();
    if (const auto checking = m_session->check(request); !checking) {
        m_run.failure = checking.error().message();
        m_run.remedy = checking.error().remedy;
        QMetaObject::invokeMethod(this, [this] { conclude(RunOutcome::Failed); }, Qt::QueuedConnection);
    }
}

QString RunTask::doing() const
{
    return m_session ? op::stateSentence(m_session->state()) : QString();
}

void RunTask::advance()
{
    if (m_over)
        return;
    const op::SessionState& state = m_session->state();
    if (const auto* checked = std::get_if<op::state::Ready>(&state)) {
        if (m_beganNs != 0 || m_stopAsked)
            return;
        if (m_cancelled)
            conclude(RunOutcome::Cancelled);
        else if (checked->refused)
            conclude(RunOutcome::Refused);
        else
            ready();
    } else if (const auto* moved = std::get_if<op::state::Migrated>(&state)) {
        if (!moved->verified) {
            m_run.failure = m_session->verification().findings.join(u' ');
            conclude(RunOutcome::NeedsOperator);
        } else if (m_migratedNs == 0) {
            migrated();
        }
    } else if (const auto* failed = std::get_if<op::state::Failed>(&state)) {
        conclude(failed->cancelled ? RunOutcome::Cancelled
                : failed->refused  ? RunOutcome::Refused
                                   : RunOutcome::Failed);
    } else if (std::holds_alternative<op::state::Finished>(state)) {
        conclude(RunOutcome::Migrated);
    } else if (op::isFinal(state)) {
        conclude(RunOutcome::NeedsOperator);
    }
}

void RunTask::endpointsChanged()
{
    // The destination belongs to the lab as soon as it exists.
    const pid_t pid = m_session->endpoint(Side::Destination).pid;
    if (!m_taken && pid > 0 && m_site.lab()) {
        if (const auto start = processStartTime(pid)) {
            m_site.lab()->takeOver(pid, *start);
            m_taken = true;
        }
    }
    if (m_stopAsked && m_beganNs == 0 && !m_over && m_session->endpoint(Side::Source).runState == "paused"_L1)
        migrate();
}

void RunTask::ready()
{
    m_run.sourceVersion = m_session->endpoint(Side::Source).version;
    if (m_site.lab())
        m_site.lab()->markSilence();
    for (int i = 0; i < m_settings.hostThreads; ++i) {
        m_hostLoad.emplace_back([](const std::stop_token& stop) {
            volatile unsigned work = 0;
            while (!stop.stop_requested())
                work = work + 1;
        });
    }
    if (!m_settings.stopsByHand()) {
        migrate();
        return;
    }
    m_stopAsked = true;
    auto sent = op::noteStop(armedPair());
    if (sent)
        sent = m_session->sendCommand(Side::Source, { { u"execute"_s, u"stop"_s } });
    if (!sent) {
        m_run.failure = sent.error().message();
        m_run.remedy = sent.error().remedy;
        conclude(RunOutcome::Failed);
    }
}

/// What the session is going to note itself as soon as it migrates.
op::PairJournal RunTask::armedPair() const
{
    const op::EndpointStatus source = m_session->endpoint(Side::Source);
    op::PairJournal pair;
    pair.folder = m_session->pairFolder();
    pair.guestName = source.name;
    pair.mode = m_settings.mode;
    pair.console = { .pid = ::getpid(), .startTicks = processStartTime(::getpid()).value_or(0) };
    pair.source = { .pid = source.pid, .startTicks = source.startTicks };
    pair.sourceQmp = source.qmpPath;
    pair.launched = true;
    pair.guarded = true;
    return pair;
}

void RunTask::migrate()
{
    m_beganNs = monotonicNs();
    if (const auto begun = m_session->migrate(); !begun) {
        m_run.failure = begun.error().message();
        m_run.remedy = begun.error().remedy;
        conclude(RunOutcome::Failed);
    }
}

void RunTask::migrated()
{
    m_migratedNs = monotonicNs();
    m_run.totalNs = m_migratedNs - m_beganNs;
    m_run.destinationVersion = m_session->endpoint(Side::Destination).version;
    m_hostLoad.clear();
    m_guestTimer.start();
    lookAtGuest();
}

void RunTask::lookAtGuest()
{
    const qint64 waitedNs = monotonicNs() - m_migratedNs;
    const bool hasPulse = anyHeartbeat(m_record.events(), Side::Source);
    const bool hasTraffic = m_site.lab() && m_site.lab()->traffic();
    const bool pulseTold
        = !hasPulse || (anyHeartbeat(m_record.events(), Side::Destination) && waitedNs > guestWaitNs);
    const bool trafficTold = !hasTraffic || m_trafficNs > m_migratedNs + guestWaitNs;
    if ((!pulseTold || !trafficTold) && waitedNs < guestPatienceNs)
        return;
    m_guestTimer.stop();
    if (hasTraffic && m_trafficNs > m_migratedNs && m_site.lab()->traffic()->received > 0)
        m_run.networkGapNs = m_site.lab()->traffic()->longestSilenceNs;
    if (const auto finishing = m_session->finish(); !finishing) {
        m_run.failure = finishing.error().message();
        conclude(RunOutcome::NeedsOperator);
    }
}

void RunTask::cancel()
{
    m_cancelled = true;
    if (m_over || m_migratedNs != 0)
        return;
    if (m_session->cancel())
        return;
    // Not begun yet, or beyond the point of no return: then it ends by itself.
    if (std::holds_alternative<op::state::Ready>(m_session->state()))
        conclude(RunOutcome::Cancelled);
}

void RunTask::conclude(RunOutcome outcome)
{
    if (std::exchange(m_over, true))
        return;
    m_guestTimer.stop();
    m_hostLoad.clear();
    m_run.outcome = outcome;
    if (const auto why = m_session->failure(); why && m_run.failure.isEmpty()) {
        m_run.failure = why->sentence();
        m_run.remedy = why->error.remedy;
    }
    if (outcome == RunOutcome::Refused && m_run.failure.isEmpty()) {
        QStringList against;
        for (const op::Check& check : m_session->checks()) {
            if (check.verdict == op::Verdict::Refuse)
                against << check.title;
        }
        m_run.failure = i18nc("titles of checks", "The checks refuse it: %1.", against.join(u"; "_s));
    }
    if (outcome == RunOutcome::Migrated)
        measure(m_run, m_record.events(), m_settings.stopsByHand());
    if (outcome != RunOutcome::Cancelled)
        m_run.recording = recordingOf(m_record.events(), m_program);
    if (outcome == RunOutcome::Migrated)
        m_site.moved(whereTheGuestIs().qmpPath, m_session->pairFolder());
    else
        m_site.leave(m_session->pairFolder());
    if (m_stopAsked && outcome != RunOutcome::Migrated && outcome != RunOutcome::NeedsOperator)
        QMetaObject::invokeMethod(this, &RunTask::continueGuest, Qt::QueuedConnection);
    else
        QMetaObject::invokeMethod(this, &RunTask::end, Qt::QueuedConnection);
}

/// We have stopped it, and it stayed where it was.
void RunTask::continueGuest()
{
    const QString path = m_session->endpoint(Side::Source).qmpPath;
    const QString folder = m_session->pairFolder();
    m_session.reset(); // a monitor serves one client
    m_errand
        = std::make_unique<Errand>(path, std::vector<Request>{ { .command = u"cont"_s, .arguments = {} } },
            [this, folder](const Result<void>& done) {
                if (!done) {
                    m_run.outcome = RunOutcome::NeedsOperator;
                    m_run.failure = done.error().message();
                } else {
                    std::ignore = op::noteContinued(folder);
                }
                end();
            });
}

void RunTask::end()
{
    m_session.reset();
    Q_EMIT done();
}

op::SourceSpec RunTask::whereTheGuestIs() const
{
    // The destination's monitor has taken the place of the source's.
    const QString path = m_session->endpoint(Side::Destination).qmpPath;
    const QString target = QFileInfo(path).symLinkTarget();
    return { .qmpPath = target.isEmpty() ? path : target };
}

} // namespace cutover::runs
