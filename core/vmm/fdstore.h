// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QString>

#include <map>

namespace cutover::vmm {

/// The fds that clients gave with getfd, by name.
class FdStore
{
public:
    /// Replaces and closes one of the same name.
    void put(const QString& name, UniqueFd fd) { m_fds.insert_or_assign(name, std::move(fd)); }
    /// Gives it away; NotFound.
    Result<UniqueFd> take(const QString& name)
    {
        const auto found = m_fds.find(name);
        if (found == m_fds.end())
            return failure(ErrorCode::NotFound, QStringLiteral("use the descriptor"), name,
                QStringLiteral("no descriptor of that name was given with getfd"));
        UniqueFd fd = std::move(found->second);
        m_fds.erase(found);
        return fd;
    }

private:
    std::map<QString, UniqueFd> m_fds;
};

} // namespace cutover::vmm
