// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "timeline/recording.h"

#include <optional>

namespace cutover::cli {

/// The recording of one migration. Room for it is reserved before the migration begins, so that a full disk
/// is noticed while nothing has been changed.
class RecordingFile
{
public:
    ~RecordingFile();

    /// Creates \a path and reserves its room.
    Result<void> open(const QString& path);
    bool isOpen() const { return m_writer.isOpen(); }
    void follow(const timeline::Record& record) { m_writer.follow(&record); }
    Result<void> flush() { return m_writer.flush(); }
    /// Writes the rest and gives back what was reserved and not used.
    Result<void> close();
    QString path() const { return m_path; }

private:
    Result<void> reserve();

    QString m_path;
    timeline::RecordingWriter m_writer;
    bool m_reserved = false;
};

} // namespace cutover::cli
