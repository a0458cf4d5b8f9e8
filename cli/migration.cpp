// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/migration.h"

#include "cli/checktext.h"
#include "cli/report.h"
#include "operator/vmmfault.h"
#include "timeline/export.h"

#include <QFileInfo>

#include <KLocalizedString>

#include <algorithm>
#include <iterator>

using namespace Qt::StringLiterals;

namespace cutover::cli {

MigrationCommand::MigrationCommand(Console& console, const Options& options, bool confirmed)
    : Command(console)
    , m_json(options.isSet(u"json"_s))
    , m_confirmed(confirmed)
    , m_recordPath(options.value(u"record"_s))
{
}

Result<void> MigrationCommand::openRecording()
{
    if (m_recordPath.isEmpty())
        return {};
    m_recording = std::make_unique<RecordingFile>();
    auto opened = m_recording->open(m_recordPath);
    if (!opened)
        m_recording.reset();
    return opened;
}

void MigrationCommand::begin(const op::SessionRequest& request)
{
    m_run = std::make_unique<SessionRun>(request);
    if (m_recording)
        m_recording->follow(m_run->record());
    const ProgressStyle style = m_json ? ProgressStyle::Json
        : console().traits().live      ? ProgressStyle::Live
                                       : ProgressStyle::Lines;
    m_progress = std::make_unique<Progress>(console(), *m_run, style);
    connect(m_run.get(), &SessionRun::waiting, this, [this] {
        m_progress->pause();
        console().message(m_run->waitingText());
        m_progress->resume();
    });
    connect(m_run.get(), &SessionRun::checked, this, &MigrationCommand::checked);
    connect(m_run.get(), &SessionRun::ended, this, &MigrationCommand::ended);
    connect(&m_run->session(), &op::Session::noted, this, [this](const op::Failure& note) {
        if (!m_json)
            console().message(i18nc("a remark", "Note: %1", printable(note.sentence())));
    });
    m_run->check();
}

void MigrationCommand::checked()
{
    if (m_run->isRefused()) {
        ended();
        return;
    }
    const op::Session& session = m_run->session();
    if (!m_json) {
        m_progress->pause();
        printChecks(console(), session.checks(), CheckDetail::Notable);
    }
    if (m_confirmed) {
        migrate();
        return;
    }
    if (session.derived())
        printDerived(console(), *session.derived());
    console().out().flush();
    console().ask(
        u"\n"_s + i18n("Migrate now? [y/N] "), this, [this](const QString& answer) { confirmed(answer); });
}

void MigrationCommand::confirmed(const QString& answer)
{
    if (answer.compare(i18nc("the answer that consents", "y"), Qt::CaseInsensitive) == 0
        || answer.compare(i18nc("the answer that consents", "yes"), Qt::CaseInsensitive) == 0) {
        migrate();
        return;
    }
    console().message(i18n("Nothing was changed."));
    Q_EMIT finished(ExitFailed);
}

void MigrationCommand::migrate()
{
    if (m_recording) {
        if (auto flushed = m_recording->flush(); !flushed) {
            fail(flushed.error());
            return;
        }
    }
    m_progress->resume();
    m_run->migrate();
}

void MigrationCommand::ended()
{
    m_progress->stop();
    gather();
}

void MigrationCommand::report()
{
    const ExitCode code = m_run->exitCode();
    Result<void> recorded;
    if (m_recording)
        recorded = m_recording->close();
    if (m_json)
        console().printJson(summaryJson(code));
    else
        printSummary(code);
    printFaults(code);
    if (!recorded)
        console().error(recorded.error());
    concluded(code);
}

void MigrationCommand::reportFailure(const Error& error)
{
    if (m_json) {
        console().printJson({ { u"type"_s, u"summary"_s }, { u"outcome"_s, u"failed"_s },
            { u"exitCode"_s, int{ ExitFailed } },
            { u"failure"_s,
                QJsonObject{ { u"message"_s, error.message() }, { u"remedy"_s, error.remedy } } } });
    }
    fail(error);
}

void MigrationCommand::printSummary(ExitCode code)
{
    const op::Session& session = m_run->session();
    if (code == ExitRefused) {
        printChecks(console(), session.checks(), CheckDetail::Notable);
        return;
    }
    if (session.knowledge().migrateSent) {
        console().print({});
        printOutcome(code);
        printReport(console(), timeline::summarize(m_run->record().events()));
        printWatchedGap(console(), m_run->record().events());
        console().print({});
        printWhereabouts();
    }
}

void MigrationCommand::printFaults(ExitCode code)
{
    const op::Session& session = m_run->session();
    if (code == ExitRefused) {
        QStringList against;
        for (const op::Check& check : session.checks()) {
            if (check.verdict == op::Verdict::Refuse)
                against << check.title;
        }
        console().message(i18nc("titles of checks",
            "cutoverctl: The migration was refused and nothing was changed. Not fulfilled: %1.",
            against.join(u"; "_s)));
        return;
    }
    QStringList notDone;
    std::ranges::copy_if(session.request().faults, std::back_inserter(notDone), op::isVmmFault);
    for (const timeline::Event& event : m_run->record().events()) {
        if (event.name != u"fault-outcome"_s)
            continue;
        notDone.removeAll(event.attributes[u"fault"].toString());
        const QString fault = printable(event.attributes[u"fault"].toString());
        console().message(event.attributes[u"met"].toBool()
                ? i18nc("fault", "cutoverctl: The fault '%1' was done, and the guest did what it was to do.",
                      fault)
                : i18nc("fault",
                      "cutoverctl: The fault '%1' was done, and the guest did not do what it was to do.",
                      fault));
    }
    for (const QString& fault : std::as_const(notDone))
        console().message(i18nc("fault",
            "cutoverctl: The fault '%1' was not done: the migration did not come to that point.",
            printable(fault)));
    for (const QString& finding : session.verification().findings)
        console().message(i18nc("what is wrong", "cutoverctl: %1", finding));
    if (const auto failure = session.failure())
        printFailure(console(), *failure);
}

void MigrationCommand::printOutcome(ExitCode code)
{
    const op::Session& session = m_run->session();
    const QString name = printable(session.endpoint(Side::Source).name);
    const QString guest = name.isEmpty() ? i18n("The guest") : i18n("The guest '%1'", name);
    switch (code) {
    case ExitDone:
        console().print(console().paint(Tone::Good, u"✓ "_s)
            + console().paint(
                Tone::Title, i18nc("guest", "%1 was moved, and the move was verified.", guest)));
        return;
    case ExitNeedsOperator:
        console().print(console().paint(Tone::Bad, u"✗ "_s)
            + console().paint(Tone::Title, i18nc("guest", "%1 needs you.", guest)));
        return;
    default:
        console().print(console().paint(Tone::Warning, u"✗ "_s)
            + console().paint(
                Tone::Title, i18nc("guest", "%1 was not moved; it is on the source, as before.", guest)));
    }
}

QString MigrationCommand::monitorPath(Side side) const
{
    // Once the source is gone, the destination's own path leads to the source's, which it has taken.
    const QString path = m_run->session().endpoint(side).qmpPath;
    const QString target = QFileInfo(path).symLinkTarget();
    return target.isEmpty() ? path : target;
}

void MigrationCommand::printWhereabouts()
{
    const op::Session& session = m_run->session();
    const op::GuestLocation location = m_run->location();
    console().print(
        console().paint(Tone::Title, i18n("The guest")) + u"  "_s + op::guestLocationSentence(location));
    const bool moved = location == op::GuestLocation::Destination;
    if (moved || location == op::GuestLocation::Source) {
        const Side side = moved ? Side::Destination : Side::Source;
        const auto status = session.endpoint(side);
        console().print(u"  "_s
            + i18nc("pid, version, path", "process %1, %2, QMP socket %3", QString::number(status.pid),
                status.version.isEmpty() ? i18n("version not known") : u"QEMU "_s + printable(status.version),
                printable(monitorPath(side))));
    }
    if (moved && m_run->request().keepSource)
        console().print(u"  "_s
            + i18n("The source (process %1) was kept. Never send 'cont' to it: both would run on the same "
                   "memory.",
                QString::number(session.endpoint(Side::Source).pid)));
    if (m_recording)
        console().print(console().paint(Tone::Title, i18n("Recording")) + u"  "_s
            + i18nc("file", "%1; 'cutoverctl show' shows it again", m_recording->path()));
}

QJsonObject MigrationCommand::summaryJson(ExitCode code) const
{
    const op::Session& session = m_run->session();
    const auto side = [&](Side which) {
        const auto status = session.endpoint(which);
        return QJsonObject{ { u"pid"_s, status.pid }, { u"version"_s, status.version },
            { u"qmp"_s, monitorPath(which) }, { u"runState"_s, status.runState },
            { u"migrationStatus"_s, status.migrationStatus }, { u"gone"_s, status.gone } };
    };
    const QString outcome = code == ExitDone ? u"migrated"_s
        : code == ExitRefused                ? u"refused"_s
        : code == ExitNeedsOperator          ? u"needs-operator"_s
                                             : u"failed"_s;
    QJsonObject summary = timeline::toJson(timeline::summarize(m_run->record().events()));
    summary[u"type"_s] = u"summary"_s;
    summary[u"outcome"_s] = outcome;
    summary[u"exitCode"_s] = int{ code };
    summary[u"location"_s] = op::guestLocationId(m_run->location());
    summary[u"guest"_s] = session.endpoint(Side::Source).name;
    summary[u"verified"_s] = session.verification().ok;
    summary[u"findings"_s] = QJsonArray::fromStringList(session.verification().findings);
    summary[u"evidence"_s] = QJsonArray::fromStringList(session.verification().evidence);
    summary[u"checks"_s] = checksJson(session.checks());
    summary[u"source"_s] = side(Side::Source);
    summary[u"destination"_s] = side(Side::Destination);
    summary[u"recording"_s] = m_recording ? m_recording->path() : QString();
    if (const auto gap = watchedGap(m_run->record().events()))
        summary[u"guestGap"_s] = QJsonObject{
            { u"clock"_s, u"host"_s }, { u"ns"_s, gap->startGapNs }, { u"errorNs"_s, gap->gapErrorNs },
            { u"guestClockNs"_s, gap->guestClockGapNs < 0 ? QJsonValue() : QJsonValue(gap->guestClockGapNs) }
        };
    QJsonArray silences;
    for (const timeline::Silence& each : timeline::pulseTrail(m_run->record().events()).silences)
        silences.append(timeline::pulseAttributes(each));
    summary[u"silences"_s] = silences;
    const QJsonObject extra = extraJson();
    for (auto each = extra.begin(); each != extra.end(); ++each)
        summary[each.key()] = each.value();
    const auto failure = session.failure();
    summary[u"failure"_s] = failure ? QJsonValue(failureJson(*failure)) : QJsonValue(QJsonValue::Null);
    return summary;
}

bool MigrationCommand::interrupt()
{
    if (!m_run || !m_run->isUnderWay())
        return false;
    if (m_run->cancel()) {
        m_cancelling = true;
        console().message(
            i18n("Cancelling. Ctrl+C again leaves at once; 'cutoverctl rescue' finds the pair."));
    } else {
        console().message(
            i18n("The guest is being handed over, which cannot be cancelled. Ctrl+C again leaves at once; "
                 "'cutoverctl rescue' finds the pair."));
    }
    return true;
}

int MigrationCommand::abandonCode() const
{
    return m_run && m_run->isUnderWay() ? ExitNeedsOperator : ExitFailed;
}

QList<OptionSpec> migrationOptions()
{
    return {
        { .name = u"record"_s,
            .value = u"FILE"_s,
            .help = i18n("Record everything to FILE, for 'cutoverctl show' and the window"),
            .letter = {},
            .choices = {},
            .completes = Completes::File },
        { .name = u"json"_s,
            .value = {},
            .help = i18n("Print JSON Lines: each event as it comes, a summary as the last line"),
            .letter = {},
            .choices = {} },
    };
}

} // namespace cutover::cli
