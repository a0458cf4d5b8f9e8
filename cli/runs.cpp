// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "cli/command.h"
#include "cli/runsreport.h"
#include "runs/runner.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <QFile>
#include <QFileInfo>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr int usualCount = 20;
constexpr qint64 linesApartNs = qint64{ 10 } * 1'000'000'000;

class RunsCommand : public Command
{
public:
    RunsCommand(Console& console, const Options& options, std::vector<runs::Settings> sets,
        const runs::RunnerOptions& runnerOptions)
        : Command(console)
        , m_json(options.isSet(u"json"_s))
        , m_savePath(options.value(u"save"_s))
        , m_runner(std::move(sets), runnerOptions)
    {
        connect(&m_runner, &runs::Runner::progressed, this, &RunsCommand::showProgress);
        connect(&m_runner, &runs::Runner::runDone, this, &RunsCommand::runDone);
        connect(&m_runner, &runs::Runner::finished, this, &RunsCommand::conclude);
    }

    void start() override
    {
        if (!m_savePath.isEmpty()) {
            if (QFileInfo::exists(m_savePath)) {
                fail(failure(ErrorCode::Refused, i18n("save the runs"), m_savePath, i18n("it exists already"),
                    i18n("Choose another name, or remove it."))
                        .error());
                return;
            }
            // A wrong folder is better known before than after an hour.
            if (auto saved = runs::writeResults(m_savePath, m_runner.results()); !saved) {
                fail(saved.error());
                return;
            }
        }
        if (auto started = m_runner.start(); !started) {
            if (!m_savePath.isEmpty())
                QFile::remove(m_savePath);
            fail(started.error());
        }
    }

    bool interrupt() override
    {
        if (!m_runner.isRunning())
            return false;
        eraseLine();
        console().message(i18n("Cancelling; what was done counts. Ctrl+C again leaves at once."));
        m_runner.cancel();
        return true;
    }

private:
    QString progressText() const
    {
        const runs::Progress progress = m_runner.progress();
        const QString left = progress.leftNs
            ? i18nc("duration", "about %1 left", timeline::durationText(*progress.leftNs))
            : i18n("time left not known yet");
        return i18nc("number, number, set, time left", "%1 of %2 runs, %3, %4", progress.done, progress.total,
            printable(progress.set), left);
    }

    void showProgress()
    {
        if (m_json)
            return;
        if (console().traits().live) {
            eraseLine();
            console().printRaw(elided(progressText(), console().width() - 1).toUtf8());
            m_lineDrawn = true;
            return;
        }
        if (m_toldNs != 0 && monotonicNs() - m_toldNs < linesApartNs)
            return;
        m_toldNs = monotonicNs();
        console().print(progressText());
    }

    void eraseLine()
    {
        if (std::exchange(m_lineDrawn, false))
            console().printRaw("\r\x1b[K");
    }

    void runDone(int index)
    {
        const runs::SetResult& set = m_runner.results().sets[std::size_t(index)];
        const runs::Run& run = set.runs.back();
        if (m_json) {
            QJsonObject line{ { u"type"_s, u"run"_s }, { u"set"_s, set.settings.name },
                { u"number"_s, run.number }, { u"outcome"_s, runOutcomeId(run.outcome) },
                { u"failure"_s, run.failure } };
            line.insert(u"pauseNs"_s, run.pauseNs ? QJsonValue(*run.pauseNs) : QJsonValue());
            console().printJson(line);
        } else if (run.outcome != runs::RunOutcome::Migrated) {
            eraseLine();
            console().message(i18nc("set, number, what happened", "%1, run %2: %3",
                printable(set.settings.name), run.number, printable(run.failure)));
        }
    }

    void conclude()
    {
        eraseLine();
        const runs::Results& results = m_runner.results();
        Result<void> saved;
        if (!m_savePath.isEmpty())
            saved = runs::writeResults(m_savePath, results);
        if (m_json)
            console().printJson(runsSummaryJson(results));
        else
            printRuns(console(), results);
        if (!saved) {
            fail(saved.error());
            return;
        }
        Q_EMIT finished(exitCode(results));
    }

    static ExitCode exitCode(const runs::Results& results)
    {
        ExitCode code = results.cancelled ? ExitFailed : ExitDone;
        for (const runs::SetResult& set : results.sets) {
            if (!set.unavailable.isEmpty() || runs::failedRuns(set) > 0)
                code = std::max(code, ExitFailed);
            const bool lost = std::ranges::any_of(set.runs,
                [](const runs::Run& run) { return run.outcome == runs::RunOutcome::NeedsOperator; });
            if (lost && !set.settings.isLab())
                code = ExitNeedsOperator;
        }
        return code;
    }

    bool m_json;
    QString m_savePath;
    runs::Runner m_runner;
    bool m_lineDrawn = false;
    qint64 m_toldNs = 0;
};

/// What was saved before.
class ShowRunsCommand : public Command
{
public:
    ShowRunsCommand(Console& console, const Options& options)
        : Command(console)
        , m_path(options.value(u"show"_s))
        , m_json(options.isSet(u"json"_s))
    {
    }

    void start() override
    {
        const auto results = runs::readResults(m_path);
        if (!results) {
            fail(results.error());
            return;
        }
        if (m_json)
            console().printJson(runsSummaryJson(*results));
        else
            printRuns(console(), *results);
        Q_EMIT finished(ExitDone);
    }

private:
    QString m_path;
    bool m_json;
};

