// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/capabilities.h"
#include "engine/parameters.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace cutover::engine {

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
