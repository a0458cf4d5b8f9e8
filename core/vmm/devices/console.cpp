// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/console.h"

#include "fdpass/unixsocket.h"
#include "vmm/devices/cborstate.h"
#include "vmm/guest/pulsereading.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QFile>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::FdClass;
using engine::FdSlot;
using engine::Ownership;

namespace {

constexpr qsizetype fields = 4;
/// What one line may be answered with; input waits while there is less room than that.
constexpr std::size_t maxAnswer = 2048;

QString attempt()
{
    return u"use a descriptor of"_s;
}

int socketOption(int fd, int option)
{
    int value = -1;
    socklen_t length = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

/// A unix stream socket that listens, or one that does not; made non-blocking.
bool isStream(int fd, bool listening)
{
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ((flags & O_NONBLOCK) == 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0))
        return false;
    return socketOption(fd, SO_DOMAIN) == AF_UNIX && socketOption(fd, SO_TYPE) == SOCK_STREAM
        && socketOption(fd, SO_ACCEPTCONN) == (listening ? 1 : 0);
}

} // namespace

template <std::size_t N>
void Console::Bytes<N>::append(std::string_view text)
{
    const std::size_t count = std::min(text.size(), room());
    std::copy_n(text.begin(), count, data.begin() + size);
    size += count;
}

template <std::size_t N>
void Console::Bytes<N>::dropFirst(std::size_t count)
{
    std::memmove(data.data(), data.data() + count, size - count);
    size -= count;
}

Console::Console(const QString& id, ConsoleConfig config, const GuestMemory& memory, IoThread& thread)
    : Device(u"console"_s, id, config.migrateFds)
    , m_config(std::move(config))
    , m_memory(memory)
    , m_io(thread)
{
}

Console::~Console()
{
    detachBackend();
}

QJsonObject Console::guestConfiguration() const
{
    return { { u"driver"_s, driver() }, { u"id"_s, id() } };
}

Result<void> Console::realizeFrontend()
{
    if (m_config.path.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"set up the console"_s, id(), u"it has no path"_s);
    m_banner = "Console " + id().toUtf8() + ". Lines are echoed; \"pulse\" asks how the guest is.\n";
    m_banner.truncate(qsizetype(maxAnswer));
    return {};
}

QList<FdSlot> Console::fdSlots() const
{
    return { { id() + u"/listener"_s, 0, fdpass::FdKind::Socket, FdClass::Exclusive },
        { id() + u"/connection"_s, 0, fdpass::FdKind::Socket, FdClass::Exclusive, true },
        { id() + u"/token"_s, 0, fdpass::FdKind::Memfd, FdClass::Shareable } };
}

Result<void> Console::openBackend()
{
    auto token = engine::OwnershipToken::create(u"console "_s + id());
    if (!token)
        return std::unexpected(token.error());
    auto listener = fdpass::listenUnix(m_config.path, 4);
    if (!listener)
        return std::unexpected(listener.error());
    m_listener = std::move(*listener);
    if (auto watched = watchListener(); !watched) {
        m_listener.reset();
        return watched;
    }
    m_token = std::move(*token);
    return {};
}

