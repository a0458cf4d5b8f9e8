// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/guard.h"

#include <KLocalizedString>

#include <QJsonArray>

#include <algorithm>

namespace cutover::op {

using namespace Qt::StringLiterals;

bool mayHavePrivateRam(const Facts& facts)
{
    return facts.memoryBackends.empty()
        || std::ranges::any_of(facts.memoryBackends,
            [](const MemoryBackendFacts& backend) { return !backend.share.value_or(false); });
}

namespace {

Hazard execHazard()
{
    return { .id = u"cpr-exec-private-ram"_s,
        .reason
        = i18n("cpr-exec does not carry private RAM: the new program starts with empty memory, and the "
               "guest is lost."),
        .confirmation = i18n("Send it all the same? The guest's memory will be lost.") };
}

bool hasMainChannel(const QJsonArray& channels)
{
    return std::ranges::any_of(
        channels, [](const QJsonValue& channel) { return channel[u"channel-type"].toString() == u"main"; });
}

std::optional<Hazard> migrateHazard(const QJsonObject& arguments, const GuardState& state)
{
    const bool mayBeTransfer = state.mode.isEmpty() || state.mode == u"cpr-transfer";
    if (arguments.contains(u"uri") && mayBeTransfer)
        return Hazard{ .id = u"migrate-uri-in-cpr-transfer"_s,
            .reason
            = i18n("“migrate” with “uri” in the mode cpr-transfer aborts QEMU 11.1, and the guest is lost."),
            .confirmation
            = i18n("Send it all the same? The VMM may crash with its guest. Use “channels” with a "
                   "main and a cpr channel instead.") };
    if (arguments.contains(u"channels") && !hasMainChannel(arguments.value(u"channels").toArray()))
        return Hazard{ .id = u"migrate-without-main-channel"_s,
            .reason = i18n("“migrate” without a main channel crashes QEMU, and the guest is lost."),
            .confirmation
            = i18n("Send it all the same? The VMM may crash with its guest. Add a channel of type "
                   "“main” instead.") };
    if (state.mode == u"cpr-exec" && state.privateRam)
        return execHazard();
    return std::nullopt;
}

std::optional<Hazard> contHazard(const GuardState& state)
{
    if (!state.otherMayRunGuest)
        return std::nullopt;
    if (state.side == Side::Source && (state.runState.isEmpty() || state.runState == u"postmigrate"))
        return Hazard{ .id = u"cont-after-migration"_s,
            .reason
            = i18n("The guest has left this VMM. If the destination runs or ran it, continuing here corrupts "
                   "its memory and its disks."),
            .confirmation
            = i18n("Continue the source all the same? Only do so if the destination is dead and never "
                   "ran the guest; “rescue” checks both.") };
    if (state.side == Side::Destination && state.inSession)
        return Hazard{ .id = u"cont-before-commit"_s,
            .reason
            = i18n("The source may still run the guest; continuing here too corrupts its memory and its "
                   "disks."),
            .confirmation
            = i18n("Continue the destination all the same? Only do so if the source is in the state "
                   "postmigrate, or dead.") };
    return std::nullopt;
}

std::optional<Hazard> quitHazard(const GuardState& state)
{
    if (state.side == Side::Source && state.runState == u"postmigrate")
        return std::nullopt;
    if (state.side == Side::Destination && state.runState == u"inmigrate")
        return std::nullopt;
    return Hazard{ .id = u"quit-with-guest"_s,
        .reason = i18n("This VMM has the guest: it would end without being shut down."),
        .confirmation
        = i18n("Quit all the same? The guest loses whatever it has not written to its disks.") };
}

std::optional<Hazard> humanHazard(const QJsonObject& arguments, const GuardState& state)
{
    const QString line = arguments.value(u"command-line").toString().simplified();
    const QString verb = line.section(u' ', 0, 0);
    if (verb == u"cont" || verb == u"c")
        return contHazard(state);
    if (verb == u"quit" || verb == u"q")
        return quitHazard(state);
    if (verb == u"migrate")
        return migrateHazard({ { u"uri"_s, line.section(u' ', -1) } }, state);
    return std::nullopt;
}

} // namespace

std::optional<Hazard> hazardOf(const QJsonObject& command, const GuardState& state)
{
    QString name = command.value(u"execute").toString();
    if (name.isEmpty())
        name = command.value(u"exec-oob").toString();
    const QJsonObject arguments = command.value(u"arguments").toObject();
    if (name == u"migrate")
        return migrateHazard(arguments, state);
    if (name == u"migrate-set-parameters" && arguments.value(u"mode") == u"cpr-exec"_s && state.privateRam)
        return execHazard();
    if (name == u"cont")
        return contHazard(state);
    if (name == u"quit")
        return quitHazard(state);
    if (name == u"human-monitor-command")
        return humanHazard(arguments, state);
    return std::nullopt;
}

Result<void> checkCommand(const QJsonObject& command, const GuardState& state)
{
    const std::optional<Hazard> hazard = hazardOf(command, state);
    if (!hazard)
        return {};
    const QString name = command.value(u"execute").toString(command.value(u"exec-oob").toString());
    return failure(ErrorCode::Refused, u"send the QMP command"_s, name, hazard->reason, hazard->confirmation);
}

} // namespace cutover::op
