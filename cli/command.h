// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "cli/options.h"

#include <QObject>

#include <cstdint>
#include <memory>

namespace cutover::cli {

enum ExitCode : std::uint8_t {
    ExitDone = 0, ///< migrated and verified, or answered
    ExitFailed = 1, ///< and the source runs
    ExitUsage = 2,
    ExitRefused = 3, ///< by the preflight
    ExitNeedsOperator = 4, ///< the guest does
};

/// One subcommand while it runs, on the event loop.
class Command : public QObject
{
    Q_OBJECT
public:
    explicit Command(Console& console)
        : m_console(console)
    {
    }

    virtual void start() = 0;
    /// SIGINT or SIGTERM. False: there is nothing to be undone, the program may end at once.
    virtual bool interrupt() { return false; }
    /// The exit code when the program is left in the middle.
    virtual int abandonCode() const { return ExitFailed; }

Q_SIGNALS:
    /// Once, the last thing it does.
    void finished(int exitCode);

protected:
    Console& console() { return m_console; }
    /// Reports \a error and finishes: ExitUsage for a usage error, else ExitFailed.
    void fail(const Error& error);

private:
    Console& m_console;
};

struct CommandEntry
{
    CommandSpec (*spec)();
    /// Fails only with usage errors.
    Result<std::unique_ptr<Command>> (*create)(Console& console, const Options& options);
};

CommandEntry listCommand();
CommandEntry checkCommand();
CommandEntry migrateCommand();
CommandEntry rescueCommand();
CommandEntry showCommand();
CommandEntry exportCommand();
CommandEntry inspectCommand();
CommandEntry demoCommand();
CommandEntry labCommand();
CommandEntry runsCommand();

/// All subcommands, in the order of the help.
QList<CommandEntry> allCommands();

} // namespace cutover::cli
