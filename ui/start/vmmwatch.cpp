// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/vmmwatch.h"

#include "operator/procfs.h"

#include <QPromise>
#include <QThreadPool>

#include <chrono>
#include <memory>
#include <utility>

using namespace std::chrono_literals;

namespace cutover::ui {

/// To list the processes costs little, to look into all of them does not.
static constexpr int restingTicks = 5;

VmmWatch::VmmWatch(Source source, QObject* parent)
    : QObject(parent)
    , m_source(std::move(source))
{
    m_timer.setInterval(2s);
    m_timer.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_timer, &QTimer::timeout, this, &VmmWatch::lookIfDue);
}

void VmmWatch::start()
{
    if (m_timer.isActive())
        return;
    m_timer.start();
    look();
}

void VmmWatch::stop()
{
    m_timer.stop();
}

void VmmWatch::lookIfDue()
{
    QList<pid_t> processes = op::ProcFs().pids();
    // What has come may be a shell yet that becomes a VMM: the tick after this one looks, too.
    if (processes != std::exchange(m_processes, processes))
        m_ticksToLook = 0;
    else if (m_ticksToLook-- > 0)
        return;
    else
        m_ticksToLook = restingTicks - 1;
    look();
}

void VmmWatch::look()
{
    if (m_looking.isRunning())
        return;
    const auto promise = std::make_shared<QPromise<QList<op::DiscoveredVmm>>>();
    m_looking = promise->future();
    promise->start();
    m_looking.then(this, [this](const QList<op::DiscoveredVmm>& vmms) { Q_EMIT found(vmms); });
    QThreadPool::globalInstance()->start([promise, discover = m_source()] {
        promise->addResult(discover());
        promise->finish();
    });
}

} // namespace cutover::ui
