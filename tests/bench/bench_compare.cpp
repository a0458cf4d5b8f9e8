// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/runsreport.h"
#include "runs/comparison.h"
#include "runs/runner.h"
#include "timeline/timetext.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

struct Candidate
{
    QString set; ///< as `cutoverctl runs --set` takes it, without the program
    const char* variable = nullptr; ///< names the QEMU, if set
    QString program; ///< else looked up in PATH; empty: the embedded VMM
};

/// All guests have no device that only one process can hold: late-stop cannot work with those.
QList<Candidate> candidates(const QString& ram)
{
    QList<Candidate> list;
    for (const QString& policy : { u"prepared"_s, u"early-stop"_s, u"late-stop"_s })
        list << Candidate{ .set = u"embedded %1:handover=%1,devices=off,ram=%2"_s.arg(policy, ram) };
    for (const auto& [version, variable] :
        { std::pair(u"10.0"_s, "CUTOVER_QEMU_10"), std::pair(u"11.1"_s, "CUTOVER_QEMU_11") }) {
        for (const QString& policy : { u"late-stop"_s, u"early-stop"_s })
            list << Candidate{ .set = u"QEMU %1 %2:vmm=qemu,handover=%2,ram=%3"_s.arg(version, policy, ram),
                .variable = variable,
                .program = u"qemu-system-x86_64-"_s + version };
    }
    return list;
}

/// What the safe order costs each QEMU, and what the newer one changes.
void printPairs(cli::Console& console, const runs::Results& results)
{
    const std::array pairs{ std::pair(u"QEMU 10.0 late-stop"_s, u"QEMU 10.0 early-stop"_s),
        std::pair(u"QEMU 11.1 late-stop"_s, u"QEMU 11.1 early-stop"_s),
        std::pair(u"QEMU 10.0 late-stop"_s, u"QEMU 11.1 late-stop"_s) };
    const auto set = [&](const QString& name) {
        return std::ranges::find_if(
            results.sets, [&](const runs::SetResult& each) { return each.settings.name == name; });
    };
    for (const auto& [first, second] : pairs) {
        const auto a = set(first);
        const auto b = set(second);
        if (a != results.sets.end() && b != results.sets.end())
            console.print(u"  "_s + runs::compare(*a, *b, runs::Metric::Pause, int(pairs.size())).sentence);
    }
}

} // namespace

int main(int argc, char** argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Compares QEMU 10.0, QEMU 11.1 and the embedded VMM under its three policies, the sets in turns."_s);
    parser.addHelpOption();
    parser.addOption({ u"runs"_s, u"Migrations of each set."_s, u"N"_s, u"20"_s });
    parser.addOption(
        { u"budget"_s, u"Seconds for all of it; no run begins after that."_s, u"S"_s, u"240"_s });
    parser.addOption({ u"ram"_s, u"Memory of each guest."_s, u"SIZE"_s, u"256M"_s });
    parser.addOption({ u"busy"_s, u"Threads that use up the machine meanwhile."_s, u"N"_s, u"0"_s });
    parser.addOption({ u"save"_s, u"Keep all results in this file."_s, u"FILE"_s });
    parser.process(application);
    const int count = parser.value(u"runs"_s).toInt();
    const qint64 budget = parser.value(u"budget"_s).toLongLong();
    if (count < 1 || budget < 1) {
        std::fprintf(stderr, "--runs and --budget take numbers above 0\n");
        return 2;
    }

    const QTemporaryDir runtime;
    qputenv("XDG_RUNTIME_DIR", runtime.path().toUtf8());
    std::vector<runs::Settings> sets;
    QStringList missing;
    for (const Candidate& candidate : candidates(parser.value(u"ram"_s))) {
        auto settings = runs::settingsFromText(candidate.set + u",busy="_s + parser.value(u"busy"_s));
        if (!settings) {
            std::fprintf(stderr, "%s\n", qPrintable(settings.error().message()));
            return 2;
        }
        if (!candidate.program.isEmpty()) {
            const QString named = qEnvironmentVariable(candidate.variable);
            settings->binary = QStandardPaths::findExecutable(named.isEmpty() ? candidate.program : named);
            if (settings->binary.isEmpty()) {
                missing << u"Left out: %1, there is no %2 here."_s.arg(settings->name, candidate.program);
                continue;
            }
        }
        sets.push_back(*settings);
    }
    std::printf("%d sets, up to %d runs each, in turns; no run begins after %s.\n", int(sets.size()), count,
        qPrintable(timeline::durationText(budget * 1'000'000'000)));
    for (const QString& line : missing)
        std::printf("%s\n", qPrintable(line));
    std::fflush(stdout);

    runs::Runner runner(std::move(sets),
        { .count = count, .budgetNs = budget * 1'000'000'000, .program = u"bench_compare"_s });
    QObject::connect(&runner, &runs::Runner::finished, &application, &QCoreApplication::quit);
    if (auto started = runner.start(); !started) {
        std::fprintf(stderr, "%s\n", qPrintable(started.error().message()));
        return 1;
    }
    QCoreApplication::exec();

    const auto console = cli::Console::standard();
    cli::printRuns(*console, runner.results());
    printPairs(*console, runner.results());
    for (const QString& line : missing)
        console->print(u"  "_s + line);
    console->print(u"  The embedded guest works its memory, QEMU's guest does nothing but beat; a QEMU "
                   u"starts its guest by "
                   "Cutover's cont, which is part of its pause. A guest gap is told by the embedded guest "
                   "itself; a QEMU "
                   "guest's is seen from the host, in its memory, and has up to a beat (1 ms) more."_s);
    const QString path = parser.value(u"save"_s);
    if (!path.isEmpty()) {
        if (auto saved = runs::writeResults(path, runner.results()); !saved)
            console->error(saved.error());
    }
    console->out().flush();
    return 0;
}
