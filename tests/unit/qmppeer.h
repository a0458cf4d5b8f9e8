// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"
#include "qmp/client.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <memory>
#include <span>
#include <vector>

namespace cutover::test {

using namespace Qt::StringLiterals;

inline const QByteArray greetingLine
    = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 3, \"minor\": 1, \"major\": 11}, "
      "\"package\": \"test\"}, \"capabilities\": [\"oob\"]}}\r\n"_ba;

/// The VMM's end of the connection, driven line by line by the test.
class Peer
{
public:
    explicit Peer(UniqueFd socket)
        : m_socket(std::move(socket))
    {
    }
    void send(const QByteArray& bytes)
    {
        QByteArrayView rest = bytes;
        while (!rest.isEmpty()) {
            const auto sent = fdpass::sendSome(m_socket.get(), std::as_bytes(std::span(rest)));
            QVERIFY(sent.has_value());
            rest = rest.sliced(qsizetype(*sent));
            if (*sent == 0)
                QCoreApplication::processEvents();
        }
    }
    void receive()
    {
        std::vector<std::byte> buffer(65536);
        while (m_socket) {
            auto chunk = fdpass::receiveSome(m_socket.get(), buffer);
            if (!chunk || chunk->endOfStream) {
                m_ended = true;
                return;
            }
            if (chunk->wouldBlock)
                return;
            m_received.append(std::as_bytes(std::span(buffer)).first(chunk->size));
            for (UniqueFd& fd : chunk->fds)
                m_fds.push_back(std::move(fd));
        }
    }
    /// The next command of the client, or an empty object.
    QJsonObject next()
    {
        receive();
        const qsizetype end = m_received.indexOf('\n');
        if (end < 0)
            return {};
        const QJsonObject object = QJsonDocument::fromJson(m_received.first(end)).object();
        m_received.remove(0, end + 1);
        return object;
    }
    bool ended()
    {
        receive();
        return m_ended;
    }
    void close() { m_socket.reset(); }
    std::vector<UniqueFd>& fds() { return m_fds; }
    QByteArray& received() { return m_received; }

private:
    UniqueFd m_socket;
    QByteArray m_received;
    std::vector<UniqueFd> m_fds;
    bool m_ended = false;
};

inline QByteArray reply(const QJsonObject& request, const QByteArray& member = "\"return\": {}")
{
    const QByteArray id = QJsonDocument(QJsonArray{ request["id"_L1] }).toJson(QJsonDocument::Compact);
    return "{" + member + ", \"id\": " + id.sliced(1, id.size() - 2) + "}\r\n";
}

inline int openFds()
{
    return int(
        QDir(u"/proc/self/fd"_s).entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size());
}

/// A client and the other end of its connection; no fd may be left when both are gone.
class ClientAndPeer
{
protected:
    void setUp()
    {
        QTest::failOnWarning();
        m_fdsBefore = openFds();
        m_client = std::make_unique<qmp::Client>();
    }
    void tearDown()
    {
        m_client.reset();
        m_peer.reset();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCOMPARE(openFds(), m_fdsBefore);
    }
    void negotiate()
    {
        auto sockets = fdpass::unixSocketPair();
        QVERIFY(sockets.has_value());
        m_peer = std::make_unique<Peer>(std::move(sockets->second));
        m_client->adopt(std::move(sockets->first));
        m_peer->send(greetingLine);
        const QJsonObject request = nextRequest();
        QCOMPARE(request["execute"_L1], u"qmp_capabilities"_s);
        QCOMPARE(m_client->state(), qmp::Client::State::Negotiating);
        m_peer->send(reply(request));
    }
    void makeReady()
    {
        negotiate();
        QTRY_COMPARE(m_client->state(), qmp::Client::State::Ready);
    }
    QJsonObject nextRequest()
    {
        QJsonObject request;
        const auto arrived = [&] {
            if (request.isEmpty())
                request = m_peer->next();
            return !request.isEmpty();
        };
        [&] { QTRY_VERIFY(arrived()); }();
        return request;
    }

    int m_fdsBefore = 0;
    std::unique_ptr<qmp::Client> m_client;
    std::unique_ptr<Peer> m_peer;
};

} // namespace cutover::test
