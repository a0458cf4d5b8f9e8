// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logfilter.h"

#include "log/logmodel.h"

#include <QElapsedTimer>

#include <algorithm>
#include <limits>

namespace cutover::ui {

/// How long the event loop waits for one slice.
static constexpr int sliceMs = 8;
/// Lines between two looks at the clock.
static constexpr int stride = 64;

LogFilter::LogFilter(const LogModel& source, QObject* parent)
    : QAbstractListModel(parent)
    , m_source(source)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] { takeSlice(sliceMs); });
    connect(&source, &QAbstractItemModel::rowsInserted, this, [this] {
        if (!m_timer.isActive())
            takeSlice(sliceMs);
    });
    connect(&source, &QAbstractItemModel::dataChanged, this,
        [this](const QModelIndex& first, const QModelIndex& last) {
            const auto from = std::ranges::lower_bound(m_rows, static_cast<std::uint32_t>(first.row()));
            const auto to = std::ranges::upper_bound(m_rows, static_cast<std::uint32_t>(last.row()));
            if (from < to)
                Q_EMIT dataChanged(index(static_cast<int>(from - m_rows.begin())),
                    index(static_cast<int>(to - m_rows.begin()) - 1));
        });
    connect(&source, &QAbstractItemModel::modelReset, this, [this] {
        beginResetModel();
        m_timer.stop();
        m_rows.clear();
        m_candidates.clear();
        m_nextCandidate = 0;
        m_candidateEnd = m_seen = 0;
        endResetModel();
        takeSlice(sliceMs);
    });
    m_timer.start(0);
}

int LogFilter::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant LogFilter::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    return m_source.data(m_source.index(sourceRow(index.row())), role);
}

int LogFilter::rowOf(int sourceRow) const
{
    if (sourceRow < 0)
        return -1;
    const auto wanted = static_cast<std::uint32_t>(sourceRow);
    const auto found = std::ranges::lower_bound(m_rows, wanted);
    return found != m_rows.end() && *found == wanted ? static_cast<int>(found - m_rows.begin()) : -1;
}

bool LogFilter::isComplete() const
{
    return m_seen == m_source.rowCount();
}

int LogFilter::percentDone() const
{
    const int all = m_source.rowCount();
    return all == 0 ? 100 : static_cast<int>(qint64{ m_seen } * 100 / all);
}

void LogFilter::setCriteria(const LogCriteria& criteria)
{
    if (criteria == m_criteria)
        return;
    const bool narrower = criteria.isNarrowerThan(m_criteria) && m_candidates.empty();
    beginResetModel();
    m_criteria = criteria;
    m_candidates = narrower ? std::move(m_rows) : std::vector<std::uint32_t>();
    m_candidateEnd = narrower ? m_seen : 0;
    m_nextCandidate = 0;
    m_rows.clear();
    m_seen = 0;
    endResetModel();
    takeSlice(sliceMs);
}

void LogFilter::completeNow()
{
    m_timer.stop();
    takeSlice(std::numeric_limits<int>::max());
}

void LogFilter::takeSlice(int budgetMs)
{
    QElapsedTimer clock;
    clock.start();
    const int end = m_source.rowCount();
    const bool all = m_criteria.acceptsAll();
    std::vector<std::uint32_t> found;
    for (int looked = 1; m_seen < end; ++looked) {
        if (m_seen < m_candidateEnd) {
            m_seen = m_nextCandidate < m_candidates.size() ? static_cast<int>(m_candidates[m_nextCandidate++])
                                                           : m_candidateEnd;
            if (m_seen == m_candidateEnd)
                continue;
        }
        if (all || m_criteria.accepts(m_source, m_seen))
            found.push_back(static_cast<std::uint32_t>(m_seen));
        ++m_seen;
        if (looked % stride == 0 && clock.elapsed() >= budgetMs)
            break;
    }
    if (m_seen >= m_candidateEnd && m_candidateEnd > 0) {
        m_candidates = {};
        m_candidateEnd = 0;
    }
    if (!found.empty()) {
        const auto first = static_cast<int>(m_rows.size());
        beginInsertRows({}, first, first + static_cast<int>(found.size()) - 1);
        m_rows.insert(m_rows.end(), found.begin(), found.end());
        endInsertRows();
    }
    if (m_seen < end)
        m_timer.start(0);
    Q_EMIT progressed();
}

} // namespace cutover::ui
