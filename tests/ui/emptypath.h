// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

namespace cutover::ui::test {

/// While it lives, no program is found in PATH.
class EmptyPath
{
public:
    EmptyPath() { qputenv("PATH", "/nonexistent"); }
    ~EmptyPath() { qputenv("PATH", m_before); }
    EmptyPath(const EmptyPath&) = delete;
    EmptyPath& operator=(const EmptyPath&) = delete;

private:
    QByteArray m_before = qgetenv("PATH");
};

} // namespace cutover::ui::test
