// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devicetypes.h"

#include "engine/optiontext.h"

#include <QSet>

#include <algorithm>
#include <cmath>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace {

using Kind = PropertyType::Kind;

constexpr qint64 mebibyte = qint64{ 1 } << 20;
constexpr qint64 pageBytes = 4096;
constexpr qsizetype maxIdLength = 64;
constexpr qint64 maxDescriptor = 1 << 20;

PropertyType flag(const QString& name, bool initial, const QString& description)
{
    return { .name = name, .kind = Kind::Bool, .initial = initial, .description = description };
}

PropertyType migrateFds()
{
    return flag(u"migrate-fds"_s, true, u"pass the descriptors when the migration passes descriptors"_s);
}

PropertyType text(const QString& name, const QString& description)
{
    return { .name = name, .kind = Kind::Text, .description = description };
}

PropertyType queues()
{
    return { .name = u"queues"_s,
        .kind = Kind::Integer,
        .initial = 1,
        .minimum = 1,
        .maximum = 8,
        .description = u"number of queues"_s };
}

PropertyType size(const QString& name, qint64 minimum, qint64 maximum, const QString& description)
{
    return {
        .name = name, .kind = Kind::Size, .minimum = minimum, .maximum = maximum, .description = description
    };
}

QList<DriverType> makeTypes()
{
    return {
        { .name = u"tap-net"_s,
            .description = u"virtio network device on a TAP"_s,
            .properties = { { .name = u"ifname"_s,
                                .alternative = u"fd"_s,
                                .description = u"the TAP, which exists already"_s },
                { .name = u"fd"_s,
                    .kind = Kind::Numbers,
                    .alternative = u"ifname"_s,
                    .minimum = 3,
                    .maximum = maxDescriptor,
                    .description = u"inherited sockets in place of a TAP, as N:M:..., one for each queue"_s },
                queues(), flag(u"vhost"_s, false, u"let /dev/vhost-net move the frames"_s),
                flag(u"offloads"_s, true, u"leave checksums to whoever needs them"_s), migrateFds() } },
        { .name = u"vhost-user-blk"_s,
            .description = u"virtio disk served by another process"_s,
            .properties = { text(u"socket"_s, u"unix socket of the back end"_s), queues(),
                flag(u"inflight"_s, false, u"use an inflight region; the back end must offer it"_s),
                flag(u"keep-rings"_s, true,
                    u"hand the rings over running and drained, without a word to the back end"_s),
                migrateFds() } },
        { .name = u"console"_s,
            .description = u"console on a unix socket"_s,
            .properties = { text(u"path"_s, u"unix socket to listen on"_s), migrateFds() } },
        { .name = u"ballast"_s,
            .description = u"a state of a chosen size that keeps changing"_s,
            .properties
            = { size(u"state"_s, pageBytes, 1024 * mebibyte, u"size of the state"_s), migrateFds() } },
        { .name = u"memory-backend-memfd"_s,
            .description = u"guest RAM in a memfd"_s,
            .isObject = true,
            .properties = { size(u"size"_s, mebibyte, mebibyte * mebibyte, u"size of the memory"_s),
                flag(u"migrate-fds"_s, true, u"pass the memfd when the migration passes descriptors"_s) } },
    };
}

bool isId(QStringView text)
{
    const auto isLetter = [](QChar c) { return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z'); };
    if (text.isEmpty() || text.size() > maxIdLength || !isLetter(text.front()))
        return false;
    return std::ranges::all_of(text, [&](QChar c) {
        return isLetter(c) || (c >= u'0' && c <= u'9') || c == u'-' || c == u'.' || c == u'_';
    });
}

QString kindText(const PropertyType& type)
{
    switch (type.kind) {
    case Kind::Bool:
        return u"on or off"_s;
    case Kind::Integer:
        return u"an integer from %1 to %2"_s.arg(type.minimum).arg(type.maximum);
    case Kind::Size:
        return u"a size of %1 to %2 bytes in whole pages of 4096"_s.arg(type.minimum).arg(type.maximum);
    case Kind::Numbers:
        return u"a number from %1 to %2, or several with ':' between them"_s.arg(type.minimum)
            .arg(type.maximum);
    case Kind::Text:
        break;
    }
    return u"a text that is not empty"_s;
}

QString shown(const QJsonValue& value)
{
    if (value.isObject() || value.isArray() || value.isNull())
        return u"this value"_s;
    return value.isString() ? u'\'' + value.toString() + u'\'' : value.toVariant().toString();
}

std::optional<qint64> wholeNumber(const QJsonValue& value)
{
    const double number = value.toDouble(-1);
    if (!value.isDouble() || number != std::floor(number) || std::abs(number) > 9e15)
        return std::nullopt;
    return value.toInteger();
}

} // namespace

const PropertyType* DriverType::property(QStringView propertyName) const
{
    const auto found = std::ranges::find(properties, propertyName, &PropertyType::name);
    return found == properties.end() ? nullptr : &*found;
}

const QList<DriverType>& driverTypes()
{
    static const QList<DriverType> types = makeTypes();
    return types;
}

