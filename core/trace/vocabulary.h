// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "trace/traceevent.h"

#include <QJsonObject>
#include <QStringView>

namespace cutover::trace {

/// The typed value of event \a name with the printed \a arguments; monostate if the event is not known or the
/// arguments do not fit its format, numbers out of their range included.
Value parseValue(QStringView name, QStringView arguments);

/// The fields of \a value by name; empty for monostate.
QJsonObject fieldsOf(const Value& value);

} // namespace cutover::trace
