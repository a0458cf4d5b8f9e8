// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/discovery.h"
#include "operator/session.h"
#include "timeline/record.h"

#include <QObject>

#include <optional>
#include <vector>

namespace cutover::ui {

/// The window's one way to a session: what it shows of it and what it can ask of it. The live one drives
/// op::Session; tests put a scripted one in its place.
class SessionModel : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    virtual const timeline::Record& record() const = 0;
    virtual const op::SessionState& state() const = 0;
    virtual const op::SessionRequest& request() const = 0;
    virtual op::EndpointStatus endpoint(Side side) const = 0;
    virtual const std::vector<op::Check>& checks() const = 0;
    virtual const op::Verification& verification() const = 0;
    virtual std::optional<op::Failure> failure() const = 0;
    /// The running VMMs that could be a source; takes a few milliseconds.
    virtual QList<op::DiscoveredVmm> discover() const = 0;
    /// A lab pair is being started.
    virtual bool isLabStarting() const = 0;
    /// Why a session cannot be begun now; nothing when it can.
    virtual Result<void> canBegin() const = 0;

    /// Begins anew: the record starts empty.
    virtual Result<void> begin(const op::SessionRequest& request) = 0;
    /// Starts a QEMU of our own in a private folder and begins \a request with it as the source.
    virtual Result<void> startLab(const QString& binary, const op::SessionRequest& request) = 0;
    /// Looks again, with \a request in place of the last one.
    virtual Result<void> check(const op::SessionRequest& request) = 0;
    virtual Result<void> migrate() = 0;
    virtual Result<void> cancel() = 0;
    virtual Result<void> finish() = 0;
    /// As op::Session::sendCommand(): refused with ErrorCode::Refused where it would hurt and is not \a
    /// confirmed.
    virtual Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed = false);

Q_SIGNALS:
    void stateChanged();
    void endpointsChanged();
    void checksChanged();
    void verified();
    void labChanged();
    /// Tolerated, but worth knowing.
    void noted(const cutover::op::Failure& note);
    /// What was asked could not be begun.
    void failed(const cutover::Error& error);
};

} // namespace cutover::ui