const DriverType* driverType(QStringView name)
{
    const auto found = std::ranges::find(driverTypes(), name, &DriverType::name);
    return found == driverTypes().end() ? nullptr : &*found;
}

Result<QJsonValue> propertyValue(const PropertyType& type, const QJsonValue& value, const QString& owner)
{
    switch (type.kind) {
    case Kind::Bool: {
        const auto on = value.isString() ? engine::parseBool(value.toString()) : std::nullopt;
        if (value.isBool() || on)
            return value.isBool() ? value : QJsonValue(*on);
        break;
    }
    case Kind::Integer:
    case Kind::Size: {
        std::optional<qint64> number = wholeNumber(value);
        if (value.isString()) {
            number = type.kind == Kind::Size ? engine::parseSize(value.toString())
                                             : engine::parseInteger(value.toString());
        }
        const bool whole = number && (type.kind == Kind::Integer || *number % pageBytes == 0);
        if (whole && *number >= type.minimum && *number <= type.maximum)
            return QJsonValue(*number);
        break;
    }
    case Kind::Numbers: {
        const QString list
            = value.isDouble() ? QString::number(wholeNumber(value).value_or(-1)) : value.toString();
        const auto fits = [&](const QString& part) {
            const auto number = engine::parseInteger(part);
            return number && *number >= type.minimum && *number <= type.maximum;
        };
        const QStringList parts = list.split(u':');
        if (std::ranges::all_of(parts, fits) && QSet(parts.begin(), parts.end()).size() == parts.size())
            return QJsonValue(list);
        break;
    }
    case Kind::Text:
        if (value.isString() && !value.toString().isEmpty() && !value.toString().contains(QChar::Null))
            return value;
        break;
    }
    return failure(ErrorCode::InvalidArgument, u"set the property"_s, u"%1.%2"_s.arg(owner, type.name),
        u"%1 is not %2"_s.arg(shown(value), kindText(type)));
}

Result<PropertyDefault> parsePropertyDefault(
    const QString& driver, const QString& property, const QString& text, const QString& attempt)
{
    const DriverType* const type = driverType(driver);
    if (!type)
        return failure(ErrorCode::InvalidArgument, attempt, driver, u"there is no such driver"_s);
    const PropertyType* const known = type->property(property);
    if (!known)
        return failure(ErrorCode::InvalidArgument, attempt, u"%1.%2"_s.arg(driver, property),
            u"there is no such property"_s);
    auto value = propertyValue(*known, text, driver);
    if (!value)
        return std::unexpected(value.error());
    return PropertyDefault{ .driver = driver, .property = property, .value = *value };
}

Result<DeviceOptions> makeDeviceOptions(
    const QJsonObject& arguments, bool object, const QList<PropertyDefault>& defaults, const QString& attempt)
{
    const QString driverKey = object ? u"qom-type"_s : u"driver"_s;
    const auto refuse = [&](const QString& about, const QString& cause) {
        return failure(ErrorCode::InvalidArgument, attempt, about, cause);
    };
    DeviceOptions options{ .driver = arguments[driverKey].toString(), .id = arguments[u"id"].toString() };
    if (options.driver.isEmpty())
        return refuse(options.id, u"'%1' is missing"_s.arg(driverKey));
    const DriverType* const type = driverType(options.driver);
    if (!type || type->isObject != object)
        return refuse(
            options.driver, object ? u"there is no such type of object"_s : u"there is no such driver"_s);
    if (options.id.isEmpty())
        return refuse(options.driver, u"'id' is missing"_s);
    if (!isId(options.id)) {
        return refuse(options.id,
            u"an id begins with a letter and has only letters, digits, '-', '.' and '_', %1 at most"_s.arg(
                maxIdLength));
    }
    for (const PropertyType& property : type->properties) {
        if (!property.initial.isUndefined())
            options.properties[property.name] = property.initial;
    }
    for (const PropertyDefault& preset : defaults) {
        if (preset.driver == options.driver)
            options.properties[preset.property] = preset.value;
    }
    for (auto it = arguments.begin(); it != arguments.end(); ++it) {
        if (it.key() == driverKey || it.key() == u"id")
            continue;
        const PropertyType* const property = type->property(it.key());
        if (!property)
            return refuse(
                options.id, u"the driver '%1' has no property '%2'"_s.arg(options.driver, it.key()));
        auto value = propertyValue(*property, it.value(), options.id);
        if (!value)
            return std::unexpected(value.error());
        options.properties[property->name] = *value;
    }
    for (const PropertyType& property : type->properties) {
        const bool other
            = !property.alternative.isEmpty() && options.properties.contains(property.alternative);
        const bool given = options.properties.contains(property.name);
        if (given && other)
            return refuse(options.id,
                u"the properties '%1' and '%2' exclude each other"_s.arg(
                    property.name, property.alternative));
        if (!given && !other)
            return refuse(options.id,
                property.alternative.isEmpty()
                    ? u"the property '%1' is missing"_s.arg(property.name)
                    : u"the property '%1' is missing, or '%2'"_s.arg(property.name, property.alternative));
    }
    return options;
}

} // namespace cutover::vmm
