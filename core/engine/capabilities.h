// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/parameters.h"

#include <QJsonArray>

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

/// Both sets: what the start and the monitor work on.
struct MigrationSettings
{
    ParameterSet parameters;
    CapabilitySet capabilities;

    /// The value of "-incoming config:", without that prefix: "key=value,..." or a JSON object whose keys are
    /// parameters or capabilities. A key twice, an unknown key or a bad value is an error that names it, and
    /// then nothing has changed.
    Result<void> applyConfig(const QString& text);
    /// "-global migration.NAME=value": a parameter, or a capability as "x-NAME" or "NAME".
    Result<void> applyGlobal(const QString& name, const QString& text);
    /// What machine version \a compat changes for "migration"; versions as in compatDefaults().
    Result<void> applyCompat(const QString& compat);
};

/// A property's default in an older machine version.
struct CompatDefault
{
    QString driver; ///< "tap-net", ...; "migration" for parameters
    QString property;
    QString value;
};

/// The versions that "-machine compat=" knows, oldest first; the last one changes nothing.
QStringList compatVersions();
/// InvalidArgument, naming the known ones, for another version.
Result<QList<CompatDefault>> compatDefaults(const QString& version);

} // namespace cutover::engine
