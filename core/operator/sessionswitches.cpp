// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "operator/sessionprivate.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QJsonArray>

#include <algorithm>
#include <utility>

namespace cutover::op {

using namespace Qt::StringLiterals;
using timeline::Category;

void Session::Private::noteInventory(Side side, const FdInventory& of)
{
    record.append({ .side = side,
        .timeNs = realtimeNs(),
        .category = Category::Inventory,
        .name = u"devices"_s,
        .attributes = { { u"inventory"_s, of.toJson() }, { u"route"_s, route.toJson() } } });
}

Result<void> Session::Private::maySwitch() const
{
    const QString attempt = i18n("set the switch");
    const bool resting = std::holds_alternative<state::Ready>(machine.state)
        || std::holds_alternative<state::Failed>(machine.state)
        || std::holds_alternative<state::Checking>(machine.state);
    if (!source || !source->isConnected())
        return cutover::failure(
            ErrorCode::Disconnected, attempt, {}, i18n("there is no connection to the source"));
    if (!resting)
        return cutover::failure(ErrorCode::Refused, attempt, {},
            i18n("what happens to the descriptors is decided before a migration begins"));
    return {};
}

void Session::Private::checkWith(const SessionRequest& next)
{
    dueCheck = next;
    beginDueCheck();
}

void Session::Private::beginDueCheck()
{
    const bool resting = std::holds_alternative<state::Ready>(machine.state)
        || std::holds_alternative<state::Failed>(machine.state);
    if (dueCheck && resting)
        std::ignore = q->check(*std::exchange(dueCheck, std::nullopt));
}

void Session::Private::noteSwitch(Side side, const SwitchChange& change, const Result<QJsonValue>& answer)
{
    QJsonObject attributes{ { u"scope"_s, change.device.isEmpty() ? u"global"_s : u"device"_s },
        { u"device"_s, change.device }, { u"property"_s, change.property }, { u"on"_s, change.on },
        { u"ok"_s, answer.has_value() } };
    if (!answer) {
        attributes.insert("cause"_L1, answer.error().cause);
        attributes.insert("remedy"_L1,
            answer.error().remedy.isEmpty() ? i18n("Set it before the guest is there: on the VMM’s command "
                                                   "line, or in its phase precreate.")
                                            : answer.error().remedy);
    }
    record.append({ .side = side,
        .timeNs = realtimeNs(),
        .category = Category::Action,
        .name = u"switch"_s,
        .attributes = attributes });
}

bool Session::Private::destinationAnswersEarly() const
{
    return plan.attached && sourceFacts.schema
        && sourceFacts.schema->returnEnumValues(u"query-status"_s, u"status"_s).contains(u"precreate"_s)
        && QFileInfo::exists(request.destination.qmpPath);
}

void Session::Private::compareDestinationSwitches()
{
    talk.reset();
    if (!destinationAnswersEarly())
        return;
    std::vector<SwitchTalk::Question> questions;
    QStringList devices;
    for (const InventoryDevice& device : inventory.devices) {
        if (!device.own.exists() || device.own.path.isEmpty())
            continue;
        devices.append(device.id);
        questions.push_back(
            { u"qom-get"_s, { { u"path"_s, device.own.path }, { u"property"_s, device.own.property } } });
    }
    if (questions.empty())
        return;
    talk = std::make_unique<SwitchTalk>(request.destination.qmpPath, std::move(questions),
        [this, devices](const std::vector<Result<QJsonValue>>& answers) {
            for (qsizetype i = 0; i < devices.size(); ++i) {
                const Result<QJsonValue>& answer = answers[static_cast<std::size_t>(i)];
                const InventoryDevice* const device = inventory.find(devices[i]);
                if (answer && answer->isBool() && device && device->own.on != answer->toBool())
                    route.otherSwitches.insert(devices[i], answer->toBool());
            }
            if (!route.otherSwitches.isEmpty())
                noteInventory(Side::Source, inventory);
        });
}

void Session::Private::tellDestination(const SwitchChange& change, const QJsonObject& arguments)
{
    talk = std::make_unique<SwitchTalk>(request.destination.qmpPath,
        std::vector<SwitchTalk::Question>{ { u"qom-set"_s, arguments } },
        [this, change](const std::vector<Result<QJsonValue>>& answers) {
            noteSwitch(Side::Destination, change, answers.front());
            // Not from inside the talk, which the check ends.
            QMetaObject::invokeMethod(
                this,
                [this] {
                    --switchesUnderWay;
                    checkWith(dueCheck.value_or(request));
                },
                Qt::QueuedConnection);
        });
}

void Session::Private::askDestinationFds()
{
    destinationFds.reset();
    if (!inventory.listsFds || !destination || !destination->isConnected())
        return;
    ++pendingAnswers;
    destination->call(u"query-cpr-fds"_s, {}, [this](const Result<QJsonValue>& result) {
        if (result)
            destinationFds = result->toArray();
        if (--pendingAnswers == 0)
            concludeVerification();
    });
}

std::vector<FdProof> Session::Private::compareUntold(std::vector<PassedFd>& told)
{
    if (!destinationFds)
        return {};
    FdInventory now = inventory;
    takeFds(now, *destinationFds);
    std::vector<PassedFd> passed;
    std::vector<PassedFd> notPassed;
    for (const InventoryDevice& device : inventory.devices) {
        const InventoryDevice* const there = now.find(device.id);
        for (const InventoryFd& fd : device.fds) {
            const auto sameKey
                = [&fd](const auto& other) { return other.name == fd.name && other.id == fd.id; };
            if (!there || !fd.number || std::ranges::any_of(told, sameKey))
                continue;
            const auto found = std::ranges::find_if(there->fds, sameKey);
            if (found == there->fds.end() || !found->number)
                continue;
            const PassedFd pair{
                .name = fd.name, .id = fd.id, .sourceFd = *fd.number, .destinationFd = *found->number
            };
            (predictFd(inventory, route, device, fd).isSame() ? passed : notPassed).push_back(pair);
        }
    }
    told.insert(told.end(), passed.begin(), passed.end());
    noteInventory(Side::Destination, now);
    return proveFds(source->pid(), destination->pid(), notPassed);
}

Result<void> Session::canSetSwitches() const
{
    return d->maySwitch();
}

bool Session::isSwitching() const
{
    return d->switchesUnderWay > 0 || d->dueCheck;
}

Result<void> Session::setGlobalSwitch(bool on)
{
    if (auto allowed = d->maySwitch(); !allowed)
        return allowed;
    if (auto offered = canSetGlobal(d->inventory); !offered)
        return offered;
    const GlobalSwitch& global = d->inventory.global;
    const bool parameter = global.kind == GlobalSwitch::Kind::Parameter;
    const QJsonObject arguments = parameter
        ? QJsonObject{ { global.name, on } }
        : QJsonObject{ { u"capabilities"_s,
              QJsonArray{ QJsonObject{ { u"capability"_s, global.name }, { u"state"_s, on } } } } };
    const Private::SwitchChange change{ .device = {}, .property = global.name, .on = on };
    ++d->switchesUnderWay;
    d->source->call(parameter ? u"migrate-set-parameters"_s : u"migrate-set-capabilities"_s, arguments,
        [this, change, parameter](const Result<QJsonValue>& answer) {
            --d->switchesUnderWay;
            d->noteSwitch(Side::Source, change, answer);
            if (!answer)
                return;
            SessionRequest next = d->dueCheck.value_or(d->request);
            (parameter ? next.parameters : next.capabilities).insert(change.property, change.on);
            d->checkWith(next);
        });
    return {};
}

Result<void> Session::setDeviceSwitch(const QString& device, bool on)
{
    if (auto allowed = d->maySwitch(); !allowed)
        return allowed;
    if (auto offered = canSetDevice(d->inventory, device); !offered)
        return offered;
    const DeviceSwitch own = d->inventory.find(device)->own;
    const Private::SwitchChange change{ .device = device, .property = own.property, .on = on };
    const QJsonObject arguments{ { u"path"_s, own.path }, { u"property"_s, own.property },
        { u"value"_s, on } };
    ++d->switchesUnderWay;
    d->source->call(u"qom-set"_s, arguments, [this, change, arguments](const Result<QJsonValue>& answer) {
        d->noteSwitch(Side::Source, change, answer);
        if (answer && d->destinationAnswersEarly()) {
            d->tellDestination(change, arguments);
            return;
        }
        --d->switchesUnderWay;
        if (answer)
            d->checkWith(d->dueCheck.value_or(d->request));
    });
    return {};
}

} // namespace cutover::op
