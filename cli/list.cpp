// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/command.h"
#include "cli/pairs.h"
#include "cli/table.h"
#include "operator/discovery.h"

#include <QFileInfo>
#include <QJsonArray>

#include <KLocalizedString>

#include <pwd.h>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using Occupancy = op::DiscoveredMonitor::Occupancy;

QString occupancyId(Occupancy occupancy)
{
    switch (occupancy) {
    case Occupancy::Free:
        return u"free"_s;
    case Occupancy::Taken:
        return u"taken"_s;
    case Occupancy::Libvirt:
        return u"libvirt"_s;
    case Occupancy::NotListening:
        return u"not-listening"_s;
    case Occupancy::Unknown:
        break;
    }
    return u"unknown"_s;
}

Cell occupancyCell(const op::DiscoveredMonitor& monitor)
{
    if (monitor.exists && !monitor.accessible)
        return { .text = i18n("not permitted"), .tone = Tone::Warning };
    switch (monitor.occupancy) {
    case Occupancy::Free:
        return { .text = i18n("free"), .tone = Tone::Good };
    case Occupancy::Taken:
        return { .text = i18n("has a client"), .tone = Tone::Warning };
    case Occupancy::Libvirt:
        return { .text = i18n("libvirt's"), .tone = Tone::Warning };
    case Occupancy::NotListening:
        return { .text = i18n("does not listen"), .tone = Tone::Warning };
    case Occupancy::Unknown:
        break;
    }
    return { .text = i18n("not known"), .tone = Tone::Faint };
}

QString userName(uid_t uid)
{
    const passwd* entry = ::getpwuid(uid);
    return entry ? QString::fromLocal8Bit(entry->pw_name) : QString::number(uid);
}

QJsonObject toJson(const op::DiscoveredVmm& vmm)
{
    QJsonArray monitors;
    for (const auto& monitor : vmm.monitors) {
        monitors.append(QJsonObject{
            { u"path"_s, monitor.path },
            { u"usable"_s, monitor.isUsable() },
            { u"occupancy"_s, occupancyId(monitor.occupancy) },
        });
    }
    return {
        { u"pid"_s, vmm.pid },
        { u"name"_s, vmm.name },
        { u"binary"_s, vmm.binary },
        { u"binaryReplaced"_s, vmm.binaryReplaced },
        { u"user"_s, userName(vmm.uid) },
        { u"waitsForCprState"_s, vmm.waitsForCprState },
        { u"monitors"_s, monitors },
        { u"argv"_s, QJsonArray::fromStringList(vmm.argv) },
    };
}

class ListCommand : public Command
{
public:
    ListCommand(Console& console, const Options& options)
        : Command(console)
        , m_all(options.isSet(u"all"_s))
        , m_json(options.isSet(u"json"_s))
    {
    }

    void start() override
    {
        connect(&m_pairs, &PairSurvey::done, this, &ListCommand::conclude);
        m_pairs.start();
    }

private:
    void conclude()
    {
        const auto vmms = op::discover(op::ProcFs(), { .allUsers = m_all });
        if (m_json)
            printDocument(vmms);
        else
            printTable(vmms);
        Q_EMIT finished(ExitDone);
    }

    void printDocument(const QList<op::DiscoveredVmm>& vmms)
    {
        QJsonArray list;
        for (const auto& vmm : vmms)
            list.append(toJson(vmm));
        console().printJson({ { u"vmms"_s, list }, { u"unfinishedPairs"_s, m_pairs.toJson() } });
    }

    void printTable(const QList<op::DiscoveredVmm>& vmms)
    {
        if (vmms.isEmpty()) {
            console().print(m_all
                    ? i18n("No VMM with a QMP monitor runs here.")
                    : i18n("You run no VMM with a QMP monitor here; --all looks at those of other users."));
        } else {
            QStringList headers{ i18n("PID"), i18n("GUEST") };
            if (m_all)
                headers << i18n("USER");
            headers << i18n("PROGRAM") << i18n("MONITOR") << i18n("QMP SOCKET");
            Table table(headers);
            table.alignRight(0);
            for (const auto& vmm : vmms)
                addRow(table, vmm);
            table.print(console(), 0);
        }
        m_pairs.print(console());
    }

    void addRow(Table& table, const op::DiscoveredVmm& vmm)
    {
        const op::DiscoveredMonitor* monitor = vmm.usableMonitor();
        if (!monitor && !vmm.monitors.isEmpty())
            monitor = &vmm.monitors.constFirst();
        std::vector<Cell> row{ { .text = QString::number(vmm.pid) },
            { .text = vmm.name, .tone = Tone::Title } };
        if (m_all)
            row.push_back({ .text = userName(vmm.uid) });
        row.push_back({ .text = QFileInfo(vmm.binary).fileName() });
        row.push_back(
            monitor ? occupancyCell(*monitor) : Cell{ .text = i18n("none"), .tone = Tone::Warning });
        const QString path = monitor ? monitor->path : QString();
        row.push_back({ .text = path.isEmpty() ? i18n("no unix socket") : path });
        table.add(std::move(row));
        if (vmm.waitsForCprState)
            table.addNote({ .text = i18n("a destination that waits for its source"), .tone = Tone::Faint });
        if (vmm.binaryReplaced)
            table.addNote(
                { .text = i18n("%1 was replaced since it started: an update is waiting", vmm.binary),
                    .tone = Tone::Accent });
    }

    bool m_all;
    bool m_json;
    PairSurvey m_pairs;
};

CommandSpec spec()
{
    return {
        .name = u"list"_s,
        .synopsis = { u"[--all] [--json]"_s },
        .summary = i18n("Show the VMMs that run here"),
        .description
        = i18n("Looks through /proc for processes that open a QMP monitor and shows how each can be reached. Nothing is "
               "connected to: a monitor serves one client at a time. Migrations that were left unfinished are shown "
               "below, with where the guest is and what to do."),
        .options = {
            { .name = u"all"_s, .value = {}, .help = i18n("The processes of all users, not only yours"), .letter = {}, .choices = {} },
            { .name = u"json"_s, .value = {}, .help = i18n("Print one JSON document"), .letter = {}, .choices = {} },
        },
        .arguments = {},
        .takesCommand = false,
        .examples = {
            { u"cutoverctl list"_s, i18n("Your own VMMs.") },
            { u"sudo cutoverctl list --all"_s, i18n("Those of everybody, with what only root may see.") },
        },
        .exitCodes = { i18n("0  it was listed"), i18n("2  the command line was not understood") },
    };
}

} // namespace

CommandEntry listCommand()
{
    return { .spec = spec,
        .create = [](Console& console, const Options& options) -> Result<std::unique_ptr<Command>> {
            return std::make_unique<ListCommand>(console, options);
        } };
}

} // namespace cutover::cli
