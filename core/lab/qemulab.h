// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/process.h"
#include "lab/labprocesses.h"
#include "lab/labsource.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

namespace cutover::lab {

enum class Accelerator : std::uint8_t { Best, Kvm, Tcg };

enum class QemuGuest : std::uint8_t {
    Pulse, ///< beats in its RAM, see pulsepage.h, unless extraArguments give it something else to boot
    Firmware, ///< QEMU's own firmware, which finds nothing to boot
};

struct QemuLabOptions
{
    QString binary = QStringLiteral("qemu-system-x86_64"); ///< a path, or a name to look up in PATH
    Accelerator accelerator = Accelerator::Best; ///< Best: KVM where it works, else TCG
    qint64 ramBytes = qint64{ 256 } * 1024 * 1024; ///< a multiple of 1 MiB
    QString guestName = QStringLiteral("cutover-lab");
    QemuGuest guest = QemuGuest::Pulse;
    bool paused = false; ///< -S
    QString ramFile; ///< the guest's RAM is this shared file, which is created; empty: a memfd
    QStringList extraArguments; ///< appended
    int startLimitMs = 30'000; ///< from start() until QMP answers
};

/// A QEMU that is good for a live update, in a private folder: for demos, tests and a first try. Its guest
/// does nothing but beat. It has shared RAM, a time-stamped trace log and a QMP socket, and outlives nobody:
/// with the lab end its processes and its folder, unless keep() was called. Asynchronous.
class QemuLab : public QObject
{
    Q_OBJECT
public:
    explicit QemuLab(QemuLabOptions options, QObject* parent = nullptr);
    ~QemuLab() override;

    /// Leads to started() or failed(), never from inside it. Once.
    void start();

    bool isStarted() const { return m_started; }
    QString qmpPath() const; ///< of the source; empty before start()
    QString folder() const; ///< empty before start()
    const QStringList& arguments() const { return m_argv; } ///< argv of the source
    pid_t sourcePid() const;
    Accelerator accelerator() const { return m_accelerator; } ///< Kvm or Tcg once started
    QemuGuest guest() const { return m_options.guest; } ///< what it is once started
    /// Why it is TCG although KVM would have been better; empty otherwise.
    const QString& acceleratorNote() const { return m_acceleratorNote; }
    const qmp::Greeting& greeting() const { return m_source.greeting(); }
    QString logPath() const;
    QString errorPath() const;

    /// As LabProcesses has it.
    Result<void> takeOver(pid_t pid, quint64 startTicks) { return m_processes.takeOver(pid, startTicks); }
    Result<void> keep() { return m_processes.keep(); }
    bool isKept() const { return m_processes.isKept(); }

Q_SIGNALS:
    void started();
    void failed(const cutover::Error& error);

private:
    void launch();
    Result<void> writePulseImage();
    void sourceFailed(const Error& error);
    void fail(const Error& error);

    QemuLabOptions m_options;
    LabProcesses m_processes;
    QStringList m_argv;
    Accelerator m_accelerator = Accelerator::Best;
    QString m_acceleratorNote;
    LabSource m_source;
    QTimer m_limitTimer;
    bool m_launched = false;
    bool m_started = false;
    bool m_failed = false;
};

} // namespace cutover::lab
