// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QString>

#include <span>
#include <vector>

namespace cutover::op {

/// A migration parameter or capability of one VMM, as it was in force.
struct VmmSetting
{
    QString name;
    bool isCapability = false;
    QJsonValue value; ///< a capability's is a bool
    /// Where the value comes from, as the VMM says: "default", "compat", "global", "config", "qmp"; or
    /// "migration": it was set for this migration. Empty: this VMM does not tell.
    QString origin;

    bool operator==(const VmmSetting&) const = default;
};

/// All of them: first the parameters, then the capabilities, each by name.
using VmmSettings = std::vector<VmmSetting>;

/// The answers of one VMM; what it did not answer is empty.
struct SettingsAnswers
{
    QJsonObject parameters; ///< query-migrate-parameters
    QJsonArray capabilities; ///< query-migrate-capabilities
    QJsonObject provenance; ///< x-query-migrate-provenance
};

/// \a chosenParameters and \a chosenCapabilities were set for this migration.
VmmSettings settingsOf(const SettingsAnswers& answers, const QJsonObject& chosenParameters,
    const QJsonObject& chosenCapabilities);

/// For an event of Category::Action, "settings", of the VMM's side; and what such an event tells. Entries
/// that make no sense are left out.
QJsonObject toRecord(const VmmSettings& settings);
VmmSettings settingsFromRecord(const QJsonObject& attributes);

/// Those that a record tells last of the VMM of \a side; empty where it tells none.
VmmSettings lastSettings(std::span<const timeline::Event> events, Side side);

/// The value in few characters: "on", "25", "[…]".
QString settingText(const QJsonValue& value);
/// The origin in words, translated; empty for an unknown one.
QString originText(const QString& origin);

} // namespace cutover::op
