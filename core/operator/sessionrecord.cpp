// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionrecord.h"

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::op {

namespace {

template <typename Enum, std::size_t Size>
using Ids = std::array<std::pair<Enum, QLatin1StringView>, Size>;

constexpr Ids<ErrorCode, 14> errorCodes{ {
    { ErrorCode::InvalidArgument, "invalid-argument"_L1 },
    { ErrorCode::NotFound, "not-found"_L1 },
    { ErrorCode::PermissionDenied, "permission-denied"_L1 },
    { ErrorCode::Timeout, "timeout"_L1 },
    { ErrorCode::Disconnected, "disconnected"_L1 },
    { ErrorCode::Protocol, "protocol"_L1 },
    { ErrorCode::Malformed, "malformed"_L1 },
    { ErrorCode::LimitExceeded, "limit-exceeded"_L1 },
    { ErrorCode::Unsupported, "unsupported"_L1 },
    { ErrorCode::Refused, "refused"_L1 },
    { ErrorCode::Cancelled, "cancelled"_L1 },
    { ErrorCode::Busy, "busy"_L1 },
    { ErrorCode::Remote, "remote"_L1 },
    { ErrorCode::System, "system"_L1 },
} };

constexpr Ids<DestinationSpec::Kind, 3> destinationKinds{ {
    { DestinationSpec::Kind::Derive, "derive"_L1 },
    { DestinationSpec::Kind::Command, "command"_L1 },
    { DestinationSpec::Kind::Attach, "attach"_L1 },
} };

constexpr Ids<CommandChange::Kind, 5> changeKinds{ {
    { CommandChange::Kind::Added, "added"_L1 },
    { CommandChange::Kind::Removed, "removed"_L1 },
    { CommandChange::Kind::Replaced, "replaced"_L1 },
    { CommandChange::Kind::Warning, "warning"_L1 },
    { CommandChange::Kind::Conflict, "conflict"_L1 },
} };

template <typename Enum, std::size_t Size>
QString idOf(const Ids<Enum, Size>& ids, Enum value)
{
    for (const auto& [each, id] : ids) {
        if (each == value)
            return id;
    }
    return {};
}

template <typename Enum, std::size_t Size>
Enum valueOf(const Ids<Enum, Size>& ids, const QString& id, Enum otherwise)
{
    for (const auto& [value, text] : ids) {
        if (text == id)
            return value;
    }
    return otherwise;
}

/// Of an enum whose ids are given by a function, from its first value to \a last.
template <typename Enum>
Enum valueOf(QString (*idFunction)(Enum), Enum last, const QString& id, Enum otherwise)
{
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        if (idFunction(static_cast<Enum>(i)) == id)
            return static_cast<Enum>(i);
    }
    return otherwise;
}

/// Leaves out what says nothing, so that an event holds only what is known.
class Writer
{
public:
    Writer& text(QLatin1StringView key, const QString& value)
    {
        if (!value.isEmpty())
            m_object.insert(key, value);
        return *this;
    }
    Writer& flag(QLatin1StringView key, bool value, bool usual = false)
    {
        if (value != usual)
            m_object.insert(key, value);
        return *this;
    }
    Writer& number(QLatin1StringView key, qint64 value, qint64 unknown)
    {
        if (value != unknown)
            m_object.insert(key, value);
        return *this;
    }
    Writer& list(QLatin1StringView key, const QStringList& value)
    {
        if (!value.isEmpty())
            m_object.insert(key, QJsonArray::fromStringList(value));
        return *this;
    }
    Writer& object(QLatin1StringView key, const QJsonObject& value)
    {
        if (!value.isEmpty())
            m_object.insert(key, value);
        return *this;
    }
    operator QJsonObject() const { return m_object; } // NOLINT(google-explicit-constructor)

private:
    QJsonObject m_object;
};

QStringList listOf(const QJsonValue& value)
{
    QStringList list;
    for (const QJsonValue& each : value.toArray())
        list.append(each.toString());
    return list;
}

/// A process number of a recording is shown, never used; still it is one.
pid_t pidOf(const QJsonValue& value)
{
    return static_cast<pid_t>(std::clamp<qint64>(value.toInteger(), 0, std::numeric_limits<pid_t>::max()));
}

struct StateWriter
{
    QJsonObject operator()(const state::Ready& now) const { return Writer().flag("refused"_L1, now.refused); }
    QJsonObject operator()(const state::Migrated& now) const
    {
        return Writer().flag("verified"_L1, now.verified);
    }
    QJsonObject operator()(const state::Finishing& now) const
    {
        return Writer().flag("verified"_L1, now.verified);
    }
    QJsonObject operator()(const state::Finished& now) const
    {
        return Writer().flag("verified"_L1, now.verified).flag("sourceKept"_L1, now.sourceKept);
    }
    QJsonObject operator()(const state::Aborting& now) const
    {
        return Writer().object("why"_L1, toRecord(now.why));
    }
    QJsonObject operator()(const state::Failed& now) const
    {
        return Writer()
            .flag("refused"_L1, now.refused)
            .flag("cancelled"_L1, now.cancelled)
            .object("why"_L1, toRecord(now.why));
    }
    QJsonObject operator()(const state::Locating& now) const
    {
        return Writer().object("why"_L1, toRecord(now.why));
    }
    QJsonObject operator()(const state::Stranded& now) const
    {
        return Writer()
            .text("location"_L1, guestLocationId(now.location))
            .object("why"_L1, toRecord(now.why));
    }
    /// How far the steps of the others have come is shown nowhere.
    QJsonObject operator()(const auto& /*now*/) const { return {}; }
};

struct StateReader
{
    const QJsonObject& attributes;

    bool flag(QLatin1StringView key) const { return attributes[key].toBool(); }
    Failure why() const { return failureFromRecord(attributes["why"_L1].toObject()); }

    void operator()(state::Ready& now) const { now.refused = flag("refused"_L1); }
    void operator()(state::Migrated& now) const { now.verified = flag("verified"_L1); }
    void operator()(state::Finishing& now) const { now.verified = flag("verified"_L1); }
    void operator()(state::Finished& now) const
    {
        now.verified = flag("verified"_L1);
        now.sourceKept = flag("sourceKept"_L1);
    }
    void operator()(state::Aborting& now) const { now.why = why(); }
    void operator()(state::Failed& now) const
    {
        now.why = why();
        now.refused = flag("refused"_L1);
        now.cancelled = flag("cancelled"_L1);
    }
    void operator()(state::Locating& now) const { now.why = why(); }
    void operator()(state::Stranded& now) const
    {
        now.why = why();
        now.location = valueOf(guestLocationId, GuestLocation::Unknown, attributes["location"_L1].toString(),
            GuestLocation::Unknown);
    }
    void operator()(auto& /*now*/) const { }
};

template <std::size_t Index = 0>
std::optional<SessionState> stateOfName(const QString& name)
{
    if constexpr (Index < std::variant_size_v<SessionState>) {
        SessionState state(std::in_place_index<Index>);
        if (stateId(state) == name)
            return state;
        return stateOfName<Index + 1>(name);
    } else {
        return std::nullopt;
    }
}

} // namespace

