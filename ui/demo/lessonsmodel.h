// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/lesson.h"

#include <QAbstractListModel>

#include <vector>

namespace cutover::ui {

/// The lessons that come with the program, and what this machine lacks for each.
class LessonsModel : public QAbstractListModel
{
    Q_OBJECT
public:
    explicit LessonsModel(QObject* parent = nullptr);

    /// Looks for what the machine lacks again.
    void refresh();
    const lessons::Lesson& lesson(int row) const { return m_lessons[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    std::vector<lessons::Lesson> m_lessons;
    std::vector<bool> m_playable; ///< live, on the usual VMM
};

} // namespace cutover::ui
