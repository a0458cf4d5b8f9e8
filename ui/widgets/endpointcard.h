// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "widgets/card.h"

#include "operator/session.h"

class KSqueezedTextLabel;
class QLabel;

namespace cutover::ui {

/// The three lines of text of a card.
struct EndpointText
{
    QString title; ///< side, guest, version, pid
    QString state; ///< run state and migration state, in words
    QString details; ///< memory, uptime, monitor
};

/// \a nowNs: CLOCK_REALTIME, for the uptime. \a begun: a session was begun, so that something can be
/// expected.
EndpointText endpointText(Side side, const op::EndpointStatus& status, bool begun, qint64 nowNs);

/// One VMM: who it is, what it does, how we are connected to it.
class EndpointCard : public Card
{
    Q_OBJECT
public:
    explicit EndpointCard(Side side, QWidget* parent = nullptr);

    /// As endpointText() takes them.
    void setStatus(const op::EndpointStatus& status, bool begun, qint64 nowNs);

protected:
    void changeEvent(QEvent* event) override;

private:
    void recolour();

    Side m_side;
    bool m_known = false;
    KSqueezedTextLabel* m_title;
    QLabel* m_state;
    QLabel* m_details;
};

} // namespace cutover::ui
