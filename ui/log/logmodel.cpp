// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logmodel.h"

#include <QElapsedTimer>

#include <algorithm>
#include <limits>

namespace cutover::ui {

/// New events are shown this often, which is the rate of a screen.
static constexpr int batchMs = 15;
/// How long the event loop waits for one slice.
static constexpr int sliceMs = 6;
/// Events between two looks at the clock.
static constexpr std::size_t stride = 128;

LogModel::LogModel(const timeline::Record& record, QObject* parent)
    : QAbstractListModel(parent)
    , m_record(record)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] { takeSlice(sliceMs); });
    connect(&record, &timeline::Record::appended, this, &LogModel::schedule);
    connect(&record, &timeline::Record::cleared, this, [this] {
        m_timer.stop();
        beginResetModel();
        m_rows.clear();
        m_shown = 0;
        m_seen = 0;
        m_firstChanged = m_lastChanged = -1;
        forget();
        endResetModel();
    });
    // Not from here: the derived part does not exist yet.
    schedule();
}

int LogModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_shown;
}

QVariant LogModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const int row = index.row();
    switch (role) {
    case Qt::DisplayRole:
    case TextRole:
        return text(row);
    case Qt::AccessibleTextRole:
        return spoken(row);
    case SideRole:
        return static_cast<int>(side(row));
    case DirectionRole:
        return static_cast<int>(direction(row));
    case KindRole:
        return kind(row);
    case TimeRole:
        return event(row).timeNs;
    case NameRole:
        return name(row);
    case LatencyRole:
        return latencyNs(row);
    case PartnerRole:
        return partner(row);
    case RemarkRole:
        return remark(row);
    case AlarmRole:
        return alarm(row);
    case EventRole:
        return static_cast<qulonglong>(eventNumber(row));
    default:
        return {};
    }
}

LogModel::Direction LogModel::direction(int /*row*/) const
{
    return Direction::None;
}

qint64 LogModel::latencyNs(int row) const
{
    const int other = partner(row);
    return other < 0 ? -1 : event(std::max(row, other)).timeNs - event(std::min(row, other)).timeNs;
}

int LogModel::rowOf(std::size_t event) const
{
    const auto end = m_rows.begin() + m_shown;
    const auto found = std::ranges::lower_bound(m_rows.begin(), end, event, {}, &Row::event);
    return found != end && found->event == event ? static_cast<int>(found - m_rows.begin()) : -1;
}

void LogModel::join(int row, Row& later, int number)
{
    later.partner = row;
    m_rows[static_cast<std::size_t>(row)].partner = number;
    if (row >= m_shown)
        return;
    m_firstChanged = m_firstChanged < 0 ? row : std::min(m_firstChanged, row);
    m_lastChanged = std::max(m_lastChanged, row);
}

void LogModel::schedule()
{
    if (!m_timer.isActive())
        m_timer.start(batchMs);
}

void LogModel::takeAll()
{
    m_timer.stop();
    takeSlice(std::numeric_limits<int>::max());
}

void LogModel::takeSlice(int budgetMs)
{
    QElapsedTimer clock;
    clock.start();
    const std::size_t size = m_record.size();
    // Rows count in 32 bits.
    const std::size_t end = std::min<std::size_t>(size, std::numeric_limits<std::int32_t>::max());
    while (m_seen < end) {
        const auto number = static_cast<int>(m_rows.size());
        if (auto row = classify(m_record.events()[m_seen], number)) {
            row->event = static_cast<std::uint32_t>(m_seen);
            m_rows.push_back(*row);
        }
        ++m_seen;
        if (m_seen % stride == 0 && clock.elapsed() >= budgetMs)
            break;
    }
    const auto count = static_cast<int>(m_rows.size());
    if (count > m_shown) {
        beginInsertRows({}, m_shown, count - 1);
        m_shown = count;
        endInsertRows();
    }
    if (m_firstChanged >= 0) {
        const QModelIndex first = index(m_firstChanged);
        const QModelIndex last = index(m_lastChanged);
        m_firstChanged = m_lastChanged = -1;
        Q_EMIT dataChanged(first, last);
    }
    if (m_seen < end)
        m_timer.start(0);
    else
        Q_EMIT completed();
}

} // namespace cutover::ui
