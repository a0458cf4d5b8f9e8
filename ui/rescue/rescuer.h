// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "rescue/rescueview.h"

#include "operator/session.h"
#include "timeline/record.h"

#include <QObject>

#include <memory>

namespace cutover::ui {

/// Looks at one unfinished migration and does what the operator chooses; what it sees and does goes into the
/// record. Asynchronous.
class Rescuer : public QObject
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    Rescuer(const op::PairJournal& journal, timeline::Record& record, QObject* parent = nullptr);

    const RescueView& view() const { return m_view; }
    /// One side as a card shows it.
    op::EndpointStatus endpoint(Side side) const;
    /// Leads to changed().
    void look();
    /// Leads to changed(), and to done() if it went well.
    Result<void> perform(op::RescueKind kind);

Q_SIGNALS:
    void changed();
    void done(cutover::op::GuestLocation location);

private:
    void assessed();
    void note(const QString& name, const QJsonObject& attributes);

    op::RescueOperation m_operation;
    timeline::Record& m_record;
    RescueView m_view;
};

} // namespace cutover::ui
