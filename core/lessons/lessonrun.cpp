// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lessonrun.h"

#include "base/clock.h"
#include "lessons/stepmark.h"

#include <KLocalizedString>

#include <QFileInfo>

#include <algorithm>

using namespace Qt::StringLiterals;
using cutover::timeline::Category;

namespace cutover::lessons {

/// A step that takes longer has come to nothing. Loaded machines are slow.
static constexpr int patienceMs = 180'000;
static constexpr int pollMs = 20;

/// As Step::until has it.
static QString endId(const op::SessionState& state)
{
    const auto* ready = std::get_if<op::state::Ready>(&state);
    return ready && ready->refused ? u"refused"_s : op::stateId(state);
}

static bool leadsToCheck(const Action& action)
{
    return std::holds_alternative<action::StartLab>(action) || std::holds_alternative<action::Check>(action)
        || std::holds_alternative<action::Switch>(action);
}

LessonRun::LessonRun(Stage& stage, QObject* parent)
    : QObject(parent)
    , m_stage(stage)
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this,
        [this] { stop(i18n("The step did not come to its end: %1", op::stateSentence(m_stage.state()))); });
    connect(&stage, &Stage::stateChanged, this, &LessonRun::stateMoved);
    connect(&stage, &Stage::endpointsChanged, this, &LessonRun::watch);
    connect(&stage, &Stage::assessed, this, [this] {
        tryRescue();
        watch();
    });
    connect(&stage, &Stage::rescued, this, [this] {
        if (isActive() && std::holds_alternative<action::Rescue>(step()->action)) {
            m_acted = true;
            watch();
        }
    });
    connect(&stage, &Stage::failed, this, [this](const Error& error) {
        if (isActive() && m_waiting)
            stop(error.message());
    });
    connect(&stage.record(), &timeline::Record::appended, this, &LessonRun::noteEvents);
    connect(&stage.record(), &timeline::Record::cleared, this, [this] { m_migrationFrom = 0; });
    forgetQuestions();
}

LessonRun::~LessonRun() = default;

/// What is still to be answered is nobody's answer any more.
void LessonRun::forgetQuestions()
{
    m_judging = false;
    // It may be one of them that has led here.
    if (m_probe) {
        m_probe->disconnect(this);
        m_probe.release()->deleteLater();
        m_asker.release()->deleteLater();
    }
    m_asker = std::make_unique<Asker>(m_stage);
    m_probe = std::make_unique<Probe>(m_stage);
    connect(m_probe.get(), &Probe::done, this, &LessonRun::judgeAll);
}

void LessonRun::start(const Lesson& lesson, const RunRequest& request)
{
    m_lesson = lesson;
    m_request = request;
    m_destination = {};
    m_findings.clear();
    m_complete = false;
    forgetQuestions();
    enter(0);
}

void LessonRun::next()
{
    if (!isActive() || m_waiting || !m_trouble.isEmpty())
        return;
    if (number() < count())
        enter(m_index + 1);
    else
        leave();
}

void LessonRun::leave()
{
    m_patience.stop();
    m_index = -1;
    m_waiting = false;
    m_trouble.clear();
    forgetQuestions();
    if (m_destination.process && m_destination.process->pid() != m_stage.endpoint(Side::Destination).pid)
        m_destination = {};
    Q_EMIT changed();
}

bool LessonRun::hasSucceeded() const
{
    return m_complete && std::ranges::all_of(m_findings, &Finding::holds);
}

void LessonRun::enter(int index)
{
    m_index = index;
    m_trouble.clear();
    const Step now = *step();
    m_firstFinding = m_findings.size();
    m_waiting = !now.until.isEmpty() || !std::holds_alternative<action::None>(now.action)
        || !now.expectations.empty();
    m_acted = false;
    m_checkSeen = false;
    m_judging = false;
    if (m_waiting)
        m_patience.start(patienceMs);
    else
        endStep();
    Q_EMIT changed();
    Q_EMIT look(now.show);
    if (!m_waiting)
        return;
    if (const auto begun = std::visit([this](const auto& what) { return act(what); }, now.action); !begun) {
        stop(begun.error().message());
        return;
    }
    // What was asked for may be so already.
    QMetaObject::invokeMethod(this, &LessonRun::watch, Qt::QueuedConnection);
}

void LessonRun::noteEvents(std::size_t first, std::size_t count)
{
    if (!isActive() || !m_waiting)
        return;
    const auto events = m_stage.record().events();
    const auto fresh
        = events.first(std::min(first + count, events.size())).subspan(std::min(first, events.size()));
    if (std::holds_alternative<action::Switch>(step()->action))
        noteSwitch(fresh);
    if (const auto* migrate = std::get_if<action::Migrate>(&step()->action))
        killInTime(migrate->killAt, fresh);
}

/// The news of a state come when it may be over; its event comes as it begins.
void LessonRun::killInTime(const QString& state, std::span<const timeline::Event> fresh)
{
    const bool due = !state.isEmpty() && std::ranges::any_of(fresh, [&state](const timeline::Event& event) {
        return event.category == Category::State && event.name == state;
    });
    if (!due)
        return;
    if (const auto killed = kill(Side::Destination); !killed)
        QMetaObject::invokeMethod(
            this, [this, why = killed.error().message()] { stop(why); }, Qt::QueuedConnection);
}

