// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/record.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// All events of a record as a table, the twin of the timeline: row N is event N. Grows with the record.
class EventModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { TimeColumn, SideColumn, KindColumn, NameColumn, DetailsColumn, ColumnCount };
    enum Role : std::uint16_t {
        SortRole = Qt::UserRole, ///< times as numbers; everything else as shown
        TimeRole, ///< qlonglong, CLOCK_REALTIME; 0 = not known
    };

    /// \a record is borrowed.
    explicit EventModel(const timeline::Record& record, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void take(std::size_t first, std::size_t count);
    void extendOrder(std::size_t end);

    const timeline::Record& m_record;
    /// One per row: its time; for an event without one, that of the last timed event before it.
    std::vector<qint64> m_order;
};

/// "QMP event", "trace", ...: what kind of event this is, translated.
QString categoryTitle(timeline::Category category);
/// The attributes in one line, "id=0, fd=13".
QString attributesText(const QJsonObject& attributes);

} // namespace cutover::ui
