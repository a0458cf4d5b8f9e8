// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lesson.h"

#include "lab/programs.h"
#include "lessons/lessonjson.h"
#include "operator/vmmfault.h"

#include <KLocalizedString>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QStandardPaths>

#include <algorithm>
#include <array>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::lessons {

namespace {

constexpr std::array<std::pair<QLatin1StringView, Vmm>, 2> vmmNames{ {
    { QLatin1StringView("embedded"), Vmm::Embedded },
    { QLatin1StringView("qemu"), Vmm::Qemu },
} };

QString translated(const QString& text)
{
    const QByteArray id = text.toUtf8();
    return id.isEmpty() ? QString() : ki18n(id.constData()).toString();
}

Action readStart(Fields& with)
{
    return action::StartDestination{ .arguments = with.texts("arguments"_L1) };
}

Action readCheck(Fields& with)
{
    action::Check check;
    if (const QString mode = with.text("mode"_L1); !mode.isEmpty())
        check.mode = mode;
    check.parameters = with.object("parameters"_L1);
    check.capabilities = with.object("capabilities"_L1);
    check.keepSource = with.flag("keep-source"_L1);
    check.faults = with.texts("faults"_L1);
    for (const QString& text : std::as_const(check.faults)) {
        if (const auto fault = op::checkFault(text); !fault)
            with.fail(fault.error().message());
    }
    for (const auto& each : with.array("destination"_L1)) {
        Fields change(each);
        const QRegularExpression pattern(change.text("replace"_L1, true));
        if (!pattern.isValid())
            with.fail(pattern.errorString());
        check.changes.append({ pattern, change.text("by"_L1) });
        if (const QString fault = change.fault(); !fault.isEmpty())
            with.fail(fault);
    }
    return check;
}

Action readQmp(Fields& with)
{
    return action::Qmp{ .side = with.side("side"_L1, Side::Source),
        .command = with.text("execute"_L1, true),
        .arguments = with.object("arguments"_L1),
        .confirmed = with.flag("confirmed"_L1),
        .errorClass = with.text("error"_L1),
        .saying = with.text("saying"_L1),
        .returns = with.object("returns"_L1) };
}

Action readRescue(Fields& with)
{
    static const std::array<std::pair<QString, op::RescueKind>, 4> kinds = [] {
        std::array<std::pair<QString, op::RescueKind>, 4> all;
        std::ranges::transform(std::array{ op::RescueKind::ResumeSource, op::RescueKind::StartDestination,
                                   op::RescueKind::CleanUp, op::RescueKind::FinishUp },
            all.begin(), [](op::RescueKind kind) { return std::pair(op::rescueKindId(kind), kind); });
        return all;
    }();
    return action::Rescue{ .kind = with.choice("kind"_L1, kinds), .allowed = with.flag("allowed"_L1, true) };
}

using ReadAction = Action (*)(Fields&);
const std::array<std::pair<QLatin1StringView, ReadAction>, 9> readers{ {
    { "lab"_L1, [](Fields&) -> Action { return action::StartLab{}; } },
    { "start"_L1, readStart },
    { "check"_L1, readCheck },
    { "migrate"_L1, [](Fields& with) -> Action { return action::Migrate{ with.text("kill-at"_L1) }; } },
    { "finish"_L1, [](Fields&) -> Action { return action::Finish{}; } },
    { "kill"_L1,
        [](Fields& with) -> Action { return action::Kill{ with.side("side"_L1, Side::Destination) }; } },
    { "switch"_L1,
        [](Fields& with) -> Action {
            QStringList devices = with.texts("devices"_L1);
            if (const QString device = with.text("device"_L1); !device.isEmpty())
                devices << device;
            return action::Switch{ .devices = devices, .on = with.flag("on"_L1) };
        } },
    { "qmp"_L1, readQmp },
    { "rescue"_L1, readRescue },
} };

/// The state that an action leads to when the lesson does not name another one.
QString usualEnd(const Action& what)
{
    if (std::holds_alternative<action::StartLab>(what) || std::holds_alternative<action::Check>(what)
        || std::holds_alternative<action::Switch>(what))
        return u"ready"_s;
    if (std::holds_alternative<action::Migrate>(what))
        return u"migrated"_s;
    if (std::holds_alternative<action::Finish>(what))
        return u"finished"_s;
    return {};
}

Result<Step> readStep(const QJsonValue& value, std::optional<Vmm>& meant)
{
    Fields fields(value);
    Step step{ .id = fields.text("id"_L1, true),
        .title = translated(fields.text("title"_L1, true)),
        .text = translated(fields.text("text"_L1, true)),
        .until = fields.text("until"_L1),
        .show = fields.text("show"_L1),
        .shot = fields.text("shot"_L1),
        .during = fields.text("during"_L1).split(u' ', Qt::SkipEmptyParts) };
    if (const QJsonValue vmm = value["vmm"_L1]; !vmm.isUndefined())
        meant = fields.choice("vmm"_L1, vmmNames);
    Fields with(fields.object("with"_L1)); // NOLINT(misc-const-correctness): its readers change it
    const QString name = fields.text("do"_L1);
    const auto* const reader = std::ranges::find(readers, name, [](const auto& each) { return each.first; });
    if (reader != readers.end())
        step.action = reader->second(with);
    else if (!name.isEmpty())
        fields.fail(i18n("there is no action “%1”", name));
    if (step.until.isEmpty())
        step.until = usualEnd(step.action);
    for (const auto& each : fields.array("expect"_L1)) {
        auto expectation = readExpectation(each.toObject());
        if (expectation)
            step.expectations.push_back(std::move(*expectation));
        else
            fields.fail(expectation.error().cause);
    }
    for (const QString& fault : { fields.fault(), with.fault() }) {
        if (!fault.isEmpty())
            return malformed(step.id, fault);
    }
    return step;
}

} // namespace

