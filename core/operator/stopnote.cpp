// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/stopnote.h"

#include <KLocalizedString>

#include <QFile>

namespace cutover::op {

static QString notePath(const QString& folder)
{
    return folder + QStringLiteral("/stopped-before");
}

Result<void> noteStop(const PairJournal& pair)
{
    QFile note(notePath(pair.folder));
    if (!note.open(QIODevice::WriteOnly))
        return failure(ErrorCode::System, i18n("note that the guest is stopped"), note.fileName(),
            note.errorString(), i18n("Make room in the folder of the pairs."));
    return writeJournal(pair);
}

Result<void> noteContinued(const QString& folder)
{
    QFile note(notePath(folder));
    if (note.exists() && !note.remove())
        return failure(
            ErrorCode::System, i18n("note that the guest runs again"), note.fileName(), note.errorString());
    return {};
}

bool isStopNoted(const QString& folder)
{
    return QFile::exists(notePath(folder));
}

} // namespace cutover::op
