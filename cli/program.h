// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/command.h"

namespace cutover::cli {

/// cutoverctl: understands its command line and runs one subcommand.
class Program : public QObject
{
    Q_OBJECT
public:
    /// \a arguments without the program's own name.
    Program(Console& console, const QStringList& arguments, QObject* parent = nullptr);

    /// Leads to finished(), never from inside it. Once.
    void start();
    /// SIGINT or SIGTERM: the first cancels what can be cancelled, the second ends the program at once. What
    /// it leaves behind is found by its next start.
    void interrupt();

Q_SIGNALS:
    void finished(int exitCode);

private:
    void begin();
    void usage(const Error& error, const QString& command);
    void finish(int exitCode);

    Console& m_console;
    QStringList m_arguments;
    std::unique_ptr<Command> m_command;
    bool m_interrupted = false;
    bool m_finished = false;
};

} // namespace cutover::cli
