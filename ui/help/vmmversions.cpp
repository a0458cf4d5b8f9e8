// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "help/vmmversions.h"

#include <QCoreApplication>
#include <QDir>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static constexpr int limitMs = 3000;

QString vmmVersion(const QString& output)
{
    static const QRegularExpression pattern(u"(?:version |cutover-vmm )(\\d[^\\n]*)"_s);
    return pattern.match(output).captured(1).trimmed();
}

QStringList vmmPrograms()
{
    QStringList programs;
    QSet<QString> files;
    const auto add = [&](const QFileInfo& program) {
        if (program.isFile() && program.isExecutable() && !files.contains(program.canonicalFilePath())) {
            files.insert(program.canonicalFilePath());
            programs.append(program.absoluteFilePath());
        }
    };
    QStringList folders{ QCoreApplication::applicationDirPath() };
    folders += qEnvironmentVariable("PATH").split(u':', Qt::SkipEmptyParts);
    for (const QString& folder : std::as_const(folders)) {
        const QDir dir(folder);
        for (const QFileInfo& program : dir.entryInfoList(
                 { u"qemu-system-x86_64*"_s, u"qemu-system-aarch64*"_s, u"cutover-vmm"_s }, QDir::Files))
            add(program);
    }
    for (const char* variable : { "CUTOVER_QEMU_10", "CUTOVER_QEMU_11" })
        add(QFileInfo(qEnvironmentVariable(variable)));
    return programs;
}

VmmVersions::VmmVersions(const QStringList& programs, QObject* parent)
    : QObject(parent)
    , m_programs(programs)
{
    for (const QString& program : programs) {
        auto* process = new QProcess(this);
        m_running.append(process);
        const auto ended = [this, process, program] {
            if (!m_running.removeOne(process))
                return;
            m_versions.insert(program, vmmVersion(QString::fromLocal8Bit(process->readAllStandardOutput())));
            if (m_running.isEmpty())
                finish();
        };
        connect(process, &QProcess::finished, this, ended);
        connect(process, &QProcess::errorOccurred, this, ended);
        process->start(program, { u"-version"_s }, QIODevice::ReadOnly);
    }
    m_limit.setSingleShot(true);
    connect(&m_limit, &QTimer::timeout, this, &VmmVersions::finish);
    m_limit.start(m_running.isEmpty() ? 0 : limitMs);
}

void VmmVersions::finish()
{
    m_limit.stop();
    for (QProcess* process : std::as_const(m_running)) {
        process->disconnect(this);
        process->kill();
    }
    QList<VmmProgram> answered;
    for (const QString& program : std::as_const(m_programs)) {
        if (const QString version = m_versions.value(program); !version.isEmpty())
            answered.append({ program, version });
    }
    Q_EMIT found(answered);
    deleteLater();
}

} // namespace cutover::ui
