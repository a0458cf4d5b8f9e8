// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/story.h"

#include "report/clean.h"

#include "operator/commandline.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <QJsonArray>

#include <algorithm>

namespace cutover::report {

using namespace Qt::StringLiterals;
using timeline::Category;
using timeline::Event;
using timeline::PauseOutcome;

/// Of the destination's stderr; the rest is in the recording.
static constexpr qsizetype maxErrors = 4000;
/// Of what a sentence calls a guest or a VMM.
static constexpr qsizetype maxName = 100;

/// Older recordings have it word by word.
static QString commandLineOf(const Event& event)
{
    const QJsonValue argv = event.attributes["argv"_L1];
    QStringList words;
    for (const QJsonValue& word : argv.toArray())
        words.append(word.toString());
    return argv.isString() ? argv.toString() : op::shellLine(words);
}

static void takeProcess(Story& story, const Event& event)
{
    if (event.name == u"spawned") {
        story.commandLines[1] = commandLineOf(event);
        story.destinationErrors.clear();
    } else if (event.name == u"command-line") {
        story.commandLines[event.side == Side::Source ? 0 : 1] = commandLineOf(event);
    } else if (event.name == u"stderr" && event.side == Side::Destination) {
        story.destinationErrors += event.attributes["line"_L1].toString() + u'\n';
        if (story.destinationErrors.size() > 2 * maxErrors)
            story.destinationErrors.remove(0, story.destinationErrors.size() - maxErrors);
    }
}

static void takeInventory(Story& story, const Event& event)
{
    if (event.side != Side::Source && event.side != Side::Destination)
        return;
    story.inventories[event.side == Side::Source ? 0 : 1]
        = op::FdInventory::fromJson(event.attributes["inventory"_L1].toObject());
    if (event.side == Side::Source)
        story.route = op::FdRoute::fromJson(event.attributes["route"_L1].toObject());
}

Story::Story(const Material& from)
    : material(from)
{
    for (const Event& event : from.events) {
        ++eventsOfSide[static_cast<std::size_t>(event.side)];
        if (op::ReplayedSession::concerns(event))
            session.take(event);
        if (event.category == Category::Process)
            takeProcess(*this, event);
        else if (event.category == Category::Inventory)
            takeInventory(*this, event);
        else if (event.category == Category::Action && event.name == u"note")
            remarks.push_back({ .timeNs = event.timeNs, .text = event.attributes["text"_L1].toString() });
    }
    timeline::KeyEvents key;
    key.take(from.events);
    index.take(from.events);
    scene = layout::buildScene(key, index.extent());
    summary = timeline::summarize(key.facts());
    pulse = timeline::pulseTrail(from.events);
    gaps = timeline::pulseGaps(pulse, summary.pause);
}

layout::Interval Story::migrationSpan() const
{
    layout::Interval span;
    for (const timeline::Phase& phase : summary.phases) {
        for (const qint64 timeNs : { phase.startNs, phase.endNs }) {
            if (timeNs <= 0)
                continue;
            span.startNs = span.startNs == 0 ? timeNs : std::min(span.startNs, timeNs);
            span.endNs = std::max(span.endNs, timeNs);
        }
    }
    if (span.isEmpty())
        return scene.extent;
    const qint64 air = std::max<qint64>(span.length() / 12, 1);
    const layout::Interval wide{ .startNs = span.startNs - air, .endNs = span.endNs + air };
    return layout::clampedTo(wide, scene.extent, 1);
}

qint64 Story::originNs() const
{
    const auto& setup = summary.phases[static_cast<std::size_t>(timeline::PhaseId::Setup)];
    return setup.startNs > 0 ? setup.startNs : scene.extent.startNs;
}

QString guestName(const op::ReplayedSession& session)
{
    const QString& name = session.source.name.isEmpty() ? session.destination.name : session.source.name;
    return clean(name, maxName);
}

QString versionText(const op::EndpointStatus& vmm)
{
    const QString version = clean(vmm.version, maxName);
    // The embedded VMM tells the QEMU that it resembles, and then itself.
    const qsizetype embedded = version.indexOf(u"cutover-vmm"_s);
    if (embedded >= 0)
        return version.sliced(embedded);
    return version.isEmpty() || !version.front().isDigit() ? version : u"QEMU "_s + version;
}

QString vmmText(const op::EndpointStatus& vmm)
{
    const QString version = versionText(vmm);
    if (vmm.pid > 0 && !version.isEmpty())
        return i18nc("a VMM", "%1 (process %2)", version, QString::number(vmm.pid));
    return vmm.pid > 0 ? i18n("process %1", QString::number(vmm.pid)) : version;
}

QString sideText(Side side)
{
    switch (side) {
    case Side::Source:
        return i18n("Source");
    case Side::Destination:
        return i18n("Destination");
    case Side::Channel:
        return i18n("Both");
    case Side::Console:
        break;
    }
    return i18n("Console");
}

QString offsetText(qint64 timeNs, qint64 originNs)
{
    if (timeNs <= 0)
        return i18n("not known");
    const qint64 offset = timeNs - originNs;
    if (offset == 0)
        return u"0"_s;
    return offset > 0 ? u'+' + timeline::durationText(offset) : u'−' + timeline::durationText(-offset);
}

namespace {

/// The guest as the subject of a sentence.
QString guestText(const op::ReplayedSession& session)
{
    const QString name = guestName(session);
    return name.isEmpty() ? i18n("The guest") : i18n("The guest “%1”", name);
}

QString placeOf(const op::EndpointStatus& vmm, const QString& otherwise)
{
    const QString text = vmmText(vmm);
    return text.isEmpty() ? otherwise : text;
}

QString movedSentence(const Story& story, bool verified)
{
    const op::ReplayedSession& session = story.session;
    const QString guest = guestText(session);
    const QString from = placeOf(session.source, i18n("the source"));
    const QString to = placeOf(session.destination, i18n("the destination"));
    const QString runState = session.destination.runState;
    const bool wasSeenToRun = story.summary.pause.outcome == PauseOutcome::Measured;
    const QString where = runState == u"running" || runState.isEmpty() || wasSeenToRun
        ? i18n("%1 was moved from %2 to %3 on the same host, and runs there.", guest, from, to)
        : i18n("%1 was moved from %2 to %3 on the same host; there it is in the state “%4”.", guest, from, to,
              runState);
    return where + u' '
        + (verified ? i18n("The result was verified.")
                    : i18n("But the verification found a fault: see below."));
}

QString failedSentence(const Story& story, const op::state::Failed& failed)
{
    const QString guest = guestText(story.session);
    const QString source = placeOf(story.session.source, i18n("the source"));
    if (failed.refused)
        return i18n(
            "%1 was not moved: the preflight refused it. It is on the source, %2; nothing was changed.",
            guest, source);
    const bool early
        = failed.why.phase == op::SessionPhase::Connect || failed.why.phase == op::SessionPhase::Preflight;
    if (early)
        return failed.cancelled
            ? i18n("The migration was cancelled before it began. Nothing was changed.")
            : i18n("The migration did not begin: %1 Nothing was changed.", failed.why.sentence() + u'.');
    return failed.cancelled ? i18n("The migration was cancelled. %1 is on the source, %2.", guest, source)
                            : i18n("The migration failed. %1 is on the source, %2.", guest, source);
}

/// Of a recording that holds what VMMs said and no session: what is seen of the guest is all there is.
Lead leadFromPause(const timeline::PauseBreakdown& pause)
{
    switch (pause.outcome) {
    case PauseOutcome::NoMigration:
        return { .mood = Mood::Attention, .sentence = i18n("The recording holds no migration.") };
    case PauseOutcome::Measured:
        return { .mood = Mood::Attention,
            .sentence = i18n("The guest was stopped on the source and started on the destination. Nobody "
                             "verified the result.") };
    case PauseOutcome::Resumed:
        return { .mood = Mood::Bad,
            .sentence = i18n("The migration failed: the guest was stopped on the source, and started there "
                             "again.") };
    case PauseOutcome::SourceWasPaused:
        return { .mood = Mood::Attention,
            .sentence = i18n("A guest that was paused was moved. Nobody verified the result.") };
    case PauseOutcome::Ongoing:
        return { .mood = Mood::Bad,
            .sentence = i18n("The guest was stopped on the source, and was not seen to run again.") };
    case PauseOutcome::NotReached:
    case PauseOutcome::Untimed:
    case PauseOutcome::Inconsistent:
        break;
    }
    return { .mood = Mood::Attention,
        .sentence = i18n("Where the guest is cannot be told from this recording: %1", pause.explanation) };
}

} // namespace

Lead leadOf(const Story& story)
{
    namespace state = op::state;
    const op::SessionState& now = story.session.state;
    const auto moved = [&story](bool isVerified) {
        // Older recordings have it only in the verdict.
        const bool verified = isVerified || story.summary.outcome == u"verified";
        return Lead{ .mood = verified ? Mood::Good : Mood::Bad, .sentence = movedSentence(story, verified) };
    };
    if (const auto* finished = std::get_if<state::Finished>(&now))
        return moved(finished->verified);
    if (const auto* finishing = std::get_if<state::Finishing>(&now))
        return moved(finishing->verified);
    if (const auto* migrated = std::get_if<state::Migrated>(&now))
        return moved(migrated->verified);
    if (const auto* failed = std::get_if<state::Failed>(&now))
        return { .mood = failed->cancelled ? Mood::Attention : Mood::Bad,
            .sentence = failedSentence(story, *failed) };
    if (const auto* stranded = std::get_if<state::Stranded>(&now))
        return { .mood = Mood::Bad,
            .sentence
            = i18n("The migration needs the operator. %1", op::guestLocationSentence(stranded->location)) };
    if (std::holds_alternative<state::Idle>(now))
        return leadFromPause(story.summary.pause);
    if (std::holds_alternative<state::Checking>(now) || std::holds_alternative<state::Ready>(now))
        return { .mood = Mood::Attention,
            .sentence = i18n("%1 was not moved yet: it is on the source, %2.", guestText(story.session),
                placeOf(story.session.source, i18n("as it was before"))) };
    return { .mood = Mood::Attention,
        .sentence = i18n("The recording ends while the migration is under way: %1", op::stateSentence(now)) };
}

} // namespace cutover::report
