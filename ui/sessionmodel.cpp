// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionmodel.h"

#include "base/clock.h"

namespace cutover::ui {

qint64 SessionModel::nowNs() const
{
    return realtimeNs();
}

} // namespace cutover::ui
