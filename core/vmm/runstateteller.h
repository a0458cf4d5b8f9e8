// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/runstate.h"

#include <QtTypes>

namespace cutover::vmm {

class Monitor;
class TraceLog;

/// Tells clients and the log about each change of the run state: STOP, RESUME, runstate_set. Main thread.
class RunStateTeller
{
public:
    /// Both outlive it.
    RunStateTeller(Monitor& monitor, TraceLog& log)
        : m_monitor(monitor)
        , m_log(log)
    {
    }

    /// \a timeNs: when the state became this one (CLOCK_REALTIME, 0 = now). Nothing when it was told already.
    void tell(RunState state, qint64 timeNs = 0);
    RunState told() const { return m_told; }

private:
    Monitor& m_monitor;
    TraceLog& m_log;
    RunState m_told = RunState::Precreate;
};

} // namespace cutover::vmm
