// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

// Arrays of arrays and alternates of alternates come from outside and may form a cycle.
static constexpr int maxTypeDepth = 16;

static QStringList toStrings(const QJsonValue& value)
{
    QStringList strings;
    const QJsonArray array = value.toArray();
    for (const QJsonValue entry : array)
        strings.append(entry.toString());
    return strings;
}

std::optional<Schema::Meta> Schema::metaOf(const QString& text)
{
    static const std::array<std::pair<QLatin1StringView, Meta>, 7> names{ { { "builtin"_L1, Meta::Builtin },
        { "enum"_L1, Meta::Enum }, { "array"_L1, Meta::Array }, { "object"_L1, Meta::Object },
        { "alternate"_L1, Meta::Alternate }, { "command"_L1, Meta::Command }, { "event"_L1, Meta::Event } } };
    for (const auto& [name, meta] : names) {
        if (text == name)
            return meta;
    }
    return std::nullopt;
}

Result<Schema::Entity> Schema::parseEntity(const QJsonObject& info)
{
    const auto meta = metaOf(info["meta-type"_L1].toString());
    if (!meta)
        return failure(ErrorCode::Malformed, u"read the QMP schema"_s, info["name"_L1].toString(),
            u"unknown meta-type '%1'"_s.arg(info["meta-type"_L1].toString()));
    Entity entity{ .meta = *meta,
        .jsonType = info["json-type"_L1].toString(),
        .element = info["element-type"_L1].toString(),
        .argument = info["arg-type"_L1].toString(),
        .result = info["ret-type"_L1].toString(),
        .tag = info["tag"_L1].toString(),
        .members = {},
        .variants = {},
        .features = toStrings(info["features"_L1]),
        .allowOob = info["allow-oob"_L1].toBool() };
    const QJsonArray members = info["members"_L1].toArray();
    for (const QJsonValue value : members) {
        entity.members.append({ .name = value["name"_L1].toString(),
            .type = value["type"_L1].toString(),
            .features = toStrings(value["features"_L1]),
            .optional = value.toObject().contains("default"_L1) });
    }
    if (*meta == Meta::Enum && members.isEmpty()) {
        const QStringList values = toStrings(info["values"_L1]);
        for (const QString& name : values)
            entity.members.append({ .name = name, .type = {}, .features = {}, .optional = false });
    }
    const QJsonArray variants = info["variants"_L1].toArray();
    for (const QJsonValue value : variants)
        entity.variants.insert(value["case"_L1].toString(), value["type"_L1].toString());
    return entity;
}

Result<Schema> Schema::parse(const QJsonArray& schema)
{
    Schema result;
    for (const QJsonValue value : schema) {
        const QJsonObject info = value.toObject();
        const QString name = info["name"_L1].toString();
        if (name.isEmpty())
            return failure(ErrorCode::Malformed, u"read the QMP schema"_s, {}, u"an entry has no name"_s);
        auto entity = parseEntity(info);
        if (!entity)
            return std::unexpected(entity.error());
        result.m_entities.emplace(name, std::move(*entity));
    }
    if (const auto complete = result.checkReferences(); !complete)
        return std::unexpected(complete.error());
    return result;
}

Result<void> Schema::checkReferences() const
{
    const auto check = [this](const QString& from, const QString& to) -> Result<void> {
        if (m_entities.contains(to))
            return {};
        return failure(
            ErrorCode::Malformed, u"read the QMP schema"_s, from, u"type '%1' is missing"_s.arg(to));
    };
    for (auto entry = m_entities.cbegin(); entry != m_entities.cend(); ++entry) {
        const Entity& entity = entry.value();
        QStringList types;
        if (entity.meta == Meta::Array)
            types.append(entity.element);
        if (entity.meta == Meta::Command || entity.meta == Meta::Event)
            types.append(entity.argument);
        if (entity.meta == Meta::Command)
            types.append(entity.result);
        if (entity.meta == Meta::Object || entity.meta == Meta::Alternate) {
            for (const Member& member : entity.members)
                types.append(member.type);
            types.append(entity.variants.values());
        }
        for (const QString& type : std::as_const(types)) {
            if (auto found = check(entry.key(), type); !found)
                return found;
        }
    }
    return {};
}