QJsonObject toRecord(const Failure& failure)
{
    const Error& error = failure.error;
    return Writer()
        .text("side"_L1, sideId(failure.side))
        .text("phase"_L1, sessionPhaseId(failure.phase))
        .text("code"_L1, idOf(errorCodes, error.code))
        .text("attempt"_L1, error.attempt)
        .text("object"_L1, error.object)
        .text("cause"_L1, error.cause)
        .text("remedy"_L1, error.remedy)
        .number("errno"_L1, error.sysErrno, 0)
        .text("output"_L1, failure.destinationOutput);
}

Failure failureFromRecord(const QJsonObject& attributes)
{
    const auto text = [&](QLatin1StringView key) { return attributes[key].toString(); };
    return { .side = sideFromId(text("side"_L1)).value_or(Side::Console),
        .phase = valueOf(sessionPhaseId, SessionPhase::Rescue, text("phase"_L1), SessionPhase::Connect),
        .error = { .code = valueOf(errorCodes, text("code"_L1), ErrorCode::Remote),
            .attempt = text("attempt"_L1),
            .object = text("object"_L1),
            .cause = text("cause"_L1),
            .remedy = text("remedy"_L1),
            .sysErrno = attributes["errno"_L1].toInt() },
        .destinationOutput = text("output"_L1) };
}

QJsonObject toRecord(const SessionState& state)
{
    QJsonObject attributes = std::visit(StateWriter(), state);
    attributes.insert("sentence"_L1, stateSentence(state));
    return attributes;
}

std::optional<SessionState> stateFromRecord(const QString& name, const QJsonObject& attributes)
{
    std::optional<SessionState> state = stateOfName(name);
    if (state)
        std::visit(StateReader{ attributes }, *state);
    return state;
}

