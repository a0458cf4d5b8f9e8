// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/parameters.h"

#include "engine/optiontext.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

using Kind = ParameterType::Kind;

ParameterType milliseconds(const QString& name, int initial, qint64 minimum = 1, qint64 maximum = 3'600'000)
{
    return { .name = name,
        .kind = Kind::Integer,
        .initial = initial,
        .minimum = minimum,
        .maximum = maximum,
        .unit = u"ms"_s };
}

QList<ParameterType> makeTypes()
{
    const Parameters initial;
    QStringList handovers;
    for (const Handover handover : { Handover::LateStop, Handover::EarlyStop, Handover::Prepared })
        handovers += handoverId(handover);
    return {
        { .name = u"mode"_s,
            .kind = Kind::Choice,
            .initial = modeId(initial.mode),
            .choices = { modeId(MigrationMode::Normal), modeId(MigrationMode::CprTransfer) } },
        { .name = u"migrate-fds"_s, .kind = Kind::Bool },
        { .name = u"handover"_s,
            .kind = Kind::Choice,
            .initial = handoverId(initial.handover),
            .choices = handovers },
        milliseconds(u"downtime-limit"_s, initial.downtimeLimitMs, 0, 2'000'000),
        { .name = u"max-passes"_s,
            .kind = Kind::Integer,
            .initial = initial.maxPasses,
            .minimum = 1,
            .maximum = 1000 },
        { .name = u"x-populate"_s, .kind = Kind::Bool, .initial = initial.populate },
        { .name = u"x-fault"_s,
            .kind = Kind::Choice,
            .initial = initial.fault.text(),
            .choices = faultPointTexts() },
        milliseconds(u"connect-time-limit"_s, initial.limits.connect),
        milliseconds(u"prepare-time-limit"_s, initial.limits.prepare),
        milliseconds(u"release-time-limit"_s, initial.limits.release),
        milliseconds(u"state-time-limit"_s, initial.limits.state),
        milliseconds(u"ready-time-limit"_s, initial.limits.ready),
        milliseconds(u"started-time-limit"_s, initial.limits.started),
        milliseconds(u"rollback-time-limit"_s, initial.limits.rollback),
    };
}

/// Parameters of QEMU 11 that have no meaning here.
bool isOfQemuOnly(QStringView name)
{
    static constexpr auto names = std::to_array<QStringView>({ u"announce-initial", u"announce-max",
        u"announce-rounds", u"announce-step", u"throttle-trigger-threshold", u"cpu-throttle-initial",
        u"cpu-throttle-increment", u"cpu-throttle-tailslow", u"tls-creds", u"tls-hostname", u"tls-authz",
        u"max-bandwidth", u"avail-switchover-bandwidth", u"x-checkpoint-delay", u"multifd-channels",
        u"multifd-compression", u"multifd-zlib-level", u"multifd-zstd-level", u"multifd-qatzip-level",
        u"xbzrle-cache-size", u"max-postcopy-bandwidth", u"max-cpu-throttle", u"block-bitmap-mapping",
        u"x-vcpu-dirty-limit-period", u"vcpu-dirty-limit", u"zero-page-detection", u"direct-io",
        u"cpr-exec-command", u"local" });
    return std::ranges::contains(names, name);
}

std::unexpected<Error> refuse(
    const QString& name, const QString& cause, ErrorCode code = ErrorCode::InvalidArgument)
{
    return failure(code, u"set the migration parameter"_s, name, cause);
}

std::unexpected<Error> unknown(const QString& name)
{
    if (isOfQemuOnly(name))
        return refuse(name, u"this VMM does not have it"_s, ErrorCode::Unsupported);
    return refuse(name, u"there is no such parameter"_s);
}

std::unexpected<Error> badValue(const ParameterType& type, const QString& value)
{
    QString expected;
    switch (type.kind) {
    case Kind::Bool:
        expected = u"on or off"_s;
        break;
    case Kind::Integer:
        expected = u"an integer from %1 to %2"_s.arg(type.minimum).arg(type.maximum);
        if (!type.unit.isEmpty())
            expected += u' ' + type.unit;
        break;
    case Kind::Choice:
        if (type.name == u"mode" && (value == u"cpr-exec" || value == u"cpr-reboot"))
            return refuse(
                type.name, u"this VMM does not have the mode '%1'"_s.arg(value), ErrorCode::Unsupported);
        expected = type.name == u"x-fault"
            ? u"none, or kill or stop, source or destination and a step or checkpoint, as in "
              "kill:source:send-state"_s
            : u"one of "_s + type.choices.join(u", "_s);
        break;
    }
    return refuse(type.name, u"'%1' is not %2"_s.arg(value, expected));
}

bool fits(const ParameterType& type, const QJsonValue& value)
{
    switch (type.kind) {
    case Kind::Bool:
        return value.isBool();
    case Kind::Integer:
        return value.isDouble() && value.toDouble() == std::floor(value.toDouble())
            && value.toDouble() >= double(type.minimum) && value.toDouble() <= double(type.maximum);
    case Kind::Choice:
        return value.isString() && type.choices.contains(value.toString());
    }
    return false;
}

QString textOf(const QJsonValue& value)
{
    if (value.isObject() || value.isArray())
        return value.isObject() ? u"an object"_s : u"a list"_s;
    return value.isString() ? value.toString() : value.toVariant().toString();
}

} // namespace

QString modeId(MigrationMode mode)
{
    return mode == MigrationMode::Normal ? u"normal"_s : u"cpr-transfer"_s;
}

