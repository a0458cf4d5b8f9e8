// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/relayinspect.h"

#include "cli/progress.h"
#include "cli/recordingfile.h"
#include "relay/relay.h"
#include "timeline/record.h"

#include <QTimer>

#include <KLocalizedString>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using timeline::Event;

QString bytesText(const QJsonValue& bytes)
{
    return i18np("1 byte", "%1 bytes", bytes.toInteger());
}

class RelayInspectCommand : public Command
{
public:
    RelayInspectCommand(Console& console, const Options& options, relay::RelaySpec spec, int limitMs)
        : Command(console)
        , m_json(options.isSet(u"json"_s))
        , m_limitMs(limitMs)
        , m_recordPath(options.value(u"record"_s))
        , m_spec(std::move(spec))
    {
    }

    void start() override
    {
        if (!m_recordPath.isEmpty()) {
            if (auto opened = m_recording.open(m_recordPath); !opened) {
                fail(opened.error());
                return;
            }
            m_recording.follow(m_record);
        }
        auto started = relay::Relay::start(m_spec);
        if (!started) {
            fail(started.error());
            return;
        }
        m_relay = std::move(*started);
        connect(m_relay.get(), &relay::Relay::observed, this,
            [this](const std::vector<Event>& events) { show(events); });
        connect(
            m_relay.get(), &relay::Relay::failed, this, [this](const Error& error) { m_failure = error; });
        // Not from within its own signal: it is ended there.
        connect(m_relay.get(), &relay::Relay::over, this, [this] { conclude(); }, Qt::QueuedConnection);
        if (m_limitMs > 0)
            QTimer::singleShot(m_limitMs, this, [this] {
                giveUp(ErrorCode::Timeout, i18n("it was not over within %1 s", m_limitMs / 1000));
            });
        for (const auto& [route, channel] :
            { std::pair(&m_spec.cpr, relay::Channel::Cpr), std::pair(&m_spec.main, relay::Channel::Main) }) {
            if (*route)
                console().message(i18nc("channel, address, address",
                    "The %1 channel: waiting for a source at %2, for the destination at %3.",
                    relay::channelId(channel), m_relay->address(channel).text(), (*route)->forward.text()));
        }
        console().message(i18n("Both VMMs go on without change; Ctrl+C ends the channels."));
    }

    bool interrupt() override
    {
        giveUp(ErrorCode::Cancelled, i18n("interrupted"));
        return true;
    }

private:
    void show(const std::vector<Event>& events)
    {
        for (const Event& event : events) {
            m_record.append(event);
            if (event.name == "fd"_L1)
                ++m_descriptors;
            else if (event.name == "closed"_L1)
                m_unclaimed += event.attributes[u"unclaimed"].toInteger();
            else if (event.name == "damaged"_L1)
                ++m_damaged;
            if (event.name == "closed"_L1 && event.attributes[u"channel"] == u"cpr"_s)
                m_complete = event.attributes[u"complete"].toBool();
            if (m_json)
                console().printJson(eventJson(event));
            else if (const QString text = textOf(event); !text.isEmpty())
                console().print(text);
        }
    }