QJsonObject toRecord(const EndpointStatus& status)
{
    return Writer()
        .text("guest"_L1, status.name)
        .text("version"_L1, status.version)
        .text("qmp"_L1, status.qmpPath)
        .number("pid"_L1, status.pid, 0)
        .number("startTicks"_L1, static_cast<qint64>(status.startTicks), 0)
        .flag("connected"_L1, status.connected)
        .flag("gone"_L1, status.gone)
        .flag("waitingForSource"_L1, status.waitingForSource)
        .text("runState"_L1, status.runState)
        .text("migrationStatus"_L1, status.migrationStatus)
        .number("ramBytes"_L1, status.ramBytes, -1)
        .number("processStartNs"_L1, status.processStartNs, 0)
        .text("log"_L1, status.logPath);
}

EndpointStatus endpointFromRecord(const QJsonObject& attributes)
{
    const auto text = [&](QLatin1StringView key) { return attributes[key].toString(); };
    const auto flag = [&](QLatin1StringView key) { return attributes[key].toBool(); };
    return { .name = text("guest"_L1),
        .version = text("version"_L1),
        .qmpPath = text("qmp"_L1),
        .logPath = text("log"_L1),
        .pid = pidOf(attributes["pid"_L1]),
        .startTicks = static_cast<quint64>(std::max<qint64>(attributes["startTicks"_L1].toInteger(), 0)),
        .connected = flag("connected"_L1),
        .gone = flag("gone"_L1),
        .waitingForSource = flag("waitingForSource"_L1),
        .runState = text("runState"_L1),
        .migrationStatus = text("migrationStatus"_L1),
        .ramBytes = std::max<qint64>(attributes["ramBytes"_L1].toInteger(-1), -1),
        .processStartNs = std::max<qint64>(attributes["processStartNs"_L1].toInteger(), 0) };
}

QJsonObject toRecord(const SessionRequest& request)
{
    const DestinationSpec& destination = request.destination;
    const QJsonObject source
        = Writer().text("qmp"_L1, request.source.qmpPath).number("pid"_L1, request.source.pid, 0);
    const QJsonObject target = Writer()
                                   .text("kind"_L1, idOf(destinationKinds, destination.kind))
                                   .text("binary"_L1, destination.binary)
                                   .list("argv"_L1, destination.argv)
                                   .text("qmp"_L1, destination.qmpPath)
                                   .text("cpr"_L1, destination.cprPath)
                                   .text("main"_L1, destination.mainPath);
    return Writer()
        .object("source"_L1, source)
        .object("destination"_L1, target)
        .text("mode"_L1, request.mode)
        .object("parameters"_L1, request.parameters)
        .flag("defer"_L1, request.defer, true)
        .flag("guarded"_L1, request.guarded, true)
        .text("stateFile"_L1, request.stateFile)
        .flag("keepSource"_L1, request.keepSource)
        .flag("relay"_L1, request.relay)
        .list("faults"_L1, request.faults)
        .flag("traceSource"_L1, request.traceSource, true);
}

SessionRequest requestFromRecord(const QJsonObject& attributes)
{
    const QJsonObject source = attributes["source"_L1].toObject();
    const QJsonObject target = attributes["destination"_L1].toObject();
    const auto text = [&](QLatin1StringView key) { return target[key].toString(); };
    SessionRequest request;
    request.source = { .qmpPath = source["qmp"_L1].toString(), .pid = pidOf(source["pid"_L1]) };
    request.destination = { .kind = valueOf(destinationKinds, text("kind"_L1), DestinationSpec::Kind::Derive),
        .binary = text("binary"_L1),
        .argv = listOf(target["argv"_L1]),
        .qmpPath = text("qmp"_L1),
        .cprPath = text("cpr"_L1),
        .mainPath = text("main"_L1) };
    request.mode = attributes["mode"_L1].toString(request.mode);
    request.parameters = attributes["parameters"_L1].toObject();
    request.defer = attributes["defer"_L1].toBool(true);
    request.guarded = attributes["guarded"_L1].toBool(true);
    request.stateFile = attributes["stateFile"_L1].toString();
    request.keepSource = attributes["keepSource"_L1].toBool();
    request.relay = attributes["relay"_L1].toBool();
    request.traceSource = attributes["traceSource"_L1].toBool(true);
    return request;
}

QJsonObject toRecord(const Check& check)
{
    return { { "verdict"_L1, verdictId(check.verdict) }, { "title"_L1, check.title },
        { "evidence"_L1, check.evidence }, { "remedy"_L1, check.remedy } };
}

