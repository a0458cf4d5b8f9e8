// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/vmmsettings.h"

#include <KLocalizedString>

#include <QHash>
#include <QJsonDocument>

#include <algorithm>
#include <ranges>

namespace cutover::op {

using namespace Qt::StringLiterals;

/// Far more than any VMM has.
static constexpr qsizetype maxSettings = 1000;

static QHash<QString, QString> originsOf(const QJsonArray& provenance)
{
    QHash<QString, QString> origins;
    for (const QJsonValue& entry : provenance)
        origins.insert(entry["name"_L1].toString(), entry["source"_L1].toString());
    return origins;
}

VmmSettings settingsOf(const SettingsAnswers& answers, const QJsonObject& chosenParameters,
    const QJsonObject& chosenCapabilities)
{
    VmmSettings settings;
    const auto origins = originsOf(answers.provenance["parameters"_L1].toArray());
    for (auto it = answers.parameters.begin(); it != answers.parameters.end(); ++it)
        settings.push_back({ .name = it.key(),
            .isCapability = false,
            .value = *it,
            .origin = chosenParameters.contains(it.key()) && chosenParameters[it.key()] == *it
                ? u"migration"_s
                : origins.value(it.key()) });
    const auto switchOrigins = originsOf(answers.provenance["capabilities"_L1].toArray());
    const auto first = static_cast<std::ptrdiff_t>(settings.size());
    for (const QJsonValue& entry : answers.capabilities) {
        const QString name = entry["capability"_L1].toString();
        const QJsonValue value = entry["state"_L1].toBool();
        if (!name.isEmpty())
            settings.push_back({ .name = name,
                .isCapability = true,
                .value = value,
                .origin = chosenCapabilities.contains(name) && chosenCapabilities[name] == value
                    ? u"migration"_s
                    : switchOrigins.value(name) });
    }
    std::ranges::sort(settings.begin() + first, settings.end(), {}, &VmmSetting::name);
    return settings;
}

QJsonObject toRecord(const VmmSettings& settings)
{
    QJsonObject attributes;
    for (const bool capabilities : { false, true }) {
        QJsonArray list;
        for (const VmmSetting& setting : settings) {
            if (setting.isCapability != capabilities)
                continue;
            QJsonObject entry{ { "name"_L1, setting.name }, { "value"_L1, setting.value } };
            if (!setting.origin.isEmpty())
                entry.insert("origin"_L1, setting.origin);
            list.append(entry);
        }
        attributes.insert(capabilities ? "capabilities"_L1 : "parameters"_L1, list);
    }
    return attributes;
}

VmmSettings settingsFromRecord(const QJsonObject& attributes)
{
    VmmSettings settings;
    for (const bool capabilities : { false, true }) {
        const QJsonArray list = attributes[capabilities ? "capabilities"_L1 : "parameters"_L1].toArray();
        for (qsizetype i = 0; i < std::min(list.size(), maxSettings); ++i) {
            const QJsonValue entry = list[i];
            const QString name = entry["name"_L1].toString();
            if (!name.isEmpty())
                settings.push_back({ .name = name,
                    .isCapability = capabilities,
                    .value = entry["value"_L1],
                    .origin = entry["origin"_L1].toString() });
        }
    }
    return settings;
}

VmmSettings lastSettings(std::span<const timeline::Event> events, Side side)
{
    for (const timeline::Event& event : std::views::reverse(events)) {
        if (event.category == timeline::Category::Action && event.side == side && event.name == u"settings")
            return settingsFromRecord(event.attributes);
    }
    return {};
}

QString settingText(const QJsonValue& value)
{
    if (value.isBool())
        return value.toBool() ? i18nc("a switch", "on") : i18nc("a switch", "off");
    if (value.isDouble())
        return value.toDouble() == static_cast<double>(value.toInteger()) ? QString::number(value.toInteger())
                                                                          : QString::number(value.toDouble());
    if (value.isArray())
        return QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact));
    if (value.isObject())
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
    return value.toString();
}

QString originText(const QString& origin)
{
    if (origin == u"migration")
        return i18n("set for this migration");
    if (origin == u"default")
        return i18n("built-in default");
    if (origin == u"compat")
        return i18n("the machine type's compatibility");
    if (origin == u"global")
        return i18n("command line, -global");
    if (origin == u"config")
        return i18n("command line, -incoming config:");
    return origin == u"qmp" ? i18n("set over QMP before") : QString();
}

} // namespace cutover::op
