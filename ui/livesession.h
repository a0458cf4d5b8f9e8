// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "sessionmodel.h"

#include <memory>

namespace cutover::lab {
class QemuLab;
}

namespace cutover::ui {

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
    bool isLabStarting() const override;
    Result<void> canBegin() const override;

    Result<void> begin(const op::SessionRequest& request) override;
    Result<void> startLab(const QString& binary, const op::SessionRequest& wanted) override;
    Result<void> check(const op::SessionRequest& request) override;
    Result<void> migrate() override;
    Result<void> cancel() override;
    Result<void> finish() override;
    Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed) override;

private:
    void renew();
    /// A destination that was started for a lab's guest belongs to the lab.
    void keepInLab();

    timeline::Record m_record;
    std::unique_ptr<lab::QemuLab> m_lab;
    std::unique_ptr<op::Session> m_session;
    pid_t m_taken = 0;
};

} // namespace cutover::ui
