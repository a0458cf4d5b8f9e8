// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lessonrun.h"

#include "operator/procfs.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>
#include <csignal>
#include <utility>

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
    , m_asker(stage)
    , m_probe(stage)
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
    connect(&stage.record(), &timeline::Record::appended, this, &LessonRun::noteSwitch);
    connect(&stage.record(), &timeline::Record::cleared, this, [this] { m_migrationFrom = 0; });
    connect(&m_probe, &Probe::done, this, &LessonRun::judgeAll);
}

LessonRun::~LessonRun() = default;

void LessonRun::start(const Lesson& lesson, const RunRequest& request)
{
    m_lesson = lesson;
    m_request = request;
    m_destination = {};
    m_findings.clear();
    m_complete = false;
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
    m_patience.start(patienceMs);
    Q_EMIT changed();
    Q_EMIT look(now.show);
    if (const auto begun = std::visit([this](const auto& what) { return act(what); }, now.action); !begun) {
        stop(begun.error().message());
        return;
    }
    // What was asked for may be so already.
    QMetaObject::invokeMethod(this, &LessonRun::watch, Qt::QueuedConnection);
}

Result<void> LessonRun::act(const action::None&)
{
    m_acted = true;
    return {};
}

Result<void> LessonRun::act(const action::StartLab&)
{
    m_migrationFrom = 0;
    m_acted = true;
    lab::LabRequest lab = m_request.lab;
    lab.options += m_lesson.labOptions;
    return m_stage.startLab(lab, m_request.session);
}

Result<void> LessonRun::act(const action::StartDestination& start)
{
    const op::EndpointStatus source = m_stage.endpoint(Side::Source);
    auto argv = op::ProcFs().commandLine(source.pid);
    if (!argv)
        return std::unexpected(argv.error());
    const QString base = QFileInfo(m_stage.monitorPath(Side::Source)).path() + u"/second"_s;
    const auto replace = [&argv](const QString& option, const QString& value) {
        if (const qsizetype at = argv->indexOf(option); at >= 0 && at + 1 < argv->size())
            (*argv)[at + 1] = value;
    };
    replace(u"-qmp"_s, u"unix:%1.qmp,server=on,wait=off"_s.arg(base));
    replace(u"-D"_s, base + u".log"_s);
    *argv << u"-incoming"_s << u"unix:%1.main"_s.arg(base) << u"-incoming"_s
          << u"cpr,addr.transport=socket,addr.type=unix,addr.path=%1.cpr"_s.arg(base) << start.arguments;
    m_destination = { .spec = { .kind = op::DestinationSpec::Kind::Attach,
                          .qmpPath = base + u".qmp"_s,
                          .cprPath = base + u".cpr"_s,
                          .mainPath = base + u".main"_s } };
    SpawnOptions options;
    options.argv = *argv;
    options.stdoutPath = options.stderrPath = base + u".err"_s;
    options.ownSession = true;
    auto process = ChildProcess::spawn(options);
    if (!process)
        return std::unexpected(process.error());
    m_destination.process = std::move(*process);
    if (start.dropsFds) {
        const QString path = base + u".proxy"_s;
        auto dropper = FdDropper::create(path, m_destination.spec.cprPath);
        if (!dropper)
            return std::unexpected(dropper.error());
        m_destination.dropper = std::move(*dropper);
        m_destination.spec.cprPath = path;
    }
    return {};
}

Result<void> LessonRun::act(const action::Check& check)
{
    op::SessionRequest request = m_request.session;
    request.source = m_stage.request().source;
    request.mode = check.mode;
    request.parameters = check.parameters;
    request.capabilities = check.capabilities;
    request.keepSource = check.keepSource;
    if (m_destination.process && m_destination.process->isRunning()) {
        request.destination = m_destination.spec;
    } else if (!check.changes.isEmpty()) {
        auto argv = op::ProcFs().commandLine(m_stage.endpoint(Side::Source).pid);
        if (!argv)
            return std::unexpected(argv.error());
        for (const auto& [before, after] : check.changes)
            argv->replaceInStrings(before, after);
        request.destination = { .kind = op::DestinationSpec::Kind::Command, .argv = *argv };
    }
    m_acted = true;
    auto begun = m_stage.check(request);
    m_checkSeen = m_checkSeen || std::holds_alternative<op::state::Checking>(m_stage.state());
    return begun;
}

Result<void> LessonRun::act(const action::Migrate&)
{
    m_migrationFrom = m_stage.record().size();
    const auto begun = m_stage.migrate();
    m_acted = begun.has_value();
    // A switch may lead to one check more than the step before has waited for.
    const bool checking = std::holds_alternative<op::state::Checking>(m_stage.state())
        || endId(m_stage.state()) == "ready"_L1;
    return checking ? Result<void>() : begun;
}

Result<void> LessonRun::act(const action::Finish&)
{
    m_acted = true;
    return m_stage.finish();
}

Result<void> LessonRun::act(const action::Kill& what)
{
    return kill(what.side);
}

Result<void> LessonRun::kill(Side side)
{
    const op::EndpointStatus status = m_stage.endpoint(side);
    const auto process = ProcessHandle::open(status.pid, status.startTicks);
    if (!process)
        return std::unexpected(process.error());
    return (*process)->sendSignal(SIGKILL);
}

