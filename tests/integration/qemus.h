// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lab/qemulab.h"

#include <QFileInfo>
#include <QStandardPaths>
#include <QTest>

#include <array>
#include <unistd.h>

/// The real QEMUs that a machine has, for data-driven tests.
namespace cutover::test {

struct QemuVersion
{
    const char* name;
    const char* variable; ///< names the program, if set
    const char* program; ///< else looked up in PATH
};

inline constexpr std::array<QemuVersion, 2> qemuVersions{ {
    { "10.0", "CUTOVER_QEMU_10", "qemu-system-x86_64" },
    { "11.1", "CUTOVER_QEMU_11", "qemu-system-x86_64-11.1" },
} };

/// Its path, or nothing.
inline QString qemuBinary(const QString& version)
{
    for (const QemuVersion& qemu : qemuVersions) {
        if (version != QLatin1StringView(qemu.name))
            continue;
        const QString named = qEnvironmentVariable(qemu.variable);
        return QStandardPaths::findExecutable(named.isEmpty() ? QString::fromLatin1(qemu.program) : named);
    }
    return {};
}

inline bool kvmUsable()
{
    return ::access("/dev/kvm", R_OK | W_OK) == 0;
}

/// Columns "version" and "accelerator", one row for each of both.
inline void addQemuRows()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("accelerator");
    for (const QemuVersion& qemu : qemuVersions) {
        for (const char* accelerator : { "kvm", "tcg" })
            QTest::addRow("%s %s", qemu.name, accelerator)
                << QString::fromLatin1(qemu.name) << QString::fromLatin1(accelerator);
    }
}

/// Why a row of addQemuRows() cannot run here; empty when it can.
inline QString missingFor(const QString& version, const QString& accelerator)
{
    if (qemuBinary(version).isEmpty())
        return QStringLiteral("there is no QEMU %1 here").arg(version);
    if (accelerator == QLatin1StringView("kvm") && !kvmUsable())
        return QStringLiteral("there is no usable /dev/kvm here");
    return {};
}

inline lab::QemuLabOptions labOptions(const QString& version, const QString& accelerator)
{
    lab::QemuLabOptions options;
    options.binary = qemuBinary(version);
    options.accelerator
        = accelerator == QLatin1StringView("kvm") ? lab::Accelerator::Kvm : lab::Accelerator::Tcg;
    options.ramBytes = qint64{ 64 } * 1024 * 1024;
    return options;
}

} // namespace cutover::test
