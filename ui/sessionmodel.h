// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lessons/stage.h"
#include "operator/discovery.h"
#include "operator/journal.h"
#include "rescue/rescueview.h"

#include <functional>
#include <optional>
#include <vector>

namespace cutover::ui {

/// The window's one way to a session: what it shows of it and what it can ask of it, besides that what
/// lessons need for being played. The live one drives
/// op::Session; tests put a scripted one in its place.
class SessionModel : public lessons::Stage
{
    Q_OBJECT
public:
    using Stage::Stage;

    virtual const op::Verification& verification() const = 0;
    /// The running VMMs that could be a source; takes a few milliseconds.
    virtual QList<op::DiscoveredVmm> discover() const = 0;
    /// discover() for any thread, also after the end of this object.
    virtual std::function<QList<op::DiscoveredVmm>()> discoverer() const;
    /// What the last check saw of the source; nullptr before it, and where there is no live one.
    virtual const op::Facts* sourceFacts() const;
    /// The source is a lab's: nothing is lost when it ends.
    virtual bool isInLab() const { return false; }
    /// What the machine lacks for a complete lab, one sentence each.
    virtual QStringList labNotes() const { return {}; }
    /// What the peer of the lab's network has seen last; nothing without one. In the record as Pulse events
    /// while a migration is under way.
    virtual std::optional<lab::TrafficReading> traffic() const { return std::nullopt; }
    /// Why a session cannot be begun now; nothing when it can.
    virtual Result<void> canBegin() const = 0;
    /// Why the VMMs cannot be asked for anything now, whatever the state; nothing when they can.
    virtual Result<void> canDrive() const { return {}; }
    /// CLOCK_REALTIME of what is shown: the present, or a moment of a recording.
    virtual qint64 nowNs() const;

    /// Begins anew: the record starts empty.
    virtual Result<void> begin(const op::SessionRequest& request) = 0;
    virtual Result<void> cancel() = 0;
    /// As op::Session::sendCommand(): refused with ErrorCode::Refused where it would hurt and is not \a
    /// confirmed.
    Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed = false) override;
    void keepInLab(pid_t /*pid*/, quint64 /*startTicks*/) override { }
    void remark(const timeline::Event& /*event*/) override { }

    /// Migrations whose console has ended before they did; reads some files.
    virtual QList<op::PairJournal> leftPairs() const { return {}; }
    /// What is known of the guest that needs the operator; null when none does. Valid until rescueChanged().
    virtual const RescueView* rescueView() const { return nullptr; }
    /// Takes up one of leftPairs(), by its folder: leads to state Stranded, with a rescueView().
    virtual Result<void> attachPair(const QString& folder);
    /// Asks both sides again.
    virtual Result<void> lookForRescue();
    /// Does what the rescueView() allows, then checks the guest where it is.
    Result<void> rescue(op::RescueKind kind) override;
    const op::Assessment* assessment() const override;
    const op::PairEvidence* evidence() const override;
    /// As op::Session's of the same names; refused where nothing is live.
    virtual Result<void> canListenToPulse() const;
    virtual Result<void> listenToPulse();
    virtual bool isListeningToPulse() const { return false; }
    virtual Result<void> canFix() const;
    virtual Result<void> fix(const QString& checkId, const op::Fix& fix);
    virtual std::vector<op::DoneFix> fixes() const;
    virtual Result<void> undoFix(const op::DoneFix& done);
    /// The switches for passing fds, as op::Session has them; refused where there is no VMM to set them on.
    virtual Result<void> canSetFdSwitches() const;
    Result<void> setGlobalFdSwitch(bool on) override;
    Result<void> setDeviceFdSwitch(const QString& device, bool on) override;

Q_SIGNALS:
    void checksChanged();
    void verified();
    void rescueChanged();
    void labChanged();
    void trafficRead(const cutover::lab::TrafficReading& reading);
    void pulseListeningChanged();
    /// Tolerated, but worth knowing.
    void noted(const cutover::op::Failure& note);
};

} // namespace cutover::ui
