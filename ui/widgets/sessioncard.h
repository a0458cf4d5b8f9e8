// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"
#include "start/offers.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;

namespace cutover::ui {

class ActionButton;

/// Between the two VMMs: how the guest is moved, and the one thing to do next.
class SessionCard : public QWidget
{
    Q_OBJECT
public:
    explicit SessionCard(QWidget* parent = nullptr);

    /// The operator's switch for passing fds; the devices' panel works it.
    QCheckBox* fdSwitch() { return m_fdSwitch; }
    ActionButton* mainButton() { return m_button; }
    /// The choices of this card in \a request.
    void fill(op::SessionRequest& request) const;
    /// What \a request says, where it was changed elsewhere; without changed().
    void showRequest(const op::SessionRequest& request);
    /// Takes over the choices of \a request where they can still be made; false when nothing changes.
    bool choose(const op::SessionRequest& request);
    /// Greys what the source does not offer.
    void setOffers(const Offers& offers);
    void setState(const op::SessionState& state);
    /// Of a recording: nothing can be chosen.
    void setReplayed(bool replayed) { m_replayed = replayed; }

Q_SIGNALS:
    /// The user has chosen otherwise.
    void changed();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    /// The sentence is never cut off, however short of room the window is.
    void makeRoom();

    QComboBox* m_mode;
    bool m_replayed = false;
    QCheckBox* m_guarded;
    QCheckBox* m_fdSwitch;
    ActionButton* m_button;
    QLabel* m_sentence;
    Offers m_offers;
};

} // namespace cutover::ui
