// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trace/format.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace cutover::trace {

namespace {

struct Token
{
    char conversion = 0; ///< 0 = fixed text
    QLatin1StringView text;
};

std::vector<Token> split(QLatin1StringView format)
{
    std::vector<Token> tokens;
    qsizetype begin = 0;
    for (qsizetype i = 0; i + 1 < format.size(); ++i) {
        if (format[i] != u'%')
            continue;
        if (i > begin)
            tokens.push_back({ .conversion = 0, .text = format.sliced(begin, i - begin) });
        tokens.push_back({ .conversion = format[i + 1].toLatin1(), .text = {} });
        begin = i + 2;
        ++i;
    }
    if (begin < format.size())
        tokens.push_back({ .conversion = 0, .text = format.sliced(begin) });
    return tokens;
}

bool isDigit(QChar c, char conversion)
{
    const char16_t u = c.unicode();
    const bool decimal = u >= u'0' && u <= u'9';
    if (conversion == 'd' || conversion == '_')
        return decimal;
    return decimal || (u >= u'a' && u <= u'f');
}

constexpr QLatin1StringView nil("(nil)");
constexpr QLatin1StringView hexPrefix("0x");

/// The number at the beginning of \a text; empty if there is none.
QStringView leadingNumber(QStringView text, char conversion)
{
    if (conversion == 'p' && text.startsWith(nil))
        return text.first(nil.size());
    qsizetype end = 0;
    if (conversion == 'p' && text.startsWith(hexPrefix))
        end = hexPrefix.size();
    else if (!text.isEmpty() && text.front() == u'-')
        end = 1;
    const qsizetype digits = end;
    while (end < text.size() && isDigit(text[end], conversion))
        ++end;
    return end > digits ? text.first(end) : QStringView();
}

QStringView trailingNumber(QStringView text, char conversion)
{
    if (conversion == 'p' && text.endsWith(nil))
        return text.last(nil.size());
    qsizetype begin = text.size();
    while (begin > 0 && isDigit(text[begin - 1], conversion))
        --begin;
    if (begin == text.size())
        return {};
    if (conversion == 'p' && text.first(begin).endsWith(u'x') && begin >= 2)
        begin -= hexPrefix.size();
    else if (begin > 0 && text[begin - 1] == u'-')
        --begin;
    return text.sliced(begin);
}

} // namespace

std::optional<QList<QStringView>> scan(QStringView text, QLatin1StringView format)
{
    const std::vector<Token> tokens = split(format);
    QList<QStringView> front;
    std::size_t first = 0;
    for (; first < tokens.size() && tokens[first].conversion != 's'; ++first) {
        const Token& token = tokens[first];
        if (token.conversion == 0) {
            if (!text.startsWith(token.text))
                return std::nullopt;
            text = text.sliced(token.text.size());
            continue;
        }
        const QStringView number = leadingNumber(text, token.conversion);
        if (number.isEmpty())
            return std::nullopt;
        text = text.sliced(number.size());
        if (token.conversion != '_')
            front.append(number);
    }
    if (first == tokens.size())
        return text.isEmpty() ? std::optional(front) : std::nullopt;

    QList<QStringView> back;
    for (std::size_t i = tokens.size() - 1; i > first; --i) {
        const Token& token = tokens[i];
        QStringView part;
        if (token.conversion == 0) {
            if (!text.endsWith(token.text))
                return std::nullopt;
            text.chop(token.text.size());
            continue;
        }
        if (token.conversion == 's') {
            const QLatin1StringView before = tokens[i - 1].text;
            const qsizetype at = text.lastIndexOf(before);
            if (at < 0)
                return std::nullopt;
            part = text.sliced(at + before.size());
        } else {
            part = trailingNumber(text, token.conversion);
            if (part.isEmpty())
                return std::nullopt;
        }
        text.chop(part.size());
        if (token.conversion != '_')
            back.append(part);
    }
    front.append(text);
    std::ranges::reverse(back);
    return front + back;
}

} // namespace cutover::trace
