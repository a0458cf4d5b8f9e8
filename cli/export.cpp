// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/export.h"
#include "cli/command.h"
#include "cli/picture.h"
#include "report/report.h"
#include "timeline/recording.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

enum class Format : std::uint8_t { Html, Svg, Png, Csv, Perfetto, Json };

/// Of a picture's pixels for each of the drawing, which is 1200 wide.
constexpr double minScale = 0.25;
constexpr double maxScale = 8;

struct Wish
{
    QString path;
    QString output; ///< empty: standard output
    Format format = Format::Json;
    report::Surroundings surroundings = report::Surroundings::AnyScreen;
    double scale = 2;
};

/// The file as it is, damaged lines and all.
std::optional<QByteArray> contentOf(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    QByteArray content = file.read(report::maxEmbedded + 1);
    return content.size() > report::maxEmbedded ? std::nullopt : std::optional(std::move(content));
}

/// For a PNG the drawing that it is to be made of.
QByteArray exported(const timeline::Recording& recording, const Wish& wish)
{
    switch (wish.format) {
    case Format::Html:
        return report::htmlReport({ .events = recording.events,
            .header = recording.header,
            .damage = recording.damage,
            .skippedEvents = recording.skippedEvents,
            .fileName = QFileInfo(wish.path).fileName(),
            .recording = contentOf(wish.path) });
    case Format::Svg:
    case Format::Png:
        return report::timelinePicture(recording.events, wish.surroundings);
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
    ExportCommand(Console& console, Wish wish)
        : Command(console)
        , m_wish(std::move(wish))
    {
    }

    void start() override
    {
        const auto recording = timeline::readRecording(m_wish.path);
        if (!recording) {
            fail(recording.error());
            return;
        }
        m_damage = recording->damage;
        const QByteArray text = exported(*recording, m_wish);
        if (m_wish.format != Format::Png) {
            finishWith(text);
            return;
        }
        connect(&m_picture, &PictureMaker::made, this, &ExportCommand::finishWith);
        connect(&m_picture, &PictureMaker::failed, this, [this](const Error& error) { fail(error); });
        m_picture.start(text, m_wish.scale);
    }

private:
    void finishWith(const QByteArray& content)
    {
        if (m_wish.output.isEmpty()) {
            console().printRaw(content);
        } else if (const auto written = write(content); !written) {
            fail(written.error());
            return;
        }
        if (m_damage.isDamaged()) {
            fail({ .code = ErrorCode::Malformed,
                .attempt = i18n("read all of the recording"),
                .object = m_wish.path,
                .cause = m_damage.message(),
                .remedy = i18n("What is whole was exported.") });
            return;
        }
        Q_EMIT finished(ExitDone);
    }

    Result<void> write(const QByteArray& content) const
    {
        const QString& output = m_wish.output;
        QSaveFile file(output);
        // A device or a pipe cannot be replaced, only written to.
        file.setDirectWriteFallback(true);
        if (QFileInfo(output).exists()
            && QFileInfo(output).canonicalFilePath() == QFileInfo(m_wish.path).canonicalFilePath())
            return failure(ErrorCode::Refused, i18n("export"), output, i18n("that is the recording itself"));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size() || !file.commit())
            return failure(ErrorCode::System, i18n("write the export"), output, file.errorString());
        return {};
    }

    Wish m_wish;
    timeline::RecordingDamage m_damage;
    PictureMaker m_picture;
};

