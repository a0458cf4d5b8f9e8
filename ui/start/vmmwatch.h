// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/discovery.h"

#include <QFuture>
#include <QObject>
#include <QTimer>

#include <functional>

namespace cutover::ui {

/// Looks for running VMMs again and again while it is started, on a thread of the pool: reading /proc waits
/// for the kernel, and of a process that hangs for ever.
class VmmWatch : public QObject
{
    Q_OBJECT
public:
    using Discover = std::function<QList<op::DiscoveredVmm>()>;
    /// Makes what is called on the other thread; itself called on this one.
    using Source = std::function<Discover()>;

    explicit VmmWatch(Source source, QObject* parent = nullptr);

    /// Looks at once, and then within two seconds of the coming or going of a process, and within ten of any
    /// other change.
    void start();
    void stop();
    /// Looks at once; a look that is under way is enough.
    void look();

Q_SIGNALS:
    void found(const QList<cutover::op::DiscoveredVmm>& vmms);

private:
    void lookIfDue();

    Source m_source;
    QTimer m_timer;
    QFuture<QList<op::DiscoveredVmm>> m_looking;
    QList<pid_t> m_processes; ///< at the last tick
    int m_ticksToLook = 0;
};

} // namespace cutover::ui
