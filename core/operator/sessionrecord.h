// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/derive.h"
#include "operator/preflight.h"
#include "operator/session.h"

#include <QJsonObject>

#include <optional>

/// The session's values as attributes of events, so that a recording can tell them again. Each fromRecord
/// reads what its toRecord wrote; what is missing (an older program wrote less) or makes no sense keeps its
/// default.
namespace cutover::op {

QJsonObject toRecord(const Failure& failure);
Failure failureFromRecord(const QJsonObject& attributes);

/// The name of the event is stateId().
QJsonObject toRecord(const SessionState& state);
/// Nothing for a state of an unknown name.
std::optional<SessionState> stateFromRecord(const QString& name, const QJsonObject& attributes);

QJsonObject toRecord(const EndpointStatus& status);
EndpointStatus endpointFromRecord(const QJsonObject& attributes);

/// Without the time limits, which are no choice of the operator.
QJsonObject toRecord(const SessionRequest& request);
SessionRequest requestFromRecord(const QJsonObject& attributes);

/// The name of the event is the check's id.
QJsonObject toRecord(const Check& check);
Check checkFromRecord(const QString& name, const QJsonObject& attributes);

QJsonObject toRecord(const DerivedCommand& command);
DerivedCommand derivedFromRecord(const QJsonObject& attributes);

/// The name of the event is the descriptor's.
QJsonObject toRecord(const FdProof& proof);
FdProof proofFromRecord(const QString& name, const QJsonObject& attributes);

/// Without the descriptors, which have events of their own. The event's name is "verified" or "faulty".
QJsonObject toRecord(const Verification& verification);
Verification verificationFromRecord(const QString& name, const QJsonObject& attributes);

} // namespace cutover::op
