// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lab/labprogram.h"
#include "operator/rescue.h"
#include "operator/session.h"
#include "timeline/record.h"

#include <QObject>

namespace cutover::lessons {

/// Where a lesson is played: a session with the guest of a lab, whoever else looks at it.
/// What the window has of a session, it has from here, too.
class Stage : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    virtual const timeline::Record& record() const = 0;
    virtual const op::SessionState& state() const = 0;
    virtual const op::SessionRequest& request() const = 0;
    virtual op::EndpointStatus endpoint(Side side) const = 0;
    virtual const std::vector<op::Check>& checks() const = 0;
    virtual std::optional<op::Failure> failure() const = 0;
    virtual bool isLabStarting() const = 0;

    /// Leads to a check with the guest of the lab as the source, or to failed(); the lab before it ends. The
    /// others are those of op::Session, and are refused when it refuses them; check() also begins another
    /// migration after one that has ended.
    virtual Result<void> startLab(const lab::LabRequest& lab, const op::SessionRequest& request) = 0;
    virtual Result<void> check(const op::SessionRequest& request) = 0;
    virtual Result<void> migrate() = 0;
    virtual Result<void> finish() = 0;
    virtual Result<void> setGlobalFdSwitch(bool on) = 0;
    virtual Result<void> setDeviceFdSwitch(const QString& device, bool on) = 0;
    virtual Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed) = 0;
    /// Ends that process with the lab, however the lab ends; nothing without a lab.
    virtual void keepInLab(pid_t pid, quint64 startTicks) = 0;
    /// Adds a remark to the record; nothing where none is being made.
    virtual void remark(const timeline::Event& event) = 0;
    /// What can be done for a guest that needs the operator, and what that is known by; null before it is
    /// known, and after it was done. Who has looked holds the monitors.
    virtual const op::Assessment* assessment() const = 0;
    virtual const op::PairEvidence* evidence() const = 0;
    /// Leads to rescued() or failed().
    virtual Result<void> rescue(op::RescueKind kind) = 0;

    /// Where that side's monitor can be reached now.
    QString monitorPath(Side side) const;

Q_SIGNALS:
    void stateChanged();
    void endpointsChanged();
    void assessed();
    void rescued();
    /// What was asked could not be begun, or came to nothing.
    void failed(const cutover::Error& error);
};

} // namespace cutover::lessons
