// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/lessonjson.h"

#include <KLocalizedString>

#include <QJsonArray>

namespace cutover::lessons {

Fields::Fields(const QJsonValue& value)
    : m_object(value.toObject())
{
    if (!value.isObject())
        m_fault = i18n("it is no JSON object");
}

QJsonValue Fields::take(QLatin1StringView name, QJsonValue::Type type, bool required)
{
    m_known << name;
    const QJsonValue value = m_object.value(name);
    if (value.isUndefined()) {
        if (required)
            fail(i18nc("a member's name", "“%1” is missing", name));
    } else if (value.type() != type) {
        fail(i18nc("a member's name", "“%1” is of another type", name));
    }
    return value.type() == type ? value : QJsonValue();
}

QString Fields::text(QLatin1StringView name, bool required)
{
    const QString text = take(name, QJsonValue::String, required).toString();
    if (required && text.isEmpty())
        fail(i18nc("a member's name", "“%1” is empty", name));
    return text;
}

int Fields::number(QLatin1StringView name)
{
    return take(name, QJsonValue::Double).toInt();
}

bool Fields::flag(QLatin1StringView name, bool otherwise)
{
    return take(name, QJsonValue::Bool).toBool(otherwise);
}

QJsonObject Fields::object(QLatin1StringView name)
{
    return take(name, QJsonValue::Object).toObject();
}

QJsonArray Fields::array(QLatin1StringView name)
{
    return take(name, QJsonValue::Array).toArray();
}

QStringList Fields::texts(QLatin1StringView name)
{
    QStringList texts;
    for (const auto& value : array(name)) {
        if (!value.isString())
            fail(i18nc("a member's name", "“%1” is of another type", name));
        texts << value.toString();
    }
    return texts;
}

Side Fields::side(QLatin1StringView name, Side otherwise)
{
    const QString word = text(name);
    if (word.isEmpty())
        return otherwise;
    const auto side = sideFromId(word);
    if (!side || (*side != Side::Source && *side != Side::Destination))
        unknown(name, word);
    return side.value_or(otherwise);
}

void Fields::unknown(QLatin1StringView name, const QString& word)
{
    fail(i18nc("a member's name, its value", "“%1” cannot be “%2”", name, word));
}

void Fields::fail(const QString& fault)
{
    if (m_fault.isEmpty())
        m_fault = fault;
}

QString Fields::fault() const
{
    if (!m_fault.isEmpty())
        return m_fault;
    for (const QString& name : m_object.keys()) {
        if (!m_known.contains(name))
            return i18nc("a member's name", "there is no “%1” here", name);
    }
    return {};
}

std::unexpected<Error> malformed(const QString& where, const QString& cause)
{
    return failure(ErrorCode::Malformed, i18n("read the lesson"), where, cause);
}

} // namespace cutover::lessons
