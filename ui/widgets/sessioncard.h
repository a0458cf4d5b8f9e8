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

    ActionButton* mainButton() { return m_button; }
    /// The choices of this card in \a request.
    void fill(op::SessionRequest& request) const;
    void setRequest(const op::SessionRequest& request);
    /// Greys what the source does not offer.
    void setOffers(const Offers& offers);
    void setState(const op::SessionState& state);

Q_SIGNALS:
    /// The user has chosen otherwise.
    void changed();

private:
    QComboBox* m_mode;
    QCheckBox* m_guarded;
    ActionButton* m_button;
    QLabel* m_sentence;
    Offers m_offers;
};

} // namespace cutover::ui
