// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/objecttree.h"

#include "vmm/machine.h"
#include "vmm/monitor.h"

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace {

enum class Place : std::uint8_t { Root, Machine, Peripherals, Device, Objects, Object };

struct Node
{
    Place place = Place::Root;
    const DeviceOptions* options = nullptr; ///< Device and Object
    DeviceOptions own; ///< RAM that has no object of its own
    QString type() const
    {
        switch (place) {
        case Place::Machine:
            return u"cutover-machine"_s;
        case Place::Device:
            return options->driver;
        case Place::Object:
            return options ? options->driver : own.driver;
        case Place::Root:
        case Place::Peripherals:
        case Place::Objects:
            break;
        }
        return u"container"_s;
    }
    const DeviceOptions& part() const { return options ? *options : own; }
};

Result<Node> resolve(const Machine& machine, const QString& path)
{
    const QStringList parts = path.split(u'/', Qt::SkipEmptyParts);
    const auto missing
        = [&path] { return qemuError(ErrorCode::NotFound, u"Device '%1' not found"_s.arg(path)); };
    const bool machineTree = parts.value(0) == u"machine";
    if (!path.startsWith(u'/'))
        return missing();
    if (parts.isEmpty())
        return Node{ .place = Place::Root };
    if (machineTree && parts.size() == 1)
        return Node{ .place = Place::Machine };
    if (machineTree && parts[1] == u"peripheral") {
        if (parts.size() == 2)
            return Node{ .place = Place::Peripherals };
        const DeviceOptions* const device = machine.findDevice(parts[2]);
        if (parts.size() == 3 && device)
            return Node{ .place = Place::Device, .options = device };
    } else if (parts[0] == u"objects" && parts.size() == 1) {
        return Node{ .place = Place::Objects };
    } else if (parts[0] == u"objects" && parts.size() == 2) {
        if (const DeviceOptions* const object = machine.findObject(parts[1]))
            return Node{ .place = Place::Object, .options = object };
        for (const DeviceOptions& block : machine.ramOptions()) {
            if (block.id == parts[1])
                return Node{ .place = Place::Object, .options = nullptr, .own = block };
        }
    }
    return missing();
}

QJsonObject entry(const QString& name, const QString& type)
{
    return { { u"name"_s, name }, { u"type"_s, type } };
}

QJsonObject child(const DeviceOptions& options)
{
    return entry(options.id, u"child<%1>"_s.arg(options.driver));
}

QString kindName(PropertyType::Kind kind)
{
    switch (kind) {
    case PropertyType::Kind::Bool:
        return u"bool"_s;
    case PropertyType::Kind::Integer:
        return u"int"_s;
    case PropertyType::Kind::Size:
        return u"size"_s;
    case PropertyType::Kind::Text:
    case PropertyType::Kind::Numbers:
        break;
    }
    return u"str"_s;
}

QString backendPath(const Machine& machine)
{
    return u"/objects/"_s + machine.ramOptions().constFirst().id;
}

std::unexpected<Error> noProperty(const Node& node, const QString& property)
{
    return qemuError(ErrorCode::InvalidArgument, u"Property '%1.%2' not found"_s.arg(node.type(), property));
}

} // namespace

QJsonObject describeProperty(const PropertyType& property)
{
    QJsonObject described = entry(property.name, kindName(property.kind));
    if (!property.description.isEmpty())
        described.insert("description"_L1, property.description);
    if (!property.initial.isUndefined())
        described.insert("default-value"_L1, property.initial);
    return described;
}

Result<QJsonArray> listObject(const Machine& machine, const QString& path)
{
    const auto node = resolve(machine, path);
    if (!node)
        return std::unexpected(node.error());
    QJsonArray list;
    switch (node->place) {
    case Place::Root:
        list = { entry(u"machine"_s, u"child<cutover-machine>"_s),
            entry(u"objects"_s, u"child<container>"_s) };
        break;
    case Place::Machine:
        list = { entry(u"peripheral"_s, u"child<container>"_s), entry(u"memory-backend"_s, u"str"_s),
            entry(u"memory"_s, u"size"_s), entry(u"smp"_s, u"int"_s), entry(u"accel"_s, u"str"_s) };
        break;
    case Place::Peripherals:
        for (const DeviceOptions& device : machine.config().devices)
            list.append(child(device));
        break;
    case Place::Objects:
        for (const DeviceOptions& block : machine.ramOptions())
            list.append(child(block));
        break;
    case Place::Device:
    case Place::Object:
        list.append(entry(u"type"_s, u"string"_s));
        if (const DriverType* const type = driverType(node->type())) {
            for (const PropertyType& property : type->properties)
                list.append(entry(property.name, kindName(property.kind)));
        }
        break;
    }
    return list;
}

Result<QJsonValue> objectProperty(const Machine& machine, const QString& path, const QString& property)
{
    const auto node = resolve(machine, path);
    if (!node)
        return std::unexpected(node.error());
    if (node->place == Place::Machine) {
        if (property == "memory-backend"_L1)
            return backendPath(machine);
        if (property == "memory"_L1)
            return static_cast<qint64>(machine.ramBytes());
        if (property == "smp"_L1)
            return machine.config().processors;
        if (property == "accel"_L1)
            return machine.accelerator();
    } else if (node->place == Place::Device || node->place == Place::Object) {
        if (property == "type"_L1)
            return node->type();
        const QJsonValue value = node->part().properties[property];
        if (!value.isUndefined())
            return value;
        const DriverType* const type = driverType(node->type());
        if (type && type->property(property))
            return QJsonValue(QString()); // its alternative is given
    }
    return noProperty(*node, property);
}

Result<void> setObjectProperty(
    Machine& machine, const QString& path, const QString& property, const QJsonValue& value)
{
    const auto node = resolve(machine, path);
    if (!node)
        return std::unexpected(node.error());
    const bool onMachine = node->place == Place::Machine && property == "memory-backend"_L1;
    const bool onPart = node->options && property == "migrate-fds"_L1;
    if (onMachine) {
        if (!value.isString())
            return qemuError(ErrorCode::InvalidArgument,
                u"Invalid parameter type for 'memory-backend', expected: string"_s);
        return machine.setMemoryBackend(value.toString().section(u'/', -1));
    }
    if (onPart) {
        if (!value.isBool())
            return qemuError(
                ErrorCode::InvalidArgument, u"Invalid parameter type for 'migrate-fds', expected: boolean"_s);
        const QString id = node->options->id;
        return node->place == Place::Device ? machine.setDeviceMigrateFds(id, value.toBool())
                                            : machine.setObjectMigrateFds(id, value.toBool());
    }
    if (auto exists = objectProperty(machine, path, property); !exists)
        return std::unexpected(exists.error());
    return qemuError(ErrorCode::Refused, u"Property '%1.%2' is not writable"_s.arg(node->type(), property));
}

} // namespace cutover::vmm
