// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fixture.h"

/// A guest that needs the operator.
namespace cutover::ui::test {

/// A pair whose destination has loaded the guest and waits.
inline op::PairEvidence waitingPair()
{
    op::PairEvidence evidence;
    evidence.journal = { .folder = QStringLiteral("/run/cutover/pair-1"),
        .stage = op::JournalStage::Migrating,
        .changedNs = capturedStartNs,
        .guestName = QStringLiteral("web-07"),
        .mode = QStringLiteral("cpr-transfer"),
        .source = { .pid = 41872, .startTicks = 1 },
        .sourceQmp = QStringLiteral("/run/vm/web-07/qmp.sock"),
        .destination = { .pid = 42019, .startTicks = 1 },
        .destinationQmp = QStringLiteral("/run/cutover/pair-1/monitor.sock"),
        .launched = true,
        .guarded = true };
    evidence.source = { .connected = true,
        .ranGuest = op::RanGuest::Unknown,
        .migrationStatus = QStringLiteral("completed"),
        .runState = QStringLiteral("postmigrate"),
        .answered = true };
    evidence.destination = { .connected = true,
        .ranGuest = op::RanGuest::No,
        .migrationStatus = QStringLiteral("completed"),
        .runState = QStringLiteral("paused"),
        .answered = true };
    return evidence;
}

class RescueSession : public ScriptedSession
{
public:
    std::optional<RescueView> view;
    QList<op::PairJournal> left;
    bool lab = false;

    bool isInLab() const override { return lab; }
    QList<op::PairJournal> leftPairs() const override { return left; }
    const RescueView* rescueView() const override { return view ? &*view : nullptr; }
    Result<void> attachPair(const QString& folder) override
    {
        calls << QStringLiteral("attach ") + folder;
        return {};
    }
    Result<void> lookForRescue() override
    {
        calls << QStringLiteral("look");
        return {};
    }
    Result<void> rescue(op::RescueKind kind) override
    {
        calls << op::rescueKindId(kind);
        return {};
    }
    void strand(const op::PairEvidence& evidence)
    {
        view = RescueView{ .evidence = evidence, .assessment = op::assess(evidence), .isAssessed = true };
        go(op::state::Stranded{ .why = {}, .location = view->assessment.location });
        Q_EMIT rescueChanged();
    }
};

} // namespace cutover::ui::test
