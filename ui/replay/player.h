// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <array>

namespace cutover::ui {

class ReplaySession;

/// Moves the position of a recording: as time passes, or step by step.
class Player : public QObject
{
    Q_OBJECT
public:
    /// How much faster than the recorded time; below 1 is slow motion. In order.
    static constexpr std::array speeds{ 0.001, 0.01, 0.1, 1.0, 10.0, 100.0 };
    static constexpr int normalSpeed = 3; ///< number of 1 in speeds

    /// \a session is borrowed.
    explicit Player(ReplaySession* session, QObject* parent = nullptr);

    bool isPlaying() const { return m_timer.isActive(); }
    /// From the beginning where it is at the end.
    void play();
    void pause();
    void toggle();

    int speed() const { return m_speed; } ///< number in speeds
    void setSpeed(int number);

    /// By \a events forward, or back; pauses.
    void step(qint64 events);
    /// To the next, or the previous, change of the session's state; pauses.
    void stepState(int direction);
    void goToStart();
    void goToEnd();

Q_SIGNALS:
    /// Plays or pauses, at another speed.
    void changed();

private:
    void tick();

    ReplaySession* m_session;
    QTimer m_timer;
    QElapsedTimer m_clock; ///< since the last tick
    double m_restNs = 0; ///< recorded time shorter than a nanosecond
    int m_speed = normalSpeed;
};

} // namespace cutover::ui
