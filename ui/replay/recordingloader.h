// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "replay/replay.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <thread>

namespace cutover::ui {

/// Reads a recording on a thread of its own.
class RecordingLoader : public QObject
{
    Q_OBJECT
public:
    explicit RecordingLoader(QObject* parent = nullptr);
    /// Cancels, and waits for the thread's end.
    ~RecordingLoader() override;

    /// Begins; what was being loaded is given up.
    void load(const QString& path);
    /// Ends without a signal but changed().
    void cancel();

    bool isLoading() const { return m_progress != nullptr; }
    const QString& path() const { return m_path; }
    /// 0 to 1000; -1 = not known.
    int permille() const;

Q_SIGNALS:
    /// Came further, or ended. What is read at once never tells that it came further.
    void changed();
    /// To be moved out.
    void loaded(const std::shared_ptr<cutover::ui::Replay>& replay);
    void failed(const cutover::Error& error);

private:
    void finish(const Result<std::shared_ptr<Replay>>& result);

    QString m_path;
    std::shared_ptr<timeline::ReadProgress> m_progress;
    std::jthread m_thread;
    std::vector<std::jthread> m_cancelled;
    QTimer m_timer;
};

} // namespace cutover::ui
