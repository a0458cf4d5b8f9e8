// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionmodel.h"

#include <KLocalizedString>

namespace cutover::ui {

static std::unexpected<Error> notHere(const QString& attempt)
{
    return failure(ErrorCode::Unsupported, attempt, {}, i18n("this session has no VMMs of its own"));
}

Result<void> SessionModel::attachPair(const QString&)
{
    return notHere(i18n("attach to an unfinished migration"));
}

Result<void> SessionModel::lookForRescue()
{
    return notHere(i18n("look where the guest is"));
}

Result<void> SessionModel::rescue(op::RescueKind)
{
    return notHere(i18n("rescue the guest"));
}

static std::unexpected<Error> notLive(const QString& attempt)
{
    return failure(ErrorCode::Unsupported, attempt, {}, i18n("no VMM is connected to what is shown"));
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
    return cutover::failure(ErrorCode::Unsupported, i18n("set the switch"), {},
        i18n("this shows what has been; there is no VMM to set it on"));
}

Result<void> SessionModel::setGlobalFdSwitch(bool)
{
    return canSetFdSwitches();
}

Result<void> SessionModel::setDeviceFdSwitch(const QString&, bool)
{
    return canSetFdSwitches();
}
}

#include "base/clock.h"

namespace cutover::ui {

qint64 SessionModel::nowNs() const
{
    return realtimeNs();
}
}

namespace cutover::ui {

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
    return cutover::failure(ErrorCode::Unsupported, i18n("send the command"), command[u"execute"].toString(),
        i18n("this is a recording, not a running VMM"));
}

} // namespace cutover::ui