Result<void> Console::watchListener()
{
    return m_io.add(m_listener.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
}

Result<void> Console::watchConnection()
{
    auto added = m_io.add(m_connection.get(), EPOLLIN, [this](std::uint32_t events) { converse(events); });
    if (added) {
        m_connectionFd = m_connection.get();
        m_io.setEvents(m_listener.get(), 0);
    }
    return added;
}

Result<void> Console::attachFd(qsizetype index, UniqueFd fd)
{
    const auto refuse
        = [&](const QString& cause) { return failure(ErrorCode::Protocol, attempt(), id(), cause); };
    if (index < ListenerSlot || index > TokenSlot)
        return refuse(u"there is no such slot"_s);
    if (slotFd(index) >= 0)
        return refuse(u"the slot has one already"_s);
    if (index == TokenSlot) {
        auto token = engine::OwnershipToken::adopt(std::move(fd));
        if (!token)
            return std::unexpected(token.error());
        m_token = std::move(*token);
        return {};
    }
    if (!isStream(fd.get(), index == ListenerSlot)) {
        return refuse(index == ListenerSlot ? u"it is not a unix socket that listens"_s
                                            : u"it is not a connected unix socket"_s);
    }
    UniqueFd& place = index == ListenerSlot ? m_listener : m_connection;
    place = std::move(fd);
    auto watched = index == ListenerSlot ? watchListener() : watchConnection();
    if (!watched)
        place.reset();
    else if (m_listener && m_connection)
        m_io.setEvents(m_listener.get(), 0);
    return watched;
}

int Console::slotFd(qsizetype index) const
{
    switch (index) {
    case ListenerSlot:
        return m_listener.get();
    case ConnectionSlot:
        return m_connectionFd;
    case TokenSlot:
        return m_token.fd();
    default:
        return -1;
    }
}

void Console::closeConnection()
{
    if (!m_connection)
        return;
    m_io.remove(m_connection.get());
    m_connectionFd = -1;
    m_connection.reset();
    m_input.size = 0;
    m_output.size = 0;
    if (m_listener)
        m_io.setEvents(m_listener.get(), EPOLLIN);
}

void Console::closeBackend()
{
    m_io.pause();
    closeConnection();
    if (m_listener)
        m_io.remove(m_listener.get());
    m_listener.reset();
    m_token = {};
}

void Console::detachBackend()
{
    m_io.pause();
    if (m_listener && m_token.held())
        QFile::remove(m_config.path);
    closeBackend();
}

Result<void> Console::take(int /*timeLimitMs*/)
{
    if (!m_listener && !m_token) {
        if (auto opened = openBackend(); !opened)
            return opened;
    }
    if (!m_listener)
        return failure(ErrorCode::Protocol, u"take the listener of"_s, id(), u"it has not come"_s);
    return m_token.take();
}

Result<void> Console::release(int /*timeLimitMs*/, Keep keep)
{
    m_io.pause();
    m_passes = keep == Keep::Backend;
    m_token.release();
    // The file stays: it is the next owner's to replace.
    if (!m_passes)
        closeBackend();
    return {};
}

Ownership Console::ownership() const
{
    return m_token.held() ? Ownership::Owned : Ownership::None;
}

void Console::save(QCborStreamWriter& writer) const
{
    writer.startArray(quint64(fields));
    writer.append(bool(m_connection));
    writer.append(m_lines.load());
    writer.appendByteString(m_input.data.data(), qsizetype(m_input.size));
    writer.appendByteString(m_output.data.data(), qsizetype(m_output.size));
    writer.endArray();
}

qsizetype Console::stateSize() const
{
    return qsizetype(m_input.data.size() + m_output.data.size()) + 9 * (fields + 1);
}

Result<void> Console::load(QCborStreamReader& reader)
{
    StateReader state(reader, id());
    state.enterArray(fields);
    const bool connected = state.boolean();
    m_lines = state.number();
    m_input.size = state.bytes(m_input.all());
    m_output.size = state.bytes(m_output.all());
    state.leaveArray();
    if (connected != bool(m_connection)) {
        state.fail(connected ? u"it has a client whose connection did not come"_s
                             : u"a connection came that it does not know"_s);
    }
    if (!state.ok())
        m_input.size = m_output.size = 0;
    updateEvents();
    return state.result();
}

void Console::accept()
{
    auto client = fdpass::acceptUnix(m_listener.get());
    if (!client || !*client || m_connection || !fdpass::requireTrustedPeer(client->get()))
        return;
    m_connection = std::move(*client);
    if (!watchConnection()) {
        m_connection.reset();
        return;
    }
    m_input.size = 0;
    m_output.size = 0;
    m_output.append({ m_banner.constData(), std::size_t(m_banner.size()) });
    flush();
}

void Console::converse(std::uint32_t events)
{
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        readInput();
    do {
        answerLines();
        flush();
    } while (m_connection && m_output.size == 0 && hasLine());
}

bool Console::hasLine() const
{
    // What fills the buffer without an end is a line too.
    return m_input.room() == 0 || m_input.text().contains('\n');
}

void Console::readInput()
{
    if (m_input.room() == 0 || m_output.room() < maxAnswer)
        return;
    const ssize_t count
        = ::recv(m_connection.get(), m_input.data.data() + m_input.size, m_input.room(), MSG_DONTWAIT);
    if (count > 0)
        m_input.size += std::size_t(count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        closeConnection();
}

void Console::answerLines()
{
    while (hasLine() && m_output.room() >= maxAnswer) {
        const std::size_t end = m_input.text().find('\n');
        answer(m_input.text().substr(0, end));
        m_input.dropFirst(end == std::string_view::npos ? m_input.size : end + 1);
    }
}

void Console::answer(std::string_view line)
{
    ++m_lines;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    if (line != "pulse") {
        m_output.append(line);
        m_output.append("\n");
        return;
    }
    if (const auto pulse = readPulse(m_memory)) {
        const QByteArray text = "pulse: " + QByteArray::number(pulse->beats) + " beats, longest gap "
            + QByteArray::number(pulse->longestGapNs / 1000) + " us\n";
        m_output.append({ text.constData(), std::size_t(text.size()) });
    } else {
        m_output.append("pulse: none\n");
    }
}

void Console::flush()
{
    while (m_connection && m_output.size > 0) {
        const ssize_t count
            = ::send(m_connection.get(), m_output.data.data(), m_output.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN)
            return closeConnection();
        if (count < 0)
            break;
        m_output.dropFirst(std::size_t(count));
    }
    updateEvents();
}

void Console::updateEvents()
{
    if (!m_connection)
        return;
    std::uint32_t events = 0;
    if (m_output.room() >= maxAnswer)
        events |= EPOLLIN;
    if (m_output.size > 0)
        events |= EPOLLOUT;
    m_io.setEvents(m_connection.get(), events);
}

} // namespace cutover::vmm