void LessonRun::noteSwitch(std::span<const timeline::Event> fresh)
{
    for (const timeline::Event& event : fresh) {
        if (event.category != Category::Action || event.name != "switch"_L1)
            continue;
        m_acted = --m_switchesDue == 0;
        // The check that counts is the one that comes after the last of them.
        m_checkSeen = false;
        if (!event.attributes["ok"_L1].toBool()) {
            const QString cause = event.attributes["cause"_L1].toString();
            QMetaObject::invokeMethod(this, [this, cause] { stop(cause); }, Qt::QueuedConnection);
        }
    }
}

void LessonRun::stateMoved()
{
    if (!isActive() || !m_waiting)
        return;
    const QString id = op::stateId(m_stage.state());
    m_checkSeen = m_checkSeen || std::holds_alternative<op::state::Checking>(m_stage.state());
    const auto* migrate = std::get_if<action::Migrate>(&step()->action);
    if (migrate && !m_acted && id == "ready"_L1) {
        // Not from inside the news of a state.
        QMetaObject::invokeMethod(
            this,
            [this, migrate = *migrate] {
                if (!isActive() || m_acted)
                    return;
                if (const auto begun = act(migrate); !begun)
                    stop(begun.error().message());
            },
            Qt::QueuedConnection);
    }
    if (step()->during.contains(id))
        Q_EMIT inTheMiddle();
    watch();
}

void LessonRun::watch()
{
    if (!isActive() || !m_waiting || m_judging || !m_trouble.isEmpty())
        return;
    const Step& now = *step();
    if (const auto* killing = std::get_if<action::Kill>(&now.action))
        m_acted = m_acted || m_stage.endpoint(killing->side).gone;
    if (std::holds_alternative<action::StartDestination>(now.action) && !m_acted) {
        if (!m_destination.process || !m_destination.process->isRunning()) {
            stop(i18n("The second VMM has ended at once."));
            return;
        }
        // Its monitor and its channels are all there.
        m_acted = QFileInfo::exists(m_destination.spec.qmpPath)
            && QFileInfo::exists(m_destination.spec.mainPath)
            && QFileInfo::exists(m_destination.spec.cprPath);
        if (!m_acted) {
            QTimer::singleShot(pollMs, this, &LessonRun::watch);
            return;
        }
    }
    if (!now.until.isEmpty()) {
        if (m_stage.isLabStarting() || (leadsToCheck(now.action) && !m_checkSeen))
            return;
        const QString id = endId(m_stage.state());
        // The ends that a step can have without having been meant to.
        const bool ended = id == "failed"_L1 || id == "stranded"_L1 || id == "refused"_L1;
        if (id != now.until) {
            if (ended && m_acted) {
                const auto why = m_stage.failure();
                stop(why ? why->sentence() : op::stateSentence(m_stage.state()));
            }
            return;
        }
        // Those who look where the guest is hold the monitors meanwhile.
        if (id == "stranded"_L1 && !m_stage.assessment())
            return;
    }
    // The guest that was rescued may be looked at by itself.
    if (m_acted
        && !(std::holds_alternative<action::Rescue>(now.action)
            && std::holds_alternative<op::state::Checking>(m_stage.state())))
        conclude();
}

void LessonRun::conclude()
{
    m_judging = true;
    const auto& wanted = step()->expectations;
    if (std::ranges::any_of(wanted, needsAnswers))
        m_probe->start();
    else
        QMetaObject::invokeMethod(this, &LessonRun::judgeAll, Qt::QueuedConnection);
}

void LessonRun::judgeAll()
{
    if (!isActive() || !m_judging)
        return;
    const auto events = m_stage.record().events();
    const Evidence evidence{ .state = m_stage.state(),
        .checks = m_stage.checks(),
        .failure = m_stage.failure(),
        .source = m_probe->source(),
        .destination = m_probe->destination(),
        .events = events.subspan(std::min(m_migrationFrom, events.size())) };
    for (const Expectation& expectation : step()->expectations)
        m_findings.push_back(judge(expectation, evidence));
    m_judging = false;
    endStep();
    Q_EMIT changed();
}

void LessonRun::endStep()
{
    m_patience.stop();
    m_waiting = false;
    m_complete = m_trouble.isEmpty() && number() == count();
    const std::span<const Finding> found = stepFindings();
    m_stage.remark(toEvent({ .lesson = m_lesson.name,
                               .vmm = vmmId(m_request.lab.vmm),
                               .step = step()->id,
                               .title = step()->title,
                               .trouble = m_trouble,
                               .findings = { found.begin(), found.end() } },
        realtimeNs()));
}

void LessonRun::stop(const QString& trouble)
{
    if (!isActive())
        return;
    m_judging = false;
    m_trouble = trouble;
    endStep();
    Q_EMIT changed();
}

} // namespace cutover::lessons
