// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "timeline/event.h"

#include <QObject>
#include <QThread>

#include <memory>
#include <span>

namespace cutover::ui {

/// Writes events into a file on a thread of its own.
class RecordingSaver : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    /// Waits until the file is written.
    ~RecordingSaver() override;

    /// Takes a copy of \a events. An existing file is replaced once all is written. Busy while it saves
    /// another.
    Result<void> save(std::span<const timeline::Event> events, const QString& path);
    bool isSaving() const { return m_thread != nullptr; }

Q_SIGNALS:
    void saved(const QString& path);
    void failed(const cutover::Error& error);

private:
    void finish(const Result<void>& result, const QString& path);

    std::unique_ptr<QThread> m_thread; ///< while it saves
};

} // namespace cutover::ui
