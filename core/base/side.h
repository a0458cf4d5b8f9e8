// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <cstdint>
#include <optional>

namespace cutover {

/// Who an event, an error or a message belongs to.
enum class Side : std::uint8_t { Source, Destination, Channel, Console };

/// The stable identifier used in recordings and JSON: "source", "destination", "channel", "console".
QString sideId(Side side);
std::optional<Side> sideFromId(QStringView id);

} // namespace cutover
