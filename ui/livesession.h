// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "sessionmodel.h"

#include <memory>

namespace cutover::ui {

class Rescuer;

/// The session of real VMMs.
class LiveSession : public SessionModel
{
    Q_OBJECT
public:
    explicit LiveSession(QObject* parent = nullptr);
    ~LiveSession() override;

    const timeline::Record& record() const override { return m_record; }
    const op::SessionState& state() const override;
    const op::SessionRequest& request() const override;
    op::EndpointStatus endpoint(Side side) const override;
    const std::vector<op::Check>& checks() const override;
    const op::Verification& verification() const override;
    std::optional<op::Failure> failure() const override;
    QList<op::DiscoveredVmm> discover() const override { return op::discover(); }
    std::function<QList<op::DiscoveredVmm>()> discoverer() const override
    {
        return [] { return op::discover(); };
    }
    const op::Facts* sourceFacts() const override;
    bool isLabStarting() const override;
    bool isInLab() const override;
    QStringList labNotes() const override;
    std::optional<lab::TrafficReading> traffic() const override;
    Result<void> canBegin() const override;

    QList<op::PairJournal> leftPairs() const override;
    const RescueView* rescueView() const override;

    Result<void> begin(const op::SessionRequest& request) override;
    Result<void> startLab(const lab::LabRequest& lab, const op::SessionRequest& wanted) override;
    Result<void> check(const op::SessionRequest& request) override;
    Result<void> migrate() override;
    Result<void> cancel() override;
    Result<void> finish() override;
    Result<void> attachPair(const QString& folder) override;
    Result<void> lookForRescue() override;
    Result<void> rescue(op::RescueKind kind) override;

    Result<void> canListenToPulse() const override;
    Result<void> listenToPulse() override;
    bool isListeningToPulse() const override;
    Result<void> canFix() const override;
    Result<void> fix(const QString& checkId, const op::Fix& fix) override;
    std::vector<op::DoneFix> fixes() const override;
    Result<void> undoFix(const op::DoneFix& done) override;

    Result<void> canSetFdSwitches() const override;
    Result<void> setGlobalFdSwitch(bool on) override;
    Result<void> setDeviceFdSwitch(const QString& device, bool on) override;
    Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed) override;
    void keepInLab(pid_t pid, quint64 startTicks) override;
    void remark(const timeline::Event& event) override { m_record.append(event); }

protected:
    enum class History : std::uint8_t { Forget, Keep };
    /// Of a session that is idle, another may be put in.
    timeline::Record& ownRecord() { return m_record; }
    /// Forgets the session, which ends no guest, and, if told to, all that was recorded of it.
    void renew(History history = History::Forget);

private:
    void stateMoved();
    /// Once for each lab, when it is there to be used.
    void tellLabNotes();
    void startRescue(const op::PairJournal& journal);
    /// Goes on with a guest that was rescued.
    void takeBack(op::GuestLocation location);
    /// A destination that was started for a lab's guest belongs to the lab.
    void keepDestination();
    void endLab();
    void noteTraffic(const lab::TrafficReading& reading);

    timeline::Record m_record;
    std::unique_ptr<lab::LabProgram> m_lab;
    std::unique_ptr<op::Session> m_session;
    std::unique_ptr<Rescuer> m_rescuer;
    /// While a pair of an earlier console is looked at, in place of the session's own.
    std::optional<op::SessionState> m_attached;
    bool m_labNotesTold = false;
    pid_t m_taken = 0;
    QStringList m_labPairs; ///< folders of what was migrated in the lab
    int m_readingsWanted = 0; ///< of the traffic, for the record
};

} // namespace cutover::ui
