// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cpr/decoder.h"
#include "fdpass/describe.h"

#include <QJsonObject>
#include <QString>

#include <optional>
#include <span>
#include <vector>

namespace cutover::cpr {

/// What a decoded stream contained, without any fd: for showing and for recording.
struct Dump
{
    struct Line
    {
        QByteArray name;
        qint32 id = 0;
        qint64 offset = 0;
        qint64 fdOffset = 0;
        std::optional<fdpass::FdDescription> fd; ///< nothing when decoded from bytes alone
    };

    std::vector<Line> lines;
    std::vector<Decoder::Duplicate> duplicates;
    VfioSubsection vfio;
    qint64 bytes = 0;
    std::size_t unclaimed = 0;
    bool complete = false;
    std::optional<qint64> errorOffset;
    QString error; ///< empty when there was none

    /// Describes the fds of \a entries, which were taken from \a decoder and stay the caller's.
    static Dump of(const Decoder& decoder, std::span<const Entry> entries);

    /// {bytes, complete, fds: [{offset, fdOffset, name, id, fd: {kind, name, text, link, device, inode,
    /// size} | null}], duplicates: [{offset, name, id}], vfio: {form: "absent" | "stub" | "list", devices:
    /// [{offset, name, deviceId, ioasId, hwptId}]}, unclaimed, error: {offset, message} | null}. Device and
    /// inode are strings: they need not fit a JSON number.
    QJsonObject toJson() const;

    /// Lines for a terminal, each with its newline.
    QString toText() const;
};

} // namespace cutover::cpr
