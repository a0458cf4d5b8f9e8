// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/errand.h"

#include <utility>

namespace cutover::runs {

Errand::Errand(const QString& qmpPath, std::vector<Request> requests, std::function<void(Result<void>)> done,
    QObject* parent)
    : QObject(parent)
    , m_requests(std::move(requests))
    , m_done(std::move(done))
{
    connect(&m_client, &qmp::Client::ready, this, &Errand::next);
    connect(&m_client, &qmp::Client::closed, this, [this](const Error& error) {
        // We close it ourselves once all is done.
        if (m_next < m_requests.size() && m_result)
            m_result = std::unexpected(error);
        finish();
    });
    m_client.connectTo(qmpPath);
}

void Errand::next()
{
    if (m_next >= m_requests.size()) {
        m_client.close();
        return;
    }
    const Request& request = m_requests[m_next];
    m_client.call(request.command, request.arguments, [this](const Result<QJsonValue>& reply) {
        if (m_next >= m_requests.size())
            return;
        if (!reply && !m_requests[m_next].optional) {
            m_result = std::unexpected(reply.error());
            m_next = m_requests.size();
            m_client.close();
            return;
        }
        ++m_next;
        next();
    });
}

void Errand::finish()
{
    if (const auto done = std::exchange(m_done, {}))
        done(m_result);
}

} // namespace cutover::runs
