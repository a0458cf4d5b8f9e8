// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakes/fakeqmp.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

namespace cutover::test {

using namespace Qt::StringLiterals;

static Result<QJsonDocument> readJson(const QString& fileName)
{
    QFile file(QStringLiteral(CUTOVER_TEST_DATA "/") + fileName);
    if (!file.open(QIODevice::ReadOnly))
        return failure(ErrorCode::NotFound, u"read the test data"_s, file.fileName(), file.errorString());
    QJsonParseError error;
    QJsonDocument document = QJsonDocument::fromJson(file.readAll(), &error);
    if (error.error != QJsonParseError::NoError)
        return failure(ErrorCode::Malformed, u"read the test data"_s, file.fileName(), error.errorString());
    return document;
}

QJsonArray FakeQmp::schemaArrayOf(const QString& qemu)
{
    static QHash<QString, QJsonArray> cache;
    if (!cache.contains(qemu)) {
        const auto document = readJson(u"qmp-schema-%1.json"_s.arg(qemu));
        cache.insert(qemu, document ? document->array() : QJsonArray());
    }
    return cache.value(qemu);
}

std::shared_ptr<const qmp::Schema> FakeQmp::schemaOf(const QString& qemu)
{
    static QHash<QString, std::shared_ptr<const qmp::Schema>> cache;
    if (!cache.contains(qemu)) {
        const QJsonArray array = schemaArrayOf(qemu);
        auto schema = qmp::Schema::parse(array);
        const bool usable = schema && !array.isEmpty();
        cache.insert(qemu, usable ? std::make_shared<const qmp::Schema>(std::move(*schema)) : nullptr);
    }
    return cache.value(qemu);
}

qmp::Greeting FakeQmp::greetingOf(const QString& qemu)
{
    if (qemu == "10.0"_L1)
        return { .major = 10,
            .minor = 0,
            .micro = 13,
            .package = u"Debian 1:10.0.13+ds-0+deb13u1"_s,
            .capabilities = { u"oob"_s } };
    return { .major = 11,
        .minor = 1,
        .micro = 3,
        .package = u"Debian 1:11.1.3+ds-1~bpo13+1"_s,
        .capabilities = { u"oob"_s } };
}

static qmp::ErrorClass errorClassFrom(const QString& name)
{
    for (const auto known : { qmp::ErrorClass::CommandNotFound, qmp::ErrorClass::DeviceNotActive,
             qmp::ErrorClass::DeviceNotFound, qmp::ErrorClass::KVMMissingCap }) {
        if (qmp::errorClassName(known) == name)
            return known;
    }
    return qmp::ErrorClass::GenericError;
}

Result<void> FakeQmp::loadActions(FakeStep& step, const QJsonArray& actions)
{
    for (const QJsonValue value : actions) {
        const QJsonObject action = value.toObject();
        if (action.contains("return"_L1)) {
            step.returns(action["return"_L1]);
        } else if (action.contains("error"_L1)) {
            const QJsonValue error = action["error"_L1];
            step.fails(error["desc"_L1].toString(), errorClassFrom(error["class"_L1].toString()));
        } else if (action.contains("event"_L1)) {
            step.event(action["event"_L1].toString(), action["data"_L1].toObject());
        } else if (action.contains("delay"_L1)) {
            step.delay(action["delay"_L1].toInt());
        } else if (action.contains("wait"_L1)) {
            step.waits(action["wait"_L1].toString());
        } else if (action.contains("raw"_L1)) {
            step.raw(action["raw"_L1].toString().toUtf8());
        } else if (action["end"_L1] == "no-answer"_L1) {
            step.neverAnswers();
        } else if (action["end"_L1] == "close"_L1) {
            step.closes();
        } else if (action["end"_L1] == "exit"_L1) {
            step.exits();
        } else {
            return failure(ErrorCode::Malformed, u"read the script"_s, step.m_command,
                u"unknown action %1"_s.arg(
                    QString::fromUtf8(QJsonDocument(action).toJson(QJsonDocument::Compact))));
        }
    }
    return {};
}

Result<void> FakeQmp::load(const QString& fileName)
{
    const auto document = readJson(fileName);
    if (!document)
        return std::unexpected(document.error());
    const QJsonObject always = document->object()["always"_L1].toObject();
    for (auto entry = always.constBegin(); entry != always.constEnd(); ++entry) {
        FakeStep step;
        step.m_command = entry.key();
        if (auto loaded = loadActions(step, { *entry }); !loaded)
            return loaded;
        m_always.insert(entry.key(), step);
    }
    if (document->object().contains("onConnected"_L1)) {
        if (auto loaded = loadActions(onConnected(), document->object()["onConnected"_L1].toArray()); !loaded)
            return loaded;
    }
    const QJsonArray steps = document->object()["steps"_L1].toArray();
    for (const QJsonValue value : steps) {
        const QJsonObject entry = value.toObject();
        const QString command = entry["expect"_L1].toString();
        if (command.isEmpty())
            return failure(
                ErrorCode::Malformed, u"read the script"_s, fileName, u"a step expects no command"_s);
        FakeStep& step = expect(command);
        if (entry.contains("arguments"_L1))
            step.with(entry["arguments"_L1].toObject());
        if (entry.contains("containing"_L1))
            step.containing(entry["containing"_L1].toObject());
        if (auto loaded = loadActions(step, entry["do"_L1].toArray()); !loaded)
            return loaded;
    }
    return {};
}

} // namespace cutover::test
