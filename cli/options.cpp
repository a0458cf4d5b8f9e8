// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/options.h"

#include <QCommandLineParser>

#include <KLocalizedString>

#include <algorithm>
#include <limits>
#include <vector>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

int distance(const QString& a, const QString& b)
{
    std::vector<int> row(static_cast<std::size_t>(b.size()) + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = static_cast<int>(j);
    for (qsizetype i = 1; i <= a.size(); ++i) {
        int diagonal = std::exchange(row[0], static_cast<int>(i));
        for (std::size_t j = 1; j < row.size(); ++j) {
            const int substitution = diagonal + (a[i - 1] == b[static_cast<qsizetype>(j) - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({ row[j] + 1, row[j - 1] + 1, substitution }));
        }
    }
    return row.back();
}

std::unexpected<Error> unknownOption(const CommandSpec& spec, const QString& name)
{
    QStringList known{ u"help"_s };
    for (const OptionSpec& option : spec.options)
        known << option.name;
    const QString like = mostLike(name, known);
    return usageError(i18n("there is no option '%1'", name.size() == 1 ? u"-"_s + name : u"--"_s + name),
        like.isEmpty() ? QString() : i18n("Did you mean --%1?", like));
}

Result<QStringList> checkedValues(const OptionSpec& spec, const QStringList& values)
{
    const QString option = u"--"_s + spec.name;
    if (values.size() > 1 && !spec.repeats)
        return usageError(i18n("%1 is given more than once", option));
    for (const QString& value : values) {
        if (value.isEmpty())
            return usageError(i18n("%1 needs a value: %2", option, spec.value));
        if (!spec.choices.isEmpty() && !spec.choices.contains(value))
            return usageError(i18n("%1 cannot be '%2'", option, value),
                i18n("It takes one of: %1.", spec.choices.join(u", "_s)));
    }
    return values;
}

} // namespace

std::unexpected<Error> usageError(const QString& cause, const QString& hint)
{
    return failure(ErrorCode::InvalidArgument, i18n("understand the command line"), {}, cause, hint);
}

QString mostLike(const QString& word, const QStringList& known)
{
    QString best;
    int bestDistance = std::numeric_limits<int>::max();
    for (const QString& candidate : known) {
        const bool begins = word.size() >= 2 && candidate.startsWith(word);
        const int apart = begins ? 1 : distance(word, candidate);
        if (apart < bestDistance && apart <= (candidate.size() + 2) / 3) {
            best = candidate;
            bestDistance = apart;
        }
    }
    return best;
}

Result<Options> Options::parse(const CommandSpec& spec, const QStringList& arguments)
{
    QCommandLineParser parser;
    parser.addOption({ { u"h"_s, u"help"_s }, QString() });
    for (const OptionSpec& option : spec.options) {
        QStringList names{ option.name };
        if (!option.letter.isEmpty())
            names << option.letter;
        parser.addOption({ names, QString(), option.value });
    }
    Options options;
    QStringList own = arguments;
    if (const auto separator = arguments.indexOf(u"--"_s); separator >= 0) {
        own = arguments.first(separator);
        options.m_command = arguments.sliced(separator + 1);
        const bool introduced = std::ranges::any_of(spec.options, [&](const OptionSpec& option) {
            return option.introducesCommand && !own.isEmpty() && own.constLast() == u"--"_s + option.name;
        });
        if (introduced)
            own.removeLast();
        if (!spec.takesCommand && !spec.arguments.isEmpty()) {
            own += options.m_command;
            options.m_command.clear();
        } else if (!spec.takesCommand) {
            return usageError(i18n("'--' and a command have no meaning here"));
        } else if (options.m_command.isEmpty()) {
            return usageError(i18n("there is no command after '--'"));
        }
    }
    const bool parsed = parser.parse(QStringList{ u"cutoverctl"_s } + own);
    options.m_help = parser.isSet(u"help"_s);
    if (options.m_help)
        return options;
    if (!parser.unknownOptionNames().isEmpty())
        return unknownOption(spec, parser.unknownOptionNames().constFirst());
    if (!parsed) {
        QString text = parser.errorText();
        if (text.endsWith(u'.'))
            text.chop(1);
        return usageError(text);
    }
    for (const OptionSpec& option : spec.options) {
        if (!parser.isSet(option.name))
            continue;
        if (option.value.isEmpty()) {
            options.m_values.insert(option.name, { QString() });
            continue;
        }
        auto values = checkedValues(option, parser.values(option.name));
        if (!values)
            return std::unexpected(values.error());
        options.m_values.insert(option.name, *values);
    }
    options.m_arguments = parser.positionalArguments();
    const auto required = std::ranges::count_if(spec.arguments, &ArgumentSpec::required);
    if (options.m_arguments.size() < required)
        return usageError(
            i18n("%1 is missing", spec.arguments.constFirst().name), spec.arguments.constFirst().help);
    if (options.m_arguments.size() > spec.arguments.size())
        return usageError(i18n("'%1' is one argument too many", options.m_arguments[spec.arguments.size()]));
    return options;
}

Result<qint64> parseSize(const QString& text)
{
    static constexpr qint64 limit = qint64{ 1 } << 46;
    static const QString units = u"KMGT"_s;
    QString digits = text;
    qint64 unit = qint64{ 1 } << 20;
    if (!text.isEmpty() && !text.back().isDigit()) {
        const auto power = units.indexOf(text.back().toUpper());
        digits.chop(1);
        if (power < 0)
            digits.clear();
        unit = qint64{ 1 } << (10 * (power + 1));
    }
    bool ok = false;
    const qint64 number = digits.toLongLong(&ok);
    if (!ok || number <= 0 || number > limit / unit)
        return usageError(i18n("'%1' is no size", text), i18n("Write it as 256M or 4G."));
    return number * unit;
}

Result<int> parseSeconds(const QString& text)
{
    QString digits = text;
    if (digits.endsWith(u's'))
        digits.chop(1);
    bool ok = false;
    const int seconds = digits.toInt(&ok);
    if (!ok || seconds <= 0 || seconds > std::numeric_limits<int>::max() / 1000)
        return usageError(i18n("'%1' is no time limit", text), i18n("Write it in whole seconds: 30."));
    return seconds * 1000;
}

} // namespace cutover::cli