const Schema::Entity* Schema::find(const QString& name) const
{
    const auto entry = m_entities.constFind(name);
    return entry == m_entities.cend() ? nullptr : &*entry;
}

const Schema::Entity* Schema::find(const QString& name, Meta meta) const
{
    const Entity* entity = find(name);
    return entity && entity->meta == meta ? entity : nullptr;
}

QStringList Schema::namesOf(Meta meta) const
{
    QStringList names;
    for (auto entry = m_entities.cbegin(); entry != m_entities.cend(); ++entry) {
        if (entry->meta == meta)
            names.append(entry.key());
    }
    names.sort();
    return names;
}

bool Schema::hasCommand(const QString& name) const
{
    return find(name, Meta::Command) != nullptr;
}

bool Schema::hasEvent(const QString& name) const
{
    return find(name, Meta::Event) != nullptr;
}

QStringList Schema::commands() const
{
    return namesOf(Meta::Command);
}

QStringList Schema::events() const
{
    return namesOf(Meta::Event);
}

bool Schema::allowsOob(const QString& command) const
{
    const Entity* entity = find(command, Meta::Command);
    return entity && entity->allowOob;
}

/// The members of an object with those of all its variants; arrays and alternates are looked through.
QList<Schema::Member> Schema::membersOf(const QString& type, int depth) const
{
    const Entity* entity = find(type);
    if (!entity || depth > maxTypeDepth)
        return {};
    if (entity->meta == Meta::Array)
        return membersOf(entity->element, depth + 1);
    QList<Member> members;
    if (entity->meta == Meta::Alternate) {
        for (const Member& alternative : entity->members)
            members += membersOf(alternative.type, depth + 1);
    } else if (entity->meta == Meta::Object) {
        members = entity->members;
        for (const QString& variant : entity->variants)
            members += membersOf(variant, depth + 1);
    }
    return members;
}

/// All members that \a path (not empty) below \a type can mean: variants may each have one of that name.
QList<Schema::Member> Schema::resolve(const QString& type, const QString& path) const
{
    QList<Member> found{ { .name = {}, .type = type, .features = {}, .optional = false } };
    const QStringList steps = path.split(u'.');
    for (QString step : steps) {
        while (step.endsWith("[]"_L1))
            step.chop(2);
        QList<Member> next;
        for (const Member& parent : std::as_const(found)) {
            const QList<Member> members = membersOf(parent.type);
            for (const Member& member : members) {
                const auto same = [&member](const Member& other) {
                    return other.type == member.type && other.features == member.features;
                };
                if (member.name == step && std::ranges::none_of(std::as_const(next), same))
                    next.append(member);
            }
        }
        found = next;
    }
    return found;
}

/// As resolve(), for a path that begins with the name of a command, event or type, which may contain dots.
QList<Schema::Member> Schema::resolvePath(const QString& path) const
{
    for (qsizetype dot = path.size(); dot > 0; dot = path.lastIndexOf(u'.', dot - 1)) {
        const QString name = path.first(dot);
        const Entity* entity = find(name);
        if (!entity)
            continue;
        const bool hasData = entity->meta == Meta::Command || entity->meta == Meta::Event;
        const QString type = hasData ? entity->argument : name;
        if (dot == path.size())
            return { { .name = name, .type = type, .features = entity->features, .optional = false } };
        return resolve(type, path.sliced(dot + 1));
    }
    return {};
}

bool Schema::hasArgument(const QString& command, const QString& path) const
{
    const Entity* entity = find(command, Meta::Command);
    return entity && !resolve(entity->argument, path).isEmpty();
}

bool Schema::hasReturn(const QString& command, const QString& path) const
{
    const Entity* entity = find(command, Meta::Command);
    return entity && !resolve(entity->result, path).isEmpty();
}

QList<Schema::Member> Schema::argumentMembers(const QString& command, const QString& path) const
{
    const Entity* entity = find(command, Meta::Command);
    if (!entity)
        return {};
    if (path.isEmpty())
        return membersOf(entity->argument);
    QList<Member> members;
    const QList<Member> parents = resolve(entity->argument, path);
    for (const Member& parent : parents)
        members += membersOf(parent.type);
    return members;
}

