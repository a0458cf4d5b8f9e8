// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/fdswitches.h"

#include "operator/plan.h"

#include <KLocalizedString>

#include <algorithm>
#include <array>
#include <utility>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

constexpr auto lateStop = "late-stop"_L1;
constexpr auto earlyStop = "early-stop"_L1;
constexpr auto prepared = "prepared"_L1;

FdPrediction passes(const QString& channel, const QString& reason)
{
    return { .effect = FdEffect::Passes, .channel = channel, .reason = reason, .remedy = {} };
}

FdPrediction refused(const QString& reason, const QString& remedy)
{
    return { .effect = FdEffect::Refused, .channel = {}, .reason = reason, .remedy = remedy };
}

FdPrediction stays(FdEffect effect, const QString& reason)
{
    return { .effect = effect, .channel = {}, .reason = reason, .remedy = {} };
}

/// RAM, and a device whose one fd is the memory that its state is in.
bool isStateItself(const InventoryDevice& device, const InventoryFd& fd)
{
    return device.kind == DeviceKind::Ram || (fd.kind == "memfd"_L1 && fd.name == device.id);
}

/// What becomes of an fd that does not pass; \a why has the switch that is off.
FdPrediction notPassed(const InventoryDevice& device, const InventoryFd& fd, const QString& why)
{
    if (isStateItself(device, fd))
        return stays(FdEffect::Copied,
            device.kind == DeviceKind::Ram
                ? i18nc("%1: why it does not pass",
                      "%1, so the memory is sent page by page over the main channel", why)
                : i18nc("%1: why it does not pass",
                      "%1, so the state is sent in full over the main channel, while the guest stands still",
                      why));
    if (fd.sharing == FdSharing::Exclusive && !device.reopenObstacle.isEmpty())
        return refused(i18nc("%1: why it does not pass; %2: why it cannot be reopened, in the VMM's words",
                           "%1, and the destination cannot open it: %2", why, device.reopenObstacle),
            i18n("Switch the passing of descriptors on, for the migration and for this device."));
    if (fd.sharing == FdSharing::Exclusive)
        return stays(FdEffect::Reopened,
            device.resource.isEmpty()
                ? i18nc("%1: why it does not pass",
                      "%1, so the destination opens it once the source has released it", why)
                : i18nc("%1: why it does not pass; %2: a path or an interface",
                      "%1, so the destination opens %2 once the source has released it", why,
                      device.resource));
    return stays(
        FdEffect::MadeAnew, i18nc("%1: why it does not pass", "%1, so the destination makes its own", why));
}

FdPrediction predictSwitched(
    const FdInventory& inventory, const FdRoute& route, const InventoryDevice& device, const InventoryFd& fd)
{
    if (!route.on)
        return notPassed(device, fd,
            route.chosen
                ? i18nc("%1: name of a switch", "%1 is off for this migration", inventory.global.name)
                : i18nc("%1: name of a switch, %2: migration mode", "%1 is off in the mode %2",
                      inventory.global.name, route.mode));
    if (!device.own.on)
        return notPassed(device, fd, i18n("the device’s switch is off"));
    const bool exclusive = fd.sharing == FdSharing::Exclusive;
    if (!route.isCpr())
        return passes(
            u"main"_s, i18n("both switches are on; it goes over the main channel with the device’s state"));
    if (exclusive && route.handover == lateStop)
        return refused(i18n("it is exclusive, and late-stop sends it while the source still owns it: the "
                            "destination fails with “Device or resource busy”"),
            i18n("Choose the handover prepared or early-stop, or switch this device off."));
    if (exclusive && route.handover == prepared)
        return passes(u"main"_s,
            i18n("both switches are on; it goes over the main channel once the source has released it"));
    if (route.handover == earlyStop)
        return passes(u"cpr"_s,
            i18n("both switches are on; it goes over the CPR channel while the guest stands still"));
    return passes(u"cpr"_s, i18n("both switches are on; it goes over the CPR channel while the guest runs"));
}

/// A VMM without switches of its own for this device: the mode decides.
FdPrediction predictUnswitched(const FdRoute& route, const InventoryDevice& device, const InventoryFd& fd)
{
    if (!route.isCpr())
        return notPassed(
            device, fd, i18nc("%1: migration mode", "the mode %1 passes nothing of it", route.mode));
    // What it has saved in its CPR state, it passes; and the guest's memory always is in there.
    if (device.kind == DeviceKind::Ram || fd.state == "saved"_L1)
        return passes(u"cpr"_s,
            i18nc("%1: migration mode", "the mode %1 passes all that the VMM keeps in its CPR state",
                route.mode));
    return notPassed(device, fd, i18n("this VMM does not keep it in its CPR state"));
}

