// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/command.h"
#include "cli/relayinspect.h"
#include "cpr/channel.h"
#include "cpr/dump.h"
#include "fdpass/unixsocket.h"

#include <QFile>
#include <QSocketNotifier>
#include <QTimer>

#include <KLocalizedString>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr std::size_t chunkBytes = 64 * 1024;

/// Takes what was decoded apart into what is shown; the fds are closed as soon as they were described.
class Collected
{
public:
    void take(cpr::Decoder& decoder)
    {
        const auto entries = decoder.takeEntries();
        auto part = cpr::Dump::of(decoder, entries);
        m_lines.insert(m_lines.end(), part.lines.begin(), part.lines.end());
        m_fresh = std::move(part.lines);
    }
    const std::vector<cpr::Dump::Line>& fresh() const { return m_fresh; }
    cpr::Dump dump(const cpr::Decoder& decoder) const
    {
        auto dump = cpr::Dump::of(decoder, {});
        dump.lines = m_lines;
        return dump;
    }

private:
    std::vector<cpr::Dump::Line> m_lines;
    std::vector<cpr::Dump::Line> m_fresh;
};

class InspectCommand : public Command
{
public:
    InspectCommand(Console& console, const Options& options, int limitMs)
        : Command(console)
        , m_json(options.isSet(u"json"_s))
        , m_limitMs(limitMs)
        , m_path(options.isSet(u"listen"_s) ? options.value(u"listen"_s) : options.argument())
        , m_listens(options.isSet(u"listen"_s))
        , m_decoder({}, m_listens ? cpr::Decoder::FdSource::Channel : cpr::Decoder::FdSource::None)
    {
    }

    void start() override
    {
        if (m_listens)
            listen();
        else
            readFile();
    }

