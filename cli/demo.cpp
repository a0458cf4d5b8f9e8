// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "cli/migration.h"
#include "fdpass/describe.h"
#include "lab/qemulab.h"
#include "operator/journal.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

class DemoCommand : public MigrationCommand
{
public:
    DemoCommand(Console& console, const Options& options, const lab::QemuLabOptions& labOptions)
        : MigrationCommand(console, options, true)
        , m_lab(labOptions)
        , m_options(labOptions)
        , m_newBinary(options.value(u"new-binary"_s))
        , m_keep(options.isSet(u"keep"_s))
    {
        connect(&m_lab, &lab::QemuLab::started, this, &DemoCommand::labStarted);
        connect(&m_lab, &lab::QemuLab::failed, this, &DemoCommand::reportFailure);
    }

    ~DemoCommand() override
    {
        // Ends the pair while the folder of its destination is still known.
        if (!m_keep && run())
            m_pair.path = run()->session().pairFolder();
    }

    void start() override
    {
        if (auto opened = openRecording(); !opened) {
            reportFailure(opened.error());
            return;
        }
        if (!isJson())
            console().print(i18nc("program, memory", "Starting %1 with %2 of memory in a private folder …",
                printable(m_options.binary), fdpass::sizeText(m_options.ramBytes)));
        m_lab.start();
    }

private:
    void labStarted()
    {
        const auto& greeting = m_lab.greeting();
        if (!isJson()) {
            console().print(
                i18nc("version, accelerator, pid", "QEMU %1 runs a guest under %2, as process %3.",
                    u"%1.%2.%3"_s.arg(greeting.major).arg(greeting.minor).arg(greeting.micro),
                    m_lab.accelerator() == lab::Accelerator::Kvm ? u"KVM"_s : u"TCG"_s,
                    QString::number(m_lab.sourcePid())));
            if (!m_lab.acceleratorNote().isEmpty())
                console().print(i18nc(
                    "reason", "TCG, because KVM cannot be used: %1", printable(m_lab.acceleratorNote())));
            console().print({});
        }
        op::SessionRequest request;
        request.source.qmpPath = m_lab.qmpPath();
        request.destination.binary = m_newBinary;
        begin(request);
        connect(&run()->session(), &op::Session::endpointsChanged, this, &DemoCommand::takeOver);
    }

    /// The destination belongs to the lab as soon as it exists.
    void takeOver()
    {
        const pid_t pid = run()->session().endpoint(Side::Destination).pid;
        if (m_taken || pid <= 0)
            return;
        m_taken = true;
        if (const auto start = processStartTime(pid))
            static_cast<void>(m_lab.takeOver(pid, *start));
    }

    void concluded(ExitCode code) override
    {
        if (m_keep) {
            if (const auto kept = m_lab.keep(); !kept)
                console().error(kept.error());
            if (!isJson())
                console().print(i18n("Both are left as they are, in %1.", m_lab.folder()));
        }
        Q_EMIT finished(code);
    }

    /// Removed after the lab has ended the processes that use it.
    struct PairFolder
    {
        QString path;
        ~PairFolder()
        {
            if (!path.isEmpty())
                static_cast<void>(op::removePairFolder(path));
        }
    };

    PairFolder m_pair;
    lab::QemuLab m_lab;
    lab::QemuLabOptions m_options;
    QString m_newBinary;
    bool m_keep;
    bool m_taken = false;
};

CommandSpec spec()
{
    QList<OptionSpec> options{
        { .name = u"vmm"_s,
            .value = u"qemu"_s,
            .help = i18n("Which kind of VMM; default: qemu"),
            .letter = {},
            .choices = { u"qemu"_s } },
        { .name = u"binary"_s,
            .value = u"QEMU"_s,
            .help = i18n("The source's program; default: qemu-system-x86_64"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
        { .name = u"new-binary"_s,
            .value = u"QEMU"_s,
            .help = i18n("The destination's program; default: the source's"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
        { .name = u"accel"_s,
            .value = u"kvm|tcg"_s,
            .help = i18n("The accelerator; default: KVM where it can be used"),
            .letter = {},
            .choices = { u"kvm"_s, u"tcg"_s } },
        { .name = u"ram"_s,
            .value = u"SIZE"_s,
            .help = i18n("The guest's memory, as 256M or 4G; default: 256M"),
            .letter = {},
            .choices = {} },
        { .name = u"keep"_s,
            .value = {},
            .help = i18n("Leave the processes and their folder afterwards"),
            .letter = {},
            .choices = {} },
    };
    return {
        .name = u"demo"_s,
        .synopsis = { u"--vmm qemu [OPTION …]"_s },
        .summary = i18n("Start a VMM in a private folder, update it, show it"),
        .description
        = i18n("Starts a QEMU whose guest is its firmware alone, moves that guest to a second QEMU with cpr-transfer, shows "
               "the phases, the file descriptors with their proof and what the pause was spent on, and ends both. Needs no "
               "preparation, no root and no network, and touches nothing else."),
        .options = options + migrationOptions(),
        .arguments = {},
        .takesCommand = false,
        .examples = {
            { u"cutoverctl demo --vmm qemu"_s, i18n("The whole of it in a second.") },
            { u"cutoverctl demo --vmm qemu --new-binary qemu-system-x86_64-11.1"_s, i18n("An update from one QEMU to another.") },
            { u"cutoverctl demo --vmm qemu --ram 4G --record demo.cutover"_s, i18n("More memory takes no longer: it stays where it is.") },
        },
        .exitCodes = { i18n("0  migrated and verified"), i18n("1  failed"), i18n("2  the command line was not understood"), i18n("3  refused by the checks"), i18n("4  the guest would need you") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    lab::QemuLabOptions labOptions;
    if (options.isSet(u"binary"_s))
        labOptions.binary = options.value(u"binary"_s);
    if (options.isSet(u"accel"_s))
        labOptions.accelerator
            = options.value(u"accel"_s) == "kvm"_L1 ? lab::Accelerator::Kvm : lab::Accelerator::Tcg;
    if (options.isSet(u"ram"_s)) {
        auto bytes = parseSize(options.value(u"ram"_s));
        if (!bytes)
            return std::unexpected(bytes.error());
        labOptions.ramBytes = *bytes;
    }
    return std::make_unique<DemoCommand>(console, options, labOptions);
}

} // namespace

CommandEntry demoCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
