// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

/// The folder of the recordings that are made by themselves. Only files with a name as recordingName() makes
/// it belong to it; whatever else is there is left alone.
namespace cutover::ui {

struct RecordingFolderLimits
{
    int count = 20; ///< how many recordings are kept, 1 at least
    qint64 bytes = qint64{ 256 } << 20; ///< how much room they may take together
};

struct StoredRecording
{
    QString name; ///< in its folder
    qint64 bytes = 0;
};

/// "20261121-140211-318-web-07.cutover": sorts by time, and holds nothing of \a guest that a path could trip
/// over.
QString recordingName(const QDateTime& localTime, const QString& guest);
bool isRecordingName(const QString& name);

/// Pure: which of \a stored, in any order, are to be removed so that the rest keeps to \a limits. The newest
/// always stays, and so does everything that is not named by recordingName().
QStringList surplusRecordings(QList<StoredRecording> stored, const RecordingFolderLimits& limits);

/// Removes the surplus from \a folder; how many files went.
int pruneRecordings(const QString& folder, const RecordingFolderLimits& limits);

} // namespace cutover::ui
