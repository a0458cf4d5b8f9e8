// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QString>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cutover::relay {

/// A device section at the end of QEMU's main stream.
struct QemuSection
{
    QByteArray name;
    std::uint32_t instance = 0;
    qint64 offset = -1; ///< of its first byte in the stream; -1 = not found in what was kept
    qint64 bytes = 0; ///< up to the next section
    qint64 beginNs = 0; ///< when its first byte was passed on; 0 = not found
    qint64 endNs = 0;
};

/// What a stream of QEMU's consists of. The sections of the iterative part (RAM) are counted as bytes: their
/// length is known to the device code alone. The others are found by the stream's own description:
///
///     u32 "QEVM", u32 3, ... iterative part ...
///     section   u8 4, u32 section id, u8 length of name, name, u32 instance, u32 version, payload,
///               u8 0x7E, u32 section id
///     u8 0, u8 6, u32 length, JSON {"devices": [{"name", "instance_id", ...}, ...]} to the end
///
/// Source: migration/savevm.c, scripts/analyze-migration.py of QEMU 11.1.
struct QemuStream
{
    std::vector<QemuSection> sections;
    qint64 iterativeBytes = 0; ///< before the first device section; the whole stream if none was found
    qint64 descriptionBytes = 0;
    QString problem; ///< why there are no sections, or not all; empty when nothing is missing
};

/// Keeps the end of a stream that goes by, at most 8 MiB of it, and looks at it when it has ended.
class QemuStreamTail
{
public:
    void feed(std::span<const std::byte> bytes, qint64 timeNs);
    /// Of what has passed so far.
    QemuStream analyze() const;

private:
    struct Mark
    {
        qint64 end; ///< of the bytes that had been passed on at timeNs
        qint64 timeNs;
    };
    qint64 timeOf(qint64 offset) const;

    QByteArray m_kept;
    qint64 m_dropped = 0; ///< bytes of the stream before m_kept
    std::vector<Mark> m_marks;
};

} // namespace cutover::relay
