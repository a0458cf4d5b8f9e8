// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/checks.h"
#include "operator/fdswitches.h"

namespace cutover::op::checks {

using namespace Qt::StringLiterals;

Check fdSwitches(const Context& context)
{
    const QString id = u"fd-switches"_s;
    const QString title = i18n("The switches for passing descriptors fit the way the guest is moved");
    const FdInventory inventory = inventoryOf(context.source);
    if (!inventory.global.exists())
        return notApplicable(id, title, i18n("The source has no such switches."));
    const FdRoute route = routeOf(inventory, context.plan);
    if (const FdPrediction all = refusedRoute(inventory, route); all.effect == FdEffect::Refused)
        return refuse(
            id, title, i18nc("why it is refused", "The VMM refuses this: %1.", all.reason), all.remedy);
    QStringList refusedDevices;
    QString remedy;
    int passing = 0;
    for (const InventoryDevice& device : inventory.devices) {
        const FdPrediction prediction = predictDevice(inventory, route, device);
        passing += prediction.isSame() ? 1 : 0;
        if (prediction.effect != FdEffect::Refused)
            continue;
        refusedDevices.append(device.id);
        remedy = prediction.remedy;
    }
    // Allowed, because it is how the unsafe order shows itself: the guest stays on the source.
    if (!refusedDevices.isEmpty())
        return warning(id, title,
            i18n("The destination will not get %1, and the migration fails.", refusedDevices.join(u", "_s)),
            remedy);
    return pass(id, title,
        i18nc("%1: name of a switch, %2: on or off", "%1 is %2; %3.", inventory.global.name,
            route.on ? i18nc("a switch", "on") : i18nc("a switch", "off"),
            i18np("%1 device passes its descriptors", "%1 devices pass their descriptors", passing)));
}

} // namespace cutover::op::checks
