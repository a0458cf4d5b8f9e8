// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QObject>
#include <QThread>

namespace cutover::ui {

class SessionModel;

/// Writes a recording of each migration of a session into the folder of the preferences while it runs, so
/// that it is there even if this program is killed, and removes the oldest ones. All files are touched on a
/// thread of its own.
class AutomaticRecording : public QObject
{
    Q_OBJECT
public:
    /// \a session is borrowed, and outlives this.
    explicit AutomaticRecording(SessionModel* session, QObject* parent = nullptr);
    /// What was recorded is in the file by then.
    ~AutomaticRecording() override;

Q_SIGNALS:
    void started(const QString& path);
    /// The file is complete.
    void finished(const QString& path);
    /// The migration goes on without a recording, or with the part of it that could be written.
    void failed(const cutover::Error& error);

private:
    class Writer;

    void followState();
    void start();
    void pass(std::size_t first, std::size_t count);
    void stop();

    SessionModel* m_session;
    QThread m_thread;
    Writer* m_writer; ///< lives on the thread
    bool m_recording = false;
};

} // namespace cutover::ui
