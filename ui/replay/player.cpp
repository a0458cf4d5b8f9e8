// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "player.h"

#include "replaysession.h"

#include <algorithm>
#include <cmath>

namespace cutover::ui {

static constexpr int tickMs = 16;
/// A window that stood still goes on where it was, and does not jump.
static constexpr qint64 longestTickNs = 250'000'000;

Player::Player(ReplaySession* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
{
    m_timer.setInterval(tickMs);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &Player::tick);
    connect(session, &ReplaySession::opened, this, &Player::pause);
    connect(session, &ReplaySession::closed, this, &Player::pause);
}

void Player::play()
{
    const Replay* replay = m_session->replay();
    if (!replay || replay->times.empty() || isPlaying())
        return;
    if (m_session->position() == replay->times.size())
        m_session->seek(0);
    m_restNs = 0;
    m_clock.start();
    m_timer.start();
    Q_EMIT changed();
}

void Player::pause()
{
    if (!isPlaying())
        return;
    m_timer.stop();
    Q_EMIT changed();
}

void Player::toggle()
{
    isPlaying() ? pause() : play();
}

void Player::setSpeed(int number)
{
    const int speed = std::clamp(number, 0, static_cast<int>(speeds.size()) - 1);
    if (speed == m_speed)
        return;
    m_speed = speed;
    Q_EMIT changed();
}

void Player::tick()
{
    const qint64 elapsedNs = std::min(m_clock.nsecsElapsed(), longestTickNs);
    m_clock.start();
    const double passed
        = (static_cast<double>(elapsedNs) * speeds.at(static_cast<std::size_t>(m_speed))) + m_restNs;
    m_restNs = passed - std::floor(passed);
    m_session->seekTime(m_session->nowNs() + static_cast<qint64>(passed));
    if (m_session->position() == m_session->record().whole().size())
        pause();
}

void Player::step(qint64 events)
{
    pause();
    const auto position = static_cast<qint64>(m_session->position());
    m_session->seek(static_cast<std::size_t>(std::max<qint64>(position + events, 0)));
}

void Player::stepState(int direction)
{
    const Replay* replay = m_session->replay();
    if (!replay)
        return;
    const auto next = replay->index.nextState(m_session->position(), direction);
    if (next)
        m_session->seek(*next);
    else
        direction > 0 ? goToEnd() : goToStart();
    pause();
}

void Player::goToStart()
{
    pause();
    m_session->seek(0);
}

void Player::goToEnd()
{
    pause();
    m_session->seek(m_session->record().whole().size());
}

} // namespace cutover::ui
