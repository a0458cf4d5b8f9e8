// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/logging.h"

namespace cutover {

Q_LOGGING_CATEGORY(lcQmp, "cutover.qmp", QtWarningMsg)
Q_LOGGING_CATEGORY(lcTrace, "cutover.trace", QtWarningMsg)
Q_LOGGING_CATEGORY(lcSession, "cutover.session", QtWarningMsg)
Q_LOGGING_CATEGORY(lcProcess, "cutover.process", QtWarningMsg)

} // namespace cutover
