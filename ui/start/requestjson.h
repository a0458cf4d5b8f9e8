// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"

#include <QJsonObject>

namespace cutover::ui {

/// Reads what op::toRecord() wrote into the settings. Malformed where it names no VMM or an unknown kind of
/// destination; settings are edited by hand, too.
Result<op::SessionRequest> requestFromJson(const QJsonObject& object);

} // namespace cutover::ui
