// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/settings.h"

#include "engine/optiontext.h"

#include <QSet>

#include <array>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

/// What the versions before \a since had instead of today's default.
struct CompatRow
{
    const char16_t* since;
    const char16_t* driver;
    const char16_t* property;
    const char16_t* before;
};

constexpr auto compatRows = std::to_array<CompatRow>({
    { u"1.1", u"tap-net", u"migrate-fds", u"off" },
    { u"1.1", u"vhost-user-blk", u"migrate-fds", u"off" },
    { u"1.1", u"console", u"migrate-fds", u"off" },
    { u"1.1", u"ballast", u"migrate-fds", u"off" },
});

Result<void> setOne(
    MigrationSettings& settings, const QString& name, const QString& text, ParameterSource source)
{
    if (ParameterSet::type(name))
        return settings.parameters.setText(name, text, source);
    QString capability = name;
    if (!CapabilitySet::names().contains(name) && name.startsWith(u"x-"))
        capability = name.sliced(2);
    if (CapabilitySet::names().contains(capability)) {
        const auto on = parseBool(text);
        if (!on) {
            return failure(ErrorCode::InvalidArgument, u"set the migration capability"_s, capability,
                u"'%1' is not on or off"_s.arg(text));
        }
        return settings.capabilities.set(capability, *on, source);
    }
    return settings.parameters.setText(name, text, source);
}

Result<void> configFromJson(MigrationSettings& settings, const QString& text)
{
    const auto object = parseJsonOption(text, u"read -incoming config:"_s);
    if (!object)
        return std::unexpected(object.error());
    for (auto it = object->begin(); it != object->end(); ++it) {
        Result<void> done;
        if (CapabilitySet::names().contains(it.key())) {
            if (!it->isBool())
                return failure(ErrorCode::InvalidArgument, u"set the migration capability"_s, it.key(),
                    u"it is not a boolean"_s);
            done = settings.capabilities.set(it.key(), it->toBool(), ParameterSource::Config);
        } else {
            done = settings.parameters.set(it.key(), it.value(), ParameterSource::Config);
        }
        if (!done)
            return done;
    }
    return {};
}

Result<void> configFromText(MigrationSettings& settings, const QString& text)
{
    const QString attempt = u"read -incoming config:"_s;
    QSet<QString> seen;
    for (const OptionItem& item : splitOption(text)) {
        if (item.key.isEmpty())
            return failure(
                ErrorCode::InvalidArgument, attempt, item.value, u"it has not the form key=value"_s);
        if (seen.contains(item.key))
            return failure(ErrorCode::InvalidArgument, attempt, item.key, u"the key was given twice"_s);
        seen.insert(item.key);
        if (auto done = setOne(settings, item.key, item.value, ParameterSource::Config); !done)
            return done;
    }
    return {};
}

} // namespace

Result<void> MigrationSettings::applyConfig(const QString& text)
{
    MigrationSettings changed = *this;
    Result<void> done;
    if (text.isEmpty())
        done = failure(ErrorCode::InvalidArgument, u"read -incoming config:"_s, {}, u"it is empty"_s);
    else
        done = isJsonOption(text) ? configFromJson(changed, text) : configFromText(changed, text);
    if (!done) {
        Error error = done.error();
        if (error.remedy.isEmpty())
            error.remedy = u"Correct the option -incoming config:."_s;
        return std::unexpected(error);
    }
    *this = std::move(changed);
    return {};
}

Result<void> MigrationSettings::applyGlobal(const QString& name, const QString& text)
{
    return setOne(*this, name, text, ParameterSource::Global);
}

Result<void> MigrationSettings::applyCompat(const QString& compat)
{
    const auto defaults = compatDefaults(compat);
    if (!defaults)
        return std::unexpected(defaults.error());
    for (const CompatDefault& row : *defaults) {
        if (row.driver != u"migration")
            continue;
        if (auto done = setOne(*this, row.property, row.value, ParameterSource::Compat); !done)
            return done;
    }
    return {};
}

QStringList compatVersions()
{
    return { u"1.0"_s, u"1.1"_s };
}

Result<QList<CompatDefault>> compatDefaults(const QString& version)
{
    const QStringList versions = compatVersions();
    const auto wanted = versions.indexOf(version);
    if (wanted < 0) {
        return failure(ErrorCode::InvalidArgument, u"use the machine version"_s, version,
            u"there is no such version; known are %1"_s.arg(versions.join(u", "_s)));
    }
    QList<CompatDefault> defaults;
    for (const CompatRow& row : compatRows) {
        if (wanted < versions.indexOf(QString::fromUtf16(row.since))) {
            defaults.append({ .driver = QString::fromUtf16(row.driver),
                .property = QString::fromUtf16(row.property),
                .value = QString::fromUtf16(row.before) });
        }
    }
    return defaults;
}

} // namespace cutover::engine
