// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QList>
#include <QString>

#include <cstdint>

namespace cutover::vmm {

struct PropertyType
{
    enum class Kind : std::uint8_t { Bool, Integer, Size, Text, Numbers };
    QString name;
    Kind kind = Kind::Text;
    QJsonValue initial = QJsonValue::Undefined; ///< Undefined: the property is required
    QString alternative; ///< exactly one of the two is given; empty: there is none
    qint64 minimum = 0; ///< Integer, Numbers, and Size in bytes
    qint64 maximum = 0;
    QString description;
};

/// A driver of -device, or a type of -object.
struct DriverType
{
    QString name;
    QString description;
    bool isObject = false;
    QList<PropertyType> properties; ///< without "id", which all have and must be given

    /// nullptr when there is no such property.
    const PropertyType* property(QStringView propertyName) const;
};

const QList<DriverType>& driverTypes();
/// nullptr when there is no such driver.
const DriverType* driverType(QStringView name);

/// A new default for a property, from a machine version or "-global DRIVER.PROPERTY=VALUE".
struct PropertyDefault
{
    QString driver;
    QString property;
    QJsonValue value; ///< checked
};

/// A device or object to be created.
struct DeviceOptions
{
    QString driver;
    QString id;
    /// Every property of the type, checked: bools, numbers (sizes in bytes), strings; "N:M" for Numbers.
    QJsonObject properties;

    bool operator==(const DeviceOptions&) const = default;
};

/// A value in the form of DeviceOptions::properties, from text ("on", "64M") or the monitor's JSON; or an
/// error that names \a owner and the property.
Result<QJsonValue> propertyValue(const PropertyType& type, const QJsonValue& value, const QString& owner);

/// "DRIVER.PROPERTY=VALUE" split and checked; drivers of driverTypes() only.
Result<PropertyDefault> parsePropertyDefault(
    const QString& driver, const QString& property, const QString& text, const QString& attempt);

/// A device from the arguments of device_add or -device (object: object-add, -object): "driver" ("qom-type"),
/// "id" and properties, values as text or JSON. \a defaults in ascending precedence. An unknown driver or
/// property, a missing one, a bad value or id is an error that names it.
Result<DeviceOptions> makeDeviceOptions(const QJsonObject& arguments, bool object,
    const QList<PropertyDefault>& defaults, const QString& attempt);

} // namespace cutover::vmm
