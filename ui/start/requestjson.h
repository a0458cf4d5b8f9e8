// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"

#include <QJsonObject>

namespace cutover::ui {

/// A request as it is kept in the settings: what the operator has chosen, without limits.
QJsonObject toJson(const op::SessionRequest& request);
/// Malformed for what toJson() does not write; settings are edited by hand, too.
Result<op::SessionRequest> requestFromJson(const QJsonObject& object);

} // namespace cutover::ui
