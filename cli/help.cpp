// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/help.h"

#include "cli/table.h"

#include <KLocalizedString>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr int widest = 100;

void paragraphs(Console& console, const QString& text)
{
    for (const QString& line : wrapped(text, std::min(widest, console.width())))
        console.print(line);
}

void heading(Console& console, const QString& text)
{
    console.print({});
    console.print(console.paint(Tone::Title, text));
}

QString optionText(const OptionSpec& option)
{
    QString text = option.letter.isEmpty() ? QString() : u"-%1, "_s.arg(option.letter);
    text += u"--"_s + option.name;
    return option.value.isEmpty() ? text : text + u' ' + option.value;
}

void exampleList(Console& console, const QList<ExampleSpec>& examples)
{
    for (const ExampleSpec& example : examples) {
        console.print(u"  "_s + console.paint(Tone::Accent, example.command));
        for (const QString& line : wrapped(example.help, std::min(widest, console.width()) - 6))
            console.print(u"      "_s + line);
    }
}

} // namespace

void printOverview(Console& console, const QList<CommandSpec>& commands)
{
    console.print(console.paint(Tone::Title, u"cutoverctl"_s)
        + i18n(": live-update the process that runs a virtual machine"));
    console.print({});
    paragraphs(console,
        i18n("The guest moves from one VMM process (the source) to a new one (the destination) on the same "
             "host, "
             "and the open files behind its memory move with it. The source is checked before anything is "
             "changed, "
             "each file is proved to be the same on both sides, and each microsecond of the pause is "
             "accounted for."));
    heading(console, i18n("Usage"));
    console.print(u"  cutoverctl COMMAND [OPTION …]"_s);
    console.print(u"  cutoverctl COMMAND --help"_s);
    heading(console, i18n("Commands"));
    Table table({ QString(), QString() });
    for (const CommandSpec& command : commands)
        table.add({ { .text = command.name, .tone = Tone::Accent }, { .text = command.summary } });
    table.add({ { .text = u"--version"_s, .tone = Tone::Accent }, { .text = i18n("Show the version") } });
    table.print(console);
    heading(console, i18n("To begin with"));
    exampleList(console,
        {
            { u"cutoverctl demo --vmm qemu"_s,
                i18n("Start a QEMU in a private folder, update it, show what happened.") },
            { u"cutoverctl list"_s, i18n("See which VMMs run here and how to reach them.") },
            { u"cutoverctl check --source pid:1234"_s,
                i18n("See whether one of them can be updated; changes nothing.") },
            { u"cutoverctl migrate --source pid:1234 --record update.cutover"_s, i18n("Update it.") },
        });
    heading(console, i18n("Exit codes"));
    Table codes({ QString(), QString() });
    codes.add(
        { { .text = u"0"_s }, { .text = i18n("migrated and verified; or the question was answered") } });
    codes.add({ { .text = u"1"_s }, { .text = i18n("failed, and the guest is on the source as before") } });
    codes.add(
        { { .text = u"2"_s }, { .text = i18n("the command line was not understood; nothing was done") } });
    codes.add({ { .text = u"3"_s }, { .text = i18n("refused by the checks; nothing was done") } });
    codes.add(
        { { .text = u"4"_s }, { .text = i18n("the guest needs you: see 'cutoverctl rescue --help'") } });
    codes.print(console);
}

void printHelp(Console& console, const CommandSpec& command)
{
    console.print(console.paint(Tone::Title, u"cutoverctl "_s + command.name) + u": "_s + command.summary);
    heading(console, i18n("Usage"));
    for (const QString& form : command.synopsis)
        console.print(u"  cutoverctl %1 %2"_s.arg(command.name, form).trimmed().prepend(u"  "_s));
    console.print({});
    paragraphs(console, command.description);
    if (!command.arguments.isEmpty()) {
        heading(console, i18n("Arguments"));
        Table table({ QString(), QString() });
        for (const ArgumentSpec& argument : command.arguments)
            table.add({ { .text = argument.name, .tone = Tone::Accent }, { .text = argument.help } });
        table.print(console);
    }
    heading(console, i18n("Options"));
    Table table({ QString(), QString() });
    for (const OptionSpec& option : command.options)
        table.add({ { .text = optionText(option), .tone = Tone::Accent }, { .text = option.help } });
    table.add({ { .text = u"-h, --help"_s, .tone = Tone::Accent }, { .text = i18n("Show this help") } });
    table.print(console);
    if (!command.examples.isEmpty()) {
        heading(console, i18n("Examples"));
        exampleList(console, command.examples);
    }
    heading(console, i18n("Exit codes"));
    for (const QString& code : command.exitCodes)
        console.print(u"  "_s + code);
}

} // namespace cutover::cli
