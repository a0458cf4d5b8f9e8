// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/scenario.h"

#include "lessons/lesson.h"

#include <KLocalizedString>

namespace cutover::ui {

static std::optional<DemoStep::Do> actionOf(const lessons::Action& action)
{
    if (std::holds_alternative<lessons::action::None>(action))
        return DemoStep::Do::Nothing;
    if (std::holds_alternative<lessons::action::StartLab>(action))
        return DemoStep::Do::StartLab;
    if (const auto* migrate = std::get_if<lessons::action::Migrate>(&action);
        migrate && migrate->killAt.isEmpty())
        return DemoStep::Do::Migrate;
    if (std::holds_alternative<lessons::action::Finish>(action))
        return DemoStep::Do::Finish;
    return std::nullopt;
}

Result<std::vector<DemoStep>> scenarioOf(const lessons::Lesson& lesson)
{
    std::vector<DemoStep> steps;
    for (const lessons::Step& each : lesson.steps) {
        const auto action = actionOf(each.action);
        if (!action)
            return failure(ErrorCode::Unsupported, i18n("show the demo"), each.id,
                i18n("the window does not know this step"),
                i18nc("a lesson's name", "Play it with “cutoverctl demo %1”.", lesson.name));
        steps.push_back({ .id = each.id,
            .title = each.title,
            .text = each.text,
            .action = *action,
            .until = each.until,
            .show = each.show,
            .shot = each.shot,
            .during = each.during });
    }
    return steps;
}

Result<std::vector<DemoStep>> standardScenario(lab::LabRequest::Vmm vmm)
{
    const auto lesson = lessons::lesson(QStringLiteral("update"), vmm);
    if (!lesson)
        return std::unexpected(lesson.error());
    return scenarioOf(*lesson);
}

} // namespace cutover::ui
