// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QStringList>

#include <optional>

namespace cutover::ui {

/// The commands that were sent, oldest first, each once. Kept in the user's settings.
class CommandHistory
{
public:
    static constexpr qsizetype mostEntries = 300;

    CommandHistory();

    /// The newest from now on. What is longer than a screen of text is not kept for the next session.
    void add(const QString& text);
    const QStringList& entries() const { return m_entries; }

    /// Older or newer than what step() gave last; \a typed is what stands there before the first step, and
    /// comes back behind the newest. Nothing at the ends.
    std::optional<QString> step(int direction, const QString& typed);
    /// The next step() begins at the newest again.
    void rewind() { m_position = m_entries.size(); }

private:
    QStringList m_entries;
    qsizetype m_position = 0;
    QString m_typed;
};

} // namespace cutover::ui
