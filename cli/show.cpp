// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/command.h"
#include "cli/report.h"
#include "timeline/export.h"
#include "timeline/recording.h"

#include <QFileInfo>
#include <QJsonArray>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using timeline::Category;
using timeline::Event;

class ShowCommand : public Command
{
public:
    ShowCommand(Console& console, const Options& options, std::optional<std::size_t> migration)
        : Command(console)
        , m_path(options.argument())
        , m_json(options.isSet(u"json"_s))
        , m_detail(options.isSet(u"full"_s) ? ReportDetail::EveryRow : ReportDetail::Folded)
        , m_migration(migration)
    {
    }

    void start() override
    {
        auto recording = timeline::readRecording(m_path);
        if (!recording) {
            fail(recording.error());
            return;
        }
        const std::size_t count = timeline::migrationCount(recording->events);
        if (m_migration && *m_migration >= count) {
            fail(failure(ErrorCode::NotFound, i18n("show migration"), QString::number(*m_migration + 1),
                i18np("the recording holds %1 migration", "the recording holds %1 migrations",
                    static_cast<int>(count)))
                    .error());
            return;
        }
        if (m_json)
            printDocument(*recording);
        else
            printText(*recording, count);
        if (recording->damage.isDamaged()) {
            fail({ .code = ErrorCode::Malformed,
                .attempt = i18n("read all of the recording"),
                .object = m_path,
                .cause = recording->damage.message(),
                .remedy = i18n("What is whole was shown.") });
            return;
        }
        Q_EMIT finished(ExitDone);
    }

private:
    static QString lastName(const std::vector<Event>& events, Category category)
    {
        for (auto event = events.rbegin(); event != events.rend(); ++event) {
            if (event->category == category)
                return event->name;
        }
        return {};
    }

    void printDocument(const timeline::Recording& recording)
    {
        QJsonObject document = timeline::toJson(timeline::summarize(recording.events, m_migration));
        document[u"created"_s] = recording.header.created;
        document[u"program"_s] = recording.header.program;
        document[u"events"_s] = static_cast<qint64>(recording.events.size());
        document[u"state"_s] = lastName(recording.events, Category::State);
        document[u"damage"_s] = recording.damage.message();
        document[u"skippedEvents"_s] = recording.skippedEvents;
        console().printJson(document);
    }

    void printText(const timeline::Recording& recording, std::size_t count)
    {
        console().print(console().paint(Tone::Title, QFileInfo(m_path).fileName())
            + i18nc("when, program, number of events", "  recorded %1 by %2, %3 events",
                printable(recording.header.created), printable(recording.header.program),
                QString::number(recording.events.size())));
        if (count > 1) {
            console().print(i18n("  It holds %1 migrations; this is number %2.", QString::number(count),
                QString::number(m_migration.value_or(count - 1) + 1)));
        }
        if (count == 0)
            console().print(i18n("  It holds no migration."));
        for (auto event = recording.events.rbegin(); event != recording.events.rend(); ++event) {
            if (event->category != Category::State)
                continue;
            console().print(u"  "_s + printable(event->attributes["sentence"_L1].toString(event->name)));
            break;
        }
        if (count > 0)
            printReport(console(), timeline::summarize(recording.events, m_migration), m_detail);
        if (!m_migration)
            printWatchedGap(console(), recording.events);
    }

    QString m_path;
    bool m_json;
    ReportDetail m_detail;
    std::optional<std::size_t> m_migration;
};

CommandSpec spec()
{
    return {
        .name = u"show"_s,
        .synopsis = { u"RECORDING [--full] [--migration N] [--json]"_s },
        .summary = i18n("Show what a recording tells"),
        .description
        = i18n("Prints the phases, the file descriptors with their proof, and what the pause was spent on. The parts of the "
               "pause add up to it exactly; time that nothing accounts for is shown as unattributed. Needs no VMM."),
        .options = {
            { .name = u"full"_s, .value = {}, .help = i18n("Every device, also those below a hundredth of the pause"), .letter = {}, .choices = {} },
            { .name = u"migration"_s, .value = u"N"_s, .help = i18n("Which migration, 1 = first; default: the last"), .letter = {}, .choices = {} },
            { .name = u"json"_s, .value = {}, .help = i18n("Print one JSON document"), .letter = {}, .choices = {} },
        },
        .arguments = { { .name = u"RECORDING"_s, .help = i18n("A .cutover file, as --record writes it"), .completes = Completes::Recording } },
        .takesCommand = false,
        .examples = { { u"cutoverctl show update.cutover --full"_s, i18n("All of it.") } },
        .exitCodes = { i18n("0  it was shown"), i18n("1  it cannot be read, or only in part"), i18n("2  the command line was not understood") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    std::optional<std::size_t> migration;
    if (options.isSet(u"migration"_s)) {
        bool ok = false;
        const int number = options.value(u"migration"_s).toInt(&ok);
        if (!ok || number < 1)
            return usageError(i18n("--migration takes a number from 1 on"));
        migration = static_cast<std::size_t>(number) - 1;
    }
    return std::make_unique<ShowCommand>(console, options, migration);
}

} // namespace

CommandEntry showCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
