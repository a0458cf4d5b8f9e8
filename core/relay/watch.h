// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cpr/decoder.h"
#include "relay/fdinspector.h"
#include "relay/link.h"
#include "relay/qemustream.h"
#include "relay/sectionscanner.h"
#include "timeline/event.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

/// What passes through a relay as events of the category Relay. Each has the attribute "channel" ("cpr" or
/// "main") and, on a main channel of several connections, "connection" (0, 1, ...).
///
///     opened       {listen, forward, sourcePid, destinationPid}: a source has connected
///     fd           {name, id, offset, kind, text, device, inode, size, sourceFd, identity, method, proof}: a
///                  descriptor was passed on, at the event's time; identity: with the source's own
///     arrived      {name, id, destinationFd, identity, method, proof}: found in the destination, or identity
///                  "unknown" and no destinationFd; said after the channels have closed
///     section      {name, instance, version, offset, bytes, endNs, fds}: its first byte passed at the
///     event's
///                  time; side = who sent it
///     half-closed  {complete, cause}: side sends no more
///     duplicate    {name, id, offset}
///     damaged      {offset, cause}: from here on nothing is decoded, all is passed on
///     closed       {by, bytesForth, bytesBack, descriptors, unclaimed, sectionsForth, sectionsBack, format,
///                  iterativeBytes, descriptionBytes, problem, cut}; by = "source", "destination", "relay"
///     fault        {fault, expected}: done on purpose
///     fault-outcome {fault, expected, location, met}: what it did to the guest, op::guestLocationId()
///     failed       {cause, remedy}: the relay could not go on
namespace cutover::relay {

/// Follows one link, on the relay's thread.
class Watch : public LinkObserver
{
public:
    /// \a inspector outlives it.
    Watch(Channel channel, int connection, FdInspector& inspector);

    /// The link has closed: no further call follows.
    virtual void ended(const Link& link, qint64 timeNs) = 0;
    std::vector<timeline::Event> takeEvents() { return std::exchange(m_events, {}); }

protected:
    QJsonObject attributes() const;
    void tell(Side side, qint64 timeNs, const QString& name, const QJsonObject& more = {});
    void inspect(PassedFd passed, UniqueFd fd);
    QJsonObject closing(const Link& link) const;

private:
    Channel m_channel;
    int m_connection;
    FdInspector& m_inspector;
    std::vector<timeline::Event> m_events;
};

/// A CPR channel: QEMU's stream, which the embedded engine uses as well.
class CprWatch : public Watch
{
public:
    CprWatch(int connection, FdInspector& inspector);

    void passed(
        End from, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs) override;
    void halfClosed(End from, bool closed, qint64 timeNs) override;
    void ended(const Link& link, qint64 timeNs) override;

private:
    void report(const Result<void>& decoded, qint64 timeNs);

    cpr::Decoder m_decoder;
    std::size_t m_duplicatesTold = 0;
    bool m_damageTold = false;
};

/// A main channel: QEMU's stream or the embedded engine's sections, found out by their first bytes.
class MainWatch : public Watch
{
public:
    MainWatch(int connection, FdInspector& inspector);

    void passed(
        End from, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs) override;
    void halfClosed(End from, bool closed, qint64 timeNs) override;
    void ended(const Link& link, qint64 timeNs) override;

private:
    enum class Format : std::uint8_t { Undecided, Qemu, Engine, Other };
    struct Stream
    {
        Format format = Format::Undecided;
        QByteArray beginning;
        SectionScanner sections;
        QemuStreamTail tail;
        std::size_t told = 0; ///< sections
        bool damageTold = false;
        qint32 fds = 0; ///< that no section names
        qint64 bytes = 0;
    };

    void decide(Stream& stream, std::span<const std::byte> bytes);
    void follow(
        End from, Stream& stream, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs);
    void tellSections(End from, Stream& stream, qint64 timeNs);
    QJsonObject tellQemuSections(const Stream& stream);

    std::array<Stream, 2> m_streams;
};

/// The events of what was inspected and of what was found in the destination.
timeline::Event toEvent(const InspectedFd& fd);
timeline::Event toEvent(const InspectedFd& fd, const ArrivedFd& arrived, qint64 timeNs);

} // namespace cutover::relay
