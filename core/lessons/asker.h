// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/stage.h"
#include "qmp/client.h"

#include <QJsonObject>
#include <QJsonValue>

#include <functional>
#include <memory>

namespace cutover::lessons {

/// What came of a command.
struct Reply
{
    bool ok = false;
    QJsonValue value; ///< of an answer
    QString
        errorClass; ///< as QMP has it; "declined": Cutover did not send it; "unreachable": no VMM answered
    QString text; ///< of the error
};

/// Puts one command to a VMM, by the session's connection where it has one, else by one of its own: a
/// monitor serves one client. One question at a time.
class Asker : public QObject
{
    Q_OBJECT
public:
    using Done = std::function<void(const Reply&)>;

    /// \a stage is borrowed.
    explicit Asker(Stage& stage, QObject* parent = nullptr);

    struct Question
    {
        Side side = Side::Source;
        QString path; ///< of the monitor, for a connection of our own; empty: as the stage has it
        QString command;
        QJsonObject arguments;
        bool confirmed = false;
    };
    /// \a done is called once, from the event loop.
    void ask(const Question& question, Done done);

private:
    void askSession(const Question& question);
    void askAlone(const Question& question, const QString& path);
    void look(std::size_t first, std::size_t count);
    void answer(const Reply& reply);

    Stage& m_stage;
    Done m_done;
    Side m_side = Side::Source;
    QJsonValue m_id; ///< of the message whose reply is awaited; Undefined: of none
    std::unique_ptr<qmp::Client> m_client;
};

} // namespace cutover::lessons
