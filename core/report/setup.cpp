// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/sections.h"

#include "report/clean.h"
#include "report/download.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <QJsonDocument>

#include <algorithm>
#include <map>

namespace cutover::report {

using namespace Qt::StringLiterals;
using timeline::Category;
using timeline::Event;

namespace {

QString bytesText(qint64 bytes)
{
    return bytes < 0 ? i18n("not known") : QLocale::c().formattedDataSize(bytes);
}

void writeCommandLine(Page& page, const QString& title, const QString& line)
{
    if (line.isEmpty())
        return;
    page.openDetails(title);
    page.element(u"pre"_s, line);
    page.close();
}

void writeChanges(Page& page, const op::DerivedCommand& derived)
{
    Table table{ .caption = i18n("What was changed of the source's command line"),
        .columns = { i18n("Before"), i18n("After"), i18n("Why") },
        .rows = {} };
    for (const op::CommandChange& change : derived.changes)
        table.rows.push_back({ { change.before.isEmpty() ? u"–"_s : change.before, u"code"_s },
            { change.after.isEmpty() ? u"–"_s : change.after, u"code"_s }, { change.reason } });
    if (table.rows.empty())
        return;
    page.openDetails(i18np("%1 change against the source's command line",
        "%1 changes against the source's command line", static_cast<int>(table.rows.size())));
    page.table(table);
    page.close();
}

} // namespace

void writeVmms(Page& page, const Story& story)
{
    Table table{ .caption = i18n("As they stood when the recording ended"),
        .columns = { i18n("VMM"), i18n("Version"), i18n("Process"), i18n("State of the guest"),
            i18n("State of the migration"), i18n("RAM"), i18n("QMP socket") },
        .rows = {} };
    for (const Side side : { Side::Source, Side::Destination }) {
        const op::EndpointStatus& vmm = story.session.endpoint(side);
        const QString unknown = i18n("not known");
        const auto orUnknown = [&](const QString& text) { return text.isEmpty() ? unknown : text; };
        table.rows.push_back({ { sideText(side) }, { orUnknown(versionText(vmm)) },
            { vmm.pid > 0 ? vmm.gone ? i18n("%1, ended", QString::number(vmm.pid)) : QString::number(vmm.pid)
                    : vmm.gone ? i18n("ended")
                               : unknown },
            { orUnknown(vmm.runState) }, { orUnknown(vmm.migrationStatus) }, { bytesText(vmm.ramBytes) },
            { orUnknown(vmm.qmpPath), u"code"_s } });
    }
    page.table(table);
    writeCommandLine(page, i18n("Command line of the source"), story.commandLine(Side::Source));
    const auto& derived = story.session.derived;
    const QString& launched = story.commandLine(Side::Destination);
    writeCommandLine(page, i18n("Command line of the destination"),
        launched.isEmpty() && derived ? derived->shellLine() : launched);
    if (derived)
        writeChanges(page, *derived);
}

namespace {

Table requestTable(const op::SessionRequest& request)
{
    const auto yes = [](bool on) { return on ? i18nc("a choice", "yes") : i18nc("a choice", "no"); };
    Table table{
        .caption = i18n("What the operator chose"), .columns = { i18n("Choice"), i18n("Value") }, .rows = {}
    };
    const auto add = [&table](const QString& what, const QString& value) {
        table.rows.push_back({ { what }, { value } });
    };
    add(i18n("Mode"), request.mode);
    add(i18n("Destination"),
        request.destination.kind == op::DestinationSpec::Kind::Attach ? i18n("started by somebody else")
            : request.destination.kind == op::DestinationSpec::Kind::Command
            ? i18n("started with a command line of the operator's")
            : i18n("started with a command line derived from the source's"));
    add(i18n("Guarded commit: the destination starts the guest only on the console's word"),
        yes(request.guarded));
    add(i18n("The main channel is opened over QMP (defer)"), yes(request.defer));
    add(i18n("The source is kept afterwards"), yes(request.keepSource));
    return table;
}

struct Setting
{
    bool isCapability = false;
    QString name;
    const op::VmmSetting* source = nullptr;
    const op::VmmSetting* destination = nullptr;
};

std::vector<Setting> bothSides(const op::ReplayedSession& session)
{
    std::map<std::pair<bool, QString>, Setting> all;
    for (const Side side : { Side::Source, Side::Destination }) {
        for (const op::VmmSetting& setting : session.settings[side == Side::Source ? 0 : 1]) {
            Setting& row = all[{ setting.isCapability, setting.name }];
            row.isCapability = setting.isCapability;
            row.name = setting.name;
            (side == Side::Source ? row.source : row.destination) = &setting;
        }
    }
    std::vector<Setting> rows;
    for (const auto& [key, row] : all)
        rows.push_back(row);
    return rows;
}

Cell settingCell(const op::VmmSetting* setting)
{
    if (!setting)
        return { .text = u"–"_s, .style = u"faint"_s };
    const QString value = op::settingText(setting->value);
    return { .text = value.isEmpty() ? i18nc("an empty value", "(empty)") : value, .style = u"code"_s };
}

QString originOf(const Setting& setting)
{
    const auto text = [](const op::VmmSetting* of) { return of ? op::originText(of->origin) : QString(); };
    const QString source = text(setting.source);
    const QString destination = text(setting.destination);
    if (source.isEmpty() || destination.isEmpty() || source == destination)
        return source.isEmpty() ? destination : source;
    return i18nc("where two values come from", "source: %1; destination: %2", source, destination);
}

/// What a reader looks for: somebody's choice, or a difference.
bool isSpecial(const Setting& setting)
{
    const auto isChosen
        = [](const op::VmmSetting* of) { return of && !of->origin.isEmpty() && of->origin != u"default"; };
    const bool differs
        = setting.source && setting.destination && setting.source->value != setting.destination->value;
    return isChosen(setting.source) || isChosen(setting.destination) || differs;
}

template <typename Filter>
Table settingTable(const QString& caption, const std::vector<Setting>& settings, Filter isWanted)
{
    Table table{ .caption = caption,
        .columns = { i18n("Name"), i18n("Source"), i18n("Destination"), i18n("Where the value comes from") },
        .rows = {} };
    for (const Setting& setting : settings) {
        if (isWanted(setting))
            table.rows.push_back({ { setting.name, u"code"_s }, settingCell(setting.source),
                settingCell(setting.destination), { originOf(setting) } });
    }
    return table;
}

} // namespace

void writeSettings(Page& page, const Story& story)
{
    page.table(requestTable(story.session.request));
    const std::vector<Setting> settings = bothSides(story.session);
    if (settings.empty()) {
        page.paragraph(i18n("The parameters and capabilities of the VMMs were not recorded."), u"faint"_s);
        return;
    }
    if (story.session.settings[1].empty())
        page.paragraph(i18n("Those of the destination were not recorded."), u"faint"_s);
    page.table(settingTable(
        i18n("Parameters and capabilities that somebody chose, or that differ"), settings, isSpecial));
    page.openDetails(i18np("%1 parameter or capability when the migration began",
        "All %1 parameters and capabilities when the migration began", static_cast<int>(settings.size())));
    page.table(settingTable(
        i18n("Migration parameters"), settings, [](const Setting& each) { return !each.isCapability; }));
    page.table(settingTable(
        i18n("Migration capabilities"), settings, [](const Setting& each) { return each.isCapability; }));
    page.close();
}

void writeConsole(Page& page, const Story& story)
{
    Table table{ .caption = i18n("States of the session, and what was asked of it"),
        .columns = { i18n("Step"), i18n("When"), i18n("What it means") },
        .rows = {} };
    for (const Event& event : story.material.events) {
        const auto text = [&event](QLatin1StringView key) { return event.attributes[key].toString(); };
        QString what;
        QString meaning;
        if (event.category == Category::State) {
            what = QString(event.name).replace(u'-', u' ');
            meaning = text("sentence"_L1);
        } else if (event.category == Category::Action && event.name != u"settings" && event.name != u"derived"
            && event.name != u"destination") {
            what = event.name == u"command" ? text("command"_L1) : event.name;
            meaning = event.name == u"check" ? i18n("The operator asked for a check.") : text("text"_L1);
            if (event.name == u"switch")
                meaning = i18nc("a switch, its state", "%1 %2 set to %3", text("device"_L1),
                    text("property"_L1), op::settingText(event.attributes["on"_L1]));
            else if (event.name == u"socket-moved")
                meaning = i18n("%1 took the place of %2.", text("from"_L1), text("to"_L1));
        } else if (event.category == Category::Verdict) {
            what = i18n("verdict: %1", event.name);
        } else {
            continue;
        }
        table.rows.push_back(
            { { what }, { offsetText(event.timeNs, story.originNs()), u"number"_s }, { meaning } });
    }
    if (table.rows.empty())
        page.paragraph(i18n("The recording holds no session, only what the VMMs said."));
    page.table(table);
}

void writeRecording(Page& page, const Story& story)
{
    const Material& material = story.material;
    const auto& counts = story.eventsOfSide;
    page.paragraph(i18n("%1 events: %2 of the source, %3 of the destination, %4 of the channels, %5 of the "
                        "console. All QMP messages and trace lines are among them.",
        QString::number(material.events.size()), QString::number(counts[0]), QString::number(counts[1]),
        QString::number(counts[2]), QString::number(counts[3])));
    if (!material.events.empty() && story.scene.extent.startNs > 0)
        page.paragraph(i18nc("two times, a duration", "From %1 to %2, %3.",
            timeline::isoTime(story.scene.extent.startNs), timeline::isoTime(story.scene.extent.endNs),
            timeline::durationText(story.scene.extent.length())));
    if (material.skippedEvents > 0)
        page.paragraph(i18np("%1 event is of a kind that this version of the program does not know.",
            "%1 events are of kinds that this version of the program does not know.",
            static_cast<int>(std::min<qint64>(material.skippedEvents, 1'000'000'000))));
    if (!material.recording) {
        page.paragraph(i18n("The recording itself is not in this page: it is missing, or longer than %1.",
                           bytesText(maxEmbedded)),
            u"warn"_s);
        return;
    }
    const QByteArray packed = gzipped(*material.recording);
    const QString name = material.fileName.isEmpty() ? u"migration.cutover"_s : clean(material.fileName, 200);
    page.open(u"p"_s);
    page.element(u"a"_s, i18n("Download the recording"),
        { { u"class"_s, u"download"_s }, { u"download"_s, name + u".gz"_s }, { u"data-recording"_s, name },
            { u"href"_s, u"data:application/gzip;base64,"_s + QString::fromLatin1(packed.toBase64()) } });
    page.close();
    page.paragraph(
        i18n("It is inside this page (%1). Open it with “cutover” or “cutoverctl show” to replay it; "
             "where the browser runs no scripts, it comes packed with gzip. It holds the messages of the "
             "monitors as "
             "they were, paths and command lines included: look through it before you hand this page on.",
            bytesText(material.recording->size())));
}

} // namespace cutover::report