Result<void> LessonRun::act(const action::Switch& change)
{
    m_switchesDue = 1;
    if (change.devices.isEmpty())
        return m_stage.setGlobalSwitch(change.on);
    m_switchesDue = 0;
    Result<void> result;
    for (const QString& device : change.devices) {
        auto set = m_stage.setDeviceSwitch(device, change.on);
        if (set)
            ++m_switchesDue;
        else
            result = set;
    }
    // A guest need not have all of them.
    return m_switchesDue > 0 ? Result<void>() : result;
}

Result<void> LessonRun::act(const action::Qmp& qmp)
{
    m_asker.ask({ .side = qmp.side,
                    .path = qmp.side == Side::Destination ? m_destination.spec.qmpPath : QString(),
                    .command = qmp.command,
                    .arguments = qmp.arguments,
                    .confirmed = qmp.confirmed },
        [this, qmp](const Reply& reply) { takeReply(qmp, reply); });
    return {};
}

Result<void> LessonRun::act(const action::Rescue&)
{
    QMetaObject::invokeMethod(this, &LessonRun::tryRescue, Qt::QueuedConnection);
    return {};
}

void LessonRun::tryRescue()
{
    const auto* rescue = isActive() ? std::get_if<action::Rescue>(&step()->action) : nullptr;
    if (!rescue || m_acted || !m_waiting || !m_stage.assessment() || m_findings.size() > m_firstFinding)
        return;
    const op::RescueOption* option = m_stage.assessment()->option(rescue->kind);
    const bool allowed = option && option->allowed;
    const QString title = option ? option->title : op::rescueKindId(rescue->kind);
    m_findings.push_back({ .holds = allowed == rescue->allowed,
        .sentence = rescue->allowed ? i18nc("what to do", "The rescue allows “%1”.", title)
                                    : i18nc("what to do", "The rescue refuses “%1”.", title),
        .seen = option ? option->proof : m_stage.assessment()->sentence });
    if (!allowed || !rescue->allowed) {
        m_acted = true;
        watch();
        return;
    }
    if (const auto begun = m_stage.rescue(rescue->kind); !begun)
        stop(begun.error().message());
}

void LessonRun::takeReply(const action::Qmp& qmp, const Reply& reply)
{
    if (!isActive() || !m_waiting)
        return;
    Finding finding;
    if (!qmp.errorClass.isEmpty()) {
        finding.holds = !reply.ok && reply.errorClass == qmp.errorClass
            && reply.text.contains(qmp.saying, Qt::CaseInsensitive);
        finding.sentence = qmp.errorClass == "declined"_L1
            ? i18nc("a command", "Cutover declines to send “%1”.", qmp.command)
            : i18nc("a command, an error class", "“%1” is refused (%2).", qmp.command, qmp.errorClass);
    } else {
        finding.holds = reply.ok;
        for (auto each = qmp.returns.begin(); each != qmp.returns.end(); ++each)
            finding.holds = finding.holds && reply.value[each.key()] == each.value();
        finding.sentence = i18nc("a command", "“%1” is answered.", qmp.command);
        if (!qmp.returns.isEmpty())
            finding.sentence = i18nc("a command, JSON", "“%1” answers %2.", qmp.command,
                QString::fromUtf8(QJsonDocument(qmp.returns).toJson(QJsonDocument::Compact)));
    }
    if (!reply.ok)
        finding.seen = u"%1: %2"_s.arg(reply.errorClass, reply.text);
    else if (reply.value.isObject() && !finding.holds)
        finding.seen
            = QString::fromUtf8(QJsonDocument(reply.value.toObject()).toJson(QJsonDocument::Compact));
    m_findings.push_back(finding);
    m_acted = true;
    watch();
}

void LessonRun::noteSwitch(std::size_t first, std::size_t count)
{
    if (!isActive() || !m_waiting || !std::holds_alternative<action::Switch>(step()->action))
        return;
    const auto events = m_stage.record().events();
    for (std::size_t i = first; i < std::min(first + count, events.size()); ++i) {
        if (events[i].category != Category::Action || events[i].name != "switch"_L1)
            continue;
        m_acted = --m_switchesDue == 0;
        // The check that counts is the one that comes after the last of them.
        m_checkSeen = false;
        if (!events[i].attributes["ok"_L1].toBool()) {
            const QString cause = events[i].attributes["cause"_L1].toString();
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
    if (migrate && !migrate->killAt.isEmpty() && migrate->killAt == id) {
        if (const auto killed = kill(Side::Destination); !killed) {
            stop(killed.error().message());
            return;
        }
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
    if (m_acted)
        conclude();
}

void LessonRun::conclude()
{
    m_judging = true;
    const auto& wanted = step()->expectations;
    if (std::ranges::any_of(wanted, needsAnswers))
        m_probe.start();
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
        .source = m_probe.source(),
        .destination = m_probe.destination(),
        .events = events.subspan(std::min(m_migrationFrom, events.size())) };
    for (const Expectation& expectation : step()->expectations)
        m_findings.push_back(judge(expectation, evidence));
    m_patience.stop();
    m_judging = false;
    m_waiting = false;
    m_complete = number() == count();
    Q_EMIT changed();
}

void LessonRun::stop(const QString& trouble)
{
    m_patience.stop();
    m_judging = false;
    m_waiting = false;
    m_trouble = trouble;
    Q_EMIT changed();
}

} // namespace cutover::lessons
