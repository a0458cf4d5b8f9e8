// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/commandhistory.h"

#include <KConfigGroup>
#include <KSharedConfig>

namespace cutover::ui {

static constexpr qsizetype longestKept = 4000;

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(QStringLiteral("QmpCommandLine"));
}

CommandHistory::CommandHistory()
    : m_entries(settings().readEntry("History", QStringList()))
{
    rewind();
}

void CommandHistory::add(const QString& text)
{
    m_entries.removeAll(text);
    m_entries.append(text);
    if (m_entries.size() > mostEntries)
        m_entries.removeFirst();
    rewind();
    QStringList kept = m_entries;
    kept.removeIf([](const QString& entry) { return entry.size() > longestKept; });
    KConfigGroup group = settings();
    group.writeEntry("History", kept);
    group.sync();
}

std::optional<QString> CommandHistory::step(int direction, const QString& typed)
{
    const qsizetype wanted = m_position + direction;
    if (wanted < 0 || wanted > m_entries.size())
        return std::nullopt;
    if (m_position == m_entries.size())
        m_typed = typed;
    m_position = wanted;
    return wanted == m_entries.size() ? m_typed : m_entries[wanted];
}

} // namespace cutover::ui
