// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "timeline/record.h"

#include <QAbstractListModel>
#include <QHash>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// The QMP messages of a record, both sides, in the order of their arrival. Grows with the record.
class QmpLogModel : public QAbstractListModel
{
    Q_OBJECT
public:
    enum class Kind : std::uint8_t { Greeting, Command, Return, Error, Event, Other };

    enum Role : std::uint16_t {
        RawRole = Qt::UserRole, ///< QString: as it was on the wire
        SideRole, ///< int of Side
        SentRole, ///< bool
        KindRole, ///< int of Kind
        TimeRole, ///< qlonglong, CLOCK_REALTIME
        LatencyRole, ///< qlonglong, ns from the command to this answer; -1 where there is none
        PartnerRole, ///< int: the row of the command or of the answer; -1
        NameRole, ///< QString: of the command, also for its answer, or of the event
        EventRole, ///< qulonglong: number of the event in the record
    };

    /// \a record is borrowed.
    explicit QmpLogModel(const timeline::Record& record, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Row
    {
        std::size_t event = 0;
        Kind kind = Kind::Other;
        int partner = -1;
        qint64 latencyNs = -1;
    };

    void take(std::size_t first, std::size_t count);
    Row classify(std::size_t number);
    QString nameOf(const Row& row) const;
    QString spoken(const Row& row) const;

    const timeline::Record& m_record;
    std::vector<Row> m_rows;
    QHash<QString, int> m_pending; ///< side and id of a command without its answer, to its row
};

} // namespace cutover::ui
