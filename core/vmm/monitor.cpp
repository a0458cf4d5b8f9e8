// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/monitor.h"

#include "vmm/dialect.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <utility>

static void initResources()
{
    Q_INIT_RESOURCE(vmm);
}

namespace cutover::vmm {

using namespace Qt::StringLiterals;

const qmp::Greeting& Monitor::greeting()
{
    static const qmp::Greeting greeting{ .major = dialectMajor,
        .minor = dialectMinor,
        .micro = dialectMicro,
        .package = u"cutover-vmm "_s + QStringLiteral(CUTOVER_VERSION),
        .capabilities = {} };
    return greeting;
}

Result<std::unique_ptr<Monitor>> Monitor::create(std::function<bool()> inPrecreate)
{
    initResources();
    QFile file(u":/cutover/qmp-schema.json"_s);
    if (!file.open(QIODevice::ReadOnly))
        return failure(ErrorCode::NotFound, u"read the QMP schema"_s, file.fileName(), file.errorString());
    const QJsonArray json = QJsonDocument::fromJson(file.readAll()).array();
    auto schema = qmp::Schema::parse(json);
    if (!schema)
        return std::unexpected(schema.error());
    return std::unique_ptr<Monitor>(
        new Monitor(json, std::make_shared<const qmp::Schema>(std::move(*schema)), std::move(inPrecreate)));
}

Monitor::Monitor(
    QJsonArray json, std::shared_ptr<const qmp::Schema> schema, std::function<bool()> inPrecreate)
    : m_schemaJson(std::move(json))
    , m_schema(std::move(schema))
    , m_inPrecreate(std::move(inPrecreate))
    , m_server({ .greeting = greeting(), .greets = true, .inOrder = true, .codec = {} })
{
}

Result<void> Monitor::check(const qmp::Request& request) const
{
    const QString& name = request.command();
    if (m_inPrecreate() && !m_schema->features(name).contains("allow-precreate"_L1))
        return qemuError(ErrorCode::Refused,
            u"The command '%1' is permitted only after machine initialization has completed: the machine is "
            u"in "
            "the phase precreate, which x-exit-precreate leaves"_s.arg(name));
    if (auto valid = m_schema->validate(name, request.arguments()); !valid)
        return qemuError(valid.error().code, valid.error().cause);
    return {};
}

void Monitor::add(const QString& name, Function function)
{
    addDeferred(name,
        [function = std::move(function)](const qmp::Request& request, qmp::Responder responder) mutable {
            answer(responder, function(request));
        });
}

void Monitor::addDeferred(const QString& name, qmp::Server::Handler handler)
{
    Q_ASSERT_X(m_schema->hasCommand(name), "Monitor", qPrintable(name));
    m_server.registerCommand(name,
        [this, handler = std::move(handler)](const qmp::Request& request, qmp::Responder responder) mutable {
            if (const auto allowed = check(request); !allowed)
                answer(responder, std::unexpected(allowed.error()));
            else
                handler(request, std::move(responder));
        });
}

void Monitor::emitEvent(const QString& name, const QJsonObject& data, qint64 timeNs)
{
    m_server.broadcastEvent(name, data, timeNs);
}

void Monitor::answer(qmp::Responder& responder, const Result<QJsonValue>& result)
{
    if (result)
        responder.success(result->isUndefined() || result->isNull() ? QJsonValue(QJsonObject()) : *result);
    else
        responder.error(errorText(result.error()),
            result.error().code == ErrorCode::NotFound ? qmp::ErrorClass::DeviceNotFound
                                                       : qmp::ErrorClass::GenericError);
}

QString errorText(const Error& error)
{
    // An error without an attempt is a whole sentence.
    const QString text = error.attempt.isEmpty() ? error.cause : error.message();
    return error.remedy.isEmpty() ? text : text + u". "_s + error.remedy;
}

std::unexpected<Error> qemuError(ErrorCode code, const QString& sentence)
{
    return std::unexpected(
        Error{ .code = code, .attempt = {}, .object = {}, .cause = sentence, .remedy = {}, .sysErrno = 0 });
}

} // namespace cutover::vmm
