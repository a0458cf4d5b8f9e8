// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/console.h"

#include <QJsonDocument>
#include <QSocketNotifier>

#include <KLocalizedString>

#include <algorithm>
#include <cwchar>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr int narrowest = 40;

int terminalWidth(int fd)
{
    winsize size{};
    if (fd >= 0 && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return std::max<int>(narrowest, size.ws_col);
    return 0;
}

QLatin1StringView toneCode(Tone tone)
{
    switch (tone) {
    case Tone::Plain:
        break;
    case Tone::Title:
        return "1"_L1;
    case Tone::Faint:
        return "2"_L1;
    case Tone::Good:
        return "32"_L1;
    case Tone::Warning:
        return "33"_L1;
    case Tone::Bad:
        return "1;31"_L1;
    case Tone::Source:
        return "34"_L1;
    case Tone::Destination:
        return "36"_L1;
    case Tone::Accent:
        return "35"_L1;
    }
    return {};
}

int columnsOf(char32_t character)
{
    if (character < 0x20)
        return 0;
    const int width = ::wcwidth(static_cast<wchar_t>(character));
    return width < 0 ? 1 : width; // not known to the locale
}

} // namespace

Console::Console(const ConsoleTraits& traits, int in, int out, int err)
    : m_traits(traits)
    , m_in(in)
    , m_outFd(out)
    , m_out(std::make_unique<Output>(out))
    , m_err(std::make_unique<Output>(err))
{
}

std::unique_ptr<Console> Console::standard()
{
    const bool outTerminal = ::isatty(STDOUT_FILENO) == 1;
    const bool dumb = qgetenv("TERM").isEmpty() || qgetenv("TERM") == "dumb";
    ConsoleTraits traits;
    traits.interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
    traits.live = outTerminal && !dumb;
    traits.colour = outTerminal && !dumb && qgetenv("NO_COLOR").isEmpty();
    return std::unique_ptr<Console>(new Console(traits, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO));
}

std::unique_ptr<Console> Console::collecting(const ConsoleTraits& traits)
{
    return std::unique_ptr<Console>(new Console(traits, -1, -1, -1));
}

int Console::width() const
{
    const int width = terminalWidth(m_outFd);
    return width > 0 ? width : m_traits.width;
}

void Console::print(const QString& text)
{
    m_out->write(text.toUtf8() + '\n');
}

void Console::printRaw(const QByteArray& bytes)
{
    m_out->write(bytes);
}

void Console::printJson(const QJsonObject& object)
{
    m_out->write(QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n');
}

void Console::message(const QString& text)
{
    m_err->write(text.toUtf8() + '\n');
}

void Console::error(const Error& error)
{
    message(i18nc("the program's name, then an error", "cutoverctl: %1", printable(error.message())));
    if (!error.remedy.isEmpty())
        message(u"  "_s + printable(error.remedy));
}

QString Console::paint(Tone tone, const QString& text) const
{
    const auto code = toneCode(tone);
    if (!m_traits.colour || code.isEmpty() || text.isEmpty())
        return text;
    return u"\x1b["_s + code + u'm' + text + u"\x1b[0m"_s;
}

void Console::ask(const QString& question, QObject* context, std::function<void(const QString&)> answer)
{
    m_err->write(question.toUtf8());
    if (m_in < 0) {
        QMetaObject::invokeMethod(
            context, [answer = std::move(answer)] { answer(QString()); }, Qt::QueuedConnection);
        return;
    }
    auto* notifier = new QSocketNotifier(m_in, QSocketNotifier::Read, context);
    QObject::connect(
        notifier, &QSocketNotifier::activated, context, [this, notifier, answer = std::move(answer)] {
            // A terminal hands over whole lines.
            char line[512];
            const auto length = ::read(m_in, line, sizeof line);
            notifier->setEnabled(false);
            notifier->deleteLater();
            answer(length > 0 ? QString::fromLocal8Bit(line, length).trimmed() : QString());
        });
}

QString printable(const QString& text)
{
    QString result;
    result.reserve(text.size());
    for (const QChar character : text) {
        const auto code = character.unicode();
        if ((code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0))
            result += u"\\x%1"_s.arg(static_cast<uint>(code), 2, 16, QLatin1Char('0'));
        else
            result += character;
    }
    return result;
}

int columns(QStringView text)
{
    int count = 0;
    for (const char32_t character : text.toUcs4())
        count += columnsOf(character);
    return count;
}

QString elided(const QString& text, int width)
{
    if (columns(text) <= width)
        return text;
    QString result;
    int used = 1;
    for (const char32_t character : text.toUcs4()) {
        used += columnsOf(character);
        if (used > width)
            break;
        result += QString::fromUcs4(&character, 1);
    }
    return result + u'…';
}

QStringList wrapped(const QString& text, int width)
{
    QStringList lines;
    for (const QString& paragraph : text.split(u'\n')) {
        QString line;
        for (const QString& word : paragraph.split(u' ', Qt::SkipEmptyParts)) {
            if (!line.isEmpty() && columns(line) + 1 + columns(word) > width) {
                lines << line;
                line.clear();
            }
            line += (line.isEmpty() ? QString() : u" "_s) + word;
        }
        lines << line;
    }
    return lines;
}

} // namespace cutover::cli
