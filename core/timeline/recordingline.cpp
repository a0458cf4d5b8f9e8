// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/recordingline.h"

#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace cutover::timeline {

namespace {

constexpr qsizetype maxSharedNames = 4096;

/// The rest of a line that is being read.
class Cursor
{
public:
    explicit Cursor(QByteArrayView text)
        : m_rest(text)
    {
    }

    bool skip(QByteArrayView expected)
    {
        if (!m_rest.startsWith(expected))
            return false;
        m_rest = m_rest.sliced(expected.size());
        return true;
    }

    /// A positive number of at most 18 digits, which always fits.
    std::optional<qint64> number()
    {
        qint64 value = 0;
        const char* const end = m_rest.data() + std::min<qsizetype>(m_rest.size(), 18);
        const auto [stop, problem] = std::from_chars(m_rest.data(), end, value);
        if (problem != std::errc() || value <= 0)
            return std::nullopt;
        m_rest = m_rest.sliced(stop - m_rest.data());
        return value;
    }

    /// Up to the closing quotation mark, which is skipped; nothing where more than ASCII without escapes is
    /// in between.
    std::optional<QByteArrayView> plainString()
    {
        for (qsizetype i = 0; i < m_rest.size(); ++i) {
            const char c = m_rest[i];
            if (c == '"') {
                const QByteArrayView found = m_rest.first(i);
                m_rest = m_rest.sliced(i + 1);
                return found;
            }
            if (c == '\\' || c < 0x20 || c > 0x7e)
                return std::nullopt;
        }
        return std::nullopt;
    }

    QByteArrayView rest() const { return m_rest; }

private:
    QByteArrayView m_rest;
};

std::optional<QJsonObject> objectOf(QByteArrayView text)
{
    const QJsonDocument document = QJsonDocument::fromJson(QByteArray::fromRawData(text.data(), text.size()));
    return document.isObject() ? std::optional(document.object()) : std::nullopt;
}

/// The value of a stable identifier in ASCII.
template <typename Value>
std::optional<Value> fromId(std::optional<Value> (*lookUp)(QStringView), QByteArrayView id)
{
    constexpr qsizetype longest = 32;
    if (id.size() > longest)
        return std::nullopt;
    std::array<char16_t, longest> wide{};
    std::ranges::copy(id, wide.begin());
    return lookUp(QStringView(wide.data(), id.size()));
}

} // namespace

QString RecordingLineParser::sharedName(QByteArrayView name)
{
    const auto found = m_names.constFind(QByteArray::fromRawData(name.data(), name.size()));
    if (found != m_names.constEnd())
        return *found;
    QString text = QString::fromLatin1(name);
    if (m_names.size() < maxSharedNames)
        m_names.insert(name.toByteArray(), text);
    return text;
}

/// False where the line has to be looked at more closely; \a event is then undefined.
bool RecordingLineParser::parseUsual(QByteArrayView text, Event& event)
{
    Cursor cursor(text);
    event.timeNs = 0;
    if (cursor.skip("{\"time\":")) {
        const auto time = cursor.number();
        if (!time || !cursor.skip(",\"side\":\""))
            return false;
        event.timeNs = *time;
    } else if (!cursor.skip("{\"side\":\"")) {
        return false;
    }
    const auto side = cursor.plainString();
    if (!side || !cursor.skip(",\"category\":\""))
        return false;
    const auto category = cursor.plainString();
    if (!category || !cursor.skip(",\"name\":\""))
        return false;
    const auto name = cursor.plainString();
    const auto knownSide = fromId(sideFromId, *side);
    const auto knownCategory = fromId(categoryFromId, *category);
    if (!name || !knownSide || !knownCategory)
        return false;
    event.side = *knownSide;
    event.category = *knownCategory;
    event.name = sharedName(*name);
    if (cursor.rest() == "}") {
        event.attributes = {};
        return true;
    }
    if (!cursor.skip(",\"attributes\":") || !cursor.rest().endsWith("}}"))
        return false;
    auto attributes = objectOf(cursor.rest().chopped(1));
    if (!attributes)
        return false;
    event.attributes = std::move(*attributes);
    return true;
}

RecordingLineParser::Parsed RecordingLineParser::parse(QByteArrayView text, Event& event, QString& cause)
{
    if (parseUsual(text, event))
        return Parsed::Event;
    QJsonParseError error;
    const QJsonDocument document
        = QJsonDocument::fromJson(QByteArray::fromRawData(text.data(), text.size()), &error);
    if (!document.isObject()) {
        cause = error.error == QJsonParseError::NoError ? QStringLiteral("it is no object")
                                                        : error.errorString();
        return Parsed::Damaged;
    }
    const QJsonObject object = document.object();
    const QJsonValue name = object.value(QLatin1StringView("name"));
    const QJsonValue side = object.value(QLatin1StringView("side"));
    const QJsonValue category = object.value(QLatin1StringView("category"));
    if (!name.isString() || !side.isString() || !category.isString()) {
        cause = QStringLiteral("it has no side, category or name");
        return Parsed::Damaged;
    }
    const auto knownSide = sideFromId(side.toString());
    const auto knownCategory = categoryFromId(category.toString());
    if (!knownSide || !knownCategory)
        return Parsed::Unknown;
    event.side = *knownSide;
    event.category = *knownCategory;
    event.name = name.toString();
    event.timeNs = std::max<qint64>(object.value(QLatin1StringView("time")).toInteger(), 0);
    event.attributes = object.value(QLatin1StringView("attributes")).toObject();
    return Parsed::Event;
}

} // namespace cutover::timeline
