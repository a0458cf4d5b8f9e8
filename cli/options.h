// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

namespace cutover::cli {

/// What a shell offers after an option or in place of an argument.
enum class Completes : std::uint8_t { Nothing, File, Recording, Folder, Program };

struct OptionSpec
{
    QString name; ///< without dashes
    QString value; ///< what it takes, "FILE"; empty: a flag
    QString help; ///< translated
    QString letter; ///< a short form; may be empty
    QStringList choices; ///< the only values
    Completes completes = Completes::Nothing;
    bool repeats = false; ///< may be given several times
    bool introducesCommand = false; ///< "--name -- COMMAND" is the same as "-- COMMAND"
};

struct ArgumentSpec
{
    QString name; ///< "RECORDING"
    QString help;
    bool required = true;
    Completes completes = Completes::File;
};

struct ExampleSpec
{
    QString command;
    QString help;
};

/// Everything that is said about a subcommand: what parses, helps, completes and is in the manual.
struct CommandSpec
{
    QString name;
    QStringList synopsis; ///< what follows "cutoverctl <name>", a form a line
    QString summary; ///< translated, a few words
    QString description; ///< translated, paragraphs
    QList<OptionSpec> options; ///< without --help
    QList<ArgumentSpec> arguments;
    bool takesCommand = false; ///< "-- COMMAND …"
    QList<ExampleSpec> examples;
    QStringList exitCodes; ///< translated, "0  what it means"
};

/// The parsed command line of a subcommand.
class Options
{
public:
    /// \a arguments: what follows the subcommand. InvalidArgument, with a hint as remedy, for what the spec
    /// does not allow.
    static Result<Options> parse(const CommandSpec& spec, const QStringList& arguments);

    bool isSet(const QString& name) const { return m_values.contains(name); }
    /// The first one, of an option that repeats.
    QString value(const QString& name) const { return m_values.value(name).value(0); }
    /// In their order; empty without the option.
    QStringList values(const QString& name) const { return m_values.value(name); }
    /// The first argument, or nothing.
    QString argument() const { return m_arguments.value(0); }
    bool helpAsked() const { return m_help; }
    /// What follows "--".
    const QStringList& command() const { return m_command; }

private:
    QHash<QString, QStringList> m_values;
    QStringList m_arguments;
    QStringList m_command;
    bool m_help = false;
};

/// A usage error of the program or a subcommand.
std::unexpected<Error> usageError(const QString& cause, const QString& hint = {});

/// The one of \a known that is most like \a word; empty when none is.
QString mostLike(const QString& word, const QStringList& known);

/// Bytes of "64M", "4G", "512" (MiB without a unit, as QEMU's -m).
Result<qint64> parseSize(const QString& text);
/// A whole number of seconds above 0, "30" or "30s", in milliseconds.
Result<int> parseSeconds(const QString& text);

} // namespace cutover::cli
