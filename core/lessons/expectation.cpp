// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/expectation.h"

#include "lessons/lessonjson.h"

#include <KLocalizedString>

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <functional>

using namespace Qt::StringLiterals;
using cutover::timeline::Category;
using cutover::timeline::Event;

namespace cutover::lessons {

namespace {

constexpr std::array<std::pair<QLatin1StringView, op::Outcome>, 4> outcomes{ {
    { QLatin1StringView("migrated"), op::Outcome::Migrated },
    { QLatin1StringView("failed"), op::Outcome::Failed },
    { QLatin1StringView("refused"), op::Outcome::Refused },
    { QLatin1StringView("needs-operator"), op::Outcome::NeedsOperator },
} };

constexpr std::array<std::pair<QLatin1StringView, op::GuestLocation>, 3> locations{ {
    { QLatin1StringView("source"), op::GuestLocation::Source },
    { QLatin1StringView("destination"), op::GuestLocation::Destination },
    { QLatin1StringView("nowhere"), op::GuestLocation::NowhereSourceHolds },
} };

constexpr std::array<std::pair<QLatin1StringView, op::Verdict>, 3> verdicts{ {
    { QLatin1StringView("pass"), op::Verdict::Pass },
    { QLatin1StringView("warning"), op::Verdict::Warning },
    { QLatin1StringView("refuse"), op::Verdict::Refuse },
} };

constexpr std::array<std::pair<QLatin1StringView, ErrorCode>, 4> errorCodes{ {
    { QLatin1StringView("remote"), ErrorCode::Remote },
    { QLatin1StringView("refused"), ErrorCode::Refused },
    { QLatin1StringView("timeout"), ErrorCode::Timeout },
    { QLatin1StringView("disconnected"), ErrorCode::Disconnected },
} };

constexpr std::array<std::pair<QLatin1StringView, bool>, 2> moments{ {
    { QLatin1StringView("before-pause"), false },
    { QLatin1StringView("inside-pause"), true },
} };

using ReadExpectation = Expectation (*)(Fields&);
const std::array<std::pair<QLatin1StringView, ReadExpectation>, 9> readers{ {
    { "outcome"_L1, [](Fields& f) -> Expectation { return expect::Outcome{ f.choice("is"_L1, outcomes) }; } },
    { "guest"_L1, [](Fields& f) -> Expectation { return expect::Guest{ f.choice("at"_L1, locations) }; } },
    { "same"_L1,
        [](Fields& f) -> Expectation {
            return expect::Fds{ .devices = f.texts("devices"_L1), .same = true };
        } },
    { "reopened"_L1,
        [](Fields& f) -> Expectation {
            return expect::Fds{ .devices = f.texts("devices"_L1), .same = false };
        } },
    { "check"_L1,
        [](Fields& f) -> Expectation {
            return expect::Check{ .id = f.text("id"_L1, true), .verdict = f.choice("verdict"_L1, verdicts) };
        } },
    { "failure"_L1,
        [](Fields& f) -> Expectation {
            expect::Failure failure{ .saying = f.text("saying"_L1, true), .code = {} };
            if (f.has("code"_L1))
                failure.code = f.choice("code"_L1, errorCodes);
            return failure;
        } },
    { "no-loss"_L1, [](Fields&) -> Expectation { return expect::NoLoss{}; } },
    { "rolled-back"_L1, [](Fields&) -> Expectation { return expect::RolledBack{}; } },
    { "devices"_L1,
        [](Fields& f) -> Expectation { return expect::Devices{ f.choice("created"_L1, moments) }; } },
} };

template <typename Table, typename Value>
QString nameOf(const Table& table, const Value& value)
{
    const auto found = std::ranges::find(table, value, [](const auto& each) { return each.second; });
    return found == table.end() ? QString() : QString(found->first);
}

bool runs(const Answers& answers)
{
    return answers.reached && !answers.gone && answers.runState == "running"_L1;
}

QString stateOf(const Answers& answers)
{
    if (answers.gone)
        return i18nc("a process", "has ended");
    if (!answers.reached)
        return i18nc("a VMM", "did not answer");
    if (!answers.beats)
        return i18nc("a run state", "says “%1”", answers.runState);
    const QString state = i18nc("a run state", "says “%1”", answers.runState);
    return *answers.beats ? i18nc("a VMM's state", "%1, and its guest's heart beats", state)
                          : i18nc("a VMM's state", "%1, and its guest's heart stands still", state);
}

Finding holds(const expect::Outcome& expected, const Evidence& evidence)
{
    const op::Outcome outcome = outcomeOf(evidence.state);
    QString seen = op::stateSentence(evidence.state);
    if (evidence.failure)
        seen += u' ' + evidence.failure->sentence();
    return { .holds = outcome == expected.is,
        .sentence = i18nc("an outcome's name", "The outcome is “%1”.", outcomeId(expected.is)),
        .seen = seen };
}

Finding holds(const expect::Guest& expected, const Evidence& evidence)
{
    const auto alone = [](const Answers& here, const Answers& there) {
        return runs(here) && here.beats.value_or(true) && !runs(there);
    };
    Finding finding{ .seen = i18n("The source %1; the destination %2.", stateOf(evidence.source),
                         stateOf(evidence.destination)) };
    switch (expected.at) {
    case op::GuestLocation::Source:
        finding.sentence = i18n("The guest runs on the source, and nowhere else.");
        finding.holds = alone(evidence.source, evidence.destination);
        break;
    case op::GuestLocation::Destination:
        finding.sentence = i18n("The guest runs on the destination, and nowhere else.");
        finding.holds = alone(evidence.destination, evidence.source);
        break;
    default:
        finding.sentence = i18n("The guest runs nowhere.");
        finding.holds = (evidence.source.reached || evidence.source.gone) && !runs(evidence.source)
            && !runs(evidence.destination);
    }
    return finding;
}

Finding holds(const expect::Fds& expected, const Evidence& evidence)
{
    QStringList same;
    QStringList others;
    for (const Event& event : evidence.events) {
        if (event.category != Category::Fd)
            continue;
        const QString device = event.name.section(u'/', 0, 0);
        if (!expected.devices.isEmpty() && !expected.devices.contains(device))
            continue;
        const QString identity = event.attributes["identity"_L1].toString();
        (identity == "same"_L1 || identity == "same-inode"_L1 ? same : others) << event.name;
    }
    const auto told = [](const QStringList& names) {
        return names.isEmpty() ? i18nc("no names", "none") : names.join(u", "_s);
    };
    Finding finding{ .seen = i18n("The same: %1. Others: %2.", told(same), told(others)) };
    const QString devices = expected.devices.join(u", "_s);
    if (expected.same) {
        const bool all = std::ranges::all_of(expected.devices, [&](const QString& device) {
            return std::ranges::any_of(
                same, [&](const QString& name) { return name.section(u'/', 0, 0) == device; });
        });
        finding.holds = !same.isEmpty() && others.isEmpty() && all;
        finding.sentence = devices.isEmpty()
            ? i18n("Every descriptor is the same open file on both sides.")
            : i18nc("devices", "The descriptors of %1 are the same open files on both sides.", devices);
    } else {
        finding.holds = same.isEmpty();
        finding.sentence = devices.isEmpty()
            ? i18n("No descriptor was passed.")
            : i18nc(
                  "devices", "No descriptor of %1 was passed: the destination has opened its own.", devices);
    }
    return finding;
}

Finding holds(const expect::Check& expected, const Evidence& evidence)
{
    Finding finding{ .sentence = i18nc("a check's id, a verdict", "The check “%1” says “%2”.", expected.id,
                         op::verdictId(expected.verdict)) };
    const auto found = std::ranges::find(evidence.checks, expected.id, &op::Check::id);
    if (found != evidence.checks.end()) {
        finding.holds = found->verdict == expected.verdict;
        finding.seen
            = u"%1: %2 %3"_s.arg(op::verdictId(found->verdict), found->evidence, found->remedy).trimmed();
    }
    return finding;
}

Finding holds(const expect::Failure& expected, const Evidence& evidence)
{
    Finding finding{ .sentence
        = i18nc("part of an error's text", "It failed, and the error speaks of “%1”.", expected.saying) };
    if (!evidence.failure)
        return finding;
    const QString text = evidence.failure->sentence() + u' ' + evidence.failure->destinationOutput;
    finding.holds = text.contains(expected.saying, Qt::CaseInsensitive)
        && (!expected.code || *expected.code == evidence.failure->error.code);
    finding.seen = evidence.failure->sentence();
    // The destination may have said it where nobody else could.
    if (finding.seen.contains(expected.saying, Qt::CaseInsensitive))
        return finding;
    for (const QString& line : evidence.failure->destinationOutput.split(u'\n')) {
        if (line.contains(expected.saying, Qt::CaseInsensitive)) {
            finding.seen = i18nc("a line", "The destination: %1", line.trimmed());
            break;
        }
    }
    return finding;
}

Finding holds(const expect::NoLoss&, const Evidence& evidence)
{
    const Answers& here = runs(evidence.destination) ? evidence.destination : evidence.source;
    Finding finding{ .sentence = i18n("By the guest's own counters nothing was lost.") };
    if (here.pulse.isEmpty())
        return finding;
    qint64 faults = 0;
    for (const QString& name : { u"blocks-wrong"_s, u"block-errors"_s, u"ring-faults"_s })
        faults += here.pulse[name].toInteger();
    finding.holds = faults == 0 && here.beats == true;
    finding.seen = i18n("%1 blocks read back, %2 of them wrong; %3 errors of the disk, %4 of the rings.",
        QString::number(here.pulse["blocks-verified"_L1].toInteger()),
        QString::number(here.pulse["blocks-wrong"_L1].toInteger()),
        QString::number(here.pulse["block-errors"_L1].toInteger()),
        QString::number(here.pulse["ring-faults"_L1].toInteger()));
    return finding;
}

Finding holds(const expect::RolledBack&, const Evidence& evidence)
{
    QStringList heard;
    for (const Event& event : evidence.events) {
        if (event.category == Category::QmpEvent && event.side == Side::Source
            && (event.name == "STOP"_L1 || event.name == "RESUME"_L1))
            heard << event.name;
    }
    return { .holds = heard == QStringList{ u"STOP"_s, u"RESUME"_s },
        .sentence = i18n("The source had stopped the guest, and has resumed it."),
        .seen = i18nc("names of events", "Events of the source: %1.", heard.join(u", "_s)) };
}

Finding holds(const expect::Devices& expected, const Evidence& evidence)
{
    // Each moment by the clock that both logs share.
    std::optional<qint64> made;
    std::optional<qint64> stopped;
    for (const Event& event : evidence.events) {
        if (event.category != Category::Trace || event.timeNs == 0)
            continue;
        if (event.side == Side::Destination && event.name == "qemu_ram_alloc_shared"_L1 && !made)
            made = event.timeNs;
        if (event.side == Side::Source && event.name == "vmstate_downtime_checkpoint"_L1
            && event.attributes["name"_L1].toString() == "src-downtime-start"_L1)
            stopped = event.timeNs;
    }
    Finding finding{ .sentence = expected.insidePause
            ? i18n("The destination made its devices after the source had stopped, inside of the pause.")
            : i18n("The destination made its devices while the guest still ran on the source.") };
    if (!made || !stopped) {
        finding.seen = i18n("The logs of the two do not tell.");
        return finding;
    }
    finding.holds = expected.insidePause == (*made > *stopped);
    finding.seen = *made > *stopped ? i18n("The stop came first, then the devices.")
                                    : i18n("The devices came first, then the stop.");
    return finding;
}

} // namespace

Result<Expectation> readExpectation(const QJsonObject& object)
{
    Fields fields(object);
    const QString what = fields.text("what"_L1, true);
    const auto* const reader = std::ranges::find(readers, what, [](const auto& each) { return each.first; });
    if (reader == readers.end())
        return malformed({}, i18n("nothing called “%1” can be expected", what));
    Expectation expectation = reader->second(fields);
    if (const QString fault = fields.fault(); !fault.isEmpty())
        return malformed({}, fault);
    return expectation;
}

bool needsAnswers(const Expectation& expectation)
{
    return std::holds_alternative<expect::Guest>(expectation)
        || std::holds_alternative<expect::NoLoss>(expectation);
}

Finding judge(const Expectation& expectation, const Evidence& evidence)
{
    return std::visit([&](const auto& expected) { return holds(expected, evidence); }, expectation);
}

QString outcomeId(op::Outcome outcome)
{
    return outcome == op::Outcome::Running ? u"running"_s : nameOf(outcomes, outcome);
}

op::Outcome outcomeOf(const op::SessionState& state)
{
    if (const auto* ready = std::get_if<op::state::Ready>(&state))
        return ready->refused ? op::Outcome::Refused : op::Outcome::Running;
    if (const auto* failed = std::get_if<op::state::Failed>(&state))
        return failed->refused ? op::Outcome::Refused : op::Outcome::Failed;
    if (std::holds_alternative<op::state::Stranded>(state))
        return op::Outcome::NeedsOperator;
    const auto* migrated = std::get_if<op::state::Migrated>(&state);
    const auto* finished = std::get_if<op::state::Finished>(&state);
    if (!migrated && !finished)
        return op::Outcome::Running;
    const bool verified = migrated ? migrated->verified : finished->verified;
    return verified ? op::Outcome::Migrated : op::Outcome::NeedsOperator;
}

} // namespace cutover::lessons
