// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/socatline.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace cutover::ui {

static QString shellQuoted(QString text)
{
    return u'\'' + text.replace(u'\'', QStringLiteral("'\\''")) + u'\'';
}

QString socatLine(const QString& path, const QString& command)
{
    // A line break inside would be one for the shell's printf too; the id is the console's own.
    QJsonObject message = QJsonDocument::fromJson(command.toUtf8()).object();
    message.remove(u"id");
    const QString line = QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact));
    // QMP clients begin with the negotiation; -t waits for the answers after the last byte was sent.
    const QString address = path.isEmpty() ? QStringLiteral("UNIX-CONNECT:\"$QMP_SOCKET\"")
                                           : QStringLiteral("UNIX-CONNECT:") + shellQuoted(path);
    return QStringLiteral("printf '%s\\n' '{\"execute\":\"qmp_capabilities\"}' ") + shellQuoted(line)
        + QStringLiteral(" | socat -t 5 - ") + address;
}

} // namespace cutover::ui
