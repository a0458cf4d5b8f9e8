// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "fdpass/describe.h"
#include "operator/sessionprivate.h"
#include "operator/vmmfault.h"
#include "relay/fault.h"

#include <KLocalizedString>

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::op {

static relay::Route routeTo(const QString& listenPath, const QString& forwardPath)
{
    return { .listen = { .path = listenPath }, .forward = { .path = forwardPath } };
}

Result<void> Session::Private::startRelay()
{
    dropRelay();
    doneFaults.clear();
    if (plan.relayMainPath.isEmpty())
        return {};
    relay::RelaySpec spec;
    spec.source = source->pid();
    spec.main = routeTo(plan.relayMainPath, plan.mainAddress[u"path"].toString());
    if (!plan.relayCprPath.isEmpty())
        spec.cpr = routeTo(plan.relayCprPath, plan.cprPath);
    for (const QString& fault : request.faults) {
        if (isVmmFault(fault))
            continue;
        auto parsed = relay::parseFault(fault);
        if (!parsed)
            return std::unexpected(parsed.error());
        spec.faults.push_back(*std::move(parsed));
    }
    auto started = relay::Relay::start(spec);
    if (!started)
        return std::unexpected(started.error());
    relay = std::move(*started);
    connect(relay.get(), &relay::Relay::observed, this,
        [this](const std::vector<timeline::Event>& events) { watchRelay(events); });
    connect(relay.get(), &relay::Relay::failed, this,
        [this](const Error& error) { tell(input::RelayLost{ error }); });
    return {};
}

/// Why what passed cannot be what the source has sent; empty where nothing speaks against it.
static QString mistake(const relay::InspectedFd& fd, std::span<const relay::InspectedFd> all, bool isRam)
{
    using fdpass::FdKind;
    const QString name = cpr::displayName(fd.name);
    if (fd.channel != relay::Channel::Cpr || !fd.description)
        return {};
    if (isRam && fd.atSource.fd < 0)
        return i18n("What passed as the memory '%1' is none of the source's open files.", name);
    const auto twin = std::ranges::find_if(all, [&](const relay::InspectedFd& other) {
        return other.channel == fd.channel && other.name != fd.name && other.atSource.fd == fd.atSource.fd;
    });
    // Other kinds may well be known by several names; a memory belongs to one.
    if (fd.atSource.fd >= 0 && fd.description->kind == FdKind::Memfd && twin != all.end())
        return i18n(
            "One and the same memory passed as '%1' and as '%2'.", cpr::displayName(twin->name), name);
    return {};
}

void Session::Private::watchRelay(const std::vector<timeline::Event>& events)
{
    record.append(events);
    for (const timeline::Event& event : events) {
        if (event.name != u"fault")
            continue;
        const QString text = event.attributes[u"fault"].toString();
        if (const auto fault = relay::parseFault(text))
            doneFaults.push_back({ .text = text, .expected = fault->expected() });
    }
    // Some tell of themselves only when the outcome is there.
    if (!doneFaults.empty())
        judgeFaults();
    // Where nothing can be compared, nothing is found either.
    if (!relay || !machine.known.fdLost.isEmpty() || !fdpass::listFds(source->pid()))
        return;
    for (const relay::InspectedFd& fd : relay->fds()) {
        const bool isRam = std::ranges::contains(
            sourceFacts.memoryBackends, QString::fromUtf8(fd.name), &MemoryBackendFacts::id);
        const QString text = mistake(fd, relay->fds(), isRam);
        if (text.isEmpty())
            continue;
        journal.fdLost = text;
        writeStage(journal.stage);
        tell(input::FdLost{ text });
        return;
    }
}

void Session::Private::dropRelay()
{
    relay::Relay* const last = relay.release();
    if (!last)
        return;
    // What it has seen is evidence still, but nothing follows from it any more.
    disconnect(last, &relay::Relay::failed, this, nullptr);
    last->cut();
    QCoreApplication::sendPostedEvents(last, QEvent::MetaCall);
    last->disconnect(this);
    // This may be its own news that is being acted on.
    last->deleteLater();
}

void Session::Private::findArrived()
{
    if (relay && destination)
        record.append(relay->findArrived(destination->pid()));
}

} // namespace cutover::op
