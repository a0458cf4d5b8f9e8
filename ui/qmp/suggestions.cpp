// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/suggestions.h"

#include "qmp/commandtext.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

using Parameter = qmp::Schema::Parameter;

/// In a line of help.
static constexpr qsizetype mostNames = 8;

namespace {

/// The place that is typed at, whichever form the command has.
struct Place
{
    enum class What : std::uint8_t { Nothing, Command, Name, Value, Member };

    What what = What::Nothing;
    QString command;
    QString path; ///< Name: of the object, empty for the arguments; Value: of the argument
    TextRange typed;
    QStringList taken; ///< names that are there already, as paths
    bool isJson = false;
    bool isQuoted = false;
    bool isClosed = false;
};

Place jsonPlace(const QString& text, qsizetype cursor)
{
    const JsonWalk walk = walkJson(text, cursor);
    Place place{ .isJson = true };
    for (const JsonPlace& each : walk.places) {
        if (each.path == u"execute" && each.value.length > 2)
            place.command = text.sliced(each.value.start, each.value.length).remove(u'"');
        if (!walk.cursor || each.key.start + 1 != walk.cursor->typed.start)
            place.taken.append(each.path);
    }
    if (!walk.cursor)
        return place;
    place.typed = walk.cursor->typed;
    place.isQuoted = walk.cursor->isQuoted;
    place.isClosed = walk.cursor->isClosed;
    const QString& path = walk.cursor->path;
    if (walk.cursor->isKey && path.isEmpty())
        place.what = Place::What::Member;
    else if (!walk.cursor->isKey && path == u"execute")
        place.what = Place::What::Command;
    else if (path == u"arguments" || path.startsWith(u"arguments."))
        place.what = walk.cursor->isKey ? Place::What::Name : Place::What::Value;
    place.path = path.sliced(std::min<qsizetype>(path.size(), 10));
    for (QString& name : place.taken)
        name = name.startsWith(u"arguments.") ? name.sliced(10) : name;
    return place;
}

Place shortPlace(const QString& text, qsizetype cursor)
{
    const std::vector<ShortWord> words = shortWords(text);
    Place place;
    if (words.empty() || cursor <= words.front().range.end()) {
        place.what = Place::What::Command;
        place.typed = words.empty() ? TextRange{ cursor, 0 } : words.front().range;
        place.command = words.empty() ? QString() : text.sliced(place.typed.start, place.typed.length);
        return place;
    }
    place.command = text.sliced(words.front().range.start, words.front().range.length);
    place.what = Place::What::Name;
    place.typed = { cursor, 0 };
    for (std::size_t i = 1; i < words.size(); ++i) {
        const ShortWord& word = words[i];
        const qsizetype nameEnd = word.equals < 0 ? word.range.end() : word.equals;
        const QString name = text.sliced(word.range.start, nameEnd - word.range.start);
        const bool here = cursor >= word.range.start && cursor <= word.range.end();
        if (!here) {
            place.taken.append(name);
        } else if (word.equals >= 0 && cursor > word.equals) {
            place.what = Place::What::Value;
            place.path = name;
            place.typed = { word.equals + 1, word.range.end() - word.equals - 1 };
        } else {
            const qsizetype dot = name.lastIndexOf(u'.');
            place.path = name.first(std::max<qsizetype>(0, dot));
            place.typed = { word.range.start + dot + 1, name.size() - dot - 1 };
        }
    }
    return place;
}

/// The schema knows no numbers of elements.
QString withoutIndices(QString path)
{
    for (qsizetype open = path.indexOf(u'['); open >= 0; open = path.indexOf(u'[', open)) {
        const qsizetype close = path.indexOf(u']', open);
        path.remove(open, (close < 0 ? path.size() - 1 : close) - open + 1);
    }
    return path;
}

Place placeAt(const QString& text, qsizetype cursor)
{
    return QStringView(text).trimmed().startsWith(u'{') ? jsonPlace(text, cursor) : shortPlace(text, cursor);
}

std::optional<Parameter> parameterAt(const qmp::Schema& schema, const Place& place)
{
    const QString path = withoutIndices(place.path);
    const qsizetype dot = path.lastIndexOf(u'.');
    const QString name = path.sliced(dot + 1);
    const QString parent = path.first(std::max<qsizetype>(0, dot));
    const QList<Parameter> parameters = schema.parameters(place.command, parent);
    const auto found = std::ranges::find(parameters, name, &Parameter::name);
    return found == parameters.end() ? std::nullopt : std::optional(*found);
}

QString typeText(const Parameter& parameter)
{
    if (!parameter.values.isEmpty() && parameter.values.size() <= 6)
        return parameter.values.join(QStringLiteral(" | "));
    QString text = parameter.jsonTypes.join(QStringLiteral(" | "));
    if (!parameter.values.isEmpty())
        text = i18np("one of %1 value", "one of %1 values", static_cast<int>(parameter.values.size()));
    return text;
}

QString hintOf(const Parameter& parameter)
{
    QStringList parts{ typeText(parameter) };
    if (!parameter.optional)
        parts.append(i18nc("of an argument", "required"));
    parts += parameter.features;
    return parts.join(QStringLiteral(", "));
}

/// The text of a JSON string at the cursor, with the quotes that are missing.
QString quoted(const Place& place, const QString& text, const QString& tail = {})
{
    if (!place.isJson)
        return text + tail;
    return (place.isQuoted ? QString() : QStringLiteral("\"")) + text
        + (place.isClosed ? QString() : QStringLiteral("\"") + tail);
}

/// Keeps what contains \a typed, what begins with it first; nothing if it is what is typed.
void order(QList<Suggestion>& items, const QString& typed)
{
    if (typed.isEmpty())
        return;
    items.removeIf(
        [&typed](const Suggestion& item) { return !item.text.contains(typed, Qt::CaseInsensitive); });
    std::ranges::stable_partition(
        items, [&typed](const Suggestion& item) { return item.text.startsWith(typed, Qt::CaseInsensitive); });
    if (items.size() == 1 && items.first().insert == typed)
        items.clear();
}

void addNames(QList<Suggestion>& items, const Place& place, const qmp::Schema& schema)
{
    QList<Parameter> parameters = schema.parameters(place.command, withoutIndices(place.path));
    std::ranges::stable_partition(parameters, [](const Parameter& each) { return !each.optional; });
    const QString parent = place.path.isEmpty() ? QString() : QString(place.path + u'.');
    for (const Parameter& parameter : std::as_const(parameters)) {
        if (place.taken.contains(QString(parent + parameter.name)))
            continue;
        const bool isObject = parameter.jsonTypes == QStringList{ QStringLiteral("object") };
        const QString insert = place.isJson ? quoted(place, parameter.name, QStringLiteral(": "))
            : isObject                      ? QString(parameter.name + u'.')
                                            : QString(parameter.name + u'=');
        items.append({ .text = parameter.name, .hint = hintOf(parameter), .insert = insert });
    }
}

void addValues(QList<Suggestion>& items, const Place& place, const qmp::Schema& schema)
{
    const auto parameter = parameterAt(schema, place);
    if (!parameter)
        return;
    for (const QString& value : parameter->values)
        items.append({ .text = value, .hint = {}, .insert = quoted(place, value) });
    if (!parameter->jsonTypes.contains(QStringLiteral("boolean")) || place.isQuoted)
        return;
    for (const QString& value : { QStringLiteral("true"), QStringLiteral("false") })
        items.append({ .text = value, .hint = {}, .insert = value });
}

} // namespace

