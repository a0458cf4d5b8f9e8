// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/export.h"
#include "cli/command.h"
#include "report/report.h"
#include "timeline/recording.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

enum class Format : std::uint8_t { Html, Svg, Csv, Perfetto, Json };

/// The file as it is, damaged lines and all.
std::optional<QByteArray> contentOf(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    QByteArray content = file.read(report::maxEmbedded + 1);
    return content.size() > report::maxEmbedded ? std::nullopt : std::optional(std::move(content));
}

QByteArray exported(const timeline::Recording& recording, const QString& path, Format format)
{
    switch (format) {
    case Format::Html:
        return report::htmlReport({ .events = recording.events,
            .header = recording.header,
            .damage = recording.damage,
            .skippedEvents = recording.skippedEvents,
            .fileName = QFileInfo(path).fileName(),
            .recording = contentOf(path) });
    case Format::Svg:
        return report::timelinePicture(recording.events);
    case Format::Csv:
        return timeline::toCsv(recording.events);
    case Format::Perfetto:
        return timeline::toPerfetto(recording.events);
    case Format::Json:
        break;
    }
    return timeline::toJson(recording.events);
}

class ExportCommand : public Command
{
public:
    ExportCommand(Console& console, const Options& options, Format format)
        : Command(console)
        , m_path(options.argument())
        , m_output(options.value(u"output"_s))
        , m_format(format)
    {
    }

    void start() override
    {
        auto recording = timeline::readRecording(m_path);
        if (!recording) {
            fail(recording.error());
            return;
        }
        const QByteArray text = exported(*recording, m_path, m_format);
        if (m_output.isEmpty() || m_output == u"-"_s) {
            console().printRaw(text);
        } else if (const auto written = write(text); !written) {
            fail(written.error());
            return;
        }
        if (recording->damage.isDamaged()) {
            fail({ .code = ErrorCode::Malformed,
                .attempt = i18n("read all of the recording"),
                .object = m_path,
                .cause = recording->damage.message(),
                .remedy = i18n("What is whole was exported.") });
            return;
        }
        Q_EMIT finished(ExitDone);
    }

private:
    Result<void> write(const QByteArray& text) const
    {
        QSaveFile file(m_output);
        // A device or a pipe cannot be replaced, only written to.
        file.setDirectWriteFallback(true);
        if (QFileInfo(m_output).exists()
            && QFileInfo(m_output).canonicalFilePath() == QFileInfo(m_path).canonicalFilePath())
            return failure(
                ErrorCode::Refused, i18n("export"), m_output, i18n("that is the recording itself"));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit())
            return failure(ErrorCode::System, i18n("write the export"), m_output, file.errorString());
        return {};
    }

    QString m_path;
    QString m_output;
    Format m_format;
};

CommandSpec spec()
{
    return {
        .name = u"export"_s,
        .synopsis = { u"RECORDING --html|--svg|--csv|--perfetto|--json [-o FILE]"_s },
        .summary = i18n("Write a report of a recording, or the recording in another format"),
        .description
        = i18n("The report is one HTML file that needs nothing else: what happened to the guest, the pause and what it was "
               "spent on, the timeline, every check, setting and proof, and the recording itself, for somebody who does not "
               "have Cutover. The other formats are for documents, spreadsheets, scripts and trace viewers. The Perfetto "
               "trace opens in the Perfetto UI and in trace_processor: a lane for each side, its states, phases and device "
               "sections, and an arrow for each file descriptor. The report and the picture tell of the last migration of a "
               "recording. The window also writes the timeline as PNG."),
        .options = {
            { .name = u"html"_s, .value = {}, .help = i18n("A report of all of it, one file for any browser"), .letter = {}, .choices = {} },
            { .name = u"svg"_s, .value = {}, .help = i18n("A picture of the timeline"), .letter = {}, .choices = {} },
            { .name = u"csv"_s, .value = {}, .help = i18n("A table, one event a row"), .letter = {}, .choices = {} },
            { .name = u"perfetto"_s, .value = {}, .help = i18n("A trace for Perfetto"), .letter = {}, .choices = {} },
            { .name = u"json"_s, .value = {}, .help = i18n("One JSON document with all events"), .letter = {}, .choices = {} },
            { .name = u"output"_s, .value = u"FILE"_s, .help = i18n("Write to FILE instead of standard output"), .letter = u"o"_s, .choices = {}, .completes = Completes::File },
        },
        .arguments = { { .name = u"RECORDING"_s, .help = i18n("A .cutover file, as --record writes it"), .completes = Completes::Recording } },
        .takesCommand = false,
        .examples = {
            { u"cutoverctl export update.cutover --html -o update.html"_s, i18n("A report to hand on.") },
            { u"cutoverctl export update.cutover --perfetto -o update.json"_s, i18n("Then open update.json at ui.perfetto.dev.") },
            { u"cutoverctl export update.cutover --csv"_s, i18n("Every event, for a spreadsheet.") },
        },
        .exitCodes = { i18n("0  it was written"), i18n("1  it cannot be read or written, or only in part"), i18n("2  the command line was not understood") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    std::optional<Format> format;
    for (const auto& [name, value] : { std::pair(u"html"_s, Format::Html), std::pair(u"svg"_s, Format::Svg),
             std::pair(u"csv"_s, Format::Csv), std::pair(u"perfetto"_s, Format::Perfetto),
             std::pair(u"json"_s, Format::Json) }) {
        if (!options.isSet(name))
            continue;
        if (format)
            return usageError(i18n("only one format is possible"));
        format = value;
    }
    if (!format)
        return usageError(i18n("the format is missing: --html, --svg, --csv, --perfetto or --json"));
    return std::make_unique<ExportCommand>(console, options, *format);
}

} // namespace

CommandEntry exportCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
