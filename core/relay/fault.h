// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "cpr/decoder.h"
#include "relay/fdinspector.h"
#include "relay/link.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cutover::relay {

/// One thing that a relay does wrong on purpose, to see what the VMMs and the session make of it. In the
/// direction from the source to the destination.
struct Fault
{
    enum class Kind : std::uint8_t {
        Cut, ///< both connections end after so many bytes
        Corrupt, ///< one bit of the byte at that offset is changed
        Stall, ///< nothing more passes after so many bytes, and nothing ends
        Withhold, ///< the named descriptor is kept back, its byte passes
        Swap, ///< another file, of the same size and without content, goes in its place
        Duplicate, ///< it goes twice
        Delay, ///< it, and all after it, goes later
    };
    /// What the guest is to do all the same.
    enum class Expected : std::uint8_t {
        Stays, ///< goes on at the source: nothing was handed over
        Moves, ///< goes on at the destination: only the time differs
        OneSide, ///< goes on at either side, never at both and never nowhere for good
        Ends, ///< ends with the process that has it, and nobody else runs it
    };

    Kind kind = Kind::Cut;
    Channel channel = Channel::Cpr;
    qint64 offset = 0; ///< Cut, Corrupt, Stall: in the stream
    QByteArray name; ///< of a descriptor of the CPR channel, for the others
    int delayMs = 0; ///< Delay

    Expected expected() const;
    /// As parseFault() reads it.
    QString text() const;

    bool operator==(const Fault&) const = default;
};

QString expectedId(Fault::Expected expected); ///< "stays", "moves", "one-side", "ends"

/// "cut:cpr:100", "corrupt:main:5000", "stall:cpr:0", "withhold:ram0", "swap:ram0", "duplicate:ram0",
/// "delay:ram0:500" (milliseconds, at most 600000); "withhold:*": every descriptor.
Result<Fault> parseFault(const QString& text);

/// Carries out the faults of one channel.
class FaultFilter : public LinkFilter
{
public:
    explicit FaultFilter(std::vector<Fault> faults);

    Verdict inspect(End from, qint64 offset, std::span<std::byte> bytes, std::vector<UniqueFd>& fds) override;
    /// Those that were carried out since the last call.
    std::vector<Fault> takeDone() { return std::exchange(m_done, {}); }

private:
    void read(std::span<const std::byte> bytes);
    bool applyToFd(const Fault& fault, std::size_t index, std::vector<UniqueFd>& fds);

    struct Pending
    {
        Fault fault;
        bool done = false;
        bool told = false; ///< what goes on for ever is told of once
        qint64 resumeNs = 0; ///< Delay, once it has begun
    };
    std::vector<Pending> m_pending;
    std::vector<Fault> m_done;
    cpr::Decoder m_decoder{ {}, cpr::Decoder::FdSource::None }; ///< for the names alone
    std::vector<QByteArray> m_names; ///< of the descriptors whose bytes are in this piece
    qint64 m_readUpTo = 0;
};

} // namespace cutover::relay
