// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/record.h"

#include <QAbstractTableModel>
#include <QHash>
#include <QTimer>

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::ui {

/// Which events of a record are to be seen.
struct EventFilter
{
    std::optional<Side> side;
    std::optional<timeline::Category> category;
    QString text; ///< in the name or the attributes, without regard to case

    bool operator==(const EventFilter&) const = default;
};

/// The events of a record as a table, the twin of the timeline: filtered, sorted, growing with the record.
/// Never works longer than some milliseconds at a time: of a long record, rows appear bit by bit.
class EventModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { TimeColumn, SideColumn, KindColumn, NameColumn, DetailsColumn, ColumnCount };
    enum Role : std::uint16_t {
        EventRole = Qt::UserRole, ///< qulonglong, the number in the record
        TimeRole, ///< qlonglong, CLOCK_REALTIME; 0 = not known
    };
    /// What the times are relative to.
    enum class TimeMode : std::uint8_t { Clock, FromOrigin, FromMarker, FromPrevious };

    /// \a record is borrowed.
    explicit EventModel(const timeline::Record& record, QObject* parent = nullptr);

    const EventFilter& filter() const { return m_filter; }
    void setFilter(const EventFilter& filter);
    TimeMode timeMode() const { return m_timeMode; }
    void setTimeMode(TimeMode mode);
    /// \a originNs: the start of the pause or what stands for it; \a markerNs: marker A. 0 = not known.
    void setOrigins(qint64 originNs, qint64 markerNs);
    /// Rows are still being looked for.
    bool isBusy() const { return m_scanned < m_record.size(); }

    std::size_t eventAt(int row) const { return m_rows[static_cast<std::size_t>(row)]; }
    /// -1 for an event that the filter hides.
    int rowOf(std::size_t event) const;
    const timeline::Record& record() const { return m_record; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// By any column but the details.
    void sort(int column, Qt::SortOrder order) override;

Q_SIGNALS:
    /// There is more, or nothing more, to be looked for.
    void progressed();

private:
    void restart();
    void scan();
    void extendKeys();
    void rankNames();
    void insert(std::vector<quint32> fresh);
    bool accepts(const timeline::Event& event) const;
    bool isLess(quint32 a, quint32 b) const;
    QString timeText(int row) const;

    const timeline::Record& m_record;
    EventFilter m_filter;
    TimeMode m_timeMode = TimeMode::Clock;
    qint64 m_originNs = 0;
    qint64 m_markerNs = 0;
    int m_column = TimeColumn;
    Qt::SortOrder m_direction = Qt::AscendingOrder;
    std::vector<quint32> m_rows; ///< numbers of events, sorted
    std::size_t m_scanned = 0; ///< how many events were looked at
    /// One per event: its time; without one, that of the last timed event before it.
    std::vector<qint64> m_order;
    QHash<QString, quint32> m_nameNumbers;
    std::vector<quint32> m_names; ///< one per event: the number of its name
    std::vector<quint32> m_nameRanks; ///< one per name: its place in the alphabet
    QTimer m_timer{ this };
};

/// "QMP event", "trace", ...: what kind of event this is, translated.
QString categoryTitle(timeline::Category category);
/// The attributes in one line, "id=0, fd=13".
QString attributesText(const QJsonObject& attributes);

} // namespace cutover::ui