CommandSpec spec()
{
    return {
        .name = u"runs"_s,
        .synopsis = { u"[--set NAME:key=value,… …] [OPTION …]"_s, u"--show FILE [--json]"_s },
        .summary = i18n("Repeat migrations, and compare what they cost"),
        .description
        = i18n("Performs each set of migrations --count times, in turns (A B A B), and prints what the pauses were: median "
               "with its exact 95 % interval, quartiles, percentiles where there are enough runs for them, the phases, "
               "and for each set in plain words whether it differs from the first. Guests go from process to process, to a fresh "
               "destination each time. The time of a set is spent in a lab of its own, which ends with this program, or on a "
               "VMM of yours. Ctrl+C ends it, and what was done counts."
               "\n\nThe keys of a set: vmm=embedded|qemu, binary=PROGRAM, new-binary=PROGRAM (each run then begins with a fresh "
               "lab), source=qmp:PATH|pid:N (a VMM of yours), mode=cpr-transfer|normal, "
               "handover=prepared|early-stop|late-stop, migrate-fds=on|off, guarded=on|off, ram=SIZE, queues=N, "
               "devices=on|off (network, disk and console of the embedded lab), accel=thread|kvm|tcg, "
               "load=idle|work|full (of the embedded guest), busy=N (threads that use up the machine during each "
               "migration). A QEMU has no policy of its own but late-stop; with handover=early-stop it is stopped "
               "before 'migrate' and continued on the destination, and its pause is counted from that stop."),
        .options = {
            { .name = u"set"_s, .value = u"NAME:key=value,…"_s, .help = i18n("A set of migrations; may be given several times. Default: the embedded VMM with prepared and with early-stop"), .letter = {}, .choices = {}, .repeats = true },
            { .name = u"count"_s, .value = u"N"_s, .help = i18n("Runs of each set; default: 20"), .letter = {}, .choices = {} },
            { .name = u"time-limit"_s, .value = u"SECONDS"_s, .help = i18n("Begin no run after that; default: no limit"), .letter = {}, .choices = {} },
            { .name = u"save"_s, .value = u"FILE"_s, .help = i18n("Keep all results, with the recordings of the slowest and of failed runs, in FILE"), .letter = {}, .choices = {}, .completes = Completes::File },
            { .name = u"show"_s, .value = u"FILE"_s, .help = i18n("Show what was kept, and run nothing"), .letter = {}, .choices = {}, .completes = Completes::File },
            { .name = u"json"_s, .value = {}, .help = i18n("Print JSON Lines: each run as it comes, a summary as the last line"), .letter = {}, .choices = {} },
            { .name = u"yes"_s, .value = {}, .help = i18n("Needed for VMMs of yours: their guests are moved many times"), .letter = u"y"_s, .choices = {} },
        },
        .arguments = {},
        .takesCommand = false,
        .examples = {
            { u"cutoverctl runs --count 30 --save policies.json"_s, i18n("The safe order with and without the preparations.") },
            { u"cutoverctl runs --set 'late:vmm=qemu,handover=late-stop' --set 'early:vmm=qemu,handover=early-stop'"_s, i18n("What the safe order would cost today's QEMU.") },
            { u"cutoverctl runs --set 'idle:vmm=qemu' --set 'busy:vmm=qemu,busy=4'"_s, i18n("The same on a machine that has other work, too.") },
            { u"cutoverctl runs --set passed: --set copied:migrate-fds=off,ram=1G"_s, i18n("Descriptors passed, or memory copied.") },
            { u"cutoverctl runs --show policies.json"_s, i18n("Look at it again.") },
        },
        .exitCodes = { i18n("0  every run was done and migrated"), i18n("1  some failed, could not be done, or it was cancelled"), i18n("2  the command line was not understood"), i18n("4  a guest of yours needs you: see 'cutoverctl rescue --help'") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    if (options.isSet(u"show"_s)) {
        for (const QString& name : { u"set"_s, u"count"_s, u"time-limit"_s, u"save"_s, u"yes"_s }) {
            if (options.isSet(name))
                return usageError(i18nc("option", "--show runs nothing, so --%1 has no meaning", name));
        }
        return std::make_unique<ShowRunsCommand>(console, options);
    }
    QStringList texts = options.values(u"set"_s);
    if (texts.isEmpty())
        texts = { u"prepared:handover=prepared"_s, u"early-stop:handover=early-stop"_s };
    std::vector<runs::Settings> sets;
    for (const QString& text : texts) {
        auto settings = runs::settingsFromText(text);
        if (!settings)
            return usageError(i18nc("set, what is wrong", "--set '%1': %2", text, settings.error().cause),
                settings.error().remedy);
        if (!settings->isLab() && !options.isSet(u"yes"_s))
            return usageError(
                i18nc("set", "--yes is missing: set '%1' is about a VMM of yours", settings->name),
                i18n("Its guest would be moved again and again."));
        sets.push_back(*settings);
    }
    runs::RunnerOptions runner{ .count = usualCount,
        .program = u"cutoverctl "_s + QStringLiteral(CUTOVER_VERSION) };
    if (options.isSet(u"count"_s)) {
        bool ok = false;
        runner.count = options.value(u"count"_s).toInt(&ok);
        if (!ok || runner.count < 1 || runner.count > runs::maxCount)
            return usageError(i18nc("text", "--count cannot be '%1'", options.value(u"count"_s)),
                i18n("It is a number from 1 to %1.", runs::maxCount));
    }
    if (options.isSet(u"time-limit"_s)) {
        auto limit = parseSeconds(options.value(u"time-limit"_s));
        if (!limit)
            return std::unexpected(limit.error());
        runner.budgetNs = qint64{ *limit } * 1'000'000;
    }
    return std::make_unique<RunsCommand>(console, options, std::move(sets), runner);
}

} // namespace

CommandEntry runsCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
