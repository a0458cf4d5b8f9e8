// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionmodel.h"

#include "base/clock.h"

#include <KLocalizedString>

namespace cutover::ui {

static std::unexpected<Error> notLive(const QString& attempt)
{
    return failure(ErrorCode::Unsupported, attempt, {}, i18n("no VMM is connected to what is shown"));
}

Result<void> SessionModel::attachPair(const QString&)
{
    return notLive(i18n("attach to an unfinished migration"));
}

Result<void> SessionModel::lookForRescue()
{
    return notLive(i18n("look where the guest is"));
}

Result<void> SessionModel::rescue(op::RescueKind)
{
    return notLive(i18n("rescue the guest"));
}

const op::Assessment* SessionModel::assessment() const
{
    const RescueView* view = rescueView();
    return view && view->isAssessed && !view->isBusy ? &view->assessment : nullptr;
}

const op::PairEvidence* SessionModel::evidence() const
{
    const RescueView* view = rescueView();
    return view && view->isAssessed && !view->isBusy ? &view->evidence : nullptr;
}

Result<void> SessionModel::canListenToPulse() const
{
    return notLive(i18n("listen to the heartbeat"));
}

Result<void> SessionModel::listenToPulse()
{
    return canListenToPulse();
}

Result<void> SessionModel::canFix() const
{
    return notLive(i18n("change what the check has found"));
}

Result<void> SessionModel::fix(const QString& /*checkId*/, const op::Fix& /*fix*/)
{
    return canFix();
}

std::vector<op::DoneFix> SessionModel::fixes() const
{
    return {};
}

Result<void> SessionModel::undoFix(const op::DoneFix& /*done*/)
{
    return canFix();
}

Result<void> SessionModel::canSetFdSwitches() const
{
    return notLive(i18n("set the switch"));
}

Result<void> SessionModel::setGlobalFdSwitch(bool)
{
    return canSetFdSwitches();
}

Result<void> SessionModel::setDeviceFdSwitch(const QString&, bool)
{
    return canSetFdSwitches();
}

qint64 SessionModel::nowNs() const
{
    return realtimeNs();
}

std::function<QList<op::DiscoveredVmm>()> SessionModel::discoverer() const
{
    return [found = discover()] { return found; };
}

const op::Facts* SessionModel::sourceFacts() const
{
    return nullptr;
}

Result<void> SessionModel::sendCommand(Side /*side*/, const QJsonObject& command, bool /*confirmed*/)
{
    return notLive(i18nc("command", "send %1", command[u"execute"].toString()));
}

} // namespace cutover::ui