    QString textOf(const Event& event)
    {
        const QJsonObject& of = event.attributes;
        const auto text = [&](QStringView key) { return printable(of[key].toString()); };
        const QString channel = text(u"channel");
        if (event.name == "fd"_L1)
            return u"  "_s
                + i18nc("name, number, what it is, where it is in the source", "%1, id %2: %3; %4",
                    console().paint(Tone::Title, nameOf(of)), of[u"id"].toInt(),
                    of.contains(u"text"_s) ? text(u"text") : i18n("not looked at"), placeOf(of, true));
        if (event.name == "arrived"_L1)
            return u"  "_s
                + i18nc("name, number, where it is in the destination", "%1, id %2: %3",
                    console().paint(Tone::Title, nameOf(of)), of[u"id"].toInt(), placeOf(of, false));
        if (event.name == "opened"_L1)
            return i18nc("channel, process, process", "%1: process %2 has connected, passed on to process %3",
                channel, pidText(of[u"sourcePid"]), pidText(of[u"destinationPid"]));
        if (event.name == "half-closed"_L1)
            return i18nc("channel, side", "%1: the %2 has sent all it had to send", channel,
                sideName(sideId(event.side)));
        if (event.name == "damaged"_L1)
            return console().paint(Tone::Bad,
                i18nc("channel, offset, cause", "%1: damaged at byte %2: %3", channel,
                    of[u"offset"].toInteger(), text(u"cause")));
        if (event.name == "duplicate"_L1)
            return console().paint(Tone::Warning,
                i18nc("name, number", "  %1, id %2: sent a second time", nameOf(of), of[u"id"].toInt()));
        if (event.name == "closed"_L1)
            return closedText(of);
        return {}; // sections are many: in the recording, and in --json
    }

    static QString nameOf(const QJsonObject& of)
    {
        const QString name = of[u"name"].toString();
        return name.isEmpty() ? i18n("a descriptor without a name") : printable(name);
    }

    static QString pidText(const QJsonValue& pid)
    {
        return pid.toInt() > 0 ? QString::number(pid.toInt()) : i18nc("a process", "unknown");
    }

    static QString sideName(const QString& side)
    {
        return side == "source"_L1 ? i18n("source")
            : side == "relay"_L1   ? i18n("relay")
                                   : i18n("destination");
    }

    static QString placeOf(const QJsonObject& of, bool inSource)
    {
        const QJsonValue fd = of[inSource ? u"sourceFd" : u"destinationFd"];
        if (fd.isUndefined())
            return inSource ? i18n("not found in the source") : i18n("not found in the destination");
        const bool proved = of[u"identity"] == u"same"_s;
        if (inSource)
            return proved ? i18n("the source's fd %1, proved", fd.toInt())
                          : i18n("probably the source's fd %1", fd.toInt());
        return proved ? i18n("the destination's fd %1, proved the same open file", fd.toInt())
                      : i18n("probably the destination's fd %1", fd.toInt());
    }

    static QString closedText(const QJsonObject& of)
    {
        QString text = i18nc("channel, side, amount, amount",
            "%1: closed by the %2; %3 to the destination, %4 back", of[u"channel"].toString(),
            sideName(of[u"by"].toString()), bytesText(of[u"bytesForth"]), bytesText(of[u"bytesBack"]));
        if (const qint64 sections = of[u"sectionsForth"].toInteger(); sections > 0)
            text += i18np(", 1 section", ", %1 sections", sections);
        if (const qint64 unclaimed = of[u"unclaimed"].toInteger(); unclaimed > 0)
            text += i18np(
                "; 1 descriptor belongs to no entry", "; %1 descriptors belong to no entry", unclaimed);
        return text;
    }

    void conclude()
    {
        if (!m_relay)
            return;
        const auto arrived = m_relay->findArrived(m_relay->destination());
        show(arrived);
        const qint64 found = std::ranges::count_if(
            arrived, [](const Event& event) { return event.attributes.contains(u"destinationFd"_s); });
        m_relay.reset();
        if (m_json)
            console().printJson(
                { { u"type"_s, u"summary"_s }, { u"descriptors"_s, m_descriptors }, { u"arrived"_s, found },
                    { u"unclaimed"_s, m_unclaimed }, { u"complete"_s, !m_spec.cpr || m_complete },
                    { u"failure"_s, m_failure ? m_failure->message() : QString() } });
        else
            console().print(i18nc("count, count", "%1 descriptors passed, %2 were found in the destination.",
                m_descriptors, found));
        if (m_recording.isOpen()) {
            if (auto closed = m_recording.close(); !closed) {
                fail(closed.error());
                return;
            }
        }
        if (m_failure) {
            fail(*m_failure);
            return;
        }
        const bool whole = m_damaged == 0 && (!m_spec.cpr || m_complete);
        Q_EMIT finished(whole ? ExitDone : ExitFailed);
    }

