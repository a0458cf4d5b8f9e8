// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <QByteArray>
#include <QString>

#include <cstddef>
#include <cstdint>
#include <vector>

/// QEMU's CPR stream of cpr-transfer mode. All integers are big-endian, fds travel with SCM_RIGHTS:
///
///   u32 magic "QCPR", u32 version 1
///   { u8 1, u32 length of name with NUL, name, NUL, i32 id, u8 0x20 that carries one fd } ..., u8 0
///   optional subsection: u8 5, u8 21, "CprState/vfio devices", u32 version 1, then
///     { u8 1, u32 length of name with NUL, name, NUL, i32 device id, u32 ioas id, u32 hwpt id } ..., u8 0
///     (nothing at all from a QEMU built without VFIO or iommufd)
///   end of the stream by shutdown(SHUT_WR)
///
/// Source: migration/cpr.c, migration/vmstate.c, migration/qemu-file.c, hw/vfio/cpr-iommufd.c of QEMU 11.1.
namespace cutover::cpr {

inline constexpr std::uint32_t streamMagic = 0x51435052;
inline constexpr std::uint32_t streamVersion = 1;
inline constexpr std::uint32_t vfioSubsectionVersion = 1;

/// What a Decoder accepts; an Encoder keeps to the defaults. Real streams stay far below.
struct Limits
{
    std::size_t entries = 16384; ///< fds, and again for VFIO devices
    std::size_t nameBytes = 1024; ///< without the NUL
    std::size_t totalBytes = std::size_t{ 16 } * 1024 * 1024;
    std::size_t waitingFds = 1024; ///< fds received ahead of their byte
};

/// One named fd. (name, id) is its key: the name is QEMU's (a RAM block, a device), the id tells fds of
/// one name apart (a vector, a queue).
struct Entry
{
    QByteArray name; ///< any bytes but NUL; in practice UTF-8
    qint32 id = 0;
    UniqueFd fd; ///< none when decoded from bytes alone
    qint64 offset = 0; ///< of the entry's first byte in the stream
    qint64 fdOffset = 0; ///< of the byte that carries the fd
};

struct VfioDevice
{
    QByteArray name;
    qint32 deviceId = 0;
    quint32 ioasId = 0;
    quint32 hwptId = 0;
    qint64 offset = 0; ///< set by the Decoder, ignored by the encoder

    bool operator==(const VfioDevice&) const = default;
};

/// The subsection "CprState/vfio devices".
struct VfioSubsection
{
    enum class Form : std::uint8_t {
        Absent, ///< older QEMU
        Stub, ///< header without a list: QEMU built without VFIO or iommufd
        List,
    };
    Form form = Form::List;
    std::vector<VfioDevice> devices; ///< empty unless form is List

    bool operator==(const VfioSubsection&) const = default;
};

/// A name for people: UTF-8 where it is, control characters and other bytes as \xNN.
QString displayName(const QByteArray& name);

} // namespace cutover::cpr
