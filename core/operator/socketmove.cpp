// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/socketmove.h"

#include <KLocalizedString>

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace cutover::op {

/// As many as the kernel follows.
static constexpr int maxLinks = 40;

QString finalPlace(const QString& path)
{
    QString place = QFileInfo(path).absoluteFilePath();
    for (int link = 0; link < maxLinks; ++link) {
        const QFileInfo info(place);
        if (!info.isSymLink())
            return place;
        place = QDir::cleanPath(QDir(info.absolutePath()).absoluteFilePath(info.readSymLink()));
    }
    return QFileInfo(path).absoluteFilePath();
}

std::vector<PathMove> plannedMoves(const std::vector<PathMove>& moves, const QString& monitorPath,
    const QString& sourcePath, const QString& workingDirectory)
{
    const QString used = finalPlace(sourcePath);
    std::vector<PathMove> planned;
    bool usedIsTaken = false;
    for (const PathMove& move : moves) {
        const QString place = finalPlace(QDir(workingDirectory).absoluteFilePath(move.sourcePath));
        planned.push_back({ .sourcePath = place, .destinationPath = move.destinationPath });
        usedIsTaken |= place == used;
    }
    if (usedIsTaken)
        return planned;
    const auto monitor = std::ranges::find(planned, monitorPath, &PathMove::destinationPath);
    if (monitor != planned.end())
        monitor->sourcePath = used;
    else
        planned.push_back({ .sourcePath = used, .destinationPath = monitorPath });
    return planned;
}

Result<void> takePlace(const QString& from, const QString& to)
{
    const QString place = finalPlace(to);
    if (QFileInfo(from).isSymLink() && finalPlace(from) == place)
        return {};
    const QByteArray source = QFile::encodeName(from);
    const QByteArray target = QFile::encodeName(place);
    if (::rename(source.constData(), target.constData()) != 0)
        return systemError(i18n("move the socket to"), to, errno);
    if (::symlink(target.constData(), source.constData()) != 0)
        return systemError(i18n("leave a link at"), from, errno);
    return {};
}

} // namespace cutover::op
