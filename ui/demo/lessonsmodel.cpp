// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/lessonsmodel.h"

#include <KLocalizedString>

#include <QIcon>

namespace cutover::ui {

LessonsModel::LessonsModel(QObject* parent)
    : QAbstractListModel(parent)
{
    for (const QString& name : lessons::lessonNames()) {
        if (auto lesson = lessons::lesson(name))
            m_lessons.push_back(std::move(*lesson));
    }
    m_playable.resize(m_lessons.size());
    refresh();
}

void LessonsModel::refresh()
{
    for (std::size_t i = 0; i < m_lessons.size(); ++i)
        m_playable[i] = lessons::missingFor(m_lessons[i].vmms.front()).isEmpty();
    if (!m_lessons.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

int LessonsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lessons.size());
}

QVariant LessonsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const lessons::Lesson& shown = lesson(index.row());
    const bool playable = m_playable[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return i18nc("number, title", "%1. %2", index.row() + 1, shown.title);
    case Qt::ToolTipRole:
        return shown.text;
    case Qt::DecorationRole:
        return QIcon::fromTheme(
            playable ? QStringLiteral("media-playback-start") : QStringLiteral("media-record"));
    case Qt::AccessibleTextRole:
        return playable ? shown.title : i18nc("title", "%1, as a recording", shown.title);
    default:
        return {};
    }
}

} // namespace cutover::ui
