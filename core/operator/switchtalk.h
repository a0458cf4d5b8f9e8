// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/client.h"

#include <QObject>
#include <QStringList>

#include <functional>

namespace cutover::op {

/// A short talk with a destination that the operator has started: sets or reads one property of each object
/// and leaves its monitor to the session again. Only for a VMM whose monitor answers before the migration; on
/// others a client that leaves early blocks the monitor.
class SwitchTalk : public QObject
{
    Q_OBJECT
public:
    struct Question
    {
        QString command; ///< qom-get or qom-set
        QJsonObject arguments;
    };
    /// One result for each question, in their order; all the same error when nobody answered.
    using Done = std::function<void(const std::vector<Result<QJsonValue>>&)>;

    /// Begins at once; \a done is called once, from the event loop, unless this is deleted before.
    SwitchTalk(const QString& monitor, std::vector<Question> questions, Done done, QObject* parent = nullptr);

private:
    void askNext();
    void finish();

    qmp::Client m_client;
    std::vector<Question> m_questions;
    std::vector<Result<QJsonValue>> m_answers;
    Done m_done;
};

} // namespace cutover::op