Check checkFromRecord(const QString& name, const QJsonObject& attributes)
{
    return { .id = name,
        .verdict = valueOf(
            verdictId, Verdict::NotApplicable, attributes["verdict"_L1].toString(), Verdict::NotApplicable),
        .title = attributes["title"_L1].toString(name),
        .evidence = attributes["evidence"_L1].toString(),
        .remedy = attributes["remedy"_L1].toString() };
}

QJsonObject toRecord(const DerivedCommand& command)
{
    QJsonArray changes;
    for (const CommandChange& change : command.changes) {
        const QJsonObject entry = Writer()
                                      .text("kind"_L1, idOf(changeKinds, change.kind))
                                      .text("before"_L1, change.before)
                                      .text("after"_L1, change.after)
                                      .text("reason"_L1, change.reason);
        changes.append(entry);
    }
    QJsonArray moves;
    for (const PathMove& move : command.moves)
        moves.append(QJsonObject{ { "from"_L1, move.destinationPath }, { "to"_L1, move.sourcePath } });
    QJsonObject attributes = Writer()
                                 .list("argv"_L1, command.argv)
                                 .text("monitor"_L1, command.monitorPath)
                                 .text("log"_L1, command.logFile);
    if (!changes.isEmpty())
        attributes.insert("changes"_L1, changes);
    if (!moves.isEmpty())
        attributes.insert("moves"_L1, moves);
    return attributes;
}

DerivedCommand derivedFromRecord(const QJsonObject& attributes)
{
    DerivedCommand command;
    command.argv = listOf(attributes["argv"_L1]);
    command.monitorPath = attributes["monitor"_L1].toString();
    command.logFile = attributes["log"_L1].toString();
    for (const QJsonValue& change : attributes["changes"_L1].toArray())
        command.changes.push_back(
            { .kind = valueOf(changeKinds, change["kind"_L1].toString(), CommandChange::Kind::Warning),
                .before = change["before"_L1].toString(),
                .after = change["after"_L1].toString(),
                .reason = change["reason"_L1].toString() });
    for (const QJsonValue& move : attributes["moves"_L1].toArray())
        command.moves.push_back(
            { .sourcePath = move["to"_L1].toString(), .destinationPath = move["from"_L1].toString() });
    return command;
}

QJsonObject toRecord(const FdProof& proof)
{
    return { { "id"_L1, proof.id }, { "kind"_L1, fdpass::fdKindId(proof.description.kind) },
        { "text"_L1, proof.description.text }, { "sourceFd"_L1, proof.sourceFd },
        { "destinationFd"_L1, proof.destinationFd },
        { "identity"_L1, fdpass::identityId(proof.proof.identity) },
        { "method"_L1, fdpass::identityMethodId(proof.proof.method) }, { "proof"_L1, proof.proof.text } };
}

FdProof proofFromRecord(const QString& name, const QJsonObject& attributes)
{
    const auto text = [&](QLatin1StringView key) { return attributes[key].toString(); };
    FdProof proof{ .name = name,
        .id = attributes["id"_L1].toInt(),
        .sourceFd = attributes["sourceFd"_L1].toInt(-1),
        .destinationFd = attributes["destinationFd"_L1].toInt(-1),
        .description = {},
        .proof = {} };
    proof.description.kind
        = valueOf(fdpass::fdKindId, fdpass::FdKind::Other, text("kind"_L1), fdpass::FdKind::Other);
    proof.description.text = text("text"_L1);
    proof.proof.identity = valueOf(
        fdpass::identityId, fdpass::Identity::Unknown, text("identity"_L1), fdpass::Identity::Unknown);
    proof.proof.method = valueOf(fdpass::identityMethodId, fdpass::IdentityMethod::None, text("method"_L1),
        fdpass::IdentityMethod::None);
    proof.proof.text = text("proof"_L1);
    return proof;
}

QJsonObject toRecord(const Verification& verification)
{
    return { { "findings"_L1, QJsonArray::fromStringList(verification.findings) },
        { "evidence"_L1, QJsonArray::fromStringList(verification.evidence) } };
}

Verification verificationFromRecord(const QString& name, const QJsonObject& attributes)
{
    return { .ok = name == "verified"_L1,
        .findings = listOf(attributes["findings"_L1]),
        .evidence = listOf(attributes["evidence"_L1]),
        .fds = {} };
}

} // namespace cutover::op