/// The more it matters to the operator, the earlier.
int weight(FdEffect effect)
{
    static constexpr auto order = std::to_array({ FdEffect::Refused, FdEffect::Reopened, FdEffect::Copied,
        FdEffect::Passes, FdEffect::Inherited, FdEffect::MadeAnew, FdEffect::Unknown, FdEffect::Nothing });
    return static_cast<int>(std::ranges::find(order, effect) - order.begin());
}

} // namespace

QJsonObject FdRoute::toJson() const
{
    QJsonObject others;
    for (auto it = otherSwitches.begin(); it != otherSwitches.end(); ++it)
        others.insert(it.key(), it.value());
    return { { u"mode"_s, mode }, { u"on"_s, on }, { u"chosen"_s, chosen }, { u"handover"_s, handover },
        { u"main-carries-fds"_s, mainCarriesFds }, { u"inherited-listener"_s, inheritedListener },
        { u"other-switches"_s, others } };
}

FdRoute FdRoute::fromJson(const QJsonObject& json)
{
    FdRoute route{ .mode = json["mode"_L1].toString(),
        .on = json["on"_L1].toBool(),
        .chosen = json["chosen"_L1].toBool(),
        .handover = json["handover"_L1].toString(),
        .mainCarriesFds = json["main-carries-fds"_L1].toBool(true),
        .inheritedListener = json["inherited-listener"_L1].toInt(-1),
        .otherSwitches = {} };
    const QJsonObject others = json["other-switches"_L1].toObject();
    for (auto it = others.begin(); it != others.end(); ++it)
        route.otherSwitches.insert(it.key(), it.value().toBool());
    return route;
}

FdRoute routeOf(const FdInventory& inventory, const Plan& plan)
{
    FdRoute route{ .mode = plan.mode,
        .on = inventory.global.on,
        .chosen = inventory.global.exists() && !inventory.global.followsMode,
        .handover = inventory.handover,
        .mainCarriesFds = plan.mainAddress.isEmpty() || plan.mainAddress["type"_L1].toString() == "unix"_L1,
        .inheritedListener = plan.cprFd,
        .otherSwitches = {} };
    if (inventory.global.followsMode)
        route.on = route.isCpr();
    const QJsonValue chosen = inventory.global.kind == GlobalSwitch::Kind::Capability
        ? plan.capabilities[inventory.global.name]
        : plan.parameters[inventory.global.name];
    if (inventory.global.exists() && chosen.isBool()) {
        route.on = chosen.toBool();
        route.chosen = true;
    }
    if (!inventory.handover.isEmpty() && plan.parameters.contains("handover"_L1))
        route.handover = plan.parameters["handover"_L1].toString();
    return route;
}

QString fdEffectId(FdEffect effect)
{
    switch (effect) {
    case FdEffect::Passes:
        return u"passes"_s;
    case FdEffect::Reopened:
        return u"reopened"_s;
    case FdEffect::MadeAnew:
        return u"made-anew"_s;
    case FdEffect::Copied:
        return u"copied"_s;
    case FdEffect::Inherited:
        return u"inherited"_s;
    case FdEffect::Nothing:
        return u"nothing"_s;
    case FdEffect::Refused:
        return u"refused"_s;
    case FdEffect::Unknown:
        break;
    }
    return u"unknown"_s;
}

QString fdEffectWord(FdEffect effect)
{
    switch (effect) {
    case FdEffect::Passes:
        return i18nc("of a descriptor", "passes");
    case FdEffect::Reopened:
        return i18nc("of a descriptor", "reopened");
    case FdEffect::MadeAnew:
        return i18nc("of a descriptor", "made anew");
    case FdEffect::Copied:
        return i18nc("of a descriptor", "copied");
    case FdEffect::Inherited:
        return i18nc("of a descriptor", "inherited");
    case FdEffect::Nothing:
        return i18nc("of a descriptor", "nothing to pass");
    case FdEffect::Refused:
        return i18nc("of a descriptor", "refused");
    case FdEffect::Unknown:
        break;
    }
    return i18nc("of a descriptor", "not known");
}

