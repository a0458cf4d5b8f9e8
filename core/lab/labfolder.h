// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QString>

#include <sys/types.h>
#include <vector>

namespace cutover::lab {

/// A process of a lab, named for ever.
struct LabProcess
{
    pid_t pid = 0;
    quint64 startTicks = 0; ///< processStartTime()
    bool operator==(const LabProcess&) const = default;
};

/// Starts a process that waits until this one has ended, however it ends, and then sweeps
/// (LabFolder::sweep()) and ends what is left in its private network, unless one of its labs was to be kept:
/// a lab whose owner is killed is gone a moment later. To be called before any thread exists, after
/// enterPrivateNetwork(); once.
Result<void> startLabKeeper();
/// The pid of that process; 0 = none was started.
pid_t labKeeper();

/// The private folder of one lab and the list of what runs in it, so that the processes of a lab whose
/// owner was killed can be found and ended later.
class LabFolder
{
public:
    /// A new folder, mode 0700, below $XDG_RUNTIME_DIR/cutover-labs (a folder of the temporary one where
    /// that is not set), owned by this process.
    static Result<LabFolder> create();

    /// Ends the processes and removes the folders of all labs of this user whose owner is dead and which
    /// were not to be kept. How many there were.
    static int sweep();
    /// Whether a lab of \a owner is to be kept.
    static bool isAnyKept(const LabProcess& owner);

    /// Whether \a path is a file in the folder of a lab of this user.
    static bool contains(const QString& path);

    const QString& path() const { return m_path; }
    QString file(const QString& name) const { return m_path + u'/' + name; }

    /// Writes down what runs. \a keep: nobody ends it when the owner is gone.
    Result<void> note(const std::vector<LabProcess>& processes, bool keep) const;
    void remove() const;

private:
    explicit LabFolder(QString path)
        : m_path(std::move(path))
    {
    }
    QString m_path;
};

} // namespace cutover::lab
