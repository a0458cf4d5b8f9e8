// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/commandlinehelp.h"

#include "vmm/dialect.h"

#include "engine/settings.h"
#include "vmm/devicetypes.h"

#include <algorithm>
#include <array>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace {

QList<OptionType> makeOptions()
{
    return {
        { u"name"_s, u"NAME"_s, false, u"name of the virtual machine"_s },
        { u"m"_s, u"SIZE"_s, false,
            u"guest RAM, in MiB without a suffix (default 256M, or the RAM of -object)"_s },
        { u"smp"_s, u"N"_s, false, u"number of processors, 1 to 64 (default 1)"_s },
        { u"accel"_s, u"thread|kvm[:NAME...][,device=PATH]"_s, false,
            u"what the processors run on, the first that works (default thread)"_s },
        { u"machine"_s, u"compat=VERSION[,memory-backend=ID]"_s, false,
            u"machine version, one of %1"_s.arg(engine::compatVersions().join(u", "_s)) },
        { u"object"_s, u"memory-backend-memfd,id=ID,size=SIZE[,migrate-fds=on|off]"_s, true,
            u"a block of guest RAM ('help' lists the types)"_s },
        { u"device"_s, u"DRIVER,id=ID[,PROPERTY=VALUE...]"_s, true,
            u"a device ('help' lists the drivers, 'DRIVER,help' the properties)"_s },
        { u"global"_s, u"DRIVER.PROPERTY=VALUE"_s, true,
            u"another default for a property; the driver 'migration' has the migration parameters"_s },
        { u"qmp"_s, u"unix:PATH[,server=on|off][,wait=on|off]"_s, true,
            u"a monitor: connect to PATH, or listen there with server=on"_s },
        { u"incoming"_s, u"defer|unix:PATH|tcp:HOST:PORT|CHANNEL|config:KEY=VALUE,..."_s, true,
            u"wait for a migration; config: sets migration parameters first"_s },
        { u"precreate"_s, {}, false, u"open the monitors and create the machine on x-exit-precreate"_s },
        { u"S"_s, {}, false, u"do not start the guest; 'cont' does"_s },
        { u"D"_s, u"FILE"_s, false, u"write the log to FILE instead of standard error"_s },
        { u"trace"_s, u"PATTERN"_s, true, u"write the trace events that match to the log"_s },
        { u"msg"_s, u"timestamp=on|off"_s, false, u"put the time before each line of the log"_s },
        { u"help"_s, {}, false, u"print this text"_s },
        { u"version"_s, {}, false, u"print the version"_s },
    };
}

QString propertyLine(const PropertyType& property)
{
    static const std::array kinds{ u"bool"_s, u"int"_s, u"size"_s, u"str"_s, u"str"_s };
    QString initial = u"required"_s;
    if (!property.alternative.isEmpty())
        initial += u", or "_s + property.alternative;
    if (property.initial.isBool())
        initial = u"default: "_s + (property.initial.toBool() ? u"on" : u"off");
    else if (property.initial.isDouble())
        initial = u"default: "_s + QString::number(property.initial.toInteger());
    return u"  %1=<%2> - %3 (%4)\n"_s.arg(
        property.name, kinds.at(std::size_t(property.kind)), property.description, initial);
}

} // namespace

const QList<OptionType>& optionTypes()
{
    static const QList<OptionType> options = makeOptions();
    return options;
}

const OptionType* optionType(QStringView name)
{
    const auto found = std::ranges::find(optionTypes(), name, &OptionType::name);
    return found == optionTypes().end() ? nullptr : &*found;
}

QString helpText()
{
    QString text = u"Usage: cutover-vmm [options]\n\n"_s;
    for (const OptionType& option : optionTypes()) {
        text += u"-%1%2\n        %3%4\n"_s.arg(option.name,
            option.argument.isEmpty() ? QString() : QString(u' ' + option.argument), option.help,
            option.repeatable ? u"; may be repeated"_s : QString());
    }
    return text;
}

QString versionText()
{
    // The number that VMMs are compared by comes first after "version".
    return u"cutover-vmm %1, QMP version %2.%3.%4\n"_s.arg(QStringLiteral(CUTOVER_VERSION))
        .arg(dialectMajor)
        .arg(dialectMinor)
        .arg(dialectMicro);
}

QString driversText(bool objects)
{
    QString text;
    for (const DriverType& type : driverTypes()) {
        if (type.isObject == objects)
            text += u"%1 - %2\n"_s.arg(type.name, type.description);
    }
    return text;
}

Result<QString> driverText(const QString& driver, bool object)
{
    const DriverType* const type = driverType(driver);
    if (!type || type->isObject != object) {
        return failure(ErrorCode::InvalidArgument,
            object ? u"describe the object"_s : u"describe the device"_s, driver,
            u"there is no such driver"_s);
    }
    QString text = u"%1 options:\n  id=<str> - (required)\n"_s.arg(driver);
    for (const PropertyType& property : type->properties)
        text += propertyLine(property);
    return text;
}

} // namespace cutover::vmm
