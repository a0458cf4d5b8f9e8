// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/facts.h"
#include "operator/plan.h"
#include "qmp/client.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <optional>

namespace cutover::op {

struct CollectOptions
{
    /// The mode whose blockers are wanted; empty: those of the current mode.
    QString mode;
    /// The VMM's process; absent: the peer of the connection.
    std::optional<pid_t> pid;
    QString procRoot = QStringLiteral("/proc");
};

/// Asks one VMM for its Facts, all queries at once. The only thing it changes is the migration mode:
/// blockers are computed for the current one, so it is set, asked and set back in three commands that are
/// sent together, and only while no migration is under way.
class FactsCollector : public QObject
{
    Q_OBJECT
public:
    /// \a client must be ready. It may end before this does: that is a failure of the collection.
    FactsCollector(qmp::Client* client, CollectOptions options, QObject* parent = nullptr);

    /// Once. Ends with exactly one of the signals, from the event loop.
    void start();

Q_SIGNALS:
    void finished(const cutover::op::Facts& facts);
    /// The connection was lost, or the VMM does not answer.
    void failed(const cutover::Error& error);

private:
    using Handler = void (FactsCollector::*)(const QJsonValue&);

    void ask(
        const QString& command, const QJsonObject& arguments, std::function<void(const QJsonValue&)> handler);
    void ask(const QString& command, Handler handler);
    void askProperty(
        const QString& path, const QString& property, std::function<void(const QJsonValue&)> handler);
    void settled();
    void fail(const Error& error);

    void askAll();
    void askDetails();
    void askFds();
    void askBlockers();
    void readSchema(const QJsonValue& value);
    void readMigration(const QJsonValue& value);
    void readCapabilities(const QJsonValue& value);
    void readBlockNodes(const QJsonValue& value);
    void readCharacterDevices(const QJsonValue& value);
    void readMemoryBackends(const QJsonValue& value);

    QPointer<qmp::Client> m_client;
    CollectOptions m_options;
    Facts m_facts;
    int m_pending = 0;
    int m_stage = 0;
    bool m_ended = false;
};

/// Runs \a program with `-version` and reads what it says; the result comes from the event loop, a missing or
/// unusable program as facts, not as an error. Gives up after \a timeoutMs.
void probeBinary(const QString& program, QObject* context, std::function<void(const BinaryFacts&)> done,
    int timeoutMs = 5000);

} // namespace cutover::op