    void giveUp(ErrorCode code, const QString& cause)
    {
        if (!m_relay)
            return;
        m_failure = failure(code, i18n("relay the channels"), {}, cause).error();
        conclude();
    }

    bool m_json;
    int m_limitMs;
    QString m_recordPath;
    relay::RelaySpec m_spec;
    timeline::Record m_record;
    RecordingFile m_recording;
    std::unique_ptr<relay::Relay> m_relay;
    std::optional<Error> m_failure;
    qint64 m_descriptors = 0;
    qint64 m_unclaimed = 0;
    int m_damaged = 0;
    bool m_complete = false;
};

Result<engine::ChannelAddress> addressOf(const QString& text)
{
    if (!text.startsWith("unix:"_L1) && !text.startsWith("tcp:"_L1))
        return engine::ChannelAddress{ .path = text };
    auto address = engine::parseUri(text, i18n("use the address"));
    if (!address)
        return usageError(address.error().message());
    return address;
}

} // namespace

QList<OptionSpec> relayInspectOptions()
{
    return {
        { .name = u"forward"_s,
            .value = u"PATH"_s,
            .help = i18n("With --listen: pass everything on to the destination's CPR channel at PATH"),
            .letter = {},
            .choices = {},
            .completes = Completes::File },
        { .name = u"main-listen"_s,
            .value = u"ADDRESS"_s,
            .help = i18n("Take the main channel at the unix socket PATH or at tcp:localhost:PORT"),
            .letter = {},
            .choices = {},
            .completes = Completes::File },
        { .name = u"main-forward"_s,
            .value = u"ADDRESS"_s,
            .help = i18n("Pass it on to the destination's main channel there"),
            .letter = {},
            .choices = {},
            .completes = Completes::File },
        { .name = u"record"_s,
            .value = u"FILE"_s,
            .help = i18n("With --forward or --main-forward: record what passes to FILE"),
            .letter = {},
            .choices = {},
            .completes = Completes::File },
    };
}

bool asksForRelay(const Options& options)
{
    return options.isSet(u"forward"_s) || options.isSet(u"main-listen"_s) || options.isSet(u"main-forward"_s)
        || options.isSet(u"record"_s);
}

Result<std::unique_ptr<Command>> createRelayInspect(Console& console, const Options& options)
{
    if (!options.isSet(u"forward"_s) && !options.isSet(u"main-listen"_s) && !options.isSet(u"main-forward"_s))
        return usageError(i18n("--record belongs to --forward or --main-forward"));
    relay::RelaySpec spec;
    for (const auto& [listen, forward, route] : { std::tuple(u"listen"_s, u"forward"_s, &spec.cpr),
             std::tuple(u"main-listen"_s, u"main-forward"_s, &spec.main) }) {
        if (!options.isSet(listen) && !options.isSet(forward))
            continue;
        if (!options.isSet(listen) || !options.isSet(forward))
            return usageError(i18nc("option, option", "--%1 and --%2 belong together", listen, forward));
        auto from = addressOf(options.value(listen));
        auto to = addressOf(options.value(forward));
        if (!from || !to)
            return std::unexpected(from ? to.error() : from.error());
        if (*from == *to)
            return usageError(i18nc("option, option", "--%1 and --%2 are the same address", listen, forward));
        *route = relay::Route{ .listen = *from, .forward = *to };
    }
    if (!options.argument().isEmpty())
        return usageError(i18n("FILE and --listen exclude each other"));
    int limitMs = 0;
    if (options.isSet(u"time-limit"_s)) {
        auto limit = parseSeconds(options.value(u"time-limit"_s));
        if (!limit)
            return std::unexpected(limit.error());
        limitMs = *limit;
    }
    return std::make_unique<RelayInspectCommand>(console, options, std::move(spec), limitMs);
}

} // namespace cutover::cli
