// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/destinationmigration.h"
#include "engine/sourcemigration.h"
#include "vmm/migrationbackend.h"

#include <QObject>

#include <memory>

namespace cutover::vmm {

/// The monitor's migrations, carried out by the engine's threads. Lives on the main thread.
class EngineBackend final : public QObject, public MigrationBackend
{
public:
    /// \a vm must outlive it.
    explicit EngineBackend(engine::Vm& vm);
    ~EngineBackend() override;

    void setObserver(Observer observer) override { m_observer = std::move(observer); }
    Result<void> start(MigrationRequest request) override;
    Result<void> listen(MigrationRequest request) override;
    void cancel() override;
    MigrationView view() const override;
    bool isActive() const override { return m_active; }
    Result<void> mayTakeBack() const override;

private:
    using Connector = std::function<Result<UniqueFd>()>;
    static Result<Connector> connector(
        const engine::ChannelAddress& address, int timeLimitMs, const engine::FdLookup& lookup);

    engine::NoticeBoard::Sink sink();
    void take(const std::vector<engine::Notice>& notices);
    void end(const MigrationEnd& end);
    void begin();

    engine::Vm& m_vm;
    Observer m_observer;
    std::unique_ptr<engine::SourceMigration> m_source;
    std::unique_ptr<engine::DestinationMigration> m_destination;
    engine::Channels m_listening; ///< with the ports in use
    bool m_active = false;
    bool m_handedOver = false;

    engine::MigrationStatus m_status = engine::MigrationStatus::None;
    QString m_error;
    quint64 m_ramBytesSent = 0; ///< of an attempt that failed
    qint64 m_passes = 0;
    qint64 m_beganNs = 0; ///< CLOCK_REALTIME; 0: nothing has been migrated
    qint64 m_endedNs = 0;
    qint64 m_stoppedNs = 0;
    qint64 m_activeNs = 0;
    qint64 m_confirmedNs = 0;
};

} // namespace cutover::vmm
