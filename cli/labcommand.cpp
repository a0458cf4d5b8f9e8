// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/labcommand.h"

#include "base/process.h"
#include "lab/labfolder.h"
#include "lab/privatenetwork.h"
#include "lessons/lesson.h"
#include "operator/journal.h"

#include <KLocalizedString>

#include <string_view>

using namespace Qt::StringLiterals;

namespace cutover::cli {

LabCommand::LabCommand(Console& console, const Options& options)
    : MigrationCommand(console, options, true)
    , m_keep(options.isSet(u"keep"_s))
{
}

LabCommand::PairFolder::~PairFolder()
{
    if (!path.isEmpty())
        static_cast<void>(op::removePairFolder(path));
}

void LabCommand::leave()
{
    if (!m_keep && run())
        m_pair.path = run()->session().pairFolder();
}

void LabCommand::beginInLab(const op::SessionRequest& request)
{
    begin(request);
    connect(&run()->session(), &op::Session::endpointsChanged, this, &LabCommand::takeOver);
}

/// The destination belongs to the lab as soon as it exists.
void LabCommand::takeOver()
{
    const pid_t pid = run()->session().endpoint(Side::Destination).pid;
    if (m_taken || pid <= 0)
        return;
    m_taken = true;
    if (const auto start = processStartTime(pid))
        static_cast<void>(takeOverProcess(pid, *start));
}

void LabCommand::concluded(ExitCode code)
{
    if (m_keep) {
        if (const auto kept = keepLab(); !kept)
            console().error(kept.error());
        if (!isJson())
            console().print(i18n("Both are left as they are, in %1.", labFolder()));
    }
    Q_EMIT finished(code);
}

void prepareLab(int argc, char** argv)
{
    const std::string_view command = argc > 1 ? argv[1] : "";
    if (command != "demo" && command != "lab")
        return;
    for (int i = 2; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool qemu
            = word == "--vmm=qemu" || (word == "qemu" && std::string_view(argv[i - 1]) == "--vmm");
        // A QEMU needs nothing of this; how its options are spelled is for the parser to judge. But whatever
        // lives in the network of a lab that others use belongs to it.
        if (word == "--help" || word == "-h" || (qemu && command == "demo"))
            return;
        // A lesson's lab is a process of its own.
        if (command == "demo" && (word == "--list" || lessons::lessonNames().contains(QUtf8StringView(word))))
            return;
    }
    // The lab tells what is missing, with the reason.
    std::ignore = lab::enterPrivateNetwork();
    std::ignore = lab::startLabKeeper();
}

} // namespace cutover::cli
