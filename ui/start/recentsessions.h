// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"

#include <QAbstractTableModel>
#include <QDateTime>
#include <QList>

#include <cstdint>

namespace cutover::ui {

struct RecentSession
{
    op::SessionRequest request;
    QString guest; ///< its name; empty while no VMM has told it
    QDateTime when;
    QString ended; ///< op::stateId() of the last state that stays; empty: not known
};

/// The last sessions that were begun, newest first, kept in the settings. A session of the same source and
/// destination takes the place of the older one.
class RecentSessions : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { WhatColumn, HowColumn, WhenColumn, EndColumn, ColumnCount };
    static constexpr int limit = 12;

    /// Reads the settings; what is malformed in them is left out.
    explicit RecentSessions(QObject* parent = nullptr);

    const RecentSession& session(int row) const { return m_sessions[row]; }
    void begin(const op::SessionRequest& request, const QDateTime& now = QDateTime::currentDateTime());
    /// What has become of the one that was begun last; nothing is written if that is no news.
    void update(const op::EndpointStatus& source, const op::SessionState& state);
    /// What is told from now on is of another session, such as a lab's, that is not kept.
    void leave() { m_isCurrent = false; }
    void clear();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void load();
    void save() const;

    QList<RecentSession> m_sessions;
    bool m_isCurrent = false;
};

/// "derived, QEMU 11.1", "started by you": where the guest is to go, in a few words; translated.
QString destinationText(const op::DestinationSpec& destination);

} // namespace cutover::ui
