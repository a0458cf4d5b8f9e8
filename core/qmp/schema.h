// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <optional>

namespace cutover::qmp {

/// What a VMM understands: the answer to query-qmp-schema (an array of SchemaInfo, see QEMU's
/// qapi/introspect.json). A value type; copies share their data.
///
/// A path names a member: "migrate-set-parameters.mode", "migrate-set-capabilities.capabilities[].capability"
/// ("[]" may be left out), "MIGRATION.status" of an event's data. It starts with a command, an event, or a
/// type's name. Members of all variants and alternatives count.
class Schema
{
public:
    /// A member of a command's arguments, as a person who types it needs to know it.
    struct Parameter
    {
        QString name;
        /// "string", "int", "number", "boolean", "object", "array", "null" or "value" (any); two or more
        /// where it is an alternate or where variants differ.
        QStringList jsonTypes;
        QStringList values; ///< of an enumeration, also of an array of them
        QStringList features;
        bool optional = false;
    };

    /// Malformed when the array is not a schema; names of types that occur in it must be defined in it.
    static Result<Schema> parse(const QJsonArray& schema);

    bool hasCommand(const QString& name) const;
    bool hasEvent(const QString& name) const;
    QStringList commands() const; ///< sorted
    QStringList events() const; ///< sorted
    bool allowsOob(const QString& command) const;

    /// \a path below the command's arguments: "channels[].addr.transport".
    bool hasArgument(const QString& command, const QString& path) const;
    /// The names of the members at \a path below the command's arguments; all members for an empty path.
    QStringList arguments(const QString& command, const QString& path = {}) const;
    /// The same in full; in the schema's order, those of variants last. A name that several variants have
    /// comes once.
    QList<Parameter> parameters(const QString& command, const QString& path = {}) const;
    /// \a path below what the command returns: "status" of query-status.
    bool hasReturn(const QString& command, const QString& path) const;

    /// The values that the member at \a path can have, in the schema's order; empty if it is no enumeration.
    QStringList enumValues(const QString& path) const;
    QStringList returnEnumValues(const QString& command, const QString& path) const;

    /// The JSON type of the member at \a path: "string" (also of an enumeration), "int", "number", "boolean",
    /// "array", "object", "null" or "value"; of an alternate, its first. Empty if there is no such member.
    QString jsonType(const QString& path) const;

    /// Features ("deprecated", "unstable") of a command, event, member, or enumeration value (path
    /// "a.b=value").
    QStringList features(const QString& path) const;

    /// What QEMU says to \a command with \a arguments before it runs it: NotFound for an unknown command, or
    /// InvalidArgument; the cause is QEMU's own sentence ("Parameter 'x' is missing"). Types are
    /// called by their JSON type where QEMU has a name that the schema hides. Where \a member is given, it
    /// gets the path of the member at fault, "channels[0].addr.type"; empty for the command itself.
    Result<void> validate(
        const QString& command, const QJsonObject& arguments, QString* member = nullptr) const;

private:
    enum class Meta : std::uint8_t { Builtin, Enum, Array, Object, Alternate, Command, Event };

    struct Member
    {
        QString name;
        QString type;
        QStringList features;
        bool optional = false;
    };
    struct Entity
    {
        Meta meta = Meta::Builtin;
        QString jsonType; ///< Builtin
        QString element; ///< Array
        QString argument; ///< Command and Event: arg-type
        QString result; ///< Command: ret-type
        QString tag; ///< Object
        QList<Member> members; ///< Object, Alternate (nameless), Enum (typeless)
        QHash<QString, QString> variants; ///< Object: case to type
        QStringList features;
        bool allowOob = false;
    };

    static std::optional<Meta> metaOf(const QString& text);
    static Result<Entity> parseEntity(const QJsonObject& info);
    Result<void> checkReferences() const;

    const Entity* find(const QString& name) const;
    const Entity* find(const QString& name, Meta meta) const;
    QStringList namesOf(Meta meta) const;
    QList<Member> membersOf(const QString& type, int depth = 0) const;
    QList<Member> resolve(const QString& type, const QString& path) const;
    QList<Member> resolvePath(const QString& path) const;
    QList<Member> argumentMembers(const QString& command, const QString& path) const;
    QStringList valuesOf(const QList<Member>& members) const;
    void appendJsonTypes(const QString& type, QStringList& types, int depth) const;
    void appendValues(const QString& type, QStringList& values, int depth) const;

    Result<void> checkValue(const QString& type, const QJsonValue& value, const QString& name) const;
    Result<void> checkObject(
        const Entity& entity, const QJsonObject& object, const QString& name, bool open) const;
    Result<void> checkAlternate(const Entity& entity, const QJsonValue& value, const QString& name) const;
    Result<void> checkMembers(const Entity& entity, const QJsonObject& object, const QString& name,
        QStringList& known, int depth) const;
    QString jsonTypeOf(const QString& type) const;

    QHash<QString, Entity> m_entities;
};

} // namespace cutover::qmp
