// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/privatenetwork.h"
#include "soakrun.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>

#include <cstdio>
#include <unistd.h>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

void print(const char* who, const test::Holdings& early, const test::Holdings& late)
{
    std::printf("%-18s %5lld -> %-5lld %5lld -> %-5lld %7lld -> %-7lld\n", who, qint64(early.fds),
        qint64(late.fds), qint64(early.threads), qint64(late.threads), early.privateBytes >> 10,
        late.privateBytes >> 10);
}

void print(const test::SoakResult& result)
{
    std::printf("%d migrations in %.1f s (%.0f ms each)\n", result.hops, result.seconds,
        result.hops > 0 ? 1000 * result.seconds / result.hops : 0);
    for (const QString& note : result.notes)
        std::printf("%s\n", qPrintable(note));
    if (result.hadNetwork)
        std::printf("network: %llu datagrams, %llu lost, %llu out of order, longest silence %.1f ms\n",
            result.traffic.sent, result.traffic.lost(), result.traffic.reordered,
            double(result.traffic.longestSilenceNs) / 1e6);
    const auto count = [&](const QString& name) { return result.pulse[name].toInteger(); };
    std::printf("disk: %lld blocks verified, %lld wrong, %lld errors; %lld ring faults\n",
        count(u"blocks-verified"_s), count(u"blocks-wrong"_s), count(u"block-errors"_s),
        count(u"ring-faults"_s));
    std::printf("%-18s %-14s %-14s %s\n", "hop 5 -> the last", "fds", "threads", "private KiB");
    print("the guest's", result.early, result.late);
    print("the console's", result.ownEarly, result.ownLate);
    for (const QString& finding : result.findings)
        std::printf("WRONG: %s\n", qPrintable(finding));
    std::printf("%s\n", result.findings.isEmpty() ? "nothing lost, nothing left, no growth" : "failed");
}

} // namespace

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    std::ignore = lab::enterPrivateNetwork();
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Moves one busy guest from process to process and looks for anything lost, left or growing."_s);
    parser.addHelpOption();
    parser.addOption({ u"rate"_s, u"Datagrams to the guest in a second."_s, u"N"_s, u"1000"_s });
    parser.addOption({ u"accel"_s, u"What the guest's processors run on."_s, u"thread|kvm"_s, u"thread"_s });
    parser.addPositionalArgument(u"N"_s, u"How many migrations, 10 or more (default 500)."_s, u"[N]"_s);
    parser.process(application);
    const QStringList arguments = parser.positionalArguments();
    const int hops = arguments.isEmpty() ? 500 : arguments.first().toInt();
    const int rate = parser.value(u"rate"_s).toInt();
    if (arguments.size() > 1 || hops < 10 || rate < 1) {
        std::fprintf(stderr, "%s", qPrintable(parser.helpText()));
        return 2;
    }

    test::SoakResult result;
    {
        const QTemporaryDir runtime;
        qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtime.path()));
        const bool terminal = ::isatty(STDOUT_FILENO) == 1;
        QElapsedTimer shown;
        result = test::soak({ .hops = hops,
            .packetsPerSecond = rate,
            .accelerator = parser.value(u"accel"_s),
            .progress = [&](int hop) {
                if (hop < hops && shown.isValid() && shown.elapsed() < (terminal ? 200 : 10'000))
                    return;
                shown.start();
                std::printf(terminal ? "\r%d of %d" : "%d of %d\n", hop, hops);
                if (terminal && hop == hops)
                    std::printf("\n");
                std::fflush(stdout);
            } });
    }
    print(result);
    return result.findings.isEmpty() && result.hops == hops ? 0 : 1;
}
