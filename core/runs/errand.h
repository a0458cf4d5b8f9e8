// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "qmp/client.h"

#include <QJsonObject>

#include <functional>
#include <vector>

namespace cutover::runs {

struct Request
{
    QString command;
    QJsonObject arguments;
    bool optional = false; ///< an error reply does not matter
};

/// A few commands to a VMM over a connection of its own, one after the other. The monitor is free for others
/// again when \a done is called: once, from the event loop; never after the errand was deleted.
class Errand : public QObject
{
    Q_OBJECT
public:
    Errand(const QString& qmpPath, std::vector<Request> requests, std::function<void(Result<void>)> done,
        QObject* parent = nullptr);

private:
    void next();
    void finish();

    qmp::Client m_client;
    std::vector<Request> m_requests;
    std::size_t m_next = 0;
    Result<void> m_result;
    std::function<void(Result<void>)> m_done;
};

} // namespace cutover::runs
