// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdpass/sockets.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QThread>

namespace cutover::test {

/// A qemu-storage-daemon that exports an empty image with vhost-user; ends with this object.
class StorageDaemon
{
public:
    static QString program() { return QStandardPaths::findExecutable(QStringLiteral("qemu-storage-daemon")); }

    explicit StorageDaemon(qint64 imageBytes, int queues, bool writable = true)
    {
        QFile image(m_folder.filePath(QStringLiteral("disk.raw")));
        if (!image.open(QIODevice::WriteOnly) || !image.resize(imageBytes))
            return;
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(program(),
            { QStringLiteral("--blockdev"),
                QStringLiteral("driver=file,filename=%1,node-name=f").arg(image.fileName()),
                QStringLiteral("--export"),
                QStringLiteral("type=vhost-user-blk,id=e,node-name=f,addr.type=unix,addr.path=%1,writable=%2,"
                               "num-queues=%3")
                    .arg(socket(), writable ? QStringLiteral("on") : QStringLiteral("off"))
                    .arg(queues) });
        const QDeadlineTimer deadline(20'000);
        while (m_process.state() != QProcess::NotRunning && !deadline.hasExpired()) {
            if (fdpass::isListeningAt(socket())) {
                m_ready = true;
                return;
            }
            QThread::msleep(10);
            m_process.waitForStarted(0);
        }
    }
    ~StorageDaemon() { kill(); }
    StorageDaemon(const StorageDaemon&) = delete;
    StorageDaemon& operator=(const StorageDaemon&) = delete;

    bool isReady() const { return m_ready; }
    QString socket() const { return m_folder.filePath(QStringLiteral("vhost.sock")); }
    qint64 pid() const { return m_process.processId(); }
    void kill()
    {
        m_process.kill();
        m_process.waitForFinished();
    }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    bool m_ready = false;
};

} // namespace cutover::test
