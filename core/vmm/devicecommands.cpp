// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"
#include "vmm/monitor.h"
#include "vmm/objecttree.h"
#include "vmm/shell.h"

#include <QJsonArray>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::VmLock;
using qmp::Request;

namespace {

/// An unknown driver or property is no missing device.
std::unexpected<Error> badOptions(Error error)
{
    if (error.code == ErrorCode::NotFound)
        error.code = ErrorCode::InvalidArgument;
    return std::unexpected(std::move(error));
}

Result<QJsonValue> listProperties(const Request& request)
{
    const QString name = request.arguments()["typename"_L1].toString();
    const DriverType* const type = driverType(name);
    if (!type)
        return qemuError(ErrorCode::NotFound, u"Device '%1' not found"_s.arg(name));
    if (type->isObject)
        return qemuError(
            ErrorCode::InvalidArgument, u"Parameter 'typename' expects a non-abstract device type"_s);
    QJsonArray list;
    for (const PropertyType& property : type->properties)
        list.append(describeProperty(property));
    return list;
}

Result<QJsonValue> addDevice(const Shell& shell, const QJsonObject& arguments)
{
    const VmLock lock(shell.machine);
    if (shell.machine.isCreated())
        return qemuError(ErrorCode::Refused,
            u"Device '%1' does not support hotplugging: devices are added in the phase precreate"_s.arg(
                arguments["driver"_L1].toString()));
    auto options = makeDeviceOptions(arguments, false, shell.defaults, u"add the device"_s);
    if (!options)
        return badOptions(options.error());
    if (auto added = shell.machine.addDevice(std::move(*options)); !added)
        return std::unexpected(added.error());
    return QJsonValue();
}

Result<QJsonValue> addObject(const Shell& shell, const QJsonObject& arguments)
{
    const VmLock lock(shell.machine);
    if (shell.machine.isCreated())
        return qemuError(ErrorCode::Refused,
            u"Object '%1' does not support hotplugging: RAM is added in the phase precreate"_s.arg(
                arguments["qom-type"_L1].toString()));
    auto options = makeDeviceOptions(arguments, true, shell.defaults, u"add the object"_s);
    if (!options)
        return badOptions(options.error());
    if (auto added = shell.machine.addObject(std::move(*options)); !added)
        return std::unexpected(added.error());
    return QJsonValue();
}

} // namespace

void addDeviceCommands(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    monitor.add(u"device-list-properties"_s, listProperties);
    monitor.add(
        u"device_add"_s, [shell](const Request& request) { return addDevice(shell, request.arguments()); });
    monitor.add(
        u"object-add"_s, [shell](const Request& request) { return addObject(shell, request.arguments()); });
    monitor.add(u"device_del"_s, [shell](const Request& request) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        if (auto removed = shell.machine.removeDevice(request.arguments()["id"_L1].toString()); !removed)
            return std::unexpected(removed.error());
        return QJsonValue();
    });
    monitor.add(u"object-del"_s, [shell](const Request& request) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        if (auto removed = shell.machine.removeObject(request.arguments()["id"_L1].toString()); !removed)
            return badOptions(removed.error());
        return QJsonValue();
    });
}

} // namespace cutover::vmm
