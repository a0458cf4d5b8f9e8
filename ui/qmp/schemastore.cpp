// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/schemastore.h"

#include "nextstep.h"
#include "sessionmodel.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace cutover::ui {

static constexpr QLatin1StringView question("query-qmp-schema");

static std::shared_ptr<const qmp::Schema> parse(const QString& reply)
{
    const QJsonObject message = QJsonDocument::fromJson(reply.toUtf8()).object();
    if (!message[u"return"].isArray())
        return nullptr;
    auto schema = qmp::Schema::parse(message[u"return"].toArray());
    return schema ? std::make_shared<const qmp::Schema>(std::move(*schema)) : nullptr;
}

SchemaStore::SchemaStore(SessionModel* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_watch(session->record(), { QString(question) })
{
    connect(&m_watch, &ReplyWatch::greeted, this, [this](Side side, const QString& greeting) {
        known(side) = { .greeting = greeting, .reply = {}, .schema = nullptr };
        Q_EMIT changed();
    });
    connect(&m_watch, &ReplyWatch::answered, this,
        [this](Side side, const QString&, const QString&, const QString& reply) {
            known(side).reply = reply;
            known(side).asked = true;
            Q_EMIT changed();
        });
    connect(&m_watch, &ReplyWatch::cleared, this, [this] {
        m_known = {};
        Q_EMIT changed();
    });
}

std::shared_ptr<const qmp::Schema> SchemaStore::schema(Side side)
{
    Known& own = known(side);
    if (!own.reply.isEmpty())
        own.schema = parse(std::exchange(own.reply, {}));
    if (own.schema)
        return own.schema;
    const Side other = side == Side::Source ? Side::Destination : Side::Source;
    if (own.greeting.isEmpty() || known(other).greeting != own.greeting)
        return nullptr;
    Known& twin = known(other);
    if (!twin.reply.isEmpty())
        twin.schema = parse(std::exchange(twin.reply, {}));
    return twin.schema;
}

void SchemaStore::request(Side side)
{
    Known& own = known(side);
    // Its answer is long: sent in the middle of a migration, it would be part of what is measured.
    if (own.asked || !m_session->endpoint(side).connected || isUnderWay(m_session->state()))
        return;
    own.asked = true;
    if (!m_session->sendCommand(side, { { QStringLiteral("execute"), QString(question) } }))
        own.asked = false;
}

} // namespace cutover::ui
