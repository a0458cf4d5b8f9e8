// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/runstateteller.h"

#include "base/clock.h"
#include "vmm/monitor.h"
#include "vmm/tracelog.h"

#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

void RunStateTeller::tell(RunState state, qint64 timeNs)
{
    if (state == m_told)
        return;
    const qint64 time = timeNs > 0 ? timeNs : realtimeNs();
    const RunState before = std::exchange(m_told, state);
    const QString name = runStateName(state);
    m_log.write(u"runstate_set"_s,
        u"current_run_state %1 (%2) new_state %3 (%4)"_s.arg(std::to_underlying(before))
            .arg(runStateName(before))
            .arg(std::to_underlying(state))
            .arg(name),
        time);
    const bool runs = state == RunState::Running;
    if (!runs && before != RunState::Running)
        return;
    m_log.write(u"vm_state_notify"_s,
        u"running %1 reason %2 (%3)"_s.arg(int(runs)).arg(std::to_underlying(state)).arg(name), time);
    m_monitor.emitEvent(runs ? u"RESUME"_s : u"STOP"_s, {}, time);
}

} // namespace cutover::vmm
