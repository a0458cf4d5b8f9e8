// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/checktext.h"
#include "cli/command.h"
#include "cli/pairs.h"
#include "cli/requestoptions.h"
#include "cli/table.h"

#include <QFileInfo>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using op::GuestLocation;
using op::RescueKind;

bool needsOperator(GuestLocation location)
{
    return location != GuestLocation::Source && location != GuestLocation::Destination;
}

class RescueCommand : public Command
{
public:
    RescueCommand(Console& console, const Options& options, std::optional<op::SourceSpec> source)
        : Command(console)
        , m_json(options.isSet(u"json"_s))
        , m_yes(options.isSet(u"yes"_s))
        , m_folder(options.value(u"pair"_s))
        , m_to(options.value(u"to"_s))
        , m_source(std::move(source))
    {
        connect(&m_survey, &PairSurvey::done, this, &RescueCommand::choosePair);
    }

    void start() override
    {
        if (m_folder.isEmpty()) {
            m_survey.start();
            return;
        }
        auto journal = op::readJournal(QFileInfo(m_folder).absoluteFilePath());
        if (!journal) {
            fail(journal.error());
            return;
        }
        m_own = std::make_unique<op::RescueOperation>(*journal);
        connect(m_own.get(), &op::RescueOperation::assessed, this, [this] { show(*m_own); });
        m_own->look();
    }

    int abandonCode() const override { return ExitNeedsOperator; }

private:
    bool matches(const op::PairJournal& journal) const
    {
        return !m_source
            || (m_source->pid > 0 ? journal.source.pid == m_source->pid
                                  : journal.sourceQmp == m_source->qmpPath);
    }

    void choosePair()
    {
        std::vector<std::size_t> fitting;
        for (std::size_t i = 0; i < m_survey.size(); ++i) {
            if (matches(m_survey.operation(i).evidence().journal))
                fitting.push_back(i);
        }
        if (fitting.size() == 1) {
            show(m_survey.operation(fitting.front()));
            return;
        }
        if (m_json)
            console().printJson({ { u"unfinishedPairs"_s, m_survey.toJson() } });
        if (fitting.empty()) {
            if (!m_json)
                console().print(m_source ? i18n("No unfinished migration of that source is known.")
                                         : i18n("No migration was left unfinished."));
            Q_EMIT finished(ExitDone);
            return;
        }
        if (!m_json)
            m_survey.print(console());
        console().message(i18n("cutoverctl rescue: there is more than one; choose with --pair FOLDER"));
        Q_EMIT finished(ExitUsage);
    }

    void show(op::RescueOperation& operation)
    {
        m_operation = &operation;
        const op::Assessment& assessment = operation.assessment();
        if (!m_json) {
            for (const QString& line : pairLines(console(), operation.evidence()))
                console().print(line);
            console().print(u"  "_s + console().paint(Tone::Title, assessment.sentence));
            Table table({ QString(), QString() });
            for (const op::RescueOption& option : assessment.options) {
                table.add({ { .text = option.allowed ? u"✓"_s : u"✗"_s,
                                .tone = option.allowed ? Tone::Good : Tone::Bad },
                    { .text = option.title } });
                table.addNote({ .text = option.proof, .tone = Tone::Faint });
            }
            console().print({});
            table.print(console());
        }
        if (operation.evidence().consoleAlive) {
            conclude(assessment.location,
                failure(ErrorCode::Busy, i18n("rescue the guest"), {},
                    i18nc("pid", "process %1 is still at work on this migration",
                        QString::number(operation.evidence().journal.console.pid)),
                    i18n("Wait for its end, or end it."))
                    .error());
            return;
        }
        const op::RescueOption* option = chosen(assessment);
        if (!option || !option->allowed) {
            conclude(assessment.location, refusal(option));
            return;
        }
        m_kind = option->kind;
        if (m_yes) {
            perform();
            return;
        }
        if (!console().traits().interactive || m_json) {
            conclude(assessment.location,
                failure(ErrorCode::Refused, i18n("rescue the guest"), {}, i18n("nobody can be asked"),
                    i18n("Nothing was done; add --yes to do: %1.", option->title))
                    .error());
            return;
        }
        console().out().flush();
        console().ask(u"\n"_s + i18nc("what to do", "%1 now? [y/N] ", option->title), this,
            [this](const QString& answer) {
                if (answer.startsWith(i18nc("the answer that consents", "y"), Qt::CaseInsensitive)) {
                    perform();
                    return;
                }
                console().message(i18n("Nothing was done."));
                Q_EMIT finished(
                    needsOperator(m_operation->assessment().location) ? ExitNeedsOperator : ExitFailed);
            });
    }

    const op::RescueOption* chosen(const op::Assessment& assessment) const
    {
        const auto either = [&](RescueKind first, RescueKind second) {
            const op::RescueOption* option = assessment.option(first);
            return option ? option : assessment.option(second);
        };
        if (m_to == "source"_L1)
            return either(RescueKind::ResumeSource, RescueKind::CleanUp);
        if (m_to == "destination"_L1)
            return either(RescueKind::StartDestination, RescueKind::FinishUp);
        return assessment.recommended();
    }

