// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "widgets/card.h"

#include "operator/session.h"

#include <QTimer>

#include <cstdint>

class KSqueezedTextLabel;
class QAction;
class QLabel;
class QToolButton;

namespace cutover::ui {

class Actions;

/// How good the state of a VMM is, for its colour; the words say the same.
enum class StateRank : std::uint8_t { None, Runs, Stands, Waits, Bad };

/// The texts of a card.
struct EndpointText
{
    QString title; ///< the guest; empty where it is not known
    QString state; ///< run state and migration state, in words
    QString details; ///< process, version, memory, uptime
    QString connection; ///< the monitor and whether it is connected
    StateRank rank = StateRank::None;
};

/// \a nowNs: CLOCK_REALTIME, for the uptime. \a begun: a session was begun, so that something can be
/// expected.
EndpointText endpointText(Side side, const op::EndpointStatus& status, bool begun, qint64 nowNs);
/// Before a word of that rank.
QString stateSign(StateRank rank);

/// One VMM: who it is, what it does, how we are connected to it.
class EndpointCard : public Card
{
    Q_OBJECT
public:
    explicit EndpointCard(Side side, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    /// As endpointText() takes them; the uptime runs on where \a nowNs is the present.
    void setStatus(const op::EndpointStatus& status, bool begun, qint64 nowNs);

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void updateActions();
    void recolour();

    Side m_side;
    op::EndpointStatus m_status;
    bool m_begun = false;
    bool m_isPresent = true;
    qint64 m_nowNs = 0; ///< CLOCK_REALTIME of what is shown, where that is not the present
    StateRank m_rank = StateRank::None;
    QLabel* m_heading; ///< the side, which is never elided
    KSqueezedTextLabel* m_title;
    QToolButton* m_copy;
    QLabel* m_state;
    KSqueezedTextLabel* m_details;
    KSqueezedTextLabel* m_connection;
    QAction* m_copyPid = nullptr;
    QAction* m_copySocket = nullptr;
    QTimer m_uptimeTimer;
};

} // namespace cutover::ui
