// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/side.h"

#include <array>
#include <utility>

namespace cutover {

static constexpr std::array<std::pair<Side, QLatin1StringView>, 4> ids{ {
    { Side::Source, QLatin1StringView("source") },
    { Side::Destination, QLatin1StringView("destination") },
    { Side::Channel, QLatin1StringView("channel") },
    { Side::Console, QLatin1StringView("console") },
} };

QString sideId(Side side)
{
    for (const auto& [value, id] : ids) {
        if (value == side)
            return id;
    }
    return {};
}

std::optional<Side> sideFromId(QStringView id)
{
    for (const auto& [value, text] : ids) {
        if (id == text)
            return value;
    }
    return std::nullopt;
}

} // namespace cutover
