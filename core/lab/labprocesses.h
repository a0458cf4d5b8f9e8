// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/process.h"
#include "lab/labfolder.h"

#include <memory>
#include <optional>
#include <vector>

namespace cutover::lab {

/// The folder of a lab and what runs in it: the lab's own children, which it ends itself, and the processes
/// that were handed over to it. All are written down, so that they can be found when the owner is killed.
class LabProcesses
{
public:
    /// Sweeps the labs of dead owners, and makes the folder. Once.
    Result<void> open();
    bool isOpen() const { return m_folder.has_value(); }
    QString folder() const { return m_folder ? m_folder->path() : QString(); } ///< empty before open()
    QString file(const QString& name) const { return m_folder ? m_folder->file(name) : QString(); }

    /// A child of the lab itself.
    Result<void> add(pid_t pid, quint64 startTicks);
    /// A process that belongs to the lab from now on, such as the destination of a migration.
    Result<void> takeOver(pid_t pid, quint64 startTicks);
    /// Nobody ends anything when the owner is gone.
    Result<void> keep();
    bool isKept() const { return m_keep; }

    /// Ends what was handed over, and waits for it (a second at most for each).
    void endOthers();
    void removeFolder();

private:
    Result<void> note() const;

    std::optional<LabFolder> m_folder;
    std::vector<LabProcess> m_own;
    std::vector<std::unique_ptr<ProcessHandle>> m_others;
    bool m_keep = false;
};

} // namespace cutover::lab
