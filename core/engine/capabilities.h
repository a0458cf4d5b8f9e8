// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/parameters.h"

#include <QJsonArray>
#include <QList>
#include <QString>
#include <QStringList>

#include <array>
#include <map>
#include <optional>

namespace cutover::engine {

struct Capabilities
{
    bool events = false; ///< emit MIGRATION and MIGRATION_PASS
    /// Always in use between two of this VMM, READY and GO need it; kept for clients that set it.
    bool returnPath = false;
    /// The destination's disks are activated by the first "cont", not by the migration.
    bool lateBlockActivate = false;

    bool operator==(const Capabilities&) const = default;
};

/// The migration capabilities with their sources; as ParameterSet.
class CapabilitySet
{
public:
    /// In the order of query-migrate-capabilities.
    static const QStringList& names();

    /// InvalidArgument for an unknown name, Unsupported for one that QEMU has and this VMM lacks (switching
    /// such a one off succeeds and does nothing).
    Result<void> set(const QString& name, bool on, ParameterSource source);
    /// [{"capability", "state"}, ...] of migrate-set-capabilities: all of them, or none.
    Result<void> setAll(const QJsonArray& values, ParameterSource source);

    bool value(const QString& name) const;
    ParameterSource source(const QString& name) const;
    /// [{"capability", "state"}, ...]
    QJsonArray toJson() const;
    /// As ParameterSet::provenance().
    QJsonArray provenance() const;
    Capabilities capabilities() const;

private:
    std::map<QString, std::array<std::optional<bool>, parameterSourceCount>> m_values;
};

} // namespace cutover::engine
