// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QCborStreamReader>

#include <cstddef>
#include <limits>
#include <span>

namespace cutover::vmm {

/// Reads a device's state: one array of a known length. The first thing that does not fit is the result, and
/// everything after it reads as 0. Allocates nothing while all is well.
class StateReader
{
public:
    /// \a device names it in the error. Both outlive the object.
    StateReader(QCborStreamReader& reader, const QString& device)
        : m_reader(reader)
        , m_device(device)
    {
    }

    void enterArray(qsizetype length);
    /// Must be all of it.
    void leaveArray();
    quint64 number(quint64 maximum = std::numeric_limits<quint64>::max());
    bool boolean();
    bool isNull() const { return m_ok && m_reader.isNull(); }
    void null();
    /// A byte string of a known length, at most \a room's; returns its length.
    std::size_t bytes(std::span<std::byte> room);

    void fail(const QString& cause);
    bool ok() const { return m_ok; }
    Result<void> result() const { return m_result; }

private:
    QCborStreamReader& m_reader;
    const QString& m_device;
    bool m_ok = true;
    Result<void> m_result;
};

} // namespace cutover::vmm
