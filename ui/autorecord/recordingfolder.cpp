// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "autorecord/recordingfolder.h"

#include <QDir>
#include <QRegularExpression>

#include <algorithm>

namespace cutover::ui {

/// Longer names of guests are cut: a file name has 255 bytes, and a letter up to four.
static constexpr qsizetype maxGuestLength = 40;

QString recordingName(const QDateTime& localTime, const QString& guest)
{
    QString safe;
    for (const QChar letter : guest.left(maxGuestLength))
        safe += letter.isLetterOrNumber() || letter == u'-' || letter == u'_' ? letter : QChar(u'_');
    if (safe.isEmpty())
        safe = QStringLiteral("guest");
    return localTime.toString(QStringLiteral("yyyyMMdd-HHmmss-zzz")) + u'-' + safe + u".cutover";
}

bool isRecordingName(const QString& name)
{
    static const QRegularExpression pattern(QStringLiteral(R"(^\d{8}-\d{6}-\d{3}-[^/]+\.cutover$)"));
    return pattern.match(name).hasMatch();
}

QStringList surplusRecordings(QList<StoredRecording> stored, const RecordingFolderLimits& limits)
{
    stored.removeIf([](const StoredRecording& each) { return !isRecordingName(each.name); });
    std::ranges::sort(stored, std::ranges::greater{}, &StoredRecording::name);
    QStringList surplus;
    qint64 bytes = 0;
    for (qsizetype i = 0; i < stored.size(); ++i) {
        bytes += stored[i].bytes;
        if (i > 0 && (i >= limits.count || bytes > limits.bytes))
            surplus.append(stored[i].name);
    }
    return surplus;
}

int pruneRecordings(const QString& folder, const RecordingFolderLimits& limits)
{
    const QDir dir(folder);
    QList<StoredRecording> stored;
    for (const QFileInfo& file :
        dir.entryInfoList({ QStringLiteral("*.cutover") }, QDir::Files | QDir::NoSymLinks))
        stored.append({ file.fileName(), file.size() });
    int removed = 0;
    for (const QString& name : surplusRecordings(stored, limits))
        removed += QFile::remove(dir.filePath(name)) ? 1 : 0;
    return removed;
}

} // namespace cutover::ui
