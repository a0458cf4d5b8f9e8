// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/report.h"

#include "report/clean.h"
#include "report/palette.h"
#include "report/sections.h"
#include "report/timelinesvg.h"

#include <KLocalizedString>

#include <QCryptographicHash>
#include <QFile>

namespace cutover::report {

using namespace Qt::StringLiterals;

static QString resource(const QString& name)
{
    QFile file(u":/report/"_s + name);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

static QString variables(const Palette& palette)
{
    const std::pair<QString, Colour> colours[]{ { u"background"_s, palette.background },
        { u"raised"_s, palette.raised }, { u"text"_s, palette.text }, { u"faint"_s, palette.faint },
        { u"line"_s, palette.line }, { u"source"_s, palette.source },
        { u"destination"_s, palette.destination }, { u"pause"_s, palette.pause },
        { u"neutral"_s, palette.neutral } };
    QString rules = u":root{"_s;
    for (const auto& [name, colour] : colours)
        rules += u"--"_s + name + u':' + colour.css() + u';';
    return rules + u"}\n"_s;
}

static QString pageStyle()
{
    return variables(lightPalette()) + u"@media screen and (prefers-color-scheme: dark){\n"_s
        + variables(darkPalette()) + u"}\n"_s + resource(u"report.css"_s) + timelineStyle();
}

static QString titleOf(const Story& story)
{
    const QString name = guestName(story.session);
    return name.isEmpty() ? i18n("Report of a live update") : i18n("Live update of “%1”", name);
}

static void writeHead(Page& page, const QString& title)
{
    const QString script = resource(u"report.js"_s);
    const QByteArray hash = QCryptographicHash::hash(script.toUtf8(), QCryptographicHash::Sha256);
    page.open(u"head"_s);
    page.single(u"meta"_s, { { u"charset"_s, u"utf-8"_s } });
    // Nothing from outside, and no script but ours, whatever a string of a VMM may hold.
    page.single(u"meta"_s,
        { { u"http-equiv"_s, u"Content-Security-Policy"_s },
            { u"content"_s,
                u"default-src 'none'; style-src 'unsafe-inline'; connect-src data:; script-src 'sha256-"_s
                    + QString::fromLatin1(hash.toBase64()) + u"'; base-uri 'none'; form-action 'none'"_s } });
    page.single(u"meta"_s,
        { { u"name"_s, u"viewport"_s }, { u"content"_s, u"width=device-width, initial-scale=1"_s } });
    page.single(
        u"meta"_s, { { u"name"_s, u"generator"_s }, { u"content"_s, u"Cutover " CUTOVER_VERSION ""_s } });
    page.element(u"title"_s, title);
    page.raw(u"style"_s, pageStyle());
    page.close();
}

static void writeTop(Page& page, const Story& story, const QString& title)
{
    const Lead lead = leadOf(story);
    const QString mood = lead.mood == Mood::Good ? u"good"_s : lead.mood == Mood::Bad ? u"bad"_s : u"warn"_s;
    page.element(u"h1"_s, title);
    page.paragraph(lead.sentence, u"lead "_s + mood);
    const auto& header = story.material.header;
    if (!header.created.isEmpty())
        page.paragraph(i18nc("a time, a program",
                           "Recorded on %1 by %2. Times count from the command that "
                           "began the migration, unless they say otherwise.",
                           header.created, header.program),
            u"faint"_s);
    if (story.summary.migrations > 1)
        page.paragraph(i18np("The recording holds %1 migration.",
            "The recording holds %1 migrations; this report tells of the last one.",
            static_cast<int>(story.summary.migrations)));
}

namespace {

struct Section
{
    QString id;
    QString title;
    void (*write)(Page& page, const Story& story);
};

QList<Section> sections()
{
    return {
        { u"timeline"_s, i18n("Timeline"), writeTimelines },
        { u"hazards"_s, i18n("Hazards and notes"), writeHazards },
        { u"phases"_s, i18n("Phases"), writePhases },
        { u"pause"_s, i18n("What the pause was spent on"), writePause },
        { u"descriptors"_s, i18n("File descriptors and devices"), writeFds },
        { u"verification"_s, i18n("Verification"), writeVerification },
        { u"preflight"_s, i18n("Preflight"), writePreflight },
        { u"vmms"_s, i18n("The two VMMs"), writeVmms },
        { u"settings"_s, i18n("Settings"), writeSettings },
        { u"console"_s, i18n("What was done, step by step"), writeConsole },
        { u"recording"_s, i18n("The recording"), writeRecording },
    };
}

void writeContents(Page& page, const QList<Section>& sections)
{
    page.open(u"nav"_s, { { u"aria-label"_s, i18n("Contents") } });
    page.open(u"ul"_s);
    for (const Section& section : sections) {
        page.open(u"li"_s);
        page.element(u"a"_s, section.title, { { u"href"_s, u'#' + section.id } });
        page.close();
    }
    page.close();
    page.close();
}

} // namespace

QByteArray htmlReport(const Material& material)
{
    const Story story(material);
    QByteArray out;
    Page page(&out);
    QString language = KLocalizedString::languages().value(0, u"en"_s);
    language.replace(u'_', u'-');
    page.open(
        u"html"_s, { { u"xmlns"_s, u"http://www.w3.org/1999/xhtml"_s }, { u"lang"_s, clean(language, 20) } });
    const QString title = titleOf(story);
    writeHead(page, title);
    page.open(u"body"_s);
    page.open(u"main"_s);
    writeTop(page, story, title);
    writeFigures(page, story);
    const QList<Section> parts = sections();
    writeContents(page, parts);
    for (const Section& part : parts) {
        page.section(part.id, part.title);
        part.write(page, story);
    }
    page.close();
    page.raw(u"script"_s, resource(u"report.js"_s));
    page.close();
    page.close();
    return "<!DOCTYPE html>\n" + out + '\n';
}

QByteArray timelinePicture(std::span<const timeline::Event> events, Surroundings surroundings)
{
    const Material material{ .events = events };
    const Story story(material);
    return timelineSvg(story.scene, story.index,
        { .range = story.migrationSpan(),
            .title = i18n("Timeline of the migration"),
            .description = leadOf(story).sentence,
            .surroundings = surroundings });
}

} // namespace cutover::report
