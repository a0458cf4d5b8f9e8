// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "details.h"

#include "format.h"
#include "models/eventmodel.h"

#include "timeline/checkpoints.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;

namespace {

constexpr qsizetype longestValue = 20'000;

QString pretty(const QJsonValue& value)
{
    if (value.isObject())
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Indented)).trimmed();
    if (value.isArray())
        return QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Indented)).trimmed();
    return value.toVariant().toString();
}

QString shortened(QString value)
{
    if (value.size() > longestValue) {
        value.truncate(longestValue);
        value += i18n("… (shortened)");
    }
    return value;
}

QJsonObject rawMessage(const Event& event)
{
    return QJsonDocument::fromJson(event.attributes.value(QLatin1StringView("raw")).toString().toUtf8())
        .object();
}

void addTimes(Details& details, const TimelineModel& model, qint64 timeNs, std::optional<qint64> markerA)
{
    details.rows.push_back({ .label = i18n("Time"), .value = clockText(timeNs), .event = {} });
    const Scene& scene = model.scene();
    const QString origin = scene.pause.startNs > 0 ? i18n("From the start of the pause")
        : scene.originNs > scene.extent.startNs    ? i18n("From the migrate command")
                                                   : i18n("From the first event");
    details.rows.push_back(
        { .label = origin, .value = signedDurationText(timeNs - scene.originNs), .event = {} });
    if (markerA)
        details.rows.push_back(
            { .label = i18n("From marker A"), .value = signedDurationText(timeNs - *markerA), .event = {} });
}

QString evidenceOf(const Event& event)
{
    if (event.timeNs <= 0)
        return i18n("a line without a time: only its place in the record is known");
    switch (event.category) {
    case Category::Trace:
        return i18n("trace line with the VMM’s own time");
    case Category::QmpEvent:
        return i18n("QMP event with the VMM’s own time");
    case Category::QmpSent:
    case Category::QmpReceived:
        return i18n("seen by the console when it was sent or came in");
    default:
        return i18n("observed by the console");
    }
}

Details ofEvent(const TimelineModel& model, std::size_t number, std::optional<qint64> markerA)
{
    const Event& event = model.record().whole()[number];
    Details details{ .title = event.name,
        .sentence = timeline::checkpointText(event.attributes.value(QLatin1StringView("name")).toString()),
        .rows = {} };
    if (event.timeNs > 0)
        addTimes(details, model, event.timeNs, markerA);
    details.rows.push_back({ .label = i18n("Side"), .value = sideTitle(event.side), .event = {} });
    details.rows.push_back({ .label = i18n("Kind"), .value = categoryTitle(event.category), .event = {} });
    details.rows.push_back({ .label = i18n("Evidence"), .value = evidenceOf(event), .event = {} });
    details.rows.push_back({ .label = i18n("Event"),
        .value = i18n("number %1 of the record", QString::number(number + 1)),
        .event = number });
    if (const auto partner = qmpPartner(model.record(), number)) {
        const Event& other = model.record().whole()[*partner];
        const bool isReply = other.category == Category::QmpReceived;
        details.rows.push_back({ .label = isReply ? i18n("Reply") : i18n("Command"),
            .value = i18nc("event, how long after or before", "%1, %2", other.name,
                signedDurationText(other.timeNs - event.timeNs)),
            .event = *partner });
    }
    for (auto it = event.attributes.begin(); it != event.attributes.end(); ++it)
        details.rows.push_back({ .label = it.key(), .value = shortened(pretty(it.value())), .event = {} });
    return details;
}

/// The events that begin and end a stretch of time are what one wants to look at next.
void addEnds(Details& details, const TimelineModel& model, const TimelineHit& hit)
{
    const auto add = [&](const QString& label, qint64 timeNs) {
        const auto point = model.index().nearest(timeNs, std::nullopt);
        if (!point || point->timeNs != timeNs)
            return;
        details.rows.push_back({ .label = label,
            .value = model.record().whole()[point->index].name,
            .event = std::size_t{ point->index } });
    };
    const bool endsAfter = hit.kind == TimelineHit::Kind::Arrow || hit.kind == TimelineHit::Kind::Bundle;
    add(i18n("Begins with"), hit.time.startNs);
    add(i18n("Ends with"), endsAfter ? hit.time.endNs - 1 : hit.time.endNs);
}

} // namespace

std::optional<std::size_t> qmpPartner(const timeline::Record& record, std::size_t number)
{
    constexpr std::size_t reach = 5000;
    const auto events = record.events();
    const Event& event = events[number];
    const bool sent = event.category == Category::QmpSent;
    if (!sent && event.category != Category::QmpReceived)
        return std::nullopt;
    const QJsonValue id = rawMessage(event).value(QLatin1StringView("id"));
    if (id.isUndefined())
        return std::nullopt;
    const QString idText = id.toVariant().toString();
    const auto isPartner = [&](const Event& other) {
        return other.side == event.side
            && other.category == (sent ? Category::QmpReceived : Category::QmpSent)
            && other.attributes.value(QLatin1StringView("raw")).toString().contains(idText)
            && rawMessage(other).value(QLatin1StringView("id")) == id;
    };
    if (sent) {
        for (std::size_t i = number + 1; i < std::min(events.size(), number + reach); ++i) {
            if (isPartner(events[i]))
                return i;
        }
    } else {
        for (std::size_t i = number; i-- > (number > reach ? number - reach : 0);) {
            if (isPartner(events[i]))
                return i;
        }
    }
    return std::nullopt;
}

Details detailsOf(const TimelineModel& model, const TimelineHit& hit, std::optional<qint64> markerA)
{
    if (hit.event)
        return *hit.event < model.record().whole().size() ? ofEvent(model, *hit.event, markerA) : Details();
    if (hit.kind == TimelineHit::Kind::Nothing)
        return {};
    Details details{ .title = hit.title, .sentence = hit.sentence, .rows = {} };
    details.rows.push_back(
        { .label = i18n("Length"), .value = durationText(hit.time.length()), .event = {} });
    if (hit.kind == TimelineHit::Kind::Pause) {
        const timeline::Figure& figure = model.scene().pause.pause;
        if (figure.clockErrorNs > 0)
            details.rows.push_back({ .label = i18n("Clock error"),
                .value = i18n("at most %1", durationText(figure.clockErrorNs)),
                .event = {} });
        details.rows.push_back(
            { .label = i18n("Evidence"), .value = timeline::evidenceTierText(figure.tier), .event = {} });
    }
    addTimes(details, model, hit.time.startNs, markerA);
    details.rows.push_back({ .label = i18n("Until"), .value = clockText(hit.time.endNs), .event = {} });
    addEnds(details, model, hit);
    return details;
}

QString detailsText(const Details& details)
{
    QString text = details.title + u'\n';
    if (!details.sentence.isEmpty())
        text += details.sentence + u'\n';
    for (const DetailRow& row : details.rows)
        text += row.label + QStringLiteral(": ") + row.value + u'\n';
    return text;
}

} // namespace cutover::ui
