// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/program.h"

#include "cli/help.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

Program::Program(Console& console, const QStringList& arguments, QObject* parent)
    : QObject(parent)
    , m_console(console)
    , m_arguments(arguments)
{
}

void Program::start()
{
    QMetaObject::invokeMethod(this, &Program::begin, Qt::QueuedConnection);
}

void Program::begin()
{
    QList<CommandSpec> specs;
    for (const CommandEntry& entry : allCommands())
        specs << entry.spec();
    const QString word = m_arguments.value(0);
    if (word.isEmpty()) {
        usage(usageError(i18n("there is no command"),
                  i18n("'cutoverctl --help' lists them; 'cutoverctl demo --vmm qemu' is a good start."))
                  .error(),
            {});
        return;
    }
    if (word == u"--help"_s || word == u"-h"_s || word == u"help"_s) {
        if (word == u"help"_s && m_arguments.size() > 1)
            m_arguments = { m_arguments[1], u"--help"_s };
        else {
            printOverview(m_console, specs);
            finish(ExitDone);
            return;
        }
    }
    if (word == u"--version"_s) {
        m_console.print(u"cutoverctl "_s + QStringLiteral(CUTOVER_VERSION));
        finish(ExitDone);
        return;
    }
    const QString name = m_arguments.takeFirst();
    QStringList names;
    for (qsizetype i = 0; i < specs.size(); ++i) {
        names << specs[i].name;
        if (specs[i].name != name)
            continue;
        auto options = Options::parse(specs[i], m_arguments);
        if (!options) {
            usage(options.error(), name);
            return;
        }
        if (options->helpAsked()) {
            printHelp(m_console, specs[i]);
            finish(ExitDone);
            return;
        }
        auto command = allCommands()[i].create(m_console, *options);
        if (!command) {
            usage(command.error(), name);
            return;
        }
        m_command = *std::move(command);
        connect(m_command.get(), &Command::finished, this, &Program::finish);
        m_command->start();
        return;
    }
    const QString like = mostLike(name, names);
    usage(usageError(i18n("there is no command '%1'", printable(name)),
              like.isEmpty() ? i18n("'cutoverctl --help' lists them.") : i18n("Did you mean '%1'?", like))
              .error(),
        {});
}

void Program::usage(const Error& error, const QString& command)
{
    const QString program = command.isEmpty() ? u"cutoverctl"_s : u"cutoverctl "_s + command;
    m_console.message(i18nc("program, then what is wrong", "%1: %2", program, printable(error.cause)));
    QString hint = error.remedy;
    if (!command.isEmpty())
        hint += (hint.isEmpty() ? QString() : u" "_s) + i18n("See '%1 --help'.", program);
    if (!hint.isEmpty())
        m_console.message(u"  "_s + printable(hint));
    finish(ExitUsage);
}

void Program::interrupt()
{
    if (!m_finished && !m_interrupted && m_command && m_command->interrupt()) {
        m_interrupted = true;
        return;
    }
    finish(m_command ? m_command->abandonCode() : ExitFailed);
}

void Program::finish(int exitCode)
{
    if (m_finished)
        return;
    m_finished = true;
    m_console.err().flush();
    if (!m_console.out().flush() && m_console.out().writeError() != 0) {
        m_console.error(
            systemError(i18n("write to standard output"), {}, m_console.out().writeError()).error());
        if (exitCode == ExitDone)
            exitCode = ExitFailed;
    }
    Q_EMIT finished(exitCode);
}

} // namespace cutover::cli
