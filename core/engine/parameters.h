// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/handover.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>

#include <array>
#include <cstdint>
#include <map>
#include <optional>

namespace cutover::engine {

/// QEMU's MigMode; this VMM implements normal and cpr-transfer.
enum class MigrationMode : std::uint8_t { Normal, CprTransfer };

/// "normal", "cpr-transfer"; "late-stop", "early-stop", "prepared".
QString modeId(MigrationMode mode);
QString handoverId(Handover handover);
std::optional<Handover> handoverFromId(QStringView id);

/// Where a value comes from, in ascending precedence.
enum class ParameterSource : std::uint8_t { Default, Compat, Global, Config, Qmp };
inline constexpr std::size_t parameterSourceCount = 5;

/// "default", "compat", "global", "config", "qmp".
QString parameterSourceId(ParameterSource source);

/// The parameters in force, typed; the value of one moment.
struct Parameters
{
    MigrationMode mode = MigrationMode::Normal;
    /// The operator's switch. Unless it was set it follows the mode: on for cpr-transfer.
    bool migrateFds = false;
    bool migrateFdsExplicit = false;
    Handover handover = Handover::Prepared;
    bool handoverExplicit = false;
    quint64 maxBandwidth = 0; ///< bytes per second of RAM pre-copy, 0 = unlimited
    int downtimeLimitMs = 300; ///< RAM pre-copy ends when the rest can be sent in this time
    int maxPasses = 30; ///< of RAM pre-copy, 1..1000; then the rest is sent whatever its size
    int connectTimeLimitMs = 5000; ///< connect or accept a channel, greet and negotiate
    int prepareTimeLimitMs = 60000; ///< the destination's preparation before the stop
    int releaseTimeLimitMs = 1000; ///< stop the guest's devices and give up or take ownership
    int readyTimeLimitMs = 10000; ///< state sent to READY, and READY to GO
    int rollbackTimeLimitMs = 3000; ///< the destination's end after a failure, then it is killed

    bool operator==(const Parameters&) const = default;
};

/// What one parameter is.
struct ParameterType
{
    enum class Kind : std::uint8_t { Bool, Integer, Size, Choice };
    const char16_t* name;
    Kind kind;
    qint64 minimum = 0; ///< Integer and Size
    qint64 maximum = 0;
    QStringList choices; ///< Choice
    QJsonValue initial; ///< null: follows from another parameter (migrate-fds)
    const char16_t* unit = u"";
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
    /// The same from text: on/off/yes/no/true/false, numbers, sizes ("64M"), names.
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
    using Layers = std::array<QJsonValue, parameterSourceCount>; ///< null where not set
    std::map<QString, Layers> m_values; ///< no default layer
};

} // namespace cutover::engine
