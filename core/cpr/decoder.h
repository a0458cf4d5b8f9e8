// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "cpr/stream.h"

#include <QPair>
#include <QSet>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace cutover::cpr {

/// Decodes a CPR stream that arrives in chunks of any size. It is strict: whatever QEMU would not have
/// written is an error, which ends the decoding. Every fd given to it is either handed out with
/// takeEntries() or closed, at the latest by the destructor.
///
/// Errors are Malformed (damaged), LimitExceeded, Unsupported (a later version), Protocol (a wrong
/// number of fds); Error::object is the name of the fd concerned, if there is one, and the cause
/// starts with the byte offset.
class Decoder
{
public:
    enum class FdSource : std::uint8_t {
        Channel, ///< fds come with the bytes, each entry must have one
        None, ///< the bytes come from a file: entries get no fd, and none may be fed
    };

    explicit Decoder(const Limits& limits = {}, FdSource source = FdSource::Channel);

    /// The next bytes and the fds that were received with them (before or at the byte that carries
    /// them, in the order sent). After an error or finish() it fails; the fds are closed.
    Result<void> feed(std::span<const std::byte> bytes, std::vector<UniqueFd> fds = {});

    /// The stream has ended. Fails if that was too early; success = the stream is whole.
    Result<void> finish();

    /// The entries completed since the last call, with their fds. Until finish() has succeeded they are
    /// provisional: the stream may still turn out to be damaged. Also after an error.
    std::vector<Entry> takeEntries() { return std::exchange(m_entries, {}); }

    /// A second entry with the same (name, id): the first one counts, this one's fd was closed.
    struct Duplicate
    {
        QByteArray name;
        qint32 id = 0;
        qint64 offset = 0;
    };
    const std::vector<Duplicate>& duplicates() const { return m_duplicates; }

    const VfioSubsection& vfio() const { return m_vfio; }
    qint64 bytesDecoded() const { return m_offset; } ///< of an undamaged stream so far: its length
    std::size_t entriesDecoded() const { return m_keys.size(); } ///< also those already taken
    /// fds that were fed, belong to no entry and are closed (those of duplicates not counted).
    std::size_t unclaimed() const { return m_unclaimed; }
    bool isFinished() const { return m_state == State::Finished; } ///< whole, finish() has succeeded
    const std::optional<Error>& error() const { return m_error; }
    std::optional<qint64> errorOffset() const; ///< of the first byte that is wrong or missing

private:
    enum class State : std::uint8_t {
        Magic,
        Version,
        EntryMarker,
        NameLength,
        Name,
        Id,
        FdByte,
        SubsectionMarker, // or the end of the stream
        SubsectionNameLength,
        SubsectionName,
        SubsectionVersion,
        FirstVfioMarker, // or the end of the stream: stub
        VfioMarker,
        VfioNameLength,
        VfioName,
        VfioIds,
        Finished,
        Failed,
    };

    Result<void> fieldComplete();
    Result<void> header();
    Result<void> entryMarker();
    Result<void> nameLength();
    Result<void> name();
    Result<void> fdByte();
    Result<void> subsectionName();
    Result<void> vfioMarker();
    void vfioIds();

    void expect(State state, std::size_t bytes);
    quint32 word(qsizetype position = 0) const;
    QString where() const;
    void closeWaiting();
    std::unexpected<Error> fail(ErrorCode code, qint64 offset, const QString& cause);

    Limits m_limits;
    FdSource m_source;
    State m_state = State::Magic;
    QByteArray m_field; // the field being collected
    std::size_t m_fieldSize = 4;
    qint64 m_offset = 0; // bytes taken
    qint64 m_fieldOffset = 0; // of the field's first byte
    std::optional<Entry> m_entry; // being decoded
    VfioDevice m_device; // being decoded
    std::deque<UniqueFd> m_waiting; // received, their byte has not come yet
    std::vector<Entry> m_entries;
    QSet<QPair<QByteArray, qint32>> m_keys;
    std::vector<Duplicate> m_duplicates;
    VfioSubsection m_vfio{ .form = VfioSubsection::Form::Absent, .devices = {} };
    std::size_t m_unclaimed = 0;
    std::optional<Error> m_error;
    qint64 m_errorOffset = 0;
};

} // namespace cutover::cpr
