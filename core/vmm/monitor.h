// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "qmp/server.h"

#include <QHash>
#include <QObject>

#include <functional>
#include <memory>

namespace cutover::vmm {

/// The monitors of the VMM: the QMP commands of resources/qmp-schema.json, which is what query-qmp-schema
/// returns and what arguments are checked against. A command whose schema entry has the feature
/// "allow-precreate" can be run in that phase, every other is refused there.
class Monitor : public QObject
{
    Q_OBJECT
public:
    /// Answers with a value or with an error, before it returns.
    using Function = std::move_only_function<Result<QJsonValue>(const qmp::Request&)>;

    /// \a inPrecreate is asked before each command.
    static Result<std::unique_ptr<Monitor>> create(std::function<bool()> inPrecreate);

    /// \a name must be in the schema.
    void add(const QString& name, Function function);
    /// For a command that is answered later.
    void addDeferred(const QString& name, qmp::Server::Handler handler);

    /// \a data must fit the schema; \a timeNs is CLOCK_REALTIME, 0 = now.
    void emitEvent(const QString& name, const QJsonObject& data = {}, qint64 timeNs = 0);

    qmp::Server& server() { return m_server; }
    static const qmp::Greeting& greeting();
    const qmp::Schema& schema() const { return *m_schema; }
    /// As in the resource.
    const QJsonArray& schemaJson() const { return m_schemaJson; }

    static void answer(qmp::Responder& responder, const Result<QJsonValue>& result);

private:
    Monitor(QJsonArray json, std::shared_ptr<const qmp::Schema> schema, std::function<bool()> inPrecreate);
    Result<void> check(const qmp::Request& request) const;

    QJsonArray m_schemaJson;
    std::shared_ptr<const qmp::Schema> m_schema;
    std::function<bool()> m_inPrecreate;
    qmp::Server m_server;
};

/// What an error says to a QMP client: its message and, as a sentence of its own, the remedy.
QString errorText(const Error& error);

/// The error that is answered with QEMU's own sentence, instead of one of ours.
std::unexpected<Error> qemuError(ErrorCode code, const QString& sentence);

} // namespace cutover::vmm
