// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/optionvalue.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QStringList>

#include <algorithm>
#include <ranges>

namespace cutover::op {

using namespace Qt::StringLiterals;

static std::vector<OptionValue::Item> splitItems(const QString& text)
{
    std::vector<OptionValue::Item> items;
    qsizetype position = 0;
    while (position <= text.size() && !text.isEmpty()) {
        QString piece;
        for (; position < text.size(); ++position) {
            if (text[position] == u',') {
                if (position + 1 >= text.size() || text[position + 1] != u',')
                    break;
                ++position;
            }
            piece += text[position];
        }
        ++position;
        const qsizetype equals = piece.indexOf(u'=');
        if (equals > 0)
            items.push_back({ .key = piece.first(equals), .value = piece.sliced(equals + 1) });
        else
            items.push_back({ .key = {}, .value = piece });
    }
    return items;
}

static std::optional<QString> jsonText(const QJsonValue& value)
{
    if (value.isString())
        return value.toString();
    if (value.isBool())
        return value.toBool() ? u"on"_s : u"off"_s;
    if (value.isDouble())
        return QString::number(value.toInteger());
    return std::nullopt;
}

static QJsonObject withValue(QJsonObject object, QStringView path, const std::optional<QJsonValue>& value)
{
    const qsizetype dot = path.indexOf(u'.');
    const QString head = path.first(dot < 0 ? path.size() : dot).toString();
    if (dot >= 0)
        object.insert(head, withValue(object.value(head).toObject(), path.sliced(dot + 1), value));
    else if (value)
        object.insert(head, *value);
    else
        object.remove(head);
    return object;
}

static bool spells(const OptionValue::Item& item, QStringView key, bool first)
{
    if (!item.key.isEmpty())
        return item.key == key;
    return !first && (item.value == key || item.value == QString(u"no" + key.toString()));
}

static std::optional<bool> boolean(QStringView text)
{
    for (const QStringView on : { u"on", u"yes", u"true", u"y" }) {
        if (text == on)
            return true;
    }
    for (const QStringView off : { u"off", u"no", u"false", u"n" }) {
        if (text == off)
            return false;
    }
    return std::nullopt;
}

Result<OptionValue> OptionValue::parse(const QString& text)
{
    OptionValue value;
    if (!text.startsWith(u'{')) {
        value.m_items = splitItems(text);
        return value;
    }
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8(), &error);
    if (!document.isObject()) {
        return failure(ErrorCode::Malformed, u"read the JSON argument"_s, text.left(80),
            error.error == QJsonParseError::NoError ? u"it is not an object"_s : error.errorString());
    }
    value.m_json = true;
    value.m_object = document.object();
    return value;
}

QString OptionValue::implied() const
{
    return !m_items.empty() && m_items.front().key.isEmpty() ? m_items.front().value : QString();
}

std::optional<QString> OptionValue::get(QStringView key) const
{
    if (m_json) {
        QJsonValue value = m_object;
        for (const QStringView part : key.split(u'.'))
            value = value.toObject().value(part);
        return jsonText(value);
    }
    for (const Item& item : std::views::reverse(m_items)) {
        if (item.key == key)
            return item.value;
    }
    return std::nullopt;
}

QString OptionValue::get(std::initializer_list<QStringView> keys, bool alsoImplied) const
{
    for (const QStringView key : keys) {
        if (const auto value = get(key))
            return *value;
    }
    return alsoImplied ? implied() : QString();
}

std::optional<bool> OptionValue::flag(QStringView key) const
{
    if (const auto text = get(key))
        return boolean(*text);
    for (std::size_t index = 1; index < m_items.size(); ++index) {
        if (m_items[index].key.isEmpty() && spells(m_items[index], key, false))
            return m_items[index].value == key;
    }
    return std::nullopt;
}

void OptionValue::set(const QString& key, const QString& value)
{
    if (m_json) {
        m_object = withValue(m_object, key, QJsonValue(value));
        return;
    }
    const auto same = [&](const Item& item) { return spells(item, key, &item == m_items.data()); };
    const auto found = std::ranges::find_if(m_items, same);
    if (found == m_items.end()) {
        m_items.push_back({ .key = key, .value = value });
        return;
    }
    const auto index = found - m_items.begin();
    *found = { .key = key, .value = value };
    for (std::size_t later = m_items.size() - 1; later > static_cast<std::size_t>(index); --later) {
        if (spells(m_items[later], key, false))
            m_items.erase(m_items.begin() + static_cast<std::ptrdiff_t>(later));
    }
}

void OptionValue::setFlag(const QString& key, bool on)
{
    if (m_json)
        m_object = withValue(m_object, key, QJsonValue(on));
    else
        set(key, on ? u"on"_s : u"off"_s);
}

void OptionValue::setImplied(const QString& value)
{
    if (m_json)
        return;
    if (m_items.empty() || !m_items.front().key.isEmpty())
        m_items.insert(m_items.begin(), Item{});
    m_items.front() = { .key = {}, .value = value };
}

void OptionValue::remove(const QString& key)
{
    if (m_json) {
        m_object = withValue(m_object, key, std::nullopt);
        return;
    }
    for (std::size_t index = m_items.size(); index-- > 0;) {
        if (spells(m_items[index], key, index == 0))
            m_items.erase(m_items.begin() + static_cast<std::ptrdiff_t>(index));
    }
}

QString OptionValue::toString() const
{
    if (m_json)
        return QString::fromUtf8(QJsonDocument(m_object).toJson(QJsonDocument::Compact));
    QStringList pieces;
    for (const Item& item : m_items) {
        QString piece = item.key.isEmpty() ? item.value : QString(item.key + u'=' + item.value);
        pieces += piece.replace(u","_s, u",,"_s);
    }
    return pieces.join(u',');
}

} // namespace cutover::op
