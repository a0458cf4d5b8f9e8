// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "cpr/encoder.h"
#include "engine/faultpoint.h"
#include "engine/handovermessages.h"
#include "engine/mainchannel.h"
#include "engine/notice.h"
#include "engine/ramstream.h"
#include "engine/realize.h"
#include "engine/sourcemachine.h"
#include "engine/startedword.h"
#include "engine/timelimits.h"
#include "engine/vm.h"
#include "engine/wait.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace cutover::engine {

struct SourceOptions
{
    bool cpr = true; ///< mode cpr-transfer
    RealizePolicy policy; ///< the destination's: which fd travels on which channel
    TimeLimits limits;
    qint64 maxCopyPasses = 30;
    FaultTrigger fault; ///< its announcement is called on the engine's thread
    int downtimeLimitMs = 1; ///< a pass over RAM that is shorter is the last one before the stop
    /// Connected, non-blocking sockets. Called on the engine's thread.
    std::function<Result<UniqueFd>()> connectCpr;
    std::function<Result<UniqueFd>()> connectMain;
};

/// The source's side of one migration, on a thread of its own. Created, started and destroyed by one thread.
class SourceMigration
{
public:
    /// Called last, on the engine's thread, with a final state.
    using Finished = std::function<void(const SourceState&)>;

    /// \a vm must outlive the migration.
    static Result<std::unique_ptr<SourceMigration>> create(
        Vm& vm, SourceOptions options, NoticeBoard::Sink sink, Finished finished);
    /// Cancels what can be cancelled and waits for the thread.
    ~SourceMigration();

    void start();
    /// From any thread; without effect once GO is being sent.
    void cancel();

    /// What the destination has said about the guest, from any thread.
    bool destinationStarted() const { return m_started->isSet(); }
    qint64 ramBytesSent() const { return m_ramBytes; }
    qint64 passes() const { return m_passes; }
    /// True when a pidfd proves that the destination has ended.
    bool destinationIsDead() const;

private:
    /// A device's section of the main channel, prepared before the stop.
    struct OutgoingDevice
    {
        Device* device = nullptr;
        QByteArray name;
        std::vector<FdSlot> fdSlots;
        std::vector<int> fds; ///< in the same order, borrowed from the device
        bool optional = false; ///< some may come or go for as long as the device runs
        QStringList traces; ///< of the fds, as QEMU writes cpr_save_fd
    };

    SourceMigration(Vm& vm, SourceOptions options, NoticeBoard::Sink sink, Finished finished,
        StartedWord started, CancelEvent alarm);

    void run();
    Result<void> carryOut(SourceStep step);
    void checkpoint(const QString& name);
    Result<void> sendCpr();
    /// Why the destination went away, if it can still say so; else \a seen.
    Error destinationsReason(const Error& seen);
    Result<void> awaitCprClose();
    Result<void> connectMain();
    Result<void> hello();
    Result<void> awaitPrepared();
    Result<void> prepareSending();
    Result<void> collectFds(OutgoingDevice& outgoing) const;
    Result<void> copyRam();
    void collectDirtyPages();
    Result<void> stop();
    Result<void> release();
    Result<void> sendState();
    Result<void> sendRam(qint64 deadlineNs);
    /// A section whose payload is the CBOR array [[[name, id], ...], state].
    Result<void> queueSection(QByteArrayView name, quint32 version, std::span<const FdSlot> fdSlots,
        const std::function<Result<void>(QCborStreamWriter&)>& save, std::span<const int> fds);
    Result<void> awaitReady();
    Result<void> go();
    Result<void> awaitStarted();
    Result<void> recoverExclusive();
    Result<void> retake();
    Result<void> retake(Device& device, qint64 deadlineNs);
    Result<void> resume();
    void tellDestination(const Error& cause);
    /// The next message, which must be \a expected; an @abort is returned as the destination's error.
    Result<Section> receive(QLatin1StringView expected, qint64 deadlineNs);
    Result<void> killDestination();
    void settle(const SourceState& state);

    Vm& m_vm;
    SourceOptions m_options;
    NoticeBoard m_notices;
    Finished m_finished;
    std::shared_ptr<StartedWord> m_started;
    CancelEvent m_cancelAlarm;
    std::atomic<bool> m_cancelled = false;
    std::atomic<qint64> m_ramBytes = 0;
    std::atomic<qint64> m_passes = 0;
    std::atomic<int> m_destinationPidFd = -1; ///< of m_pidFd, for other threads

    UniqueFd m_cpr;
    MainChannel m_main;
    UniqueFd m_pidFd;
    std::vector<OutgoingDevice> m_outgoing;
    struct PassedBlock
    {
        QByteArray id;
        int memfd = -1; ///< borrowed from the VM
    };
    std::vector<PassedBlock> m_passedBlocks;
    std::unique_ptr<RamSender> m_ram; ///< null when no RAM is copied
    QByteArray m_endPayload;
    QByteArray m_buffer; ///< of one device's state; reserved before the stop
    bool m_wasRunning = true;
    bool m_destinationLetGo = false;
    bool m_cprSent = false;
    bool m_dirtyLog = false;
    std::jthread m_thread;
};

} // namespace cutover::engine
