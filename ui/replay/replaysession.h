// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "livesession.h"
#include "replay/replay.h"

#include <optional>

namespace cutover::ui {

/// The session of real VMMs, until a recording is opened; then what the recording tells at the position of
/// its replay. Where it is asked for something that needs a VMM, it says that a recording is shown.
class ReplaySession : public LiveSession
{
    Q_OBJECT
public:
    using LiveSession::LiveSession;
    ~ReplaySession() override;

    /// Why no recording can be shown now: a session that would be lost.
    Result<void> canOpen() const;
    /// Shows \a replay, at its end.
    Result<void> open(Replay replay);
    /// Goes back to having no session. Without a recording it does nothing.
    void close();
    /// The recording that is shown; without its events, which are record().whole(). Null without one.
    const Replay* replay() const { return m_replay ? &*m_replay : nullptr; }

    /// How many events have happened.
    std::size_t position() const { return record().size(); }
    void seek(std::size_t position);
    /// Also between two events.
    void seekTime(qint64 timeNs);

    const op::SessionState& state() const override;
    const op::SessionRequest& request() const override;
    op::EndpointStatus endpoint(Side side) const override;
    const std::vector<op::Check>& checks() const override;
    const op::Verification& verification() const override;
    std::optional<op::Failure> failure() const override;
    Result<void> canBegin() const override;
    Result<void> canDrive() const override;
    qint64 nowNs() const override;

    Result<void> begin(const op::SessionRequest& request) override;
    Result<void> startLab(const lab::LabRequest& lab, const op::SessionRequest& wanted) override;
    Result<void> check(const op::SessionRequest& request) override;
    Result<void> migrate() override;
    Result<void> cancel() override;
    Result<void> finish() override;

    const op::Facts* sourceFacts() const override;
    const RescueView* rescueView() const override;
    Result<void> attachPair(const QString& folder) override;
    Result<void> lookForRescue() override;
    Result<void> rescue(op::RescueKind kind) override;
    Result<void> canListenToPulse() const override;
    Result<void> listenToPulse() override;
    Result<void> canFix() const override;
    Result<void> fix(const QString& checkId, const op::Fix& fix) override;
    Result<void> undoFix(const op::DoneFix& done) override;
    Result<void> canSetFdSwitches() const override;
    Result<void> setGlobalFdSwitch(bool on) override;
    Result<void> setDeviceFdSwitch(const QString& device, bool on) override;
    Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed) override;
    void remark(const timeline::Event& event) override;

Q_SIGNALS:
    void opened();
    void closed();
    /// The position, or the time, is another.
    void moved();

private:
    /// What \a ask returns, where a VMM can be asked.
    template <typename Ask>
    Result<void> drive(Ask ask)
    {
        if (auto allowed = canDrive(); !allowed)
            return allowed;
        return ask();
    }
    void move(std::size_t position, qint64 timeNs);
    void showSession();

    std::optional<Replay> m_replay;
    op::ReplayedSession m_now;
    qint64 m_timeNs = 0;
};

} // namespace cutover::ui
