// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/stage.h"

#include <QStringList>

#include <memory>

namespace cutover::lessons {

/// A stage of its own, for those who have no window. All of it ends with it.
class LiveStage : public Stage
{
    Q_OBJECT
public:
    explicit LiveStage(QObject* parent = nullptr);
    ~LiveStage() override;

    const timeline::Record& record() const override { return m_record; }
    timeline::Record& record() { return m_record; }
    const op::SessionState& state() const override { return m_session->state(); }
    const op::SessionRequest& request() const override { return m_session->request(); }
    op::EndpointStatus endpoint(Side side) const override { return m_session->endpoint(side); }
    const std::vector<op::Check>& checks() const override { return m_session->checks(); }
    std::optional<op::Failure> failure() const override { return m_session->failure(); }
    bool isLabStarting() const override { return m_lab && !m_lab->isStarted(); }
    Result<void> startLab(const lab::LabRequest& lab, const op::SessionRequest& request) override;
    Result<void> check(const op::SessionRequest& request) override;
    Result<void> migrate() override { return m_session->migrate(); }
    Result<void> finish() override { return m_session->finish(); }
    Result<void> setGlobalFdSwitch(bool on) override { return m_session->setGlobalSwitch(on); }
    Result<void> setDeviceFdSwitch(const QString& device, bool on) override
    {
        return m_session->setDeviceSwitch(device, on);
    }
    Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed) override
    {
        return m_session->sendCommand(side, command, confirmed);
    }
    void keepInLab(pid_t pid, quint64 startTicks) override;
    void remark(const timeline::Event& event) override { m_record.append(event); }
    const op::Assessment* assessment() const override;
    const op::PairEvidence* evidence() const override;
    Result<void> rescue(op::RescueKind kind) override;

    /// What the machine lacks for a complete lab, one sentence each.
    QStringList labNotes() const { return m_lab ? m_lab->notes() : QStringList(); }

private:
    void renew();
    void stateMoved();
    void keepDestination();

    timeline::Record m_record;
    std::unique_ptr<lab::LabProgram> m_lab;
    QStringList m_pairs; ///< folders, removed after the lab has ended the processes that use them
    pid_t m_taken = 0;
    std::unique_ptr<op::Session> m_session;
    std::unique_ptr<op::RescueOperation> m_rescue;
    bool m_assessed = false;
};

} // namespace cutover::lessons
