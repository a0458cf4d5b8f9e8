// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lab/qemulab.h"
#include "operator/session.h"
#include "qemus.h"
#include "timeline/record.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

#include <memory>

/// A session with a real QEMU, for tests that read as what they test. Deadlines are generous: they only
/// end a test that hangs.
namespace cutover::test {

inline constexpr int deadlineMs = 120'000;

inline bool isSettled(const op::Session& session)
{
    return std::holds_alternative<op::state::Ready>(session.state())
        || std::holds_alternative<op::state::Migrated>(session.state()) || op::isFinal(session.state());
}

/// What to say when a session ended elsewhere than expected.
inline QByteArray story(const op::Session& session)
{
    QString text = op::stateId(session.state());
    for (const op::Check& check : session.checks()) {
        if (check.verdict == op::Verdict::Refuse)
            text += QStringLiteral("\n%1: %2").arg(check.id, check.evidence);
    }
    if (const auto why = session.failure())
        text += u'\n' + why->sentence() + u'\n' + why->destinationOutput;
    text += u'\n' + session.verification().findings.join(u'\n');
    return text.toUtf8();
}

inline bool waitSettled(op::Session& session)
{
    return QTest::qWaitFor([&] { return isSettled(session); }, deadlineMs);
}

template <typename State>
bool reaches(op::Session& session)
{
    return QTest::qWaitFor([&] { return std::holds_alternative<State>(session.state()); }, deadlineMs);
}

inline std::unique_ptr<lab::QemuLab> startedLab(const lab::QemuLabOptions& options)
{
    auto lab = std::make_unique<lab::QemuLab>(options);
    QSignalSpy started(lab.get(), &lab::QemuLab::started);
    lab->start();
    if (!started.wait(deadlineMs))
        return nullptr;
    return lab;
}

/// Hands the destination to the lab, so that it ends with it.
inline void keepInLab(lab::QemuLab& lab, const op::Session& session)
{
    const op::EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid > 0 && !moved.gone)
        std::ignore = lab.takeOver(moved.pid, moved.startTicks);
}

/// One question to a VMM over a connection of its own; Undefined when there is no answer.
inline QJsonValue ask(const QString& qmpPath, const QString& command, const QJsonObject& arguments = {})
{
    // A monitor that somebody else holds never greets.
    qmp::Client client({ .greetingMs = 10'000 });
    QJsonValue answer(QJsonValue::Undefined);
    bool done = false;
    QObject::connect(&client, &qmp::Client::closed, &client, [&] { done = true; });
    QObject::connect(&client, &qmp::Client::ready, &client, [&] {
        client.call(command, arguments, [&](const Result<QJsonValue>& result) {
            if (result)
                answer = *result;
            done = true;
        });
    });
    client.connectTo(qmpPath);
    std::ignore = QTest::qWaitFor([&] { return done; }, deadlineMs);
    return answer;
}

} // namespace cutover::test
