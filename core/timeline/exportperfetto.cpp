// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/export.h"
#include "timeline/spans.h"
#include "timeline/timetext.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <set>

namespace cutover::timeline {

namespace {

/// Lanes are threads; one number means the same in every process.
enum Lane : int {
    StateLane = 1,
    PhaseLane,
    SectionLane,
    CheckpointLane,
    FdLane,
    QmpLane,
    TraceLane,
    OtherLane
};

constexpr qint64 nsPerUs = 1000;
constexpr qint64 maxSectionUs = qint64{ 3600 } * 1'000'000;

const char* laneName(Lane lane)
{
    switch (lane) {
    case StateLane:
        return "state";
    case PhaseLane:
        return "phases";
    case SectionLane:
        return "device state";
    case CheckpointLane:
        return "checkpoints";
    case FdLane:
        return "fds";
    case QmpLane:
        return "QMP";
    case TraceLane:
        return "trace";
    case OtherLane:
        return "console";
    }
    return "";
}

int processOf(Side side)
{
    return static_cast<int>(side) + 1;
}

Lane laneOf(const Event& event)
{
    switch (event.category) {
    case Category::QmpSent:
    case Category::QmpReceived:
    case Category::QmpEvent:
        return QmpLane;
    case Category::Fd:
    case Category::Relay:
        return FdLane;
    case Category::Trace:
        return event.name == u"vmstate_downtime_checkpoint" ? CheckpointLane : TraceLane;
    default:
        return OtherLane;
    }
}

/// Microseconds with all nanoseconds: a double would lose them in a JSON number of an epoch time.
QByteArray micros(qint64 ns)
{
    return QByteArray::number(ns / nsPerUs) + '.' + QByteArray::number(ns % nsPerUs).rightJustified(3, '0');
}

class Writer
{
public:
    explicit Writer(qint64 startNs)
        : m_startNs(startNs)
    {
    }

    struct Place
    {
        Side side;
        Lane lane;
    };

    void complete(Place place, const QString& name, const char* category, qint64 fromNs, qint64 toNs,
        const QJsonObject& args = {})
    {
        // The work that the first line reports began before it.
        fromNs = std::max(fromNs, m_startNs);
        if (toNs < fromNs)
            return;
        begin("X", place, name, category, fromNs);
        m_out += ",\"dur\":" + micros(toNs - fromNs);
        end(args);
    }

    void instant(Place place, const QString& name, const char* category, qint64 atNs, const QJsonObject& args)
    {
        if (atNs < m_startNs)
            return;
        begin("i", place, name, category, atNs);
        m_out += R"(,"s":"t")";
        end(args);
    }

    void flow(const char* phase, Place place, const QString& name, qint64 id, qint64 atNs)
    {
        begin(phase, place, name, "fd", atNs);
        m_out += ",\"id\":" + QByteArray::number(id);
        // Binds to the slice that encloses the arrow's end instead of the next one.
        if (QByteArrayView(phase) == "f")
            m_out += R"(,"bp":"e")";
        end({});
    }

