// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/scenario.h"

#include <KLocalizedString>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <array>

using namespace Qt::StringLiterals;

namespace cutover::ui {

static constexpr std::array<std::pair<QLatin1StringView, DemoStep::Do>, 4> actions{ {
    { QLatin1StringView(""), DemoStep::Do::Nothing },
    { QLatin1StringView("lab"), DemoStep::Do::StartLab },
    { QLatin1StringView("migrate"), DemoStep::Do::Migrate },
    { QLatin1StringView("finish"), DemoStep::Do::Finish },
} };

static std::unexpected<Error> malformed(const QString& where, const QString& cause)
{
    return failure(ErrorCode::Malformed, i18n("read the demo"), where, cause);
}

static QString translated(const QJsonValue& text)
{
    const QByteArray id = text.toString().toUtf8();
    return id.isEmpty() ? QString() : ki18n(id.constData()).toString();
}

static Result<DemoStep> readStep(const QJsonObject& object)
{
    DemoStep step{ .id = object["id"_L1].toString(),
        .title = translated(object["title"_L1]),
        .text = translated(object["text"_L1]),
        .until = object["until"_L1].toString(),
        .show = object["show"_L1].toString(),
        .shot = object["shot"_L1].toString(),
        .during = object["during"_L1].toString().split(u' ', Qt::SkipEmptyParts) };
    if (step.id.isEmpty() || step.title.isEmpty() || step.text.isEmpty())
        return malformed(step.id, i18n("a step needs an id, a title and a text"));
    const QString action = object["do"_L1].toString();
    const auto* const found = std::ranges::find(actions, action, [](const auto& each) { return each.first; });
    if (found == actions.end())
        return malformed(step.id, i18n("there is no action “%1”", action));
    step.action = found->second;
    return step;
}

Result<std::vector<DemoStep>> readScenario(const QByteArray& json, lab::LabRequest::Vmm vmm)
{
    QJsonParseError error;
    const QJsonObject root = QJsonDocument::fromJson(json, &error).object();
    if (error.error != QJsonParseError::NoError)
        return malformed({}, error.errorString());
    if (root["format"_L1].toString() != "cutover-demo"_L1 || root["version"_L1].toInt() != 1)
        return malformed({}, i18n("it is no demo of a known version"));
    const QLatin1StringView kind = vmm == lab::LabRequest::Vmm::Qemu ? "qemu"_L1 : "embedded"_L1;
    std::vector<DemoStep> steps;
    for (const QJsonValue& value : root["steps"_L1].toArray()) {
        const QString meant = value["vmm"_L1].toString();
        auto step = readStep(value.toObject());
        if (!step)
            return std::unexpected(step.error());
        if (meant.isEmpty() || meant == kind)
            steps.push_back(std::move(*step));
    }
    if (steps.empty())
        return malformed({}, i18n("it has no steps"));
    return steps;
}

Result<std::vector<DemoStep>> standardScenario(lab::LabRequest::Vmm vmm)
{
    QFile file(u":/cutover/demo/update.json"_s);
    if (!file.open(QIODevice::ReadOnly))
        return malformed(file.fileName(), file.errorString());
    return readScenario(file.readAll(), vmm);
}

} // namespace cutover::ui