QStringList Schema::arguments(const QString& command, const QString& path) const
{
    QStringList names;
    const QList<Member> members = argumentMembers(command, path);
    for (const Member& member : members)
        names.append(member.name);
    names.removeDuplicates();
    return names;
}

QList<Schema::Parameter> Schema::parameters(const QString& command, const QString& path) const
{
    QList<Parameter> parameters;
    const QList<Member> members = argumentMembers(command, path);
    for (const Member& member : members) {
        auto known = std::ranges::find(parameters, member.name, &Parameter::name);
        if (known == parameters.end()) {
            parameters.append({ .name = member.name, .optional = member.optional });
            known = std::prev(parameters.end());
        }
        appendJsonTypes(member.type, known->jsonTypes, 0);
        appendValues(member.type, known->values, 0);
        known->features += member.features;
        known->optional = known->optional || member.optional;
        known->jsonTypes.removeDuplicates();
        known->values.removeDuplicates();
        known->features.removeDuplicates();
    }
    return parameters;
}

void Schema::appendJsonTypes(const QString& type, QStringList& types, int depth) const
{
    const Entity* entity = find(type);
    if (!entity || depth > maxTypeDepth)
        return;
    if (entity->meta == Meta::Alternate) {
        for (const Member& alternative : entity->members)
            appendJsonTypes(alternative.type, types, depth + 1);
    } else {
        types.append(jsonTypeOf(type));
    }
}

void Schema::appendValues(const QString& type, QStringList& values, int depth) const
{
    const Entity* entity = find(type);
    if (!entity || depth > maxTypeDepth)
        return;
    if (entity->meta == Meta::Array) {
        appendValues(entity->element, values, depth + 1);
    } else if (entity->meta == Meta::Enum) {
        for (const Member& value : entity->members)
            values.append(value.name);
    } else if (entity->meta == Meta::Alternate) {
        for (const Member& alternative : entity->members)
            appendValues(alternative.type, values, depth + 1);
    }
}

QStringList Schema::valuesOf(const QList<Member>& members) const
{
    QStringList values;
    for (const Member& member : members)
        appendValues(member.type, values, 0);
    values.removeDuplicates();
    return values;
}

QStringList Schema::enumValues(const QString& path) const
{
    return valuesOf(resolvePath(path));
}

QStringList Schema::returnEnumValues(const QString& command, const QString& path) const
{
    const Entity* entity = find(command, Meta::Command);
    return entity ? valuesOf(resolve(entity->result, path)) : QStringList();
}

QString Schema::jsonType(const QString& path) const
{
    const QList<Member> members = resolvePath(path);
    if (members.isEmpty())
        return {};
    const Entity* entity = find(members.first().type);
    for (int depth = 0; entity && entity->meta == Meta::Alternate && depth < maxTypeDepth; ++depth)
        entity = entity->members.isEmpty() ? nullptr : find(entity->members.first().type);
    if (!entity)
        return {};
    switch (entity->meta) {
    case Meta::Builtin:
        return entity->jsonType;
    case Meta::Enum:
        return u"string"_s;
    case Meta::Array:
        return u"array"_s;
    default:
        return u"object"_s;
    }
}

QStringList Schema::features(const QString& path) const
{
    QStringList features;
    const qsizetype equals = path.indexOf(u'=');
    const QList<Member> members = resolvePath(equals < 0 ? path : path.first(equals));
    for (const Member& member : members) {
        if (equals < 0) {
            features += member.features;
            continue;
        }
        const Entity* entity = find(member.type);
        for (int depth = 0; entity && entity->meta == Meta::Array && depth < maxTypeDepth; ++depth)
            entity = find(entity->element);
        if (!entity || entity->meta != Meta::Enum)
            continue;
        for (const Member& value : entity->members) {
            if (value.name == QStringView(path).sliced(equals + 1))
                features += value.features;
        }
    }
    features.removeDuplicates();
    return features;
}

} // namespace cutover::qmp
