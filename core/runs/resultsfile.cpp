// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/results.h"
#include "timeline/pause.h"
#include "timeline/recording.h"

#include <KLocalizedString>

#include <QBuffer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace cutover::runs {

namespace {

constexpr qint64 longestNs = qint64{ 86'400 } * 1'000'000'000;
constexpr qsizetype longestText = 16 * 1024;
constexpr qsizetype maxNotes = 100;

/// Breaks off at the first fault; what is read afterwards does not matter.
class Reader
{
public:
    bool ok() const { return m_fault.isEmpty(); }
    const QString& fault() const { return m_fault; }
    void fail(const QString& place, const QString& what)
    {
        if (ok())
            m_fault = place + u": "_s + what;
    }

    qint64 number(const QJsonObject& object, const QString& place, const QString& key, qint64 high)
    {
        const QJsonValue value = object[key];
        const qint64 read = value.toInteger(-1);
        if (!value.isDouble() || read < 0 || read > high || double(read) != value.toDouble())
            fail(place + u'.' + key, u"it is no whole number from 0 to %1"_s.arg(high));
        return ok() ? read : 0;
    }
    std::optional<qint64> length(const QJsonObject& object, const QString& place, const QString& key)
    {
        if (!object.contains(key))
            return std::nullopt;
        return number(object, place, key, longestNs);
    }
    QString text(const QJsonObject& object, const QString& place, const QString& key)
    {
        const QJsonValue value = object[key];
        if (!(value.isString() || value.isUndefined()) || value.toString().size() > longestText)
            fail(place + u'.' + key, u"it is no text, or too long"_s);
        return ok() ? value.toString() : QString();
    }
    bool flag(const QJsonObject& object, const QString& place, const QString& key)
    {
        if (!object[key].isBool())
            fail(place + u'.' + key, u"it is neither true nor false"_s);
        return object[key].toBool();
    }
    QJsonArray list(const QJsonObject& object, const QString& place, const QString& key, qsizetype longest)
    {
        const QJsonValue value = object[key];
        if (!(value.isArray() || value.isUndefined()) || value.toArray().size() > longest)
            fail(place + u'.' + key, u"it is no list, or too long"_s);
        return ok() ? value.toArray() : QJsonArray();
    }
    QJsonObject object(const QJsonValue& value, const QString& place)
    {
        if (!value.isObject())
            fail(place, u"it is no object"_s);
        return value.toObject();
    }

    Results results(const QJsonObject& object);

private:
    SetResult set(const QJsonObject& object, const QString& place);
    Run run(const QJsonObject& object, const QString& place);
    RunPart part(const QJsonObject& object, const QString& place);
    QByteArray recording(const QJsonArray& lines, const QString& place);

    QString m_fault;
};

template <typename Value, typename Id>
std::optional<Value> byId(const QString& text, std::initializer_list<Value> all, const Id& id)
{
    const auto found = std::ranges::find_if(all, [&](Value value) { return id(value) == text; });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

std::optional<RunOutcome> outcomeOf(const QString& text)
{
    using enum RunOutcome;
    return byId(text, { Migrated, Failed, Refused, Cancelled, NeedsOperator }, runOutcomeId);
}

std::optional<timeline::EvidenceTier> tierOf(const QString& text)
{
    using enum timeline::EvidenceTier;
    return byId(text, { None, OrderOnly, QmpEvents, Trace }, timeline::evidenceTierId);
}

bool isPartKind(const QString& text)
{
    using enum timeline::PauseRowKind;
    return byId(text,
        { Stop, IterableSave, NonIterableSave, Transfer, Load, LoadTail, BottomHalf, GuardWait, Start,
            Unattributed },
        timeline::pauseRowKindId)
        .has_value();
}

RunPart Reader::part(const QJsonObject& object, const QString& place)
{
    RunPart part{ .kind = text(object, place, u"kind"_s),
        .side
        = text(object, place, u"side"_s) == sideId(Side::Destination) ? Side::Destination : Side::Source,
        .device = text(object, place, u"device"_s),
        .durationNs = number(object, place, u"durationNs"_s, longestNs) };
    if (!isPartKind(part.kind))
        fail(place + u".kind"_s, u"it is not known"_s);
    return part;
}

QByteArray Reader::recording(const QJsonArray& lines, const QString& place)
{
    QByteArray bytes;
    for (const QJsonValue& line : lines) {
        bytes += QJsonDocument(object(line, place)).toJson(QJsonDocument::Compact) + '\n';
        if (bytes.size() > maxKeptRecording)
            fail(place, u"it is too long"_s);
        if (!ok())
            return {};
    }
    if (bytes.isEmpty())
        return {};
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    if (const auto header = timeline::RecordingReader(&buffer).readHeader(); !header)
        fail(place, header.error().message());
    return bytes;
}

Run Reader::run(const QJsonObject& object, const QString& place)
{
    Run run;
    run.number = int(number(object, place, u"number"_s, maxCount));
    run.startedNs = number(object, place, u"startedNs"_s, std::numeric_limits<qint64>::max());
    const auto outcome = outcomeOf(text(object, place, u"outcome"_s));
    const auto tier = tierOf(text(object, place, u"tier"_s));
    if (!outcome || !tier)
        fail(place, u"its outcome or its evidence is not known"_s);
    run.outcome = outcome.value_or(RunOutcome::Failed);
    run.tier = tier.value_or(timeline::EvidenceTier::None);
    run.pauseNs = length(object, place, u"pauseNs"_s);
    if (object.contains(u"stopNs"_s))
        run.stopNs = number(object, place, u"stopNs"_s, std::numeric_limits<qint64>::max());
    run.clockErrorNs = number(object, place, u"clockErrorNs"_s, longestNs);
    run.totalNs = number(object, place, u"totalNs"_s, longestNs);
    run.guestGapNs = length(object, place, u"guestGapNs"_s);
    run.networkGapNs = length(object, place, u"networkGapNs"_s);
    run.storageGapNs = length(object, place, u"storageGapNs"_s);
    const QJsonObject phases = object["phases"_L1].toObject();
    for (std::size_t i = 0; i < run.phaseNs.size(); ++i)
        run.phaseNs.at(i) = length(phases, place + u".phases"_s, timeline::phaseName(timeline::PhaseId(i)));
    const QJsonArray parts = list(object, place, u"parts"_s, maxParts);
    for (qsizetype i = 0; i < parts.size() && ok(); ++i) {
        const QString where = place + u".parts[%1]"_s.arg(i);
        run.parts.push_back(part(this->object(parts[i], where), where));
    }
    run.sourceVersion = text(object, place, u"sourceVersion"_s);
    run.destinationVersion = text(object, place, u"destinationVersion"_s);
    run.failure = text(object, place, u"failure"_s);
    run.remedy = text(object, place, u"remedy"_s);
    run.recording = recording(list(object, place, u"recording"_s, maxKeptRecording), place + u".recording"_s);
    return run;
}

SetResult Reader::set(const QJsonObject& object, const QString& place)
{
    SetResult set;
    auto settings = settingsFromJson(this->object(object["settings"_L1], place + u".settings"_s));
    if (!settings)
        fail(place + u".settings"_s, settings.error().cause);
    else
        set.settings = *settings;
    set.settings.name = text(object, place, u"name"_s);
    if (set.settings.name.isEmpty() || set.settings.name.size() > maxSetName)
        fail(place + u".name"_s, u"it is empty or too long"_s);
    set.unavailable = text(object, place, u"unavailable"_s);
    for (const QJsonValue& note : list(object, place, u"notes"_s, maxNotes))
        set.notes << note.toString().left(longestText);
    const QJsonArray runs = list(object, place, u"runs"_s, maxCount);
    std::size_t recordings = 0;
    for (qsizetype i = 0; i < runs.size() && ok(); ++i) {
        const QString where = place + u".runs[%1]"_s.arg(i);
        set.runs.push_back(run(this->object(runs[i], where), where));
        recordings += set.runs.back().recording.isEmpty() ? 0 : 1;
        if (recordings > keptSlowest + keptMiddle + keptFailed)
            fail(where, u"the set has more recordings than are kept"_s);
    }
    return set;
}

Results Reader::results(const QJsonObject& object)
{
    const QString place = u"file"_s;
    Results results;
    results.created = text(object, place, u"created"_s);
    results.program = text(object, place, u"program"_s);
    results.count = int(number(object, place, u"count"_s, maxCount));
    results.interleaved = flag(object, place, u"interleaved"_s);
    results.cancelled = flag(object, place, u"cancelled"_s);
    const QJsonArray sets = list(object, place, u"sets"_s, maxSets);
    for (qsizetype i = 0; i < sets.size() && ok(); ++i) {
        const QString where = u"sets[%1]"_s.arg(i);
        results.sets.push_back(set(this->object(sets[i], where), where));
    }
    return results;
}

QJsonArray recordingJson(const QByteArray& recording)
{
    QJsonArray lines;
    for (const QByteArray& line : recording.split('\n')) {
        if (!line.isEmpty())
            lines.append(QJsonDocument::fromJson(line).object());
    }
    return lines;
}

void insertKnown(QJsonObject& object, const QString& key, const std::optional<qint64>& value)
{
    if (value)
        object.insert(key, *value);
}

QJsonObject runJson(const Run& run)
{
    QJsonObject object{ { u"number"_s, run.number }, { u"startedNs"_s, run.startedNs },
        { u"outcome"_s, runOutcomeId(run.outcome) }, { u"tier"_s, timeline::evidenceTierId(run.tier) },
        { u"clockErrorNs"_s, run.clockErrorNs }, { u"totalNs"_s, run.totalNs },
        { u"sourceVersion"_s, run.sourceVersion }, { u"destinationVersion"_s, run.destinationVersion },
        { u"failure"_s, run.failure }, { u"remedy"_s, run.remedy } };
    insertKnown(object, u"pauseNs"_s, run.pauseNs);
    if (run.stopNs > 0)
        object.insert(u"stopNs"_s, run.stopNs);
    insertKnown(object, u"guestGapNs"_s, run.guestGapNs);
    insertKnown(object, u"networkGapNs"_s, run.networkGapNs);
    insertKnown(object, u"storageGapNs"_s, run.storageGapNs);
    QJsonObject phases;
    for (std::size_t i = 0; i < run.phaseNs.size(); ++i)
        insertKnown(phases, timeline::phaseName(timeline::PhaseId(i)), run.phaseNs.at(i));
    QJsonArray parts;
    for (const RunPart& part : run.parts)
        parts.append(QJsonObject{ { u"kind"_s, part.kind }, { u"side"_s, sideId(part.side) },
            { u"device"_s, part.device }, { u"durationNs"_s, part.durationNs } });
    object.insert(u"phases"_s, phases);
    object.insert(u"parts"_s, parts);
    if (!run.recording.isEmpty())
        object.insert(u"recording"_s, recordingJson(run.recording));
    return object;
}

std::unexpected<Error> malformed(const QString& cause)
{
    return failure(ErrorCode::Malformed, i18n("read the runs"), {}, cause);
}

} // namespace

QByteArray toFile(const Results& results)
{
    QJsonArray sets;
    for (const SetResult& set : results.sets) {
        QJsonArray runs;
        for (const Run& run : set.runs)
            runs.append(runJson(run));
        sets.append(QJsonObject{ { u"name"_s, set.settings.name }, { u"settings"_s, toJson(set.settings) },
            { u"unavailable"_s, set.unavailable }, { u"notes"_s, QJsonArray::fromStringList(set.notes) },
            { u"runs"_s, runs } });
    }
    const QJsonObject file{ { u"format"_s, u"cutover-runs"_s }, { u"version"_s, resultsVersion },
        { u"created"_s, results.created }, { u"program"_s, results.program }, { u"count"_s, results.count },
        { u"interleaved"_s, results.interleaved }, { u"cancelled"_s, results.cancelled },
        { u"sets"_s, sets } };
    return QJsonDocument(file).toJson(QJsonDocument::Compact) + '\n';
}

Result<Results> resultsFromFile(const QByteArray& bytes)
{
    if (bytes.size() > maxResultsFile)
        return malformed(i18n("it is larger than a file of runs can be"));
    QJsonParseError trouble;
    const QJsonDocument document = QJsonDocument::fromJson(bytes, &trouble);
    if (trouble.error != QJsonParseError::NoError)
        return malformed(trouble.errorString());
    const QJsonObject file = document.object();
    if (file["format"_L1].toString() != "cutover-runs"_L1)
        return malformed(i18n("it is no file of runs"));
    if (file["version"_L1].toInt() > resultsVersion)
        return failure(ErrorCode::Unsupported, i18n("read the runs"), {},
            i18n("it was written by a newer version of Cutover"), i18n("Read it with that version."));
    Reader reader;
    if (file["version"_L1].toInt() < 1)
        reader.fail(u"file.version"_s, u"it is not known"_s);
    Results results = reader.results(file);
    if (!reader.ok())
        return malformed(reader.fault());
    return results;
}

Result<void> writeResults(const QString& path, const Results& results)
{
    QSaveFile file(path);
    const QByteArray bytes = toFile(results);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return failure(ErrorCode::System, i18n("save the runs"), path, file.errorString());
    return {};
}

Result<Results> readResults(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(ErrorCode::NotFound, i18n("read the runs"), path, file.errorString());
    auto results = resultsFromFile(file.read(maxResultsFile + 1));
    if (!results) {
        Error error = results.error();
        error.object = path;
        return std::unexpected(error);
    }
    return results;
}

} // namespace cutover::runs
