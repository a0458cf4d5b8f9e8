// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/record.h"

#include <QHash>
#include <QObject>
#include <QStringList>

namespace cutover::ui {

/// Picks the answers to a few commands out of a record, live or replayed.
class ReplyWatch : public QObject
{
    Q_OBJECT
public:
    /// Waits for the answers to \a commands. \a record is borrowed; what is in it already is told from the
    /// event loop.
    ReplyWatch(const timeline::Record& record, const QStringList& commands, QObject* parent = nullptr);

Q_SIGNALS:
    /// \a command and \a reply are the raw messages.
    void answered(cutover::Side side, const QString& name, const QString& command, const QString& reply);
    /// Another VMM speaks on this side from now on, or the same one anew. \a greeting is its raw message.
    void greeted(cutover::Side side, const QString& greeting);
    void cleared();

private:
    void take(std::size_t first, std::size_t count);

    struct Asked
    {
        QString name;
        QString raw;
    };

    const timeline::Record& m_record;
    QStringList m_commands;
    QHash<QString, Asked> m_pending; ///< by side and id
};

} // namespace cutover::ui
