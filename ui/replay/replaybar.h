// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"

#include <QWidget>

class KMessageWidget;
class KSqueezedTextLabel;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QSlider;

namespace cutover::ui {

class Player;
class ReplaySession;
struct Replay;

/// "10×", "1/100": a speed as it stands in the list.
QString speedText(double speed);
/// Where the replay is: the event before the position, of how many, its time, and the time since the start.
QString positionText(const Replay& replay, std::size_t position, qint64 timeNs);

/// Below the timeline while a recording is shown: what it is, where it stands, and the controls of its
/// replay.
class ReplayBar : public QWidget
{
    Q_OBJECT
public:
    /// \a session and \a player are borrowed. Without a session nothing can be replayed.
    ReplayBar(ReplaySession* session, Player* player, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    QAction* playAction() { return m_play; }
    void updateActions();

Q_SIGNALS:
    /// To go to the event that is selected in the window.
    void selectionWanted();

private:
    void makeControls();
    void showRecording();
    void showPosition();
    void showPlaying();

    ReplaySession* m_session;
    Player* m_player;
    KMessageWidget* m_damage;
    QLabel* m_heading;
    KSqueezedTextLabel* m_name;
    QHBoxLayout* m_buttons;
    QSlider* m_slider;
    QLabel* m_position;
    QComboBox* m_speed;
    QAction* m_play = nullptr;
    QList<QAction*> m_actions;
};

} // namespace cutover::ui
