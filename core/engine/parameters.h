// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/faultpoint.h"
#include "engine/handover.h"
#include "engine/timelimits.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QJsonValue>
#include <QList>
#include <QString>
#include <QStringList>

#include <array>
#include <cstdint>
#include <map>

namespace cutover::engine {

/// QEMU's MigMode; this VMM implements normal and cpr-transfer.
enum class MigrationMode : std::uint8_t { Normal, CprTransfer };

/// "normal", "cpr-transfer"; "late-stop", "early-stop", "prepared".
QString modeId(MigrationMode mode);

/// Where a value comes from, in ascending precedence.
enum class ParameterSource : std::uint8_t { Default, Compat, Global, Config, Qmp };
inline constexpr std::size_t parameterSourceCount = 5;

/// "default", "compat", "global", "config", "qmp".
QString parameterSourceId(ParameterSource source);

/// The parameters in force, typed; the value of one moment.
struct Parameters
{
    MigrationMode mode = MigrationMode::Normal;
    bool modeExplicit = false; ///< set by -global or later; so the other two
    /// The operator's switch. Unless it was set it follows the mode: on for cpr-transfer.
    bool migrateFds = false;
    bool migrateFdsExplicit = false;
    Handover handover = Handover::Prepared;
    bool handoverExplicit = false;
    int downtimeLimitMs = 1; ///< RAM pre-copy ends with a pass that is shorter than this
    int maxPasses = 30; ///< of RAM pre-copy; then the rest is sent whatever its size
    bool populate = true; ///< the destination maps the pages of RAM before the stop; off only to compare
    FaultPoint fault; ///< on purpose, to see what the others make of it
    TimeLimits limits;

    bool operator==(const Parameters&) const = default;
};

/// What one parameter is.
struct ParameterType
{
    enum class Kind : std::uint8_t { Bool, Integer, Choice };
    QString name;
    Kind kind = Kind::Bool;
    QJsonValue initial; ///< null: follows from another parameter (migrate-fds)
    qint64 minimum = 0; ///< Integer
    qint64 maximum = 0;
    QStringList choices; ///< Choice
    QString unit; ///< "ms"; may be empty
};

/// The migration parameters with all sources that set them; the highest source wins. Not thread-safe.
class ParameterSet
{
public:
    /// All parameters in the order of query-migrate-parameters.
    static const QList<ParameterType>& types();
    /// nullptr when there is no such parameter.
    static const ParameterType* type(QStringView name);

    /// InvalidArgument for an unknown name or a bad value, Unsupported for a name or value that QEMU has and
    /// this VMM lacks; nothing has changed then. Null takes back what \a source has set (null from Default:
    /// InvalidArgument).
    Result<void> set(const QString& name, const QJsonValue& value, ParameterSource source);
    /// The same from text: on/off/yes/no/true/false, numbers, names.
    Result<void> setText(const QString& name, const QString& text, ParameterSource source);
    /// All members, or none of them.
    Result<void> setAll(const QJsonObject& values, ParameterSource source);

    /// The value in force; undefined for an unknown name.
    QJsonValue value(const QString& name) const;
    /// The highest source that has set it; Default when none has, and for an unknown name.
    ParameterSource source(const QString& name) const;
    bool isExplicit(const QString& name) const { return source(name) > ParameterSource::Compat; }

    /// Every parameter with the value in force, as "query-migrate-parameters" answers.
    QJsonObject toJson() const;
    /// [{"name", "value", "source", "layers": [{"source", "value"}, ...], "follows"?}]: layers are in
    /// descending precedence, the first is in force; "follows" names the parameter that decides a value
    /// nobody has set.
    QJsonArray provenance() const;
    Parameters parameters() const;

private:
    QJsonValue defaultOf(const ParameterType& type) const;

    using Layers = std::array<QJsonValue, parameterSourceCount>; ///< null where not set
    std::map<QString, Layers> m_values; ///< no default layer
};

} // namespace cutover::engine
