// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/migrationstatus.h"

#include <QString>
#include <QtTypes>

#include <cstdint>
#include <functional>
#include <vector>

namespace cutover::engine {

/// Something a monitor, a log or a timeline wants to know, with the time at which it was so.
struct Notice
{
    enum class Kind : std::uint8_t {
        Status, ///< status
        VmStopped, ///< the run state is finish-migrate from timeNs on
        VmStarted,
        Pass, ///< value: number of the pass over RAM
        Trace, ///< name and text, as QEMU's log backend prints them
        SectionTrace, ///< name: vmstate_downtime_save or _load; text: device; value: nanoseconds
        Ownership, ///< text: device; value: 1 taken, 0 released
    };
    Kind kind = Kind::Trace;
    qint64 timeNs = 0; ///< CLOCK_REALTIME
    MigrationStatus status = MigrationStatus::None;
    qint64 value = 0;
    QString name;
    QString text;
};

/// Collects the notices of one engine thread. While it holds them back nothing is handed on, so that
/// neither a log nor a monitor takes part in a switchover. Texts should be literals there. Not thread-safe.
class NoticeBoard
{
public:
    /// Called on the engine's thread; may take locks.
    using Sink = std::function<void(std::vector<Notice>)>;

    explicit NoticeBoard(Sink sink);

    void holdBack();
    void handOn();

    void status(MigrationStatus status);
    void add(Notice::Kind kind, const QString& text = {}, qint64 value = 0);
    void trace(const QString& name, const QString& text = {}, qint64 value = 0);
    void section(const QString& name, const QString& device, qint64 durationNs);

private:
    void put(Notice notice);

    Sink m_sink;
    std::vector<Notice> m_notices;
    bool m_holding = false;
};

} // namespace cutover::engine
