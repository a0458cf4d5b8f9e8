// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/schema.h"

#include <QMetaType>
#include <QVariant>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

static constexpr int maxTypeDepth = 16; // variants come from outside and may form a cycle

/// The error's object is the member's path until validate() returns it.
static std::unexpected<Error> invalid(const QString& member, const QString& cause)
{
    return failure(ErrorCode::InvalidArgument, u"check the arguments of the QMP command"_s, member, cause);
}

static std::unexpected<Error> wrongType(const QString& name, const QString& expected)
{
    return invalid(name, u"Invalid parameter type for '%1', expected: %2"_s.arg(name, expected));
}

static QString memberName(const QString& parent, const QString& member)
{
    return parent.isEmpty() ? member : QString(parent % u'.' % member);
}

static bool isInteger(const QJsonValue& value)
{
    if (value.toVariant().typeId() == QMetaType::LongLong)
        return true;
    // The upper half of QEMU's uint64 does not fit QJsonValue's integers; its end rounds up to 2^64.
    const double number = value.toDouble(NAN);
    return std::trunc(number) == number && number >= 0x1p63 && number <= 0x1p64;
}

static bool hasJsonType(const QJsonValue& value, const QString& jsonType)
{
    switch (value.type()) {
    case QJsonValue::String:
        return jsonType == "string"_L1;
    case QJsonValue::Double:
        return jsonType == "number"_L1 || (jsonType == "int"_L1 && isInteger(value));
    case QJsonValue::Bool:
        return jsonType == "boolean"_L1;
    case QJsonValue::Null:
        return jsonType == "null"_L1;
    case QJsonValue::Object:
        return jsonType == "object"_L1;
    case QJsonValue::Array:
        return jsonType == "array"_L1;
    case QJsonValue::Undefined:
        break;
    }
    return false;
}

QString Schema::jsonTypeOf(const QString& type) const
{
    const Entity* entity = find(type);
    if (!entity)
        return {};
    switch (entity->meta) {
    case Meta::Builtin:
        return entity->jsonType;
    case Meta::Enum:
        return u"string"_s;
    case Meta::Array:
        return u"array"_s;
    case Meta::Object:
        return u"object"_s;
    case Meta::Alternate:
    case Meta::Command:
    case Meta::Event:
        break;
    }
    return {};
}

Result<void> Schema::validate(const QString& command, const QJsonObject& arguments, QString* member) const
{
    if (member)
        member->clear();
    const Entity* entity = find(command, Meta::Command);
    if (!entity)
        return failure(ErrorCode::NotFound, u"run the QMP command"_s, command,
            u"The command %1 has not been found"_s.arg(command));
    const Entity* type = find(entity->argument);
    // The one command whose arguments the schema does not list in full: the rest are device properties.
    const bool open = command == "device_add"_L1;
    auto result
        = type && type->meta == Meta::Object ? checkObject(*type, arguments, {}, open) : Result<void>();
    if (!result) {
        const QString at = std::exchange(result.error().object, command);
        if (member)
            *member = at;
    }
    return result;
}

Result<void> Schema::checkValue(const QString& type, const QJsonValue& value, const QString& name) const
{
    const Entity* entity = find(type);
    if (!entity)
        return {};
    if (entity->meta == Meta::Alternate)
        return checkAlternate(*entity, value, name);
    const QString jsonType = jsonTypeOf(type);
    if (jsonType == "value"_L1)
        return {};
    if (!hasJsonType(value, jsonType))
        return wrongType(name, jsonType == "int"_L1 ? u"integer"_s : jsonType);

    if (entity->meta == Meta::Enum) {
        const QString text = value.toString();
        const auto same = [&text](const Member& member) { return member.name == text; };
        if (std::ranges::none_of(entity->members, same))
            return invalid(name,
                u"Parameter '%1' does not accept value '%2'"_s.arg(
                    name.sliced(name.lastIndexOf(u'.') + 1), text));
    } else if (entity->meta == Meta::Array) {
        const QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size(); ++i) {
            if (auto element = checkValue(entity->element, array.at(i), u"%1[%2]"_s.arg(name).arg(i));
                !element)
                return element;
        }
    } else if (entity->meta == Meta::Object) {
        return checkObject(*entity, value.toObject(), name, false);
    }
    return {};
}

Result<void> Schema::checkAlternate(const Entity& entity, const QJsonValue& value, const QString& name) const
{
    QStringList expected;
    for (const Member& alternative : entity.members) {
        const QString jsonType = jsonTypeOf(alternative.type);
        if (jsonType == "value"_L1 || hasJsonType(value, jsonType))
            return checkValue(alternative.type, value, name);
        expected.append(jsonType == "int"_L1 ? u"integer"_s : jsonType);
    }
    return wrongType(name, expected.join(u" or "));
}

Result<void> Schema::checkObject(
    const Entity& entity, const QJsonObject& object, const QString& name, bool open) const
{
    QStringList known;
    if (auto members = checkMembers(entity, object, name, known, 0); !members)
        return members;
    for (auto member = object.constBegin(); !open && member != object.constEnd(); ++member) {
        if (!known.contains(member.key())) {
            const QString full = memberName(name, member.key());
            return invalid(full, u"Parameter '%1' is unexpected"_s.arg(full));
        }
    }
    return {};
}

/// In the schema's order, as QEMU's visitor does, so that the first of several mistakes is the same one.
Result<void> Schema::checkMembers(
    const Entity& entity, const QJsonObject& object, const QString& name, QStringList& known, int depth) const
{
    for (const Member& member : entity.members) {
        known.append(member.name);
        const QString full = memberName(name, member.name);
        const QJsonValue value = object.value(member.name);
        if (value.isUndefined()) {
            if (!member.optional)
                return invalid(full, u"Parameter '%1' is missing"_s.arg(full));
            continue;
        }
        if (auto result = checkValue(member.type, value, full); !result)
            return result;
    }
    const Entity* variant
        = entity.tag.isEmpty() ? nullptr : find(entity.variants.value(object.value(entity.tag).toString()));
    return variant && depth < maxTypeDepth ? checkMembers(*variant, object, name, known, depth + 1)
                                           : Result<void>();
}

} // namespace cutover::qmp
