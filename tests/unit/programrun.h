// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "cli/program.h"

#include <QSignalSpy>
#include <QStringList>

namespace cutover::test {

struct ProgramRun
{
    int code = -1; ///< -1: it did not end
    QString out;
    QString err;
};

/// Runs cutoverctl within this process.
inline ProgramRun runProgram(
    const QStringList& arguments, const cli::ConsoleTraits& traits = {}, int limitMs = 60'000)
{
    ProgramRun run;
    const auto console = cli::Console::collecting(traits);
    cli::Program program(*console, arguments);
    QSignalSpy finished(&program, &cli::Program::finished);
    program.start();
    if (finished.wait(limitMs))
        run.code = finished[0][0].toInt();
    run.out = QString::fromUtf8(console->out().taken());
    run.err = QString::fromUtf8(console->err().taken());
    return run;
}

} // namespace cutover::test
