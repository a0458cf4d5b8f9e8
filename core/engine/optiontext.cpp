// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/optiontext.h"

#include <QJsonDocument>

#include <cmath>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

OptionItem itemFrom(const QString& text)
{
    const auto equals = text.indexOf(u'=');
    if (equals < 0)
        return { .key = {}, .value = text };
    return { .key = text.first(equals), .value = text.sliced(equals + 1) };
}

} // namespace

QList<OptionItem> splitOption(const QString& text)
{
    QList<OptionItem> items;
    if (text.isEmpty())
        return items;
    QString item;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != u',') {
            item += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == u',') {
            item += u',';
            ++i;
        } else {
            items.append(itemFrom(item));
            item.clear();
        }
    }
    items.append(itemFrom(item));
    return items;
}

bool isJsonOption(const QString& text)
{
    return text.startsWith(u'{');
}

Result<QJsonObject> parseJsonOption(const QString& text, const QString& attempt)
{
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(text.toUtf8(), &error);
    if (error.error != QJsonParseError::NoError) {
        return failure(ErrorCode::Malformed, attempt, text,
            u"%1 at byte %2"_s.arg(error.errorString()).arg(error.offset));
    }
    if (!document.isObject())
        return failure(ErrorCode::Malformed, attempt, text, u"it is not a JSON object"_s);
    return document.object();
}

std::optional<bool> parseBool(QStringView text)
{
    if (text == u"on" || text == u"yes" || text == u"true")
        return true;
    if (text == u"off" || text == u"no" || text == u"false")
        return false;
    return std::nullopt;
}

std::optional<qint64> parseInteger(QStringView text)
{
    const QStringView digits = text.startsWith(u'-') ? text.sliced(1) : text;
    if (digits.isEmpty())
        return std::nullopt;
    for (const QChar digit : digits) {
        if (digit < u'0' || digit > u'9')
            return std::nullopt;
    }
    bool ok = false;
    const qint64 number = text.toLongLong(&ok);
    return ok ? std::optional(number) : std::nullopt;
}

std::optional<qint64> parseSize(QStringView text, qint64 unit)
{
    constexpr qint64 limit = qint64{ 1 } << 62;
    if (text.isEmpty())
        return std::nullopt;
    constexpr QStringView suffixes = u"BKMGT";
    const auto suffix = suffixes.indexOf(text.back().toUpper());
    if (suffix >= 0) {
        unit = qint64{ 1 } << (10 * suffix);
        text.chop(1);
    }
    if (const auto whole = parseInteger(text)) {
        if (*whole < 0 || *whole > limit / unit)
            return std::nullopt;
        return *whole * unit;
    }
    const auto point = text.indexOf(u'.');
    if (point <= 0 || point + 1 == text.size() || !parseInteger(text.sliced(point + 1))
        || text.contains(u'-'))
        return std::nullopt;
    bool ok = false;
    const double number = text.toDouble(&ok) * double(unit);
    if (!ok || !(number <= double(limit)) || number != std::floor(number))
        return std::nullopt;
    return qint64(number);
}

} // namespace cutover::engine
