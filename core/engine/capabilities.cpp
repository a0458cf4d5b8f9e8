// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/capabilities.h"

#include <QJsonObject>

#include <algorithm>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

/// Capabilities of QEMU 11 that have no meaning here.
bool isOfQemuOnly(QStringView name)
{
    static constexpr auto names = std::to_array<QStringView>({ u"xbzrle", u"rdma-pin-all", u"auto-converge",
        u"zero-blocks", u"postcopy-ram", u"x-colo", u"release-ram", u"pause-before-switchover", u"multifd",
        u"dirty-bitmaps", u"postcopy-blocktime", u"x-ignore-shared", u"validate-uuid", u"background-snapshot",
        u"zero-copy-send", u"postcopy-preempt", u"switchover-ack", u"dirty-limit", u"mapped-ram" });
    return std::ranges::contains(names, name);
}

std::unexpected<Error> refuse(
    const QString& name, const QString& cause, ErrorCode code = ErrorCode::InvalidArgument)
{
    return failure(code, u"set the migration capability"_s, name, cause);
}

} // namespace

const QStringList& CapabilitySet::names()
{
    static const QStringList names{ u"events"_s, u"return-path"_s, u"late-block-activate"_s };
    return names;
}

Result<void> CapabilitySet::set(const QString& name, bool on, ParameterSource source)
{
    if (!names().contains(name)) {
        if (!isOfQemuOnly(name))
            return refuse(name, u"there is no such capability"_s);
        if (on)
            return refuse(name, u"this VMM does not have it"_s, ErrorCode::Unsupported);
        return {};
    }
    if (source == ParameterSource::Default)
        return refuse(name, u"the built-in default cannot be changed"_s);
    m_values[name][std::size_t(source)] = on;
    return {};
}

Result<void> CapabilitySet::setAll(const QJsonArray& values, ParameterSource source)
{
    CapabilitySet changed = *this;
    for (const QJsonValue entry : values) {
        const QJsonValue name = entry[u"capability"];
        const QJsonValue state = entry[u"state"];
        if (!name.isString())
            return refuse({}, u"an entry has no name in 'capability'"_s);
        if (!state.isBool())
            return refuse(name.toString(), u"'state' is not a boolean"_s);
        if (auto done = changed.set(name.toString(), state.toBool(), source); !done)
            return done;
    }
    *this = std::move(changed);
    return {};
}

bool CapabilitySet::value(const QString& name) const
{
    const auto layers = m_values.find(name);
    return layers != m_values.end() && layers->second[std::size_t(source(name))].value_or(false);
}

ParameterSource CapabilitySet::source(const QString& name) const
{
    if (const auto layers = m_values.find(name); layers != m_values.end()) {
        for (std::size_t i = parameterSourceCount; i-- > 1;) {
            if (layers->second[i])
                return ParameterSource(i);
        }
    }
    return ParameterSource::Default;
}

QJsonArray CapabilitySet::toJson() const
{
    QJsonArray list;
    for (const QString& name : names())
        list.append(QJsonObject{ { u"capability"_s, name }, { u"state"_s, value(name) } });
    return list;
}

QJsonArray CapabilitySet::provenance() const
{
    QJsonArray list;
    for (const QString& name : names()) {
        QJsonArray layers;
        if (const auto set = m_values.find(name); set != m_values.end()) {
            for (std::size_t i = parameterSourceCount; i-- > 1;) {
                if (set->second[i])
                    layers.append(QJsonObject{ { u"source"_s, parameterSourceId(ParameterSource(i)) },
                        { u"value"_s, *set->second[i] } });
            }
        }
        layers.append(QJsonObject{
            { u"source"_s, parameterSourceId(ParameterSource::Default) }, { u"value"_s, false } });
        list.append(QJsonObject{ { u"name"_s, name }, { u"value"_s, value(name) },
            { u"source"_s, parameterSourceId(source(name)) }, { u"layers"_s, layers } });
    }
    return list;
}

Capabilities CapabilitySet::capabilities() const
{
    return { .events = value(u"events"_s),
        .returnPath = value(u"return-path"_s),
        .lateBlockActivate = value(u"late-block-activate"_s) };
}

} // namespace cutover::engine
