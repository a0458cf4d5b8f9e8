// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/commandtext.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace cutover::ui {

std::vector<ShortWord> shortWords(QStringView text)
{
    std::vector<ShortWord> words;
    qsizetype at = 0;
    while (at < text.size()) {
        if (text[at].isSpace()) {
            ++at;
            continue;
        }
        ShortWord word{ .range = { at, 0 } };
        QChar quote;
        int depth = 0;
        for (; at < text.size(); ++at) {
            const QChar c = text[at];
            if (!quote.isNull()) {
                if (c == u'\\')
                    ++at;
                else if (c == quote)
                    quote = {};
            } else if (c == u'"' || c == u'\'') {
                quote = c;
            } else if (c == u'{' || c == u'[') {
                ++depth;
            } else if (c == u'}' || c == u']') {
                --depth;
            } else if (c.isSpace() && depth <= 0) {
                break;
            } else if (c == u'=' && depth == 0 && word.equals < 0) {
                word.equals = at;
            }
        }
        at = std::min(at, text.size());
        word.range.length = at - word.range.start;
        word.isClosed = quote.isNull() && depth <= 0;
        words.push_back(word);
    }
    return words;
}

static bool isText(const QStringList& types)
{
    return types == QStringList{ QStringLiteral("string") };
}

/// What \a text means where the schema wants \a types; without types, what it looks like.
static QJsonValue shortValue(const QString& text, const QStringList& types)
{
    if (text.size() >= 2 && text.front() == u'\'' && text.back() == u'\'')
        return text.sliced(1, text.size() - 2);
    const bool quoted = text.startsWith(u'"');
    if (isText(types) && !quoted)
        return text;
    if (types.contains(QStringLiteral("boolean"))) {
        if (text == u"on" || text == u"yes")
            return true;
        if (text == u"off" || text == u"no")
            return false;
    }
    // Only arrays and objects are documents.
    const QJsonArray parsed = QJsonDocument::fromJson('[' + text.toUtf8() + ']').array();
    if (parsed.size() == 1)
        return parsed.first();
    return text;
}

/// Puts \a value at \a path, "addr.type", into \a object.
static void insertAt(QJsonObject& object, const QString& path, const QJsonValue& value)
{
    const qsizetype dot = path.indexOf(u'.');
    if (dot < 0) {
        object.insert(path, value);
        return;
    }
    QJsonObject inner = object.value(path.first(dot)).toObject();
    insertAt(inner, path.sliced(dot + 1), value);
    object.insert(path.first(dot), inner);
}

static QStringList jsonTypesOf(const qmp::Schema* schema, const QString& command, const QString& path)
{
    if (!schema)
        return {};
    const qsizetype dot = path.lastIndexOf(u'.');
    const QString parent = dot < 0 ? QString() : path.first(dot);
    for (const qmp::Schema::Parameter& parameter : schema->parameters(command, parent)) {
        if (parameter.name == QStringView(path).sliced(dot + 1))
            return parameter.jsonTypes;
    }
    return {};
}

CommandText CommandText::parse(const QString& text, const qmp::Schema* schema)
{
    CommandText parsed;
    const QStringView content = QStringView(text).trimmed();
    parsed.m_empty = content.isEmpty();
    if (parsed.m_empty)
        return parsed;
    parsed.m_json = content.startsWith(u'{');
    if (parsed.m_json)
        parsed.parseJson(text);
    else
        parsed.parseShort(text, schema);
    if (parsed.m_wellFormed && schema)
        parsed.validate(text, *schema);
    return parsed;
}

void CommandText::fail(const QString& text, TextRange where, bool isMissing)
{
    if (!m_problem)
        m_problem = Problem{ .text = text, .where = where, .isMissing = isMissing };
}

