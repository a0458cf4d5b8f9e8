// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/combinations.h"

#include <algorithm>
#include <array>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

bool isCpr(const Combination& c)
{
    return c.mode() == MigrationMode::CprTransfer;
}

/// True once no further channel can come.
bool channelsAreComplete(const Combination& c)
{
    return c.moment == CheckMoment::Migrate || c.moment == CheckMoment::Incoming
        || (c.incoming() && !c.defer);
}

constexpr auto table = std::to_array<RefusedCombination>({
    { "main-missing"_L1, [](const Combination& c) { return channelsAreComplete(c) && !c.channels.main; },
        ErrorCode::InvalidArgument, "missing 'main' migration channel"_L1,
        "Name a main channel; on the command line -incoming defer leaves it for later."_L1 },
    { "cpr-missing"_L1,
        [](const Combination& c) { return channelsAreComplete(c) && isCpr(c) && !c.channels.cpr; },
        ErrorCode::InvalidArgument, "missing 'cpr' migration channel"_L1,
        "Add a channel of type cpr, or set the mode to normal."_L1 },
    { "cpr-channel-in-normal"_L1, [](const Combination& c) { return c.channels.cpr && !isCpr(c); },
        ErrorCode::Refused, "a 'cpr' channel needs the mode cpr-transfer, but the mode is normal"_L1,
        "Set the mode to cpr-transfer, or leave the cpr channel out."_L1 },
    { "cpr-channel-not-unix"_L1,
        [](const Combination& c) { return c.channels.cpr && c.channels.cpr->transport == Transport::Inet; },
        ErrorCode::Refused, "the cpr channel carries descriptors and must be a unix socket"_L1,
        "Give the cpr channel the address of a unix socket."_L1 },
    { "one-socket-for-both"_L1,
        [](const Combination& c) {
            return c.channels.main && c.channels.cpr && *c.channels.main == *c.channels.cpr;
        },
        ErrorCode::InvalidArgument, "main and cpr channel have the same address"_L1,
        "Give each channel a socket of its own."_L1 },
    { "port-zero"_L1,
        [](const Combination& c) {
            return c.moment == CheckMoment::Migrate && c.mainIsInet() && c.channels.main->port == 0;
        },
        ErrorCode::InvalidArgument, "port 0 can only be listened on"_L1,
        "Ask the destination for its port with query-migrate."_L1 },
    { "fds-off-in-cpr"_L1, [](const Combination& c) { return isCpr(c) && !c.migrateFds(); },
        ErrorCode::Refused, "migrate-fds is off, but the mode cpr-transfer passes descriptors"_L1,
        "Set migrate-fds to on, or the mode to normal."_L1 },
    { "fds-over-inet"_L1, [](const Combination& c) { return c.migrateFds() && c.mainIsInet(); },
        ErrorCode::Refused, "migrate-fds is on, but a TCP channel cannot carry descriptors"_L1,
        "Use a unix socket as the main channel, or set migrate-fds to off."_L1 },
    { "handover-outside-cpr"_L1,
        [](const Combination& c) {
            // The default changes nothing, whoever has set it.
            return channelsAreComplete(c) && c.parameters.handover != Handover::Prepared && !isCpr(c);
        },
        ErrorCode::Refused, "a handover policy was set, but it applies to the mode cpr-transfer only"_L1,
        "Set the mode to cpr-transfer, or the handover policy to prepared."_L1 },
});

/// The address to blame, for the error's object.
QString blamed(const RefusedCombination& row, const Combination& c)
{
    if (row.id == "fds-over-inet"_L1 || row.id == "port-zero"_L1 || row.id == "one-socket-for-both"_L1)
        return c.channels.main->text();
    if (row.id == "cpr-channel-in-normal"_L1 || row.id == "cpr-channel-not-unix"_L1)
        return c.channels.cpr->text();
    return {};
}

QString attemptOf(CheckMoment moment)
{
    switch (moment) {
    case CheckMoment::Start:
        return u"start with these migration settings"_s;
    case CheckMoment::Incoming:
        return u"wait for a migration"_s;
    case CheckMoment::Migrate:
        break;
    }
    return u"migrate"_s;
}

} // namespace

MigrationMode Combination::mode() const
{
    if (moment == CheckMoment::Migrate || parameters.modeExplicit)
        return parameters.mode;
    return channels.cpr ? MigrationMode::CprTransfer : parameters.mode;
}

bool Combination::migrateFds() const
{
    return parameters.migrateFdsExplicit ? parameters.migrateFds
                                         : parameters.migrateFds || mode() == MigrationMode::CprTransfer;
}

RealizePolicy Combination::policy(bool mainPassesFds) const
{
    ChannelKind channel = ChannelKind::MainUnix;
    if (mode() == MigrationMode::CprTransfer)
        channel = ChannelKind::Cpr;
    else if (mainIsInet() || !mainPassesFds)
        channel = ChannelKind::Inet;
    return { .incoming = moment == CheckMoment::Migrate || incoming(),
        .migrateFds = migrateFds(),
        .channel = channel,
        .handover = parameters.handover,
        .handoverKnown = moment == CheckMoment::Migrate || parameters.handoverExplicit };
}

std::span<const RefusedCombination> refusedCombinations()
{
    return table;
}

const RefusedCombination* findRefused(const Combination& combination)
{
    const auto row = std::ranges::find_if(
        table, [&](const RefusedCombination& refused) { return refused.applies(combination); });
    return row == table.end() ? nullptr : &*row;
}

Result<void> checkCombination(const Combination& combination)
{
    const RefusedCombination* const row = findRefused(combination);
    if (!row)
        return {};
    return failure(
        row->code, attemptOf(combination.moment), blamed(*row, combination), row->cause, row->remedy);
}

} // namespace cutover::engine
