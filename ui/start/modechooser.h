// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"
#include "start/offers.h"

#include <QWidget>

class QCheckBox;
class QComboBox;

namespace cutover::ui {

/// How the guest is moved: mode, guard, how the destination listens, what becomes of the source, whether a
/// relay looks into the channels. What the source does not offer is greyed and says why.
class ModeChooser : public QWidget
{
    Q_OBJECT
public:
    explicit ModeChooser(QWidget* parent = nullptr);

    /// The choices of this widget in \a request; the rest of it stays.
    void fill(op::SessionRequest& request) const;
    void setRequest(const op::SessionRequest& request);
    void setOffers(const Offers& offers);
    QString mode() const;
    /// A destination that was started by somebody else listens as it was told then.
    void setAttached(bool attached);

Q_SIGNALS:
    /// The user has chosen otherwise.
    void changed();

private:
    void updateChoices();

    QComboBox* m_mode;
    QCheckBox* m_guarded;
    QComboBox* m_incoming;
    QCheckBox* m_keep;
    QCheckBox* m_relay;
    Offers m_offers;
    bool m_attached = false;
};

/// A combo box with the modes, to be greyed by offerModes().
void addModes(QComboBox* box);
/// The same without explanations, for where there is little room.
void addModeNames(QComboBox* box);
void offerModes(QComboBox* box, const Offers& offers);
/// What the guarded commit is, or why it is not a choice.
QString guardTip(const Offers& offers);

} // namespace cutover::ui
