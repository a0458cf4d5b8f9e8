// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/qemulab.h"

#include "base/logging.h"
#include "fdpass/describe.h"
#include "lab/pulsepage.h"
#include "trace/parser.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr qint64 mebibyte = 1024 * 1024;
constexpr QLatin1StringView pulseFile("pulse.rom");

/// Why KVM cannot be used; empty when it can as far as can be told from outside of QEMU.
QString kvmProblem()
{
    const QString device = u"/dev/kvm"_s;
    const auto fd = UniqueFd::adopt(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
    return fd ? QString() : u"%1: %2"_s.arg(device, errnoText(errno));
}

/// Whether the operator has given the guest something to run.
bool bootsSomething(const QStringList& arguments)
{
    constexpr std::array options{ "bios"_L1, "blockdev"_L1, "boot"_L1, "cdrom"_L1, "drive"_L1, "fda"_L1,
        "hda"_L1, "kernel"_L1, "pflash"_L1 };
    return std::ranges::any_of(arguments, [&](const QString& argument) {
        const qsizetype dashes = argument.startsWith("--"_L1) ? 2 : argument.startsWith(u'-') ? 1 : 0;
        return dashes > 0
            && std::ranges::any_of(
                options, [name = QStringView(argument).sliced(dashes)](QLatin1StringView option) {
                    return name == option;
                });
    });
}

QStringList commandLine(const QemuLabOptions& options, Accelerator accelerator, const LabProcesses& folder)
{
    const QString megabytes = QString::number(options.ramBytes / mebibyte) + u'M';
    QStringList argv{
        options.binary,
        u"-name"_s,
        options.guestName,
        u"-machine"_s,
        u"q35,aux-ram-share=on,memory-backend=ram0"_s,
        u"-accel"_s,
        accelerator == Accelerator::Kvm ? u"kvm"_s : u"tcg"_s,
        u"-m"_s,
        megabytes,
        u"-object"_s,
        (options.ramFile.isEmpty() ? u"memory-backend-memfd,id=ram0"_s
                                   : u"memory-backend-file,id=ram0,share=on,mem-path="_s + options.ramFile)
            + u",size="_s + megabytes,
        u"-nodefaults"_s,
        u"-display"_s,
        u"none"_s,
        u"-qmp"_s,
        u"unix:%1,server=on,wait=off"_s.arg(folder.file(u"source.qmp"_s)),
        u"-msg"_s,
        u"timestamp=on"_s,
        u"-D"_s,
        folder.file(u"source.log"_s),
    };
    for (const QString& pattern : trace::subscription())
        argv << u"-trace"_s << pattern;
    if (options.guest == QemuGuest::Pulse)
        argv << u"-bios"_s << folder.file(QString(pulseFile));
    if (options.paused)
        argv << u"-S"_s;
    return argv + options.extraArguments;
}

Error startError(const QString& binary, const QString& cause, ErrorCode code = ErrorCode::Remote)
{
    return { .code = code,
        .attempt = u"start the QEMU of the lab"_s,
        .object = binary,
        .cause = cause,
        .remedy = u"Start the command by hand to see what it says, or name another QEMU."_s };
}

} // namespace

QemuLab::QemuLab(QemuLabOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
{
    m_limitTimer.setSingleShot(true);
    connect(&m_source, &LabSource::failed, this, &QemuLab::sourceFailed);
    connect(&m_source, &LabSource::started, this, [this] {
        m_limitTimer.stop();
        m_started = true;
        Q_EMIT started();
    });
    connect(&m_limitTimer, &QTimer::timeout, this, [this] {
        fail(startError(m_options.binary,
            u"its monitor did not answer within %1 s"_s.arg(m_options.startLimitMs / 1000),
            ErrorCode::Timeout));
    });
}

QemuLab::~QemuLab()
{
    m_source.giveUp();
    if (m_processes.isKept()) {
        m_source.setOnDestroy(OnDestroy::Leave);
        return;
    }
    m_processes.endOthers();
    m_source.end();
    m_processes.removeFolder();
}

QString QemuLab::qmpPath() const
{
    return m_processes.file(u"source.qmp"_s);
}

QString QemuLab::folder() const
{
    return m_processes.folder();
}

QString QemuLab::logPath() const
{
    return m_processes.file(u"source.log"_s);
}

QString QemuLab::errorPath() const
{
    return m_processes.file(u"source.err"_s);
}

pid_t QemuLab::sourcePid() const
{
    return m_source.pid();
}

void QemuLab::start()
{
    if (m_launched)
        return;
    m_launched = true;
    m_limitTimer.start(m_options.startLimitMs);
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (auto opened = m_processes.open(); !opened) {
                fail(opened.error());
                return;
            }
            m_accelerator = m_options.accelerator;
            if (m_accelerator == Accelerator::Best) {
                m_acceleratorNote = kvmProblem();
                m_accelerator = m_acceleratorNote.isEmpty() ? Accelerator::Kvm : Accelerator::Tcg;
            }
            launch();
        },
        Qt::QueuedConnection);
}

void QemuLab::launch()
{
    if (m_options.ramBytes < mebibyte || m_options.ramBytes % mebibyte != 0) {
        fail(startError(m_options.binary,
            u"a guest of %1 bytes is not a multiple of 1 MiB"_s.arg(m_options.ramBytes),
            ErrorCode::InvalidArgument));
        return;
    }
    if (m_options.guest == QemuGuest::Pulse
        && (pulseImage().isEmpty() || bootsSomething(m_options.extraArguments)))
        m_options.guest = QemuGuest::Firmware;
    if (const auto written = writePulseImage(); !written) {
        fail(written.error());
        return;
    }
    m_argv = commandLine(m_options, m_accelerator, m_processes);
    if (auto launched = m_source.launch(m_argv, folder(), qmpPath(), errorPath()); !launched) {
        fail(launched.error());
        return;
    }
    if (auto noted = m_processes.add(m_source.pid(), m_source.startTimeTicks()); !noted)
        fail(noted.error());
}

Result<void> QemuLab::writePulseImage()
{
    if (m_options.guest != QemuGuest::Pulse)
        return {};
    QFile file(m_processes.file(QString(pulseFile)));
    if (!file.open(QIODevice::WriteOnly) || file.write(pulseImage()) < 0 || !file.flush())
        return failure(
            ErrorCode::System, u"write the guest of the lab"_s, file.fileName(), file.errorString());
    return {};
}

void QemuLab::sourceFailed(const Error& error)
{
    if (m_failed)
        return;
    if (m_options.accelerator == Accelerator::Best && m_accelerator == Accelerator::Kvm
        && error.cause.contains("kvm"_L1, Qt::CaseInsensitive)) {
        m_acceleratorNote = error.cause.section(u'\n', -1);
        m_accelerator = Accelerator::Tcg;
        QFile::remove(errorPath());
        launch();
        return;
    }
    fail(error);
}

void QemuLab::fail(const Error& error)
{
    if (m_failed)
        return;
    m_failed = true;
    m_limitTimer.stop();
    m_source.giveUp();
    Q_EMIT failed(error);
}

} // namespace cutover::lab
