// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/socketmove.h"

#include <KLocalizedString>

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace cutover::op {

Result<void> takePlace(const QString& from, const QString& to)
{
    const QByteArray source = QFile::encodeName(from);
    const QByteArray target = QFile::encodeName(to);
    if (::rename(source.constData(), target.constData()) != 0)
        return systemError(i18n("move the socket to"), to, errno);
    const QByteArray absolute = QFile::encodeName(QFileInfo(to).absoluteFilePath());
    if (::symlink(absolute.constData(), source.constData()) != 0)
        return systemError(i18n("leave a link at"), from, errno);
    return {};
}

} // namespace cutover::op
