// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logcriteria.h"

#include <QAbstractListModel>
#include <QTimer>

#include <cstdint>
#include <vector>

namespace cutover::ui {

class LogModel;

/// The lines of a LogModel that fit the criteria. A million lines are looked at in slices: what was found so
/// far is there at once, and the event loop goes on.
class LogFilter : public QAbstractListModel
{
    Q_OBJECT
public:
    /// \a source is borrowed.
    explicit LogFilter(const LogModel& source, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

    const LogModel& source() const { return m_source; }
    const LogCriteria& criteria() const { return m_criteria; }
    void setCriteria(const LogCriteria& criteria);

    int sourceRow(int row) const { return static_cast<int>(m_rows[static_cast<std::size_t>(row)]); }
    /// -1 if the source's row is not shown.
    int rowOf(int sourceRow) const;

    /// Every line that the source has was looked at.
    bool isComplete() const;
    /// 0 to 100.
    int percentDone() const;
    /// Looks at the rest at once, however long that lasts.
    void completeNow();

Q_SIGNALS:
    /// More lines were looked at; isComplete() may have become true.
    void progressed();

private:
    void takeSlice(int budgetMs);

    const LogModel& m_source;
    LogCriteria m_criteria;
    std::vector<std::uint32_t> m_rows; ///< rows of the source, ascending
    std::vector<std::uint32_t>
        m_candidates; ///< where narrowed: the only ones below m_candidateEnd to look at
    std::size_t m_nextCandidate = 0;
    int m_candidateEnd = 0;
    int m_seen = 0; ///< rows of the source that were looked at
    QTimer m_timer;
};

} // namespace cutover::ui
