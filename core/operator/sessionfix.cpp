// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/guard.h"
#include "operator/sessionprivate.h"

#include <KLocalizedString>

#include <algorithm>
#include <cerrno>
#include <sys/resource.h>

namespace cutover::op {

using timeline::Category;

static quint64 filesLimit()
{
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

static Result<void> setFilesLimit(quint64 soft)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return systemError(i18n("read the limit of open files"), {}, errno);
    limit.rlim_cur = soft;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return systemError(i18n("set the limit of open files"), QString::number(soft), errno);
    return {};
}

/// Whether \a request is still as \a fix left it; what is not of the request stays.
static bool isInForce(const Fix& fix, const SessionRequest& request)
{
    switch (fix.kind) {
    case FixKind::Mode:
        return request.mode == fix.names.value(0);
    case FixKind::Guard:
        return request.guarded == fix.on;
    case FixKind::Program:
        return request.destination.binary == fix.names.value(0);
    default:
        return true;
    }
}

/// What sets back what \a fix is about to set; nothing where that has no sense.
static std::optional<Fix> inverse(const Fix& fix, const SessionRequest& request)
{
    Fix back = fix;
    switch (fix.kind) {
    case FixKind::Mode:
        back.names = { request.mode };
        return back;
    case FixKind::Guard:
        back.on = request.guarded;
        return back;
    case FixKind::Program:
        back.names = { request.destination.binary };
        return back;
    case FixKind::FilesLimit:
        back.number = filesLimit();
        return back;
    case FixKind::Capabilities:
        back.on = !fix.on;
        return back;
    case FixKind::CancelMigration:
    case FixKind::ContinueGuest:
        break;
    }
    return std::nullopt;
}

void Session::Private::forgetFixes()
{
    std::erase_if(fixes, [this](const DoneFix& one) { return !isInForce(one.fix, request); });
}

Result<void> Session::Private::carryOut(const Fix& fix, std::optional<DoneFix> done)
{
    SessionRequest wanted = request;
    if (fix.kind == FixKind::Mode)
        wanted.mode = fix.names.value(0);
    else if (fix.kind == FixKind::Guard)
        wanted.guarded = fix.on;
    else if (fix.kind == FixKind::Program)
        wanted.destination.binary = fix.names.value(0);
    else if (fix.kind == FixKind::FilesLimit) {
        if (auto set = setFilesLimit(fix.number); !set)
            return set;
    }
    note(Category::Action, QStringLiteral("fix"),
        { { QStringLiteral("fix"), fixId(fix.kind) }, { QStringLiteral("text"), fixLabel(fix) } });

    const auto conclude = [this, wanted, done] {
        if (done)
            fixes.push_back(*done);
        std::ignore = q->check(wanted);
    };
    const std::vector<Command> commands = fixCommands(fix);
    if (commands.empty()) {
        conclude();
        return {};
    }
    const Command& command = commands.front();
    const QJsonObject message{ { QStringLiteral("execute"), command.name },
        { QStringLiteral("arguments"), command.arguments } };
    const GuardState guard{ .side = Side::Source,
        .mode = plan.mode,
        .runState = sourceFacts.runState,
        .otherMayRunGuest = true,
        .privateRam = false,
        .inSession = false };
    if (auto safe = checkCommand(message, guard); !safe)
        return safe;
    source->call(command.name, command.arguments, [this, conclude](const Result<QJsonValue>& answer) {
        if (answer)
            conclude();
        else
            Q_EMIT q->noted({ .side = Side::Source,
                .phase = SessionPhase::Preflight,
                .error = answer.error(),
                .destinationOutput = {} });
    });
    return {};
}

Result<void> Session::canFix() const
{
    if (!std::holds_alternative<state::Ready>(d->machine.state))
        return cutover::failure(ErrorCode::Refused, i18n("change what the check has found"), {},
            i18n("this can be done between a check and the migration only"));
    if (!d->source || !d->source->isConnected())
        return cutover::failure(ErrorCode::Disconnected, i18n("change what the check has found"), {},
            i18n("the source is not connected"));
    return {};
}

Result<void> Session::fix(const QString& checkId, const Fix& fix)
{
    if (auto allowed = canFix(); !allowed)
        return allowed;
    std::optional<DoneFix> done;
    if (const auto undo = inverse(fix, d->request))
        done = DoneFix{ .checkId = checkId, .fix = fix, .undo = *undo };
    return d->carryOut(fix, done);
}

Result<void> Session::undoFix(const DoneFix& done)
{
    if (auto allowed = canFix(); !allowed)
        return allowed;
    const auto found = std::ranges::find(d->fixes, done);
    if (found == d->fixes.end())
        return cutover::failure(
            ErrorCode::NotFound, i18n("undo"), fixLabel(done.fix), i18n("it is not in force any more"));
    d->fixes.erase(found);
    return d->carryOut(done.undo, std::nullopt);
}

const std::vector<DoneFix>& Session::fixes() const
{
    return d->fixes;
}

} // namespace cutover::op
