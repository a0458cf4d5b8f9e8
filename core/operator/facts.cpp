// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/facts.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>

#include <cerrno>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

bool isPassable(const QString& link)
{
    return link.startsWith(u"/memfd:") || link.contains(u"vfio") || link.contains(u"iommu");
}

void countFiles(const QString& folder, ProcessFacts& facts)
{
    if (::access(QFile::encodeName(folder).constData(), R_OK | X_OK) != 0)
        return;
    facts.openFiles = 0;
    facts.passableFiles = 0;
    const QDir dir(folder);
    const QStringList names
        = dir.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot, QDir::NoSort);
    for (const QString& name : names) {
        ++facts.openFiles;
        if (isPassable(QFile::symLinkTarget(dir.filePath(name))))
            ++facts.passableFiles;
    }
}

std::optional<bool> probeKcmp(pid_t pid)
{
    // What is compared does not matter: permission is checked first.
    if (::syscall(SYS_kcmp, ::getpid(), pid, KCMP_VM, 0, 0) >= 0)
        return true;
    if (errno == ESRCH)
        return std::nullopt;
    return false;
}

} // namespace

QString Version::toString() const
{
    return u"%1.%2.%3"_s.arg(major).arg(minor).arg(micro);
}

std::optional<Version> Version::parse(const QString& text)
{
    static const QRegularExpression named(
        u"version (\\d{1,6})\\.(\\d{1,6})(?:\\.(\\d{1,6}))?"_s, QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression bare(u"(\\d{1,6})\\.(\\d{1,6})(?:\\.(\\d{1,6}))?"_s);
    QRegularExpressionMatch match = named.match(text);
    if (!match.hasMatch())
        match = bare.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    return Version{ .major = match.captured(1).toInt(),
        .minor = match.captured(2).toInt(),
        .micro = match.captured(3).toInt() };
}

std::optional<bool> Facts::capability(const QString& capabilityName) const
{
    const auto found = capabilities.constFind(capabilityName);
    return found == capabilities.constEnd() ? std::nullopt : std::optional(*found);
}

Result<ProcessFacts> collectProcess(pid_t pid, const ProcFs& proc)
{
    const Result<quint64> startTime = proc.startTime(pid);
    if (!startTime)
        return std::unexpected(startTime.error());
    const Result<ProcessStatus> status = proc.status(pid);
    if (!status)
        return std::unexpected(status.error());
    ProcessFacts facts;
    facts.pid = pid;
    facts.startTime = *startTime;
    facts.uid = status->uid;
    facts.executable = proc.executable(pid).value_or(QString());
    if (facts.executable.endsWith(u" (deleted)")) {
        facts.executable.chop(10);
        facts.executableReplaced = true;
    }
    facts.workingDirectory = proc.workingDirectory(pid).value_or(QString());
    facts.argv = proc.commandLine(pid).value_or(QStringList());
    if (const auto line = CommandLine::parse(facts.argv))
        facts.command = line->facts();
    if (const auto limit = proc.openFilesLimit(pid))
        facts.openFilesLimit = *limit;
    countFiles(proc.path(pid, u"fd"_s), facts);
    facts.kcmpPermitted = probeKcmp(pid);
    return facts;
}

} // namespace cutover::op
