// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "cli/output.h"

#include <QJsonObject>
#include <QString>

#include <functional>
#include <memory>

namespace cutover::cli {

/// What a piece of text means; the terminal's own palette says how that looks.
enum class Tone : std::uint8_t { Plain, Title, Faint, Good, Warning, Bad, Source, Destination, Accent };

/// What the program knows of the world around it.
struct ConsoleTraits
{
    bool interactive = false; ///< questions can be asked: a terminal reads and writes
    bool live = false; ///< standard output is a terminal that can move its cursor
    bool colour = false;
    int width = 100; ///< columns, for what adapts to it
};

/// Standard output for results, standard error for messages.
class Console
{
public:
    /// The process's own streams.
    static std::unique_ptr<Console> standard();
    /// Collects everything.
    static std::unique_ptr<Console> collecting(const ConsoleTraits& traits = {});

    const ConsoleTraits& traits() const { return m_traits; }
    int width() const; ///< of the terminal as it is now

    void print(const QString& text); ///< to standard output, with a newline
    void printRaw(const QByteArray& bytes);
    void printJson(const QJsonObject& object); ///< compact, one line
    void message(const QString& text); ///< to standard error, with a newline
    /// "cutoverctl: <message>" and the remedy on a second line.
    void error(const Error& error);

    /// \a text in the colours of \a tone, or as it is.
    QString paint(Tone tone, const QString& text) const;

    /// Reads one line of the answer to \a question; calls \a answer once, with an empty text at the end of
    /// input.
    void ask(const QString& question, QObject* context, std::function<void(const QString&)> answer);

    Output& out() { return *m_out; }
    Output& err() { return *m_err; }

private:
    Console(const ConsoleTraits& traits, int in, int out, int err);

    ConsoleTraits m_traits;
    int m_in;
    int m_outFd;
    std::unique_ptr<Output> m_out;
    std::unique_ptr<Output> m_err;
};

/// Control characters as \xNN, so that text from outside cannot steer the terminal. Newlines stay.
QString printable(const QString& text);
/// Columns that \a text takes on a terminal; escape sequences are not expected in it.
int columns(QStringView text);
/// \a text cut to \a width columns, with an ellipsis at the end.
QString elided(const QString& text, int width);
/// Breaks paragraphs at blanks; a longer word stays whole.
QStringList wrapped(const QString& text, int width);

} // namespace cutover::cli
