// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fixture.h"

#include "operator/sessionreplay.h"
#include "timeline/recording.h"

#include <QJsonArray>

#include <algorithm>

/// The captured migration with all that a session would have recorded of itself.
namespace cutover::ui::test {

inline timeline::Event said(timeline::Category category, const QString& name, qint64 us,
    const QJsonObject& attributes, Side side = Side::Console)
{
    return { .side = side,
        .timeNs = capturedStartNs + (us * 1000),
        .category = category,
        .name = name,
        .attributes = attributes };
}

inline timeline::Event stateAt(const op::SessionState& state, qint64 us)
{
    return said(timeline::Category::State, op::stateId(state), us, op::toRecord(state));
}

/// In the order of time.
inline std::vector<timeline::Event> recordedSession()
{
    using timeline::Category;
    const QString status = QStringLiteral("status");
    ScriptedSession scripted;
    scripted.showMigrated();
    op::EndpointStatus source = scripted.source;
    op::EndpointStatus destination = scripted.destination;
    source.runState = QStringLiteral("running");
    source.migrationStatus.clear();
    destination.connected = false;
    destination.waitingForSource = true;
    destination.runState.clear();
    destination.migrationStatus.clear();
    op::SessionRequest request;
    request.source.qmpPath = source.qmpPath;

    std::vector<timeline::Event> events = capturedMigration();
    events.push_back(said(Category::Action, QStringLiteral("check"), 10, op::toRecord(request)));
    events.push_back(stateAt(op::state::Checking{}, 11));
    events.push_back(said(Category::Endpoint, status, 500, op::toRecord(source), Side::Source));
    for (const op::Check& check : scripted.found)
        events.push_back(said(Category::Check, check.id, 600, op::toRecord(check)));
    events.push_back(stateAt(op::state::Ready{}, 700));
    events.push_back(stateAt(op::state::Moving{}, 60'001));
    events.push_back(said(Category::Endpoint, status, 60'500, op::toRecord(destination), Side::Destination));
    events.push_back(stateAt(op::state::Verifying{}, 450'000));
    events.push_back(said(Category::Endpoint, status, 460'000, op::toRecord(scripted.source), Side::Source));
    events.push_back(
        said(Category::Endpoint, status, 460'001, op::toRecord(scripted.destination), Side::Destination));
    events.push_back(said(Category::Verdict, QStringLiteral("verified"), 500'001,
        { { QStringLiteral("evidence"), QJsonArray{ QStringLiteral("The guest runs.") } } }));
    events.push_back(stateAt(op::state::Migrated{ .verified = true }, 500'002));
    std::ranges::stable_sort(events, {}, &timeline::Event::timeNs);
    return events;
}

/// Tells \a session what \a events say of it, as if it happened now.
inline void tell(ScriptedSession& session, const std::vector<timeline::Event>& events)
{
    const op::ReplayedSession end = op::ReplayIndex(events).at(events, events.size());
    session.asked = end.request;
    session.source = end.source;
    session.destination = end.destination;
    session.found = end.checks;
    session.verified_ = end.verification;
    session.why = end.failure();
    session.go(op::state::Checking{});
    session.events.append(events);
    session.go(end.state);
    Q_EMIT session.verified();
}

inline void writeRecording(const QString& path, const std::vector<timeline::Event>& events)
{
    timeline::RecordingWriter writer;
    const auto opened
        = writer.open(path, QStringLiteral("test"), timeline::RecordingWriter::Existing::Overwrite);
    writer.append(events);
    if (!opened || !writer.close())
        qFatal("cannot write %s", qPrintable(path));
}

} // namespace cutover::ui::test
