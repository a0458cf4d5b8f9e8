// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "cpr/stream.h"

#include <span>
#include <vector>

namespace cutover::cpr {

/// An fd to be sent. Borrowed: it must stay open until it was sent.
struct OutgoingEntry
{
    QByteArray name;
    qint32 id = 0;
    int fd = -1;
};

/// Bytes for one sendmsg(). As QEMU does it, an fd travels with its own single byte.
struct Piece
{
    QByteArray bytes; ///< never empty
    int fd = -1; ///< borrowed; -1 = none
};

/// The stream for \a entries, in their order; the concatenated bytes are what QEMU would write.
/// InvalidArgument for a NUL in a name, a negative fd, a (name, id) given twice, devices in a
/// subsection that is not a list; LimitExceeded beyond the default Limits.
Result<std::vector<Piece>> encode(std::span<const OutgoingEntry> entries, const VfioSubsection& vfio = {});

} // namespace cutover::cpr
