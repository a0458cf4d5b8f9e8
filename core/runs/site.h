// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lab/labprogram.h"
#include "runs/errand.h"
#include "runs/settings.h"

#include <memory>
#include <optional>

namespace cutover::runs {

/// Where the runs of a set take place: a lab of its own, or the operator's VMM, which is left as it is. A
/// lab's guest is stopped while it is the others' turn, so that it takes no processor time from them.
/// Asynchronous, on the event loop.
class Site : public QObject
{
    Q_OBJECT
public:
    explicit Site(const Settings& settings, QObject* parent = nullptr);
    ~Site() override;

    /// Gets the guest ready for a run, and first the lab if there is none: leads to awake() or failed().
    void wake();
    /// Leads to resting(), whether or not that worked.
    void rest();
    /// Leads to ended(); what is under way is given up.
    void end();
    /// The next wake() begins with a fresh lab.
    void renew() { m_stale = true; }

    bool isLab() const { return m_settings.isLab(); }
    const op::SourceSpec& source() const { return m_source; }
    /// Null without a lab.
    lab::LabProgram* lab() const { return m_lab.get(); }
    /// The guest has moved: \a qmpPath is where it can be reached, \a pairFolder what the session has made
    /// for it. The folder of the move before is of no use any more.
    void moved(const QString& qmpPath, const QString& pairFolder);
    /// What the session has made for a migration that did not come to its end; goes with the lab.
    void leave(const QString& pairFolder);

Q_SIGNALS:
    void awake();
    void failed(const cutover::Error& error);
    void resting();
    void ended();

private:
    void startLab();
    void endLab();
    void prepareGuest();
    void removePairFolders();

    Settings m_settings;
    op::SourceSpec m_source;
    std::unique_ptr<lab::LabProgram> m_lab;
    std::unique_ptr<Errand> m_errand;
    QStringList m_pairFolders;
    bool m_stale = false;
    bool m_stopped = false;
    bool m_waking = false;
    bool m_ending = false;
};

} // namespace cutover::runs