    Error refusal(const op::RescueOption* option) const
    {
        const op::Assessment& assessment = m_operation->assessment();
        QString cause = option ? option->proof : QString();
        if (!option) {
            for (const op::RescueOption& other : assessment.options)
                cause += (cause.isEmpty() ? QString() : u" "_s) + other.title + u": "_s + other.proof;
        }
        const bool lost = assessment.location == GuestLocation::Lost;
        return failure(ErrorCode::Refused, i18n("rescue the guest"), {},
            cause.isEmpty() ? assessment.sentence : cause,
            lost ? i18n("Restart the guest from its disks.") : QString())
            .error();
    }

    void perform()
    {
        connect(m_operation, &op::RescueOperation::finished, this,
            [this](GuestLocation location, const std::optional<op::Failure>& failure) {
                if (failure) {
                    if (!m_json)
                        printFailure(console(), *failure);
                    conclude(location, failure->error, m_json);
                    return;
                }
                conclude(location, std::nullopt);
            });
        if (const auto begun = m_operation->perform(m_kind); !begun)
            conclude(m_operation->assessment().location, begun.error());
    }

    void conclude(GuestLocation location, const std::optional<Error>& error, bool tell = true)
    {
        const ExitCode code = !error ? ExitDone : needsOperator(location) ? ExitNeedsOperator : ExitFailed;
        if (m_json) {
            QJsonObject document = pairJson(*m_operation);
            document[u"location"_s] = op::guestLocationId(location);
            document[u"sentence"_s] = op::guestLocationSentence(location);
            document[u"exitCode"_s] = int{ code };
            document[u"failure"_s] = error ? QJsonValue(QJsonObject{ { u"message"_s, error->message() },
                                                 { u"remedy"_s, error->remedy } })
                                           : QJsonValue(QJsonValue::Null);
            console().printJson(document);
        } else if (!error) {
            console().print({});
            console().print(console().paint(Tone::Good, u"✓ "_s) + op::guestLocationSentence(location));
        }
        if (error && tell)
            console().error(*error);
        Q_EMIT finished(code);
    }

    bool m_json;
    bool m_yes;
    QString m_folder;
    QString m_to;
    std::optional<op::SourceSpec> m_source;
    PairSurvey m_survey;
    std::unique_ptr<op::RescueOperation> m_own;
    op::RescueOperation* m_operation = nullptr;
    RescueKind m_kind = RescueKind::CleanUp;
};

CommandSpec spec()
{
    return {
        .name = u"rescue"_s,
        .synopsis = { u"[--pair FOLDER | --source qmp:PATH|pid:N] [--to source|destination] [--yes] [--json]"_s },
        .summary = i18n("Say where a guest is, and bring it back"),
        .description
        = i18n("For a migration that ended in exit code 4, or whose cutoverctl was killed. Asks both sides, says where the "
               "guest is and what can be done about it, each with its proof, and does it when told. The source is continued "
               "only where it is proved that the destination never ran the guest: once it did, memory and disks have moved on, "
               "and to continue on the source would corrupt them; that is refused, with the reason."),
        .options = {
            { .name = u"pair"_s, .value = u"FOLDER"_s, .help = i18n("Which one, by its folder as 'cutoverctl list' shows it"), .letter = {}, .choices = {}, .completes = Completes::Folder },
            { .name = u"source"_s, .value = u"qmp:PATH|pid:N"_s, .help = i18n("Which one, by its source"), .letter = {}, .choices = {} },
            { .name = u"to"_s, .value = u"source|destination"_s, .help = i18n("Where the guest shall run; default: what is recommended"), .letter = {}, .choices = { u"source"_s, u"destination"_s } },
            { .name = u"yes"_s, .value = {}, .help = i18n("Do not ask"), .letter = u"y"_s, .choices = {} },
            { .name = u"json"_s, .value = {}, .help = i18n("Print one JSON document"), .letter = {}, .choices = {} },
        },
        .arguments = {},
        .takesCommand = false,
        .examples = {
            { u"cutoverctl rescue"_s, i18n("See what was left behind; asks before it does anything.") },
            { u"cutoverctl rescue --to source --yes"_s, i18n("Continue on the source, if that is safe.") },
        },
        .exitCodes = { i18n("0  the guest runs where it should, or nothing was left unfinished"), i18n("1  nothing was done; the guest runs on one side"), i18n("2  the command line was not understood, or a choice is missing"), i18n("4  the guest still needs you; the message says why") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    std::optional<op::SourceSpec> source;
    if (options.isSet(u"source"_s)) {
        if (options.isSet(u"pair"_s))
            return usageError(i18n("--pair and --source exclude each other"));
        auto parsed = parseSource(options.value(u"source"_s));
        if (!parsed)
            return std::unexpected(parsed.error());
        source = *parsed;
    }
    return std::make_unique<RescueCommand>(console, options, std::move(source));
}

} // namespace

CommandEntry rescueCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
