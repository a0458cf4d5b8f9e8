// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/sessionrun.h"

#include <QTimer>

namespace cutover::cli {

enum class ProgressStyle : std::uint8_t {
    Lines, ///< a line for each event worth one
    Live, ///< a few lines that are drawn anew
    Json, ///< a JSON line for every event
};

/// What is seen of a migration while it runs. While the guest stands still it is not looked at: what that
/// takes would be part of the pause.
class Progress : public QObject
{
    Q_OBJECT
public:
    Progress(Console& console, SessionRun& run, ProgressStyle style);
    ~Progress() override;

    /// Removes what the live view has drawn and shows nothing until resume().
    void pause();
    void resume();
    /// For good.
    void stop() { pause(); }

private:
    void advance();
    void show();
    void redraw();
    void erase();
    QStringList liveLines() const;

    Console& m_console;
    SessionRun& m_run;
    ProgressStyle m_style;
    QTimer m_timer;
    std::size_t m_shown = 0; ///< events that were shown
    qint64 m_firstNs = 0;
    int m_drawn = 0; ///< lines on the terminal
    bool m_paused = false;
};

/// {"type": "event", timeNs, side, category, name, attributes}
QJsonObject eventJson(const timeline::Event& event);

} // namespace cutover::cli