void CommandText::parseJson(const QString& text)
{
    const JsonWalk walk = walkJson(text);
    static const QString prefix = QStringLiteral("arguments.");
    TextRange arguments;
    for (const JsonPlace& place : walk.places) {
        const TextRange shown = place.key.length > 0 ? place.key : place.value;
        if (place.path == u"execute" || place.path == u"exec-oob")
            m_name = place.value;
        else if (place.path.startsWith(prefix))
            m_places.insert(place.path.sliced(prefix.size()), place.value);
        else if (place.path == u"arguments")
            arguments = place.key;
        // A name that is not expected is at fault itself.
        if (place.path.startsWith(prefix))
            m_places.insert(u'?' + place.path.sliced(prefix.size()), shown);
    }
    if (m_name.length == 0)
        m_name = arguments.length > 0 ? arguments : TextRange{ text.indexOf(u'{'), 1 };

    QJsonParseError error;
    m_command = QJsonDocument::fromJson(text.toUtf8(), &error).object();
    if (error.error != QJsonParseError::NoError) {
        m_unfinished = !walk.isBalanced;
        const QByteArray bytes = text.toUtf8();
        const qsizetype offset = std::clamp<qsizetype>(error.offset, 0, bytes.size());
        const qsizetype at = QString::fromUtf8(bytes.first(offset)).size();
        const qsizetype start = std::clamp<qsizetype>(at, 0, text.size() - 1);
        fail(m_unfinished ? i18n("The JSON text is not finished") : error.errorString(), { start, 1 },
            m_unfinished);
        return;
    }
    if (name().isEmpty()) {
        fail(i18n("The member “execute” with the name of a command is missing"), m_name, true);
        return;
    }
    for (auto member = m_command.constBegin(); member != m_command.constEnd(); ++member) {
        if (member.key() == u"execute" || member.key() == u"arguments" || member.key() == u"id")
            continue;
        const auto place = std::ranges::find(walk.places, member.key(), &JsonPlace::path);
        fail(i18n("A command has no member “%1”", member.key()),
            place == walk.places.end() ? m_name : place->key);
        return;
    }
    if (m_command.contains(u"arguments") && !m_command.value(u"arguments").isObject()) {
        fail(i18n("The arguments must be an object"), arguments);
        return;
    }
    // The console numbers its commands itself.
    m_command.remove(u"id");
    m_wellFormed = true;
}

void CommandText::parseShort(const QString& text, const qmp::Schema* schema)
{
    const std::vector<ShortWord> words = shortWords(text);
    m_name = words.front().range;
    const QString command = text.sliced(m_name.start, m_name.length);
    m_command.insert(u"execute", command);
    QJsonObject arguments;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const ShortWord& word = words[i];
        const QString whole = text.sliced(word.range.start, word.range.length);
        if (!word.isClosed)
            fail(i18n("A quote or bracket is not closed"), word.range);
        if (word.equals <= word.range.start) {
            fail(i18n("An argument is written name=value"), word.range);
            continue;
        }
        const QString path = text.sliced(word.range.start, word.equals - word.range.start);
        const TextRange value{ word.equals + 1, word.range.end() - word.equals - 1 };
        if (m_places.contains(path))
            fail(i18n("The argument “%1” comes twice", path), word.range);
        m_places.insert(u'?' + path, { word.range.start, path.size() });
        m_places.insert(path, value.length > 0 ? value : word.range);
        insertAt(arguments, path,
            shortValue(text.sliced(value.start, value.length), jsonTypesOf(schema, command, path)));
    }
    if (!arguments.isEmpty())
        m_command.insert(u"arguments", arguments);
    m_wellFormed = !m_problem;
}

/// The most exact place there is in the text for \a member.
TextRange CommandText::placeOf(const QString& member) const
{
    QString path = member;
    while (!path.isEmpty()) {
        if (const auto found = m_places.constFind(path); found != m_places.cend())
            return *found;
        // Values inside of arrays are one value in the short form.
        const qsizetype dot = std::max(path.lastIndexOf(u'.'), path.lastIndexOf(u'['));
        path.truncate(std::max<qsizetype>(0, dot));
    }
    return m_name;
}

void CommandText::validate(const QString& text, const qmp::Schema& schema)
{
    QString member;
    const auto valid = schema.validate(name(), m_command.value(u"arguments").toObject(), &member);
    if (valid)
        return;
    const QString& cause = valid.error().cause;
    TextRange where = placeOf(member);
    if (const auto key = m_places.constFind(u'?' + member);
        key != m_places.cend() && cause.contains(u"unexpected"))
        where = *key;
    if (where.length <= 0)
        where = { 0, text.size() };
    fail(cause, where, cause.contains(u"is missing"));
}

} // namespace cutover::ui
