// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"
#include "fdpass/describe.h"
#include "fdpass/identity.h"

#include <QByteArray>

#include <cstdint>
#include <deque>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace cutover::relay {

enum class Channel : std::uint8_t { Cpr, Main };
QString channelId(Channel channel); ///< "cpr", "main"

/// A descriptor that went by.
struct PassedFd
{
    Channel channel = Channel::Cpr;
    QByteArray name; ///< as the stream names it; empty where it names none
    qint32 id = 0;
    qint64 offset = 0; ///< in the stream, of the byte that carries it or of its section
    qint64 timeNs = 0; ///< realtime, when it was passed on
};

/// What was found out of one: needs no fd of ours any more.
struct InspectedFd : PassedFd
{
    std::optional<fdpass::FdDescription> description;
    fdpass::FoundFd atSource; ///< the source's own fd of the same open file
};

/// What became of one in the destination.
struct ArrivedFd
{
    std::size_t index = 0; ///< of the InspectedFd
    fdpass::FoundFd atDestination;
};

/// Looks at descriptors after they were passed on, and closes ours: a copy that is kept open would hide a
/// hang-up from the other end of a socket, or keep a TAP attached. They wait here while the channel has
/// something to pass on, few at most: what is too many is closed unseen.
class FdInspector
{
public:
    static constexpr std::size_t waitingAtMost = 64;

    /// Whose fds are compared; 0 = not known.
    void setSource(pid_t source) { m_source = source; }
    pid_t source() const { return m_source; }

    void add(const PassedFd& passed, UniqueFd fd);
    bool isIdle() const { return m_waiting.empty(); }
    /// The oldest one, inspected and closed. Precondition: not idle.
    InspectedFd inspectNext();
    /// Closes all of them now.
    void drop() { m_waiting.clear(); }

private:
    fdpass::FoundFd findAtSource(int fd);

    struct Waiting
    {
        PassedFd passed;
        UniqueFd fd; ///< none: closed unseen
    };
    std::deque<Waiting> m_waiting;
    pid_t m_source = 0;
    QList<int> m_sourceFds;
};

/// Looks for \a fds in process \a destination: by comparison with the source's own where that still has them
/// open, else by device and inode.
std::vector<ArrivedFd> findAtDestination(
    const std::vector<InspectedFd>& fds, pid_t source, pid_t destination);

} // namespace cutover::relay