Suggestions suggest(const QString& text, qsizetype cursor, const qmp::Schema& schema)
{
    const Place place = placeAt(text, cursor);
    Suggestions found{ .range = place.typed, .items = {} };
    switch (place.what) {
    case Place::What::Nothing:
        return found;
    case Place::What::Member:
        for (const QString& member : { QStringLiteral("execute"), QStringLiteral("arguments") }) {
            if (!place.taken.contains(member))
                found.items.append(
                    { .text = member, .hint = {}, .insert = quoted(place, member, QStringLiteral(": ")) });
        }
        break;
    case Place::What::Command:
        for (const QString& command : schema.commands())
            found.items.append({ .text = command,
                .hint = schema.features(command).join(QStringLiteral(", ")),
                .insert = quoted(place, command) });
        break;
    case Place::What::Name:
        addNames(found.items, place, schema);
        break;
    case Place::What::Value:
        addValues(found.items, place, schema);
        break;
    }
    order(found.items, text.sliced(place.typed.start, place.typed.length));
    return found;
}

QString commandHelp(const QString& text, qsizetype cursor, const qmp::Schema& schema)
{
    const Place place = placeAt(text, cursor);
    if (place.what == Place::What::Value) {
        const auto parameter = parameterAt(schema, place);
        return parameter ? i18nc("an argument, what it is", "%1: %2", parameter->name, hintOf(*parameter))
                         : QString();
    }
    if (!schema.hasCommand(place.command))
        return {};
    QStringList names;
    for (const Parameter& parameter : schema.parameters(place.command, withoutIndices(place.path))) {
        if (!parameter.optional)
            names.append(parameter.name + QStringLiteral(": ") + typeText(parameter));
    }
    for (const Parameter& parameter : schema.parameters(place.command, withoutIndices(place.path))) {
        if (parameter.optional)
            names.append(u'[' + parameter.name + QStringLiteral(": ") + typeText(parameter) + u']');
    }
    const QString what = place.path.isEmpty() ? place.command : place.path;
    const QStringList features = schema.features(place.command);
    const QString marked
        = features.isEmpty() ? what : QString(what + QStringLiteral(" (") + features.join(u", ") + u')');
    if (names.isEmpty())
        return i18nc("a QMP command", "%1 takes no arguments", marked);
    const qsizetype more = names.size() - mostNames;
    QString list = names.first(std::min(names.size(), mostNames)).join(QStringLiteral("  "));
    if (more > 0)
        list += i18np("  … and %1 more", "  … and %1 more", static_cast<int>(more));
    return marked + QStringLiteral("  ") + list;
}

} // namespace cutover::ui