QString parameterSourceId(ParameterSource source)
{
    switch (source) {
    case ParameterSource::Default:
        return u"default"_s;
    case ParameterSource::Compat:
        return u"compat"_s;
    case ParameterSource::Global:
        return u"global"_s;
    case ParameterSource::Config:
        return u"config"_s;
    case ParameterSource::Qmp:
        return u"qmp"_s;
    }
    return {};
}

const QList<ParameterType>& ParameterSet::types()
{
    static const QList<ParameterType> types = makeTypes();
    return types;
}

const ParameterType* ParameterSet::type(QStringView name)
{
    const auto found = std::ranges::find(types(), name, &ParameterType::name);
    return found == types().end() ? nullptr : &*found;
}

Result<void> ParameterSet::set(const QString& name, const QJsonValue& value, ParameterSource source)
{
    const ParameterType* const known = type(name);
    if (!known)
        return unknown(name);
    if (source == ParameterSource::Default)
        return refuse(name, u"the built-in default cannot be changed"_s);
    if (!value.isNull() && !fits(*known, value))
        return badValue(*known, textOf(value));
    m_values[name][std::size_t(source)] = value;
    return {};
}

Result<void> ParameterSet::setText(const QString& name, const QString& text, ParameterSource source)
{
    const ParameterType* const known = type(name);
    if (!known)
        return unknown(name);
    QJsonValue value = text;
    if (known->kind == Kind::Bool) {
        const auto flag = parseBool(text);
        if (!flag)
            return badValue(*known, text);
        value = *flag;
    } else if (known->kind == Kind::Integer) {
        const auto number = parseInteger(text);
        if (!number)
            return badValue(*known, text);
        value = *number;
    }
    return set(name, value, source);
}

Result<void> ParameterSet::setAll(const QJsonObject& values, ParameterSource source)
{
    ParameterSet changed = *this;
    for (auto it = values.begin(); it != values.end(); ++it) {
        if (auto done = changed.set(it.key(), it.value(), source); !done)
            return done;
    }
    *this = std::move(changed);
    return {};
}

QJsonValue ParameterSet::value(const QString& name) const
{
    const ParameterType* const known = type(name);
    if (!known)
        return QJsonValue::Undefined;
    const auto layers = m_values.find(name);
    if (layers != m_values.end()) {
        const auto set = std::ranges::find_if(layers->second.rbegin(), layers->second.rend(),
            [](const QJsonValue& layer) { return !layer.isNull(); });
        if (set != layers->second.rend())
            return *set;
    }
    return defaultOf(*known);
}

QJsonValue ParameterSet::defaultOf(const ParameterType& type) const
{
    if (type.name == u"migrate-fds")
        return value(u"mode"_s).toString() != modeId(MigrationMode::Normal);
    return type.initial;
}

ParameterSource ParameterSet::source(const QString& name) const
{
    const auto layers = m_values.find(name);
    if (layers == m_values.end())
        return ParameterSource::Default;
    for (std::size_t i = parameterSourceCount; i-- > 1;) {
        if (!layers->second[i].isNull())
            return ParameterSource(i);
    }
    return ParameterSource::Default;
}

QJsonObject ParameterSet::toJson() const
{
    QJsonObject object;
    for (const ParameterType& type : types())
        object[type.name] = value(type.name);
    return object;
}

QJsonArray ParameterSet::provenance() const
{
    QJsonArray list;
    for (const ParameterType& type : types()) {
        QJsonArray layers;
        if (const auto set = m_values.find(type.name); set != m_values.end()) {
            for (std::size_t i = parameterSourceCount; i-- > 1;) {
                if (!set->second[i].isNull())
                    layers.append(QJsonObject{ { u"source"_s, parameterSourceId(ParameterSource(i)) },
                        { u"value"_s, set->second[i] } });
            }
        }
        layers.append(QJsonObject{
            { u"source"_s, parameterSourceId(ParameterSource::Default) }, { u"value"_s, defaultOf(type) } });
        QJsonObject entry{ { u"name"_s, type.name }, { u"value"_s, value(type.name) },
            { u"source"_s, parameterSourceId(source(type.name)) }, { u"layers"_s, layers } };
        if (type.initial.isNull())
            entry[u"follows"_s] = u"mode"_s;
        list.append(entry);
    }
    return list;
}

Parameters ParameterSet::parameters() const
{
    const auto integer = [&](const QString& name) { return int(value(name).toInteger()); };
    Parameters result;
    if (value(u"mode"_s).toString() == modeId(MigrationMode::CprTransfer))
        result.mode = MigrationMode::CprTransfer;
    result.modeExplicit = isExplicit(u"mode"_s);
    result.migrateFds = value(u"migrate-fds"_s).toBool();
    result.migrateFdsExplicit = isExplicit(u"migrate-fds"_s);
    const QString handover = value(u"handover"_s).toString();
    for (const Handover candidate : { Handover::LateStop, Handover::EarlyStop, Handover::Prepared }) {
        if (handover == handoverId(candidate))
            result.handover = candidate;
    }
    result.handoverExplicit = isExplicit(u"handover"_s);
    result.downtimeLimitMs = integer(u"downtime-limit"_s);
    result.maxPasses = integer(u"max-passes"_s);
    result.populate = value(u"x-populate"_s).toBool();
    result.fault = parseFaultPoint(value(u"x-fault"_s).toString());
    result.limits.connect = integer(u"connect-time-limit"_s);
    result.limits.prepare = integer(u"prepare-time-limit"_s);
    result.limits.release = integer(u"release-time-limit"_s);
    result.limits.state = integer(u"state-time-limit"_s);
    result.limits.ready = integer(u"ready-time-limit"_s);
    result.limits.started = integer(u"started-time-limit"_s);
    result.limits.rollback = integer(u"rollback-time-limit"_s);
    return result;
}

} // namespace cutover::engine
