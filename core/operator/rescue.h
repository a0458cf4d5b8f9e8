// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/journal.h"
#include "operator/sessionstate.h"

#include <QObject>

#include <memory>
#include <optional>
#include <vector>

namespace cutover::op {

/// What was found out about a pair whose migration nobody finished.
struct PairEvidence
{
    PairJournal journal;
    SideView source; ///< as it answered now
    SideView destination;
    /// What a source that guards the commit itself knows of the destination, and acts by: it refuses to
    /// continue after a destination that has run the guest or may still do so.
    std::optional<bool> sourceSawItRun;
    std::optional<bool> sourceSawItEnd;
    bool consoleAlive = false; ///< the console that drove it still does

    /// Takes what \a migration, an answer to query-migrate, says of the destination.
    void hearSource(const QJsonObject& migration);
};

enum class RescueKind : std::uint8_t {
    ResumeSource, ///< end the destination and continue on the source
    StartDestination, ///< continue on the destination, end the source
    CleanUp, ///< the guest runs on the source: stop what is left of the attempt
    FinishUp, ///< the guest runs on the destination: end the source
};
QString rescueKindId(RescueKind kind);

struct RescueOption
{
    RescueKind kind = RescueKind::ResumeSource;
    bool allowed = false;
    QString title; ///< what it does, translated
    QString proof; ///< why it is safe; or why it is refused
    bool recommended = false;
};

struct Assessment
{
    GuestLocation location = GuestLocation::Unknown;
    QString sentence; ///< where the guest is, translated
    std::vector<RescueOption> options;

    const RescueOption* option(RescueKind kind) const;
    const RescueOption* recommended() const;
};

/// Pure: where the guest is and what can be done about it. A resume of the source is allowed only with
/// proof that the destination never ran the guest.
Assessment assess(const PairEvidence& evidence);

/// Looks at one pair and, when told, does one of the allowed things. Asynchronous, on the event loop.
class RescueOperation : public QObject
{
    Q_OBJECT
public:
    explicit RescueOperation(const PairJournal& journal, QObject* parent = nullptr);
    ~RescueOperation() override;

    /// Connects to what is alive, asks it, reads the logs; ends with assessed().
    void look();
    const PairEvidence& evidence() const;
    const Assessment& assessment() const;

    /// Refused unless the latest assessment allows it. Ends with finished().
    Result<void> perform(RescueKind kind);

Q_SIGNALS:
    void assessed();
    /// The error says side, phase, cause and remedy; without one the guest is where \a location says.
    void finished(cutover::op::GuestLocation location, const std::optional<cutover::op::Failure>& failure);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace cutover::op
