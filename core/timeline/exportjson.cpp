// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/export.h"
#include "timeline/recording.h"

#include <QJsonArray>

namespace cutover::timeline {

namespace {

QJsonValue timeOrNull(qint64 timeNs)
{
    return timeNs > 0 ? QJsonValue(timeNs) : QJsonValue();
}

template <typename Number>
QJsonValue orNull(const std::optional<Number>& value)
{
    return value ? QJsonValue(*value) : QJsonValue();
}

QJsonValue orNull(const QString& text)
{
    return text.isEmpty() ? QJsonValue() : QJsonValue(text);
}

QJsonObject phaseJson(const Phase& phase)
{
    return { { QStringLiteral("phase"), phaseName(phase.id) }, { QStringLiteral("side"), sideId(phase.side) },
        { QStringLiteral("state"), phaseStateId(phase.state) },
        { QStringLiteral("startNs"), timeOrNull(phase.startNs) },
        { QStringLiteral("endNs"), timeOrNull(phase.endNs) },
        { QStringLiteral("durationNs"), orNull(phase.durationNs()) } };
}

QJsonObject checkpointJson(const Checkpoint& checkpoint)
{
    return { { QStringLiteral("name"), checkpoint.name }, { QStringLiteral("side"), sideId(checkpoint.side) },
        { QStringLiteral("timeNs"), timeOrNull(checkpoint.timeNs) },
        { QStringLiteral("text"), checkpoint.text } };
}

QJsonObject rowJson(const PauseRow& row)
{
    return { { QStringLiteral("kind"), pauseRowKindId(row.kind) },
        { QStringLiteral("side"), sideId(row.side) }, { QStringLiteral("device"), orNull(row.device) },
        { QStringLiteral("text"), row.text }, { QStringLiteral("durationNs"), row.durationNs },
        { QStringLiteral("reportedNs"), row.reportedNs },
        { QStringLiteral("startNs"), timeOrNull(row.startNs) } };
}

QJsonObject pauseJson(const PauseBreakdown& pause)
{
    QJsonArray rows;
    for (const PauseRow& row : pause.rows)
        rows.append(rowJson(row));
    const bool known = pause.isKnown();
    return { { QStringLiteral("outcome"), pauseOutcomeId(pause.outcome) },
        { QStringLiteral("explanation"), pause.explanation },
        { QStringLiteral("ns"), known ? QJsonValue(pause.pause.valueNs) : QJsonValue() },
        { QStringLiteral("tier"), evidenceTierId(pause.pause.tier) },
        { QStringLiteral("clockErrorNs"), known ? QJsonValue(pause.pause.clockErrorNs) : QJsonValue() },
        { QStringLiteral("clockSampled"), pause.clockSampled }, { QStringLiteral("guarded"), pause.guarded },
        { QStringLiteral("startNs"), timeOrNull(pause.startNs) },
        { QStringLiteral("endNs"), timeOrNull(pause.endNs) },
        { QStringLiteral("unattributedNs"), pause.unattributedNs() }, { QStringLiteral("rows"), rows } };
}

QJsonObject fdJson(const FdEntry& fd)
{
    return { { QStringLiteral("name"), fd.name }, { QStringLiteral("id"), fd.id },
        { QStringLiteral("sourceFd"), orNull(fd.sourceFd) },
        { QStringLiteral("destinationFd"), orNull(fd.destinationFd) }, { QStringLiteral("saved"), fd.saved },
        { QStringLiteral("sent"), fd.sent }, { QStringLiteral("received"), fd.received },
        { QStringLiteral("claim"), fdClaimId(fd.claim) }, { QStringLiteral("kind"), orNull(fd.kind) },
        { QStringLiteral("text"), orNull(fd.text) }, { QStringLiteral("identity"), orNull(fd.identity) },
        { QStringLiteral("method"), orNull(fd.method) }, { QStringLiteral("proof"), orNull(fd.proof) } };
}

} // namespace

QByteArray toJson(std::span<const Event> events)
{
    QByteArray text = "[";
    for (const Event& event : events) {
        QByteArray line = recordingLine(event);
        line.chop(1);
        text += (text.size() == 1 ? "\n" : ",\n") + line;
    }
    return text + "\n]\n";
}

QJsonObject toJson(const Summary& summary)
{
    QJsonArray phases;
    for (const Phase& phase : summary.phases)
        phases.append(phaseJson(phase));
    QJsonArray checkpoints;
    for (const Checkpoint& checkpoint : summary.checkpoints)
        checkpoints.append(checkpointJson(checkpoint));
    QJsonArray fds;
    for (const FdEntry& fd : summary.fds)
        fds.append(fdJson(fd));
    QJsonArray alarms;
    for (const FdAlarm& alarm : summary.alarms) {
        alarms.append(QJsonObject{ { QStringLiteral("name"), alarm.name }, { QStringLiteral("id"), alarm.id },
            { QStringLiteral("timeNs"), timeOrNull(alarm.timeNs) }, { QStringLiteral("text"), alarm.text } });
    }
    return { { QStringLiteral("migration"), static_cast<qint64>(summary.index) },
        { QStringLiteral("migrations"), static_cast<qint64>(summary.migrations) },
        { QStringLiteral("outcome"), orNull(summary.outcome) },
        { QStringLiteral("verdict"), summary.verdict }, { QStringLiteral("phases"), phases },
        { QStringLiteral("checkpoints"), checkpoints }, { QStringLiteral("pause"), pauseJson(summary.pause) },
        { QStringLiteral("fds"), fds }, { QStringLiteral("alarms"), alarms } };
}

} // namespace cutover::timeline
