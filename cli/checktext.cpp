// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/checktext.h"

#include "cli/table.h"

#include <KLocalizedString>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr int outputLines = 8;

Cell verdictCell(op::Verdict verdict)
{
    switch (verdict) {
    case op::Verdict::Pass:
        return { .text = u"✓"_s, .tone = Tone::Good };
    case op::Verdict::Warning:
        return { .text = u"!"_s, .tone = Tone::Warning };
    case op::Verdict::Refuse:
        return { .text = u"✗"_s, .tone = Tone::Bad };
    case op::Verdict::NotApplicable:
        break;
    }
    return { .text = u"·"_s, .tone = Tone::Faint };
}

bool isNotable(const op::Check& check)
{
    return check.verdict == op::Verdict::Warning || check.verdict == op::Verdict::Refuse;
}

struct ChangeLook
{
    QLatin1StringView id;
    QString sign;
    Tone tone;
};

ChangeLook lookOf(op::CommandChange::Kind kind)
{
    switch (kind) {
    case op::CommandChange::Kind::Added:
        break;
    case op::CommandChange::Kind::Removed:
        return { "removed"_L1, u"-"_s, Tone::Warning };
    case op::CommandChange::Kind::Replaced:
        return { "replaced"_L1, u"~"_s, Tone::Accent };
    case op::CommandChange::Kind::Warning:
        return { "warning"_L1, u"!"_s, Tone::Warning };
    case op::CommandChange::Kind::Conflict:
        return { "conflict"_L1, u"✗"_s, Tone::Bad };
    }
    return { "added"_L1, u"+"_s, Tone::Good };
}

void printCommandLine(Console& console, const QStringList& argv)
{
    auto parsed = op::CommandLine::parse(argv);
    if (!parsed)
        return;
    QStringList lines{ op::shellLine({ parsed->program() }) };
    for (const auto& option : parsed->options()) {
        QStringList words{ option.spelling };
        if (option.spelling.isEmpty())
            words.clear();
        if (option.argument)
            words << *option.argument;
        lines << op::shellLine(words);
    }
    for (qsizetype i = 0; i < lines.size(); ++i) {
        console.print(console.paint(Tone::Faint,
            (i == 0 ? u"  "_s : u"      "_s) + printable(lines[i])
                + (i + 1 < lines.size() ? u" \\"_s : QString())));
    }
}

} // namespace

void printChecks(Console& console, const std::vector<op::Check>& checks, CheckDetail detail)
{
    Table table({ QString(), QString(), QString() });
    for (const op::Check& check : checks) {
        if (detail == CheckDetail::Notable && !isNotable(check))
            continue;
        const bool applies = check.verdict != op::Verdict::NotApplicable;
        table.add({ verdictCell(check.verdict),
            { .text = check.title, .tone = applies ? Tone::Plain : Tone::Faint },
            { .text = check.evidence, .tone = Tone::Faint } });
        if (!check.remedy.isEmpty())
            table.addNote({ .text = u"→ "_s + check.remedy, .tone = verdictCell(check.verdict).tone });
    }
    const auto count = [&](op::Verdict verdict) {
        return static_cast<int>(std::ranges::count(checks, verdict, &op::Check::verdict));
    };
    console.print(console.paint(Tone::Title, i18n("Checks")) + u"  "_s
        + i18nc("numbers of checks", "%1 passed, %2 to be known, %3 against it",
            QString::number(count(op::Verdict::Pass)), QString::number(count(op::Verdict::Warning)),
            QString::number(count(op::Verdict::Refuse))));
    if (!table.isEmpty())
        table.print(console);
}

void printDerived(Console& console, const op::DerivedCommand& derived)
{
    console.print({});
    console.print(console.paint(Tone::Title, i18n("The destination's command line"))
        + i18n(", as the source's but for these changes"));
    Table table({ QString(), QString() });
    for (const op::CommandChange& change : derived.changes) {
        const ChangeLook look = lookOf(change.kind);
        QString text = change.before.isEmpty() ? change.after : change.before;
        if (!change.before.isEmpty() && !change.after.isEmpty() && change.before != change.after)
            text += u"  →  "_s + change.after;
        table.add({ { .text = look.sign, .tone = look.tone }, { .text = text } });
        table.addNote({ .text = change.reason, .tone = Tone::Faint });
    }
    table.print(console);
    console.print({});
    printCommandLine(console, derived.argv);
}

QJsonArray checksJson(const std::vector<op::Check>& checks)
{
    QJsonArray list;
    for (const op::Check& check : checks) {
        list.append(QJsonObject{ { u"id"_s, check.id }, { u"verdict"_s, op::verdictId(check.verdict) },
            { u"title"_s, check.title }, { u"evidence"_s, check.evidence }, { u"remedy"_s, check.remedy } });
    }
    return list;
}

QJsonObject derivedJson(const op::DerivedCommand& derived)
{
    QJsonArray changes;
    for (const op::CommandChange& change : derived.changes) {
        changes.append(QJsonObject{ { u"kind"_s, lookOf(change.kind).id }, { u"before"_s, change.before },
            { u"after"_s, change.after }, { u"reason"_s, change.reason } });
    }
    return { { u"argv"_s, QJsonArray::fromStringList(derived.argv) }, { u"shellLine"_s, derived.shellLine() },
        { u"changes"_s, changes }, { u"monitor"_s, derived.monitorPath }, { u"log"_s, derived.logFile } };
}

QJsonObject failureJson(const op::Failure& failure)
{
    return { { u"side"_s, sideId(failure.side) }, { u"phase"_s, op::sessionPhaseId(failure.phase) },
        { u"message"_s, failure.error.message() }, { u"remedy"_s, failure.error.remedy },
        { u"destinationOutput"_s, failure.destinationOutput } };
}

void printFailure(Console& console, const op::Failure& failure)
{
    console.message(
        i18nc("the program's name, then an error", "cutoverctl: %1", printable(failure.sentence())));
    const QStringList said = failure.destinationOutput.split(u'\n', Qt::SkipEmptyParts);
    if (!said.isEmpty())
        console.message(i18n("  The destination said:"));
    for (const QString& line : said.last(std::min<qsizetype>(outputLines, said.size())))
        console.message(u"    "_s + printable(line));
    if (!failure.error.remedy.isEmpty())
        console.message(u"  "_s + printable(failure.error.remedy));
}

} // namespace cutover::cli