    QByteArray finish()
    {
        QByteArray names;
        for (const Side side : { Side::Source, Side::Destination, Side::Channel, Side::Console }) {
            names += R"({"ph":"M","name":"process_name","pid":)" + QByteArray::number(processOf(side))
                + R"(,"tid":0,"args":{"name":")" + sideId(side).toLatin1() + "\"}},\n";
        }
        for (const auto& [process, lane] : m_lanes) {
            names += R"({"ph":"M","name":"thread_name","pid":)" + QByteArray::number(process) + ",\"tid\":"
                + QByteArray::number(int(lane)) + R"(,"args":{"name":")" + laneName(lane) + "\"}},\n";
        }
        if (m_out.endsWith(",\n"))
            m_out.chop(2);
        else
            names.chop(2);
        return "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"start_ns\":\"" + QByteArray::number(m_startNs)
            + "\",\"start\":\"" + isoTime(m_startNs).toLatin1() + "\"},\"traceEvents\":[\n" + names + m_out
            + "\n]}\n";
    }

private:
    void begin(const char* phase, Place place, const QString& name, const char* category, qint64 atNs)
    {
        m_lanes.emplace(processOf(place.side), place.lane);
        // The document of an array writes a string with all its escapes.
        const QByteArray quoted = QJsonDocument(QJsonArray{ name }).toJson(QJsonDocument::Compact);
        m_out += QByteArray(R"({"ph":")") + phase + R"(","name":)" + quoted.sliced(1, quoted.size() - 2)
            + R"(,"cat":")" + category + R"(","pid":)" + QByteArray::number(processOf(place.side))
            + ",\"tid\":" + QByteArray::number(int(place.lane)) + ",\"ts\":" + micros(atNs - m_startNs);
    }

    void end(const QJsonObject& args)
    {
        if (!args.isEmpty())
            m_out += ",\"args\":" + QJsonDocument(args).toJson(QJsonDocument::Compact);
        m_out += "},\n";
    }

    qint64 m_startNs;
    QByteArray m_out;
    std::set<std::pair<int, Lane>> m_lanes;
};

/// Where the slice of an arrow's end ends: slices of one lane must not cross.
qint64 sliceEnd(std::span<const qint64> sortedNs, qint64 atNs)
{
    const auto next = std::ranges::upper_bound(sortedNs, atNs);
    return next == sortedNs.end() ? atNs + nsPerUs : std::min(atNs + nsPerUs, *next);
}

void writeMigration(Writer& writer, const Facts& facts, std::size_t index, qint64& flowId)
{
    for (const Phase& phase : phases(facts, index)) {
        if (phase.durationNs())
            writer.complete({ .side = Side::Channel, .lane = PhaseLane }, phaseName(phase.id), "phase",
                phase.startNs, phase.endNs);
    }
    const PauseBreakdown pause = pauseBreakdown(facts, index);
    if (pause.isKnown()) {
        writer.complete({ .side = Side::Channel, .lane = StateLane }, QStringLiteral("pause"), "pause",
            pause.startNs, pause.endNs,
            { { QStringLiteral("ns"), pause.pause.valueNs },
                { QStringLiteral("tier"), evidenceTierId(pause.pause.tier) },
                { QStringLiteral("clockErrorNs"), pause.pause.clockErrorNs } });
    }
    std::vector<FdEntry> fds = fdTable(facts, index);
    std::erase_if(fds, [](const FdEntry& fd) { return fd.sentNs <= 0 || fd.receivedNs < fd.sentNs; });
    std::vector<qint64> sentNs;
    std::vector<qint64> receivedNs;
    for (const FdEntry& fd : fds) {
        sentNs.push_back(fd.sentNs);
        receivedNs.push_back(fd.receivedNs);
    }
    std::ranges::sort(sentNs);
    std::ranges::sort(receivedNs);
    for (const FdEntry& fd : fds) {
        const QString name = fd.name.isEmpty() ? QStringLiteral("fd") : fd.name;
        const Writer::Place from{ .side = Side::Source, .lane = FdLane };
        const Writer::Place to{ .side = Side::Destination, .lane = FdLane };
        // An arrow needs a slice at each end.
        writer.complete(from, name, "fd", fd.sentNs, sliceEnd(sentNs, fd.sentNs));
        writer.complete(to, name, "fd", fd.receivedNs, sliceEnd(receivedNs, fd.receivedNs));
        ++flowId;
        writer.flow("s", from, name, flowId, fd.sentNs);
        writer.flow("f", to, name, flowId, fd.receivedNs);
    }
}

void writeEvent(Writer& writer, const Event& event)
{
    const bool saves = event.name == u"vmstate_downtime_save";
    if (event.category == Category::Trace && (saves || event.name == u"vmstate_downtime_load")) {
        const qint64 us = event.attributes.value(QLatin1StringView("downtimeUs")).toInteger(-1);
        if (us >= 0 && us <= maxSectionUs) {
            const QString device = event.attributes.value(QLatin1StringView("idstr")).toString();
            writer.complete({ .side = event.side, .lane = SectionLane },
                (saves ? QStringLiteral("save ") : QStringLiteral("load ")) + device, "section",
                event.timeNs - us * nsPerUs, event.timeNs, event.attributes);
            return;
        }
    }
    const Lane lane = laneOf(event);
    const QString name
        = lane == CheckpointLane ? event.attributes.value(QLatin1StringView("name")).toString() : event.name;
    writer.instant({ .side = event.side, .lane = lane }, name,
        categoryId(event.category).toLatin1().constData(), event.timeNs, event.attributes);
}

} // namespace

QByteArray toPerfetto(std::span<const Event> events)
{
    const Facts facts(events);
    Writer writer(facts.firstNs);
    for (const Span& span : spans(facts)) {
        writer.complete({ .side = span.side, .lane = StateLane }, span.text, "state", span.startNs,
            span.endNs, { { QStringLiteral("state"), span.id } });
    }
    qint64 flowId = 0;
    const std::size_t count = facts.migrations.size();
    for (std::size_t i = 0; i < count; ++i)
        writeMigration(writer, facts, i, flowId);
    for (const Event& event : events) {
        if (event.timeNs > 0)
            writeEvent(writer, event);
    }
    return writer.finish();
}

} // namespace cutover::timeline
