// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/labcommand.h"
#include "fdpass/describe.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

QemuDemo::QemuDemo(Console& console, const Options& options, const lab::QemuLabOptions& labOptions)
    : LabCommand(console, options)
    , m_lab(labOptions)
    , m_options(labOptions)
    , m_newBinary(options.value(u"new-binary"_s))
{
    connect(&m_lab, &lab::QemuLab::started, this, &QemuDemo::labStarted);
    connect(&m_lab, &lab::QemuLab::failed, this, &QemuDemo::reportFailure);
}

QemuDemo::~QemuDemo()
{
    leave();
}

void QemuDemo::start()
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

void QemuDemo::labStarted()
{
    const auto& greeting = m_lab.greeting();
    if (!isJson()) {
        console().print(i18nc("version, accelerator, pid", "QEMU %1 runs a guest under %2, as process %3.",
            u"%1.%2.%3"_s.arg(greeting.major).arg(greeting.minor).arg(greeting.micro),
            m_lab.accelerator() == lab::Accelerator::Kvm ? u"KVM"_s : u"TCG"_s,
            QString::number(m_lab.sourcePid())));
        if (!m_lab.acceleratorNote().isEmpty())
            console().print(
                i18nc("reason", "TCG, because KVM cannot be used: %1", printable(m_lab.acceleratorNote())));
        console().print({});
    }
    op::SessionRequest request;
    request.source.qmpPath = m_lab.qmpPath();
    request.destination.binary = m_newBinary;
    beginInLab(request);
}

Result<void> QemuDemo::takeOverProcess(pid_t pid, quint64 startTicks)
{
    return m_lab.takeOver(pid, startTicks);
}

} // namespace cutover::cli
