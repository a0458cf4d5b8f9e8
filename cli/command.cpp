// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/command.h"

namespace cutover::cli {

void Command::fail(const Error& error)
{
    m_console.error(error);
    Q_EMIT finished(ExitFailed);
}

QList<CommandEntry> allCommands()
{
    return { listCommand(), checkCommand(), migrateCommand(), rescueCommand(), showCommand(), exportCommand(),
        inspectCommand(), demoCommand(), labCommand(), runsCommand() };
}

} // namespace cutover::cli
