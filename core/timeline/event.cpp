// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/event.h"

#include <array>
#include <utility>

namespace cutover::timeline {

static constexpr std::array<std::pair<Category, QLatin1StringView>, 15> ids{ {
    { Category::QmpSent, QLatin1StringView("qmp-sent") },
    { Category::QmpReceived, QLatin1StringView("qmp-received") },
    { Category::QmpEvent, QLatin1StringView("qmp-event") },
    { Category::Trace, QLatin1StringView("trace") },
    { Category::Relay, QLatin1StringView("relay") },
    { Category::Action, QLatin1StringView("action") },
    { Category::State, QLatin1StringView("state") },
    { Category::Process, QLatin1StringView("process") },
    { Category::Fd, QLatin1StringView("fd") },
    { Category::Inventory, QLatin1StringView("inventory") },
    { Category::Check, QLatin1StringView("check") },
    { Category::Verdict, QLatin1StringView("verdict") },
    { Category::Pulse, QLatin1StringView("pulse") },
    { Category::Clock, QLatin1StringView("clock") },
    { Category::Endpoint, QLatin1StringView("endpoint") },
} };

QString categoryId(Category category)
{
    for (const auto& [value, id] : ids) {
        if (value == category)
            return id;
    }
    return {};
}

std::optional<Category> categoryFromId(QStringView id)
{
    for (const auto& [value, text] : ids) {
        if (id == text)
            return value;
    }
    return std::nullopt;
}

} // namespace cutover::timeline
