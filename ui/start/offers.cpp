// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/offers.h"

#include <KLocalizedString>

namespace cutover::ui {

using namespace Qt::StringLiterals;

Offers offersOf(const op::Facts* source)
{
    Offers offers;
    if (!source)
        return offers;
    const QString version = source->version.toString();
    if (!source->modes.contains(u"cpr-transfer"_s))
        offers.refusedModes.insert(u"cpr-transfer"_s,
            i18n("This source (version %1) has no mode cpr-transfer; QEMU has it from 10.0 on.", version));
    else if (!source->offersChannels)
        offers.refusedModes.insert(
            u"cpr-transfer"_s, i18n("This source (version %1) cannot be told a CPR channel.", version));
    if (!source->modes.contains(u"cpr-reboot"_s))
        offers.refusedModes.insert(u"cpr-reboot"_s,
            i18n("This source (version %1) has no mode cpr-reboot; QEMU has it from 8.2 on.", version));
    if (!source->modes.contains(u"cpr-exec"_s))
        offers.refusedModes.insert(u"cpr-exec"_s,
            i18n("This source (version %1) has no mode cpr-exec; QEMU has it from 10.2 on.", version));
    // A VMM without modes knows only the normal one.
    if (!source->modes.isEmpty() && !source->modes.contains(u"normal"_s))
        offers.refusedModes.insert(
            u"normal"_s, i18n("This source (version %1) has no mode normal.", version));
    if (source->schema && source->schema->features(u"migrate"_s).contains(u"guarded-commit"_s))
        offers.noGuard = i18n("These VMMs agree on the commit by themselves: it is always guarded.");
    return offers;
}

} // namespace cutover::ui