CommandSpec spec()
{
    return {
        .name = u"export"_s,
        .synopsis = { u"RECORDING --html|--svg|--png|--csv|--perfetto|--json [--colours light|dark] [--scale FACTOR] [-o FILE]"_s },
        .summary = i18n("Write a report of a recording, or the recording in another format"),
        .description
        = i18n("The report is one HTML file that needs nothing else: what happened to the guest, the pause and what it was "
               "spent on, the timeline, every check, setting and proof, and the recording itself, for somebody who does not "
               "have Cutover. The other formats are for documents, spreadsheets, scripts and trace viewers. The Perfetto "
               "trace opens in the Perfetto UI and in trace_processor: a lane for each side, its states, phases and device "
               "sections, and an arrow for each file descriptor. The report and the pictures tell of the last migration "
               "of a recording. A PNG is drawn by a program that comes with the window."),
        .options = {
            { .name = u"html"_s, .value = {}, .help = i18n("A report of all of it, one file for any browser"), .letter = {}, .choices = {} },
            { .name = u"svg"_s, .value = {}, .help = i18n("A drawing of the timeline"), .letter = {}, .choices = {} },
            { .name = u"png"_s, .value = {}, .help = i18n("The same in pixels"), .letter = {}, .choices = {} },
            { .name = u"csv"_s, .value = {}, .help = i18n("A table, one event a row"), .letter = {}, .choices = {} },
            { .name = u"perfetto"_s, .value = {}, .help = i18n("A trace for Perfetto"), .letter = {}, .choices = {} },
            { .name = u"json"_s, .value = {}, .help = i18n("One JSON document with all events"), .letter = {}, .choices = {} },
            { .name = u"colours"_s, .value = u"WHICH"_s, .help = i18n("Of a drawing or a PNG; by default a drawing is as its surroundings are, a PNG light"), .letter = {}, .choices = { u"light"_s, u"dark"_s } },
            { .name = u"scale"_s, .value = u"FACTOR"_s, .help = i18n("Of a PNG, 0.25 to 8; by default 2, which is 2400 pixels wide"), .letter = {}, .choices = {} },
            { .name = u"output"_s, .value = u"FILE"_s, .help = i18n("Write to FILE instead of standard output"), .letter = u"o"_s, .choices = {}, .completes = Completes::File },
        },
        .arguments = { { .name = u"RECORDING"_s, .help = i18n("A .cutover file, as --record writes it"), .completes = Completes::Recording } },
        .takesCommand = false,
        .examples = {
            { u"cutoverctl export update.cutover --html -o update.html"_s, i18n("A report to hand on.") },
            { u"cutoverctl export update.cutover --png --colours dark -o update.png"_s, i18n("A picture of the timeline for a message.") },
            { u"cutoverctl export update.cutover --perfetto -o update.json"_s, i18n("Then open update.json at ui.perfetto.dev.") },
            { u"cutoverctl export update.cutover --csv"_s, i18n("Every event, for a spreadsheet.") },
        },
        .exitCodes = { i18n("0  it was written"), i18n("1  it cannot be read or written, or only in part"), i18n("2  the command line was not understood") },
    };
}

Result<Format> formatOf(const Options& options)
{
    std::optional<Format> format;
    for (const auto& [name, value] : { std::pair(u"html"_s, Format::Html), std::pair(u"svg"_s, Format::Svg),
             std::pair(u"png"_s, Format::Png), std::pair(u"csv"_s, Format::Csv),
             std::pair(u"perfetto"_s, Format::Perfetto), std::pair(u"json"_s, Format::Json) }) {
        if (!options.isSet(name))
            continue;
        if (format)
            return usageError(i18n("only one format is possible"));
        format = value;
    }
    if (!format)
        return usageError(i18n("the format is missing: --html, --svg, --png, --csv, --perfetto or --json"));
    return *format;
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    const auto format = formatOf(options);
    if (!format)
        return std::unexpected(format.error());
    Wish wish{ .path = options.argument(), .output = options.value(u"output"_s), .format = *format };
    if (wish.output == u"-")
        wish.output.clear();
    const bool isPng = wish.format == Format::Png;
    if (isPng)
        wish.surroundings = report::Surroundings::Light;
    if (options.isSet(u"colours"_s)) {
        if (!isPng && wish.format != Format::Svg)
            return usageError(i18n("--colours is for --svg and --png"));
        wish.surroundings = options.value(u"colours"_s) == u"dark" ? report::Surroundings::Dark
                                                                   : report::Surroundings::Light;
    }
    if (options.isSet(u"scale"_s)) {
        bool isNumber = false;
        wish.scale = options.value(u"scale"_s).toDouble(&isNumber);
        if (!isPng)
            return usageError(i18n("--scale is for --png"), i18n("A drawing of --svg has any size."));
        if (!isNumber || !(wish.scale >= minScale && wish.scale <= maxScale))
            return usageError(i18n("'%1' is no factor from 0.25 to 8", options.value(u"scale"_s)));
    }
    return std::make_unique<ExportCommand>(console, std::move(wish));
}

} // namespace

CommandEntry exportCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