QString FdPrediction::sentence() const
{
    return reason.isEmpty()
        ? fdEffectWord(effect)
        : i18nc("what happens to a descriptor, and why", "%1: %2", fdEffectWord(effect), reason);
}

FdPrediction refusedRoute(const FdInventory& inventory, const FdRoute& route)
{
    const QString& name = inventory.global.name;
    if (inventory.global.exists() && !inventory.handover.isEmpty()) {
        if (route.isCpr() && !route.on)
            return refused(i18nc("%1: name of a switch, %2: migration mode",
                               "%1 is off, but the mode %2 passes descriptors", name, route.mode),
                i18nc("%1: name of a switch", "Switch %1 on, or choose the mode normal.", name));
        if (!route.isCpr() && route.handover != prepared)
            return refused(i18nc("%1: a handover policy, %2: migration mode",
                               "the handover %1 applies to cpr-transfer only, but the mode is %2",
                               route.handover, route.mode),
                i18n("Choose the mode cpr-transfer, or the handover prepared."));
    }
    if (inventory.global.exists() && route.on && !route.mainCarriesFds)
        return refused(
            i18nc("%1: name of a switch",
                "%1 is on, but the main channel is not a unix socket and cannot carry descriptors", name),
            i18nc("%1: name of a switch", "Use a unix socket, or switch %1 off.", name));
    return {};
}

FdPrediction predictFd(
    const FdInventory& inventory, const FdRoute& route, const InventoryDevice& device, const InventoryFd& fd)
{
    if (device.kind == DeviceKind::Channel)
        return stays(FdEffect::Inherited,
            i18n("the console opens it, and the destination inherits it when it is started"));
    if (fd.state == "absent"_L1)
        return stays(FdEffect::Nothing, i18n("there is no descriptor in this place now"));
    if (const FdPrediction all = refusedRoute(inventory, route); all.effect == FdEffect::Refused)
        return all;
    const bool switched = inventory.global.exists() && device.own.exists();
    if (!switched)
        return predictUnswitched(route, device, fd);
    if (const auto other = route.otherSwitches.constFind(device.id);
        route.on && other != route.otherSwitches.constEnd() && *other != device.own.on)
        return refused(device.own.on ? i18n("the switch is on here, but off on the destination, which would "
                                            "not expect what comes")
                                     : i18n("the switch is off here, but on on the destination, which would "
                                            "wait for what does not come"),
            i18n("Set the switch alike on both sides: toggle it here, or start the destination with the "
                 "other value."));
    return predictSwitched(inventory, route, device, fd);
}

FdPrediction predictDevice(const FdInventory& inventory, const FdRoute& route, const InventoryDevice& device)
{
    FdPrediction worst{ .effect = FdEffect::Nothing, .channel = {}, .reason = {}, .remedy = {} };
    bool first = true;
    for (const InventoryFd& fd : device.fds) {
        FdPrediction next = predictFd(inventory, route, device, fd);
        if (first || weight(next.effect) < weight(worst.effect))
            worst = std::move(next);
        first = false;
    }
    return first ? FdPrediction() : worst;
}

Result<void> canSetGlobal(const FdInventory& inventory)
{
    if (inventory.global.exists())
        return {};
    return failure(ErrorCode::Unsupported, i18n("switch the passing of descriptors"), {},
        i18n("this VMM has no such switch (its parameters have neither “migrate-fds” nor “local”): the mode "
             "alone decides"),
        i18n("Choose the mode: cpr-transfer passes descriptors, normal copies everything."));
}

Result<void> canSetDevice(const FdInventory& inventory, const QString& device)
{
    const QString attempt = i18n("switch the device");
    const InventoryDevice* const found = inventory.find(device);
    if (!found)
        return failure(ErrorCode::NotFound, attempt, device, i18n("the source has no such device"));
    if (!found->own.exists())
        return failure(ErrorCode::Unsupported, attempt, device,
            inventory.global.exists()
                ? i18nc("%1: name of a switch", "it has no property “%1”", inventory.global.name)
                : i18n("this VMM has no switches for single devices: the mode alone decides"));
    if (!found->own.fixed.isEmpty())
        return failure(ErrorCode::Refused, attempt, device, found->own.fixed);
    return {};
}

} // namespace cutover::op
