// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/sessionrun.h"

#include "base/clock.h"

#include <QTimer>

#include <KLocalizedString>

namespace cutover::cli {

static constexpr int patienceMs = 2000;
static constexpr int gapPollMs = 20;
static constexpr qint64 gapPatienceNs = 2'500'000'000;

SessionRun::SessionRun(op::SessionRequest request, QObject* parent)
    : QObject(parent)
    , m_request(std::move(request))
    , m_session(m_record)
{
    connect(&m_session, &op::Session::stateChanged, this, &SessionRun::advance);
}

void SessionRun::check()
{
    QTimer::singleShot(patienceMs, this, [this] {
        if (std::holds_alternative<op::state::Checking>(m_session.state())
            && !m_session.endpoint(Side::Source).connected)
            Q_EMIT waiting();
    });
    if (!m_session.check(m_request))
        QMetaObject::invokeMethod(this, &SessionRun::end, Qt::QueuedConnection);
}

void SessionRun::migrate()
{
    m_migrating = true;
    if (!m_session.migrate())
        QMetaObject::invokeMethod(this, &SessionRun::end, Qt::QueuedConnection);
}

bool SessionRun::cancel()
{
    return isUnderWay() && m_session.cancel().has_value();
}

void SessionRun::advance()
{
    const op::SessionState& state = m_session.state();
    if (std::holds_alternative<op::state::Ready>(state)) {
        if (!std::exchange(m_checked, true))
            Q_EMIT checked();
        return;
    }
    if (const auto* migrated = std::get_if<op::state::Migrated>(&state)) {
        // A migration that could not be verified keeps both sides, for the operator to look at.
        if (!migrated->verified || !m_session.finish())
            end();
        return;
    }
    if (std::holds_alternative<op::state::Finished>(state)) {
        m_gapUntilNs = monotonicNs() + gapPatienceNs;
        endWithGap();
    } else if (op::isFinal(state)) {
        end();
    }
}

void SessionRun::endWithGap()
{
    if (m_session.isWatchingGuest() && monotonicNs() < m_gapUntilNs)
        QTimer::singleShot(gapPollMs, this, &SessionRun::endWithGap);
    else
        end();
}

void SessionRun::end()
{
    if (!std::exchange(m_ended, true))
        Q_EMIT ended();
}

ExitCode SessionRun::exitCode() const
{
    switch (m_session.outcome()) {
    case op::Outcome::Migrated:
        return ExitDone;
    case op::Outcome::Failed:
        return ExitFailed;
    case op::Outcome::Refused:
        return ExitRefused;
    case op::Outcome::NeedsOperator:
        return ExitNeedsOperator;
    case op::Outcome::Running:
        break;
    }
    return m_migrating ? ExitNeedsOperator : ExitFailed;
}

QString SessionRun::waitingText() const
{
    return i18np(
        "The source's monitor does not answer yet. It serves one client at a time; waiting for %1 second.",
        "The source's monitor does not answer yet. It serves one client at a time; waiting for up to %1 "
        "seconds.",
        m_request.limits.connectMs / 1000);
}

op::GuestLocation SessionRun::location() const
{
    const op::SessionState& state = m_session.state();
    if (const auto* stranded = std::get_if<op::state::Stranded>(&state))
        return stranded->location;
    if (std::holds_alternative<op::state::Finished>(state)
        || std::holds_alternative<op::state::Migrated>(state))
        return op::GuestLocation::Destination;
    const auto failure = m_session.failure();
    if (failure && failure->phase == op::SessionPhase::Connect)
        return op::GuestLocation::Unknown;
    return m_migrating && !std::holds_alternative<op::state::Failed>(state) ? op::GuestLocation::Unknown
                                                                            : op::GuestLocation::Source;
}

} // namespace cutover::cli
