// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/programs.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStandardPaths>

namespace cutover::lab {

static QString find(const QString& name)
{
    const QString beside = QCoreApplication::applicationDirPath() + u'/' + name;
    return QFileInfo(beside).isExecutable() ? beside : QStandardPaths::findExecutable(name);
}

QString labProgram()
{
    return find(QStringLiteral("cutoverctl"));
}

QString embeddedVmm()
{
    return find(QStringLiteral("cutover-vmm"));
}

} // namespace cutover::lab
