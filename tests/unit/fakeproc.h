// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QDir>
#include <QFile>
#include <QStringList>
#include <QTemporaryDir>

#include <unistd.h>

namespace cutover::test {

/// A /proc of invented processes.
class FakeProc
{
public:
    FakeProc()
    {
        QDir(m_dir.path()).mkpath(QStringLiteral("net"));
        QDir(m_dir.path()).mkpath(QStringLiteral("self/ns"));
        link(QStringLiteral("self/ns/mnt"), QStringLiteral("mnt:[10]"));
        link(QStringLiteral("self/ns/net"), QStringLiteral("net:[20]"));
        setSockets({});
    }

    QString root() const { return m_dir.path(); }

    void write(const QString& path, const QByteArray& bytes) const
    {
        QDir(m_dir.path()).mkpath(QFileInfo(path).path());
        QFile file(m_dir.filePath(path));
        if (file.open(QIODevice::WriteOnly))
            file.write(bytes);
    }

    void link(const QString& path, const QString& target) const
    {
        QDir(m_dir.path()).mkpath(QFileInfo(path).path());
        QFile::remove(m_dir.filePath(path));
        // symlink itself: QFile::link would make the dangling target absolute.
        if (::symlink(
                QFile::encodeName(target).constData(), QFile::encodeName(m_dir.filePath(path)).constData())
            != 0)
            qFatal("no symlink");
    }

    void add(int pid, const QStringList& argv, uid_t uid = ::geteuid()) const
    {
        const QString folder = QString::number(pid) + QLatin1Char('/');
        QByteArray cmdline;
        for (const QString& word : argv)
            cmdline += word.toUtf8() + '\0';
        write(folder + QStringLiteral("cmdline"), cmdline);
        write(folder + QStringLiteral("stat"),
            QByteArray::number(pid) + " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 "
                + QByteArray::number(pid * 100) + " 0 0\n");
        const QByteArray id = QByteArray::number(uid);
        write(folder + QStringLiteral("status"),
            "Name:\tvmm\nState:\tS (sleeping)\nPPid:\t7\nUid:\t" + id + '\t' + id + '\t' + id + '\t' + id
                + "\nGid:\t5\t6\t5\t5\nVmRSS:\t    2048 kB\nThreads:\t3\n");
        write(folder + QStringLiteral("limits"),
            "Limit                     Soft Limit           Hard Limit           Units     \n"
            "Max open files            1024                 unlimited            files     \n");
        write(folder + QStringLiteral("environ"), QByteArrayView("A=1\0B=x y\0", 10).toByteArray());
        QDir(m_dir.path()).mkpath(folder + QStringLiteral("fd"));
        link(folder + QStringLiteral("exe"), QStringLiteral("/opt/vmm"));
        link(folder + QStringLiteral("cwd"), m_dir.filePath(QStringLiteral("cwd")));
        link(folder + QStringLiteral("ns/mnt"), QStringLiteral("mnt:[10]"));
        link(folder + QStringLiteral("ns/net"), QStringLiteral("net:[20]"));
    }

    void addSocketFd(int pid, int fd, quint64 inode) const
    {
        link(QStringLiteral("%1/fd/%2").arg(pid).arg(fd), QStringLiteral("socket:[%1]").arg(inode));
    }

    /// Lines as "flags state inode path".
    void setSockets(const QByteArrayList& lines) const
    {
        QByteArray text = "Num       RefCount Protocol Flags    Type St Inode Path\n";
        for (const QByteArray& line : lines) {
            const QByteArrayList parts = line.split(' ');
            text += "0000000000000000: 00000002 00000000 " + parts.value(0) + " 0001 " + parts.value(1) + ' '
                + parts.value(2) + ' ' + parts.sliced(3).join(' ') + '\n';
        }
        write(QStringLiteral("net/unix"), text);
    }

private:
    QTemporaryDir m_dir;
};

} // namespace cutover::test