    bool interrupt() override
    {
        stopListening();
        fail(
            failure(ErrorCode::Cancelled, i18n("receive a CPR stream"), m_path, i18n("interrupted")).error());
        return true;
    }

private:
    void readFile()
    {
        const QString attempt = i18n("read the CPR stream");
        UniqueFd opened;
        int fd = STDIN_FILENO;
        if (m_path != u"-"_s) {
            opened = UniqueFd::adopt(
                ::open(QFile::encodeName(m_path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
            if (!opened) {
                fail(systemError(attempt, m_path, errno).error());
                return;
            }
            struct stat status{};
            if (::fstat(opened.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
                fail(systemError(attempt, m_path, EISDIR).error());
                return;
            }
            fd = opened.get();
        }
        std::vector<std::byte> buffer(chunkBytes);
        Result<void> result;
        while (result) {
            const auto count = ::read(fd, buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0) {
                fail(systemError(attempt, m_path, errno).error());
                return;
            }
            if (count == 0) {
                result = m_decoder.finish();
                break;
            }
            result = m_decoder.feed(std::span(buffer).first(static_cast<std::size_t>(count)));
        }
        m_collected.take(m_decoder);
        conclude(result ? std::optional<Error>() : result.error());
    }

    void listen()
    {
        auto listener = fdpass::listenUnix(m_path);
        if (!listener) {
            fail(listener.error());
            return;
        }
        m_listener = *std::move(listener);
        m_notifier = std::make_unique<QSocketNotifier>(m_listener.get(), QSocketNotifier::Read);
        connect(m_notifier.get(), &QSocketNotifier::activated, this, &InspectCommand::accept);
        if (m_limitMs > 0) {
            QTimer::singleShot(m_limitMs, this, [this] {
                stopListening();
                fail(failure(ErrorCode::Timeout, i18n("receive a CPR stream"), m_path,
                    i18n("it did not come, or not to its end, within %1 s", m_limitMs / 1000))
                        .error());
            });
        }
        console().message(i18n("Waiting for a source at %1; Ctrl+C ends it.", m_path));
    }

    void accept()
    {
        auto connection = fdpass::acceptUnix(m_listener.get());
        if (connection && !*connection)
            return;
        const auto trusted = connection ? fdpass::requireTrustedPeer(connection->get())
                                        : Result<void>(std::unexpected(connection.error()));
        stopListening();
        if (!trusted) {
            fail(trusted.error());
            return;
        }
        m_connection = *std::move(connection);
        m_notifier = std::make_unique<QSocketNotifier>(m_connection.get(), QSocketNotifier::Read);
        connect(m_notifier.get(), &QSocketNotifier::activated, this, &InspectCommand::receive);
    }

    void receive()
    {
        const auto result = cpr::receive(m_connection.get(), m_decoder);
        m_collected.take(m_decoder);
        if (!m_json) {
            for (const auto& line : m_collected.fresh()) {
                console().print(
                    u"  %1, id %2: %3"_s.arg(console().paint(Tone::Title, cpr::displayName(line.name)),
                        QString::number(line.id), printable(line.fd ? line.fd->text : i18n("no file"))));
            }
        }
        if (result && !*result)
            return;
        m_notifier.reset();
        m_connection.reset();
        conclude(result ? std::optional<Error>() : result.error());
    }

    void conclude(const std::optional<Error>& error)
    {
        const auto dump = m_collected.dump(m_decoder);
        if (m_json)
            console().printJson(dump.toJson());
        else if (m_listens)
            console().print(i18n("%1 descriptors in %2 bytes, all closed again; the source keeps its guest.",
                QString::number(dump.lines.size()), QString::number(dump.bytes)));
        else
            console().printRaw(textWithoutError(dump).toUtf8());
        if (error) {
            Error named = *error;
            if (named.object.isEmpty())
                named.object = m_path;
            fail(named);
            return;
        }
        Q_EMIT finished(ExitDone);
    }

    static QString textWithoutError(cpr::Dump dump)
    {
        dump.errorOffset.reset(); // said on standard error
        return dump.toText();
    }

    void stopListening()
    {
        m_notifier.reset();
        if (m_listener)
            QFile::remove(m_path);
        m_listener.reset();
    }

    bool m_json;
    int m_limitMs;
    QString m_path;
    bool m_listens;
    cpr::Decoder m_decoder;
    Collected m_collected;
    UniqueFd m_listener;
    UniqueFd m_connection;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

CommandSpec spec()
{
    QList<OptionSpec> options;
    options << OptionSpec{ .name = u"listen"_s,
        .value = u"PATH"_s,
        .help = i18n("Take one connection at the unix socket PATH"),
        .letter = {},
        .choices = {},
        .completes = Completes::File };
    options += relayInspectOptions();
    options << OptionSpec{ .name = u"time-limit"_s,
        .value = u"SECONDS"_s,
        .help = i18n("With --listen: give up after that time"),
        .letter = {},
        .choices = {} }
            << OptionSpec{ .name = u"json"_s,
                   .value = {},
                   .help
                   = i18n("Print one JSON document; with --forward JSON Lines, a summary as the last line"),
                   .letter = {},
                   .choices = {} };
    return {
        .name = u"inspect"_s,
        .synopsis = { u"FILE [--json]"_s, u"--listen PATH [--time-limit SECONDS] [--json]"_s, u"--listen PATH --forward PATH [--main-listen ADDRESS --main-forward ADDRESS] [OPTION …]"_s },
        .summary = i18n("Decode the CPR stream that a source sends"),
        .description
        = i18n("Shows the named file descriptors of a CPR stream: from a file that holds its bytes, or, with --listen, "
               "from a source that connects to PATH, where each descriptor can be looked at as it comes. They are closed "
               "again, and a source that finds no destination behind the channel goes on with its guest.\n\nWith --forward it sits between a "
               "source and a destination that somebody else drives: everything is passed on unchanged and at once, each "
               "descriptor is described, and looked for on both sides. Whoever ends this program ends the channels: the "
               "migration fails then, and the guest stays on the source."),
        .options = options,
        .arguments = { { .name = u"FILE"_s, .help = i18n("The bytes of a stream; - reads standard input"), .required = false } },
        .takesCommand = false,
        .examples = {
            { u"cutoverctl inspect stream.bin"_s, i18n("What was in a captured stream; a damaged one gives all that is whole and the offset of the damage.") },
            { u"cutoverctl inspect --listen /run/user/1000/cpr.sock"_s, i18n("Let a source migrate to that path as its CPR channel, and see what it passes.") },
            { u"cutoverctl inspect --listen /run/vm/relay.sock --forward /run/vm/cpr.sock"_s, i18n("Give the source relay.sock as its CPR channel, and the destination gets it all.") },
        },
        .exitCodes = { i18n("0  the stream is whole"), i18n("1  it is damaged, cut, or did not come"), i18n("2  the command line was not understood") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    if (asksForRelay(options))
        return createRelayInspect(console, options);
    const bool listens = options.isSet(u"listen"_s);
    if (listens == !options.argument().isEmpty())
        return usageError(listens ? i18n("FILE and --listen exclude each other")
                                  : i18n("neither a FILE nor --listen PATH is given"));
    int limitMs = 0;
    if (options.isSet(u"time-limit"_s)) {
        if (!listens)
            return usageError(i18n("--time-limit belongs to --listen"));
        auto limit = parseSeconds(options.value(u"time-limit"_s));
        if (!limit)
            return std::unexpected(limit.error());
        limitMs = *limit;
    }
    return std::make_unique<InspectCommand>(console, options, limitMs);
}

} // namespace

CommandEntry inspectCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
