// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/commandedit.h"

#include <algorithm>
#include <span>

namespace cutover::op {

namespace {

using Kind = CommandChange::Kind;
using Option = CommandLine::Option;
using Options = std::vector<Option>;

/// The inverse of Option::text().
Option optionOf(const QString& text)
{
    if (!text.startsWith(u'-'))
        return { .name = {}, .spelling = text, .argument = {} };
    const qsizetype space = text.indexOf(u' ');
    Option option;
    option.spelling = space < 0 ? text : text.first(space);
    option.name = option.spelling.sliced(option.spelling.startsWith(u"--") ? 2 : 1);
    if (space >= 0)
        option.argument = text.sliced(space + 1);
    return option;
}

QString joined(std::span<const Option> options)
{
    QStringList texts;
    for (const Option& option : options)
        texts << option.text();
    return texts.join(u' ');
}

/// The neighbours whose texts are \a text together; one option can become two.
struct Place
{
    Options::iterator begin;
    Options::iterator end;
};

Place find(Options& options, const QString& text)
{
    for (auto first = options.begin(); first != options.end(); ++first) {
        for (auto last = std::next(first);; ++last) {
            const QString candidate = joined({ first, last });
            if (candidate == text)
                return { .begin = first, .end = last };
            if (candidate.size() >= text.size() || last == options.end())
                break;
        }
    }
    return { .begin = options.end(), .end = options.end() };
}

} // namespace

Result<CommandEdit> undoDerivation(const DerivedCommand& derived, const QStringList& edited)
{
    Result<CommandLine> line = CommandLine::parse(edited);
    if (!line)
        return std::unexpected(line.error());
    CommandEdit edit;
    Options& options = line->options();
    Options dropped;
    for (const CommandChange& change : derived.changes) {
        if (change.kind == Kind::Removed) {
            dropped.push_back(optionOf(change.before));
            continue;
        }
        if (change.kind != Kind::Added && change.kind != Kind::Replaced)
            continue;
        const Place place = find(options, change.after);
        if (place.begin == place.end) {
            // A replaced option that was edited, or the program: what stands there is the operator's wish.
            if (change.kind == Kind::Added)
                edit.missing.push_back(
                    { .kind = Kind::Removed, .before = change.after, .after = {}, .reason = change.reason });
            continue;
        }
        const auto next = options.erase(place.begin, place.end);
        if (change.kind == Kind::Replaced)
            options.insert(next, optionOf(change.before));
    }
    options.insert(options.end(), dropped.begin(), dropped.end());
    edit.base = line->argv();
    return edit;
}

std::vector<CommandChange> compareCommands(
    const QStringList& before, const QStringList& after, const QString& reason)
{
    const auto split = [](const QStringList& argv) {
        const Result<CommandLine> line = CommandLine::parse(argv);
        return line ? line->options() : Options();
    };
    Options removed = split(before);
    Options added;
    for (const Option& option : split(after)) {
        const auto same = std::ranges::find(removed, option.text(), &Option::text);
        if (same != removed.end())
            removed.erase(same);
        else
            added.push_back(option);
    }
    std::vector<CommandChange> changes;
    if (!before.isEmpty() && !after.isEmpty() && before.first() != after.first())
        changes.push_back(
            { .kind = Kind::Replaced, .before = before.first(), .after = after.first(), .reason = reason });
    for (const Option& option : removed) {
        const auto other = std::ranges::find(added, option.name, &Option::name);
        if (other == added.end()) {
            changes.push_back(
                { .kind = Kind::Removed, .before = option.text(), .after = {}, .reason = reason });
            continue;
        }
        changes.push_back(
            { .kind = Kind::Replaced, .before = option.text(), .after = other->text(), .reason = reason });
        added.erase(other);
    }
    for (const Option& option : added)
        changes.push_back({ .kind = Kind::Added, .before = {}, .after = option.text(), .reason = reason });
    return changes;
}

} // namespace cutover::op