QString vmmId(Vmm vmm)
{
    return std::ranges::find(vmmNames, vmm, [](const auto& each) { return each.second; })->first;
}

Result<Lesson> readLesson(const QString& name, const QByteArray& json, std::optional<Vmm> vmm)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError)
        return malformed(name, error.errorString());
    Fields fields(document.object());
    if (fields.text("format"_L1) != "cutover-lesson"_L1 || fields.number("version"_L1) != 1)
        return malformed(name, i18n("it is no lesson of a known version"));
    Lesson lesson{ .name = name,
        .title = translated(fields.text("title"_L1, true)),
        .text = translated(fields.text("text"_L1, true)),
        .labOptions = fields.texts("lab"_L1) };
    for (const QString& word : fields.texts("vmm"_L1)) {
        const auto* const found
            = std::ranges::find(vmmNames, word, [](const auto& each) { return each.first; });
        if (found == vmmNames.end())
            return malformed(name, i18n("there is no VMM “%1”", word));
        lesson.vmms.push_back(found->second);
    }
    const QJsonArray steps = fields.array("steps"_L1);
    if (const QString fault = fields.fault(); !fault.isEmpty())
        return malformed(name, fault);
    if (lesson.vmms.empty())
        return malformed(name, i18n("it is for no VMM"));
    const Vmm wanted = vmm.value_or(lesson.vmms.front());
    if (!std::ranges::contains(lesson.vmms, wanted))
        return failure(ErrorCode::Unsupported, i18n("play the lesson"), name,
            i18nc("a kind of VMM", "it is not for the VMM “%1”", vmmId(wanted)));
    for (const auto& value : steps) {
        std::optional<Vmm> meant;
        auto step = readStep(value, meant);
        if (!step)
            return std::unexpected(step.error());
        if (!meant || meant == wanted)
            lesson.steps.push_back(std::move(*step));
    }
    if (lesson.steps.empty() || !std::holds_alternative<action::StartLab>(lesson.steps.front().action))
        return malformed(name, i18n("its first step does not start a lab"));
    return lesson;
}

QStringList lessonNames()
{
    return { u"update"_s, u"fds-off"_s, u"one-device-off"_s, u"late-stop"_s, u"early-stop"_s, u"failed"_s,
        u"old-destination"_s, u"tcp"_s, u"lost-fd"_s, u"precreate"_s, u"split-brain"_s, u"rescue"_s };
}

Result<Lesson> lesson(const QString& name, std::optional<Vmm> vmm)
{
    if (!lessonNames().contains(name))
        return failure(
            ErrorCode::NotFound, i18n("play the lesson"), name, i18n("there is none of that name"));
    QFile file(u":/cutover/lessons/%1.json"_s.arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return malformed(name, file.errorString());
    return readLesson(name, file.readAll(), vmm);
}

QStringList missingFor(Vmm vmm, const QString& program)
{
    QStringList missing;
    if (lab::labProgram().isEmpty())
        missing << i18n("There is no cutoverctl.");
    if (!program.isEmpty())
        return missing;
    if (vmm == Vmm::Qemu && QStandardPaths::findExecutable(u"qemu-system-x86_64"_s).isEmpty())
        missing << i18n("There is no qemu-system-x86_64.");
    if (vmm == Vmm::Embedded && lab::embeddedVmm().isEmpty())
        missing << i18n("There is no cutover-vmm.");
    return missing;
}

QStringList poorerWithout(Vmm vmm)
{
    if (vmm == Vmm::Qemu)
        return ::access("/dev/kvm", R_OK | W_OK) == 0
            ? QStringList()
            : QStringList{ i18n("There is no usable /dev/kvm: it goes slower.") };
    if (QStandardPaths::findExecutable(u"qemu-storage-daemon"_s).isEmpty())
        return { i18n("There is no qemu-storage-daemon: the guest has no disk.") };
    return {};
}

} // namespace cutover::lessons
