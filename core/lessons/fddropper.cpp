// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/fddropper.h"

#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <QTimer>

#include <array>
#include <span>
#include <sys/socket.h>

namespace cutover::lessons {

Result<std::unique_ptr<FdDropper>> FdDropper::create(const QString& path, const QString& forwardPath)
{
    auto listener = fdpass::listenUnix(path);
    if (!listener)
        return std::unexpected(listener.error());
    return std::unique_ptr<FdDropper>(new FdDropper(std::move(*listener), forwardPath));
}

FdDropper::FdDropper(UniqueFd listener, QString forwardPath)
    : m_forwardPath(std::move(forwardPath))
    , m_listener(std::move(listener))
    , m_accept(std::make_unique<QSocketNotifier>(m_listener.get(), QSocketNotifier::Read))
{
    connect(m_accept.get(), &QSocketNotifier::activated, this, &FdDropper::accept);
}

void FdDropper::accept()
{
    m_accept->setEnabled(false);
    m_source = fdpass::acceptUnix(m_listener.get()).value_or(UniqueFd());
    m_destination = fdpass::connectUnix(m_forwardPath).value_or(UniqueFd());
    if (!m_source || !m_destination) {
        cut();
        return;
    }
    m_forth = std::make_unique<QSocketNotifier>(m_source.get(), QSocketNotifier::Read);
    m_back = std::make_unique<QSocketNotifier>(m_destination.get(), QSocketNotifier::Read);
    connect(m_forth.get(), &QSocketNotifier::activated, this, &FdDropper::pass);
    connect(m_back.get(), &QSocketNotifier::activated, this, &FdDropper::watchEnd);
}

void FdDropper::pass()
{
    std::array<std::byte, 65536> buffer{};
    const auto chunk = fdpass::receiveSome(m_source.get(), buffer);
    if (!chunk) {
        cut();
        return;
    }
    if (chunk->wouldBlock)
        return;
    if (chunk->endOfStream) {
        // The end of the stream is how the destination knows that it has all.
        m_forth->setEnabled(false);
        ::shutdown(m_destination.get(), SHUT_WR);
        return;
    }
    // Their end is here: with the chunk they are closed. A CPR stream is far smaller than a socket's buffer.
    const auto sent = fdpass::sendSome(m_destination.get(), std::span(buffer.data(), chunk->size));
    if (!sent || *sent != chunk->size)
        cut();
}

void FdDropper::watchEnd()
{
    // Nothing comes back on a CPR channel but its end, which tells the source to go on.
    QTimer::singleShot(0, this, &FdDropper::cut);
}

void FdDropper::cut()
{
    m_forth.reset();
    m_back.reset();
    m_source.reset();
    m_destination.reset();
}

} // namespace cutover::lessons
