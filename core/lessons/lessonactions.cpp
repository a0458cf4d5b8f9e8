// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lessonrun.h"

#include "operator/procfs.h"
#include "operator/vmmfault.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>
#include <csignal>

using namespace Qt::StringLiterals;

/// What each kind of step does.
namespace cutover::lessons {

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
    // Of an option that is named twice the last one counts, and what follows "--" is the VMM's.
    const qsizetype own = m_lesson.labOptions.indexOf(u"--"_s);
    lab.options = m_lesson.labOptions.first(own < 0 ? m_lesson.labOptions.size() : own) + lab.options
        + (own < 0 ? QStringList() : m_lesson.labOptions.sliced(own));
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
    m_stage.keepInLab(m_destination.process->pid(), m_destination.process->startTimeTicks());
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
    request.faults = check.faults;
    request.relay = !std::ranges::all_of(check.faults, op::isVmmFault);
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
    // A switch may lead to one check more than the step before has waited for: again when it is ready.
    if (std::holds_alternative<op::state::Checking>(m_stage.state()))
        return {};
    const auto begun = m_stage.migrate();
    m_acted = begun.has_value();
    const auto* ready = std::get_if<op::state::Ready>(&m_stage.state());
    return ready && !ready->refused ? Result<void>() : begun;
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
        return m_stage.setGlobalFdSwitch(change.on);
    m_switchesDue = 0;
    Result<void> result;
    for (const QString& device : change.devices) {
        auto set = m_stage.setDeviceFdSwitch(device, change.on);
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
    m_asker->ask({ .side = qmp.side,
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

} // namespace cutover::lessons
