// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "timeline/record.h"

#include <QAbstractListModel>
#include <QStringList>
#include <QTimer>

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::ui {

/// A row of a log in full, for the pane beside it.
struct LogDetails
{
    QString title;
    QString text;
    bool isJson = false;
};

/// The events of a record that belong into one log, in the order of their arrival. Grows with the record, in
/// batches and in slices, so that a million events at once do not hold up the event loop.
class LogModel : public QAbstractListModel
{
    Q_OBJECT
public:
    enum Role : std::uint16_t {
        TextRole = Qt::UserRole, ///< QString: what the line says, as it was
        SideRole, ///< int of Side
        DirectionRole, ///< int of Direction
        KindRole, ///< int; what it means is the derived model's
        TimeRole, ///< qlonglong, CLOCK_REALTIME; 0 = not known
        NameRole, ///< QString: the command, the event
        LatencyRole, ///< qlonglong, ns from the command to its answer, on both; -1 where there is none
        PartnerRole, ///< int: the row of the command or of the answer; -1
        RemarkRole, ///< QString: a word for the end of the line; may be empty
        AlarmRole, ///< bool: the line tells of an error, or lacks what it should have
        EventRole, ///< qulonglong: number of the event in the record
    };
    enum class Direction : std::uint8_t { None, ToVmm, FromVmm };

    /// \a record is borrowed.
    explicit LogModel(const timeline::Record& record, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

    /// What KindRole can be, translated, by its number.
    virtual QStringList kinds() const = 0;
    /// The names that NameRole has had so far, sorted, to choose from; empty where that makes no sense.
    virtual QStringList names() const { return {}; }
    /// \a pretty: with line breaks and indentation; else as it was.
    virtual LogDetails details(int row, bool pretty) const = 0;
    /// What a search for text looks at.
    virtual QString searchText(int row) const { return text(row); }

    // The same as the roles, without the way through QVariant.
    const timeline::Event& event(int row) const { return m_record.events()[eventNumber(row)]; }
    std::size_t eventNumber(int row) const { return m_rows[static_cast<std::size_t>(row)].event; }
    Side side(int row) const { return event(row).side; }
    int kind(int row) const { return m_rows[static_cast<std::size_t>(row)].kind; }
    int partner(int row) const { return m_rows[static_cast<std::size_t>(row)].partner; }
    qint64 latencyNs(int row) const;
    virtual QString text(int row) const = 0;
    /// The text with line breaks and indentation, where there is such a thing.
    virtual QString readable(int row) const { return text(row); }
    virtual QString name(int row) const { return event(row).name; }
    /// The row of event number \a event; -1 if it is not in this log, or not yet.
    int rowOf(std::size_t event) const;

    const timeline::Record& record() const { return m_record; }
    /// Everything in the record has been taken in.
    bool isComplete() const { return m_seen == m_record.size(); }
    /// Takes in the rest at once, however long that lasts.
    void takeAll();

Q_SIGNALS:
    void completed();

protected:
    struct Row
    {
        std::uint32_t event = 0;
        std::int32_t partner = -1;
        std::uint8_t kind = 0;
    };

    /// The row for \a event, or nothing if it does not belong here. Rows are taken in the record's order;
    /// \a number is the one this would get.
    virtual std::optional<Row> classify(const timeline::Event& event, int number) = 0;
    virtual void forget() = 0;
    virtual Direction direction(int row) const;
    virtual QString remark(int row) const = 0;
    virtual bool alarm(int row) const = 0;
    virtual QString spoken(int row) const = 0;

    /// Makes two rows each other's partners.
    void join(int row, Row& later, int number);

private:
    void schedule();
    void takeSlice(int budgetMs);

    const timeline::Record& m_record;
    std::vector<Row> m_rows;
    int m_shown = 0; ///< rows that are announced
    std::size_t m_seen = 0; ///< events of the record that were looked at
    int m_firstChanged = -1; ///< of the announced rows that have got a partner
    int m_lastChanged = -1;
    QTimer m_timer;
};

} // namespace cutover::ui
