// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/picture.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

/// In the build's folder beside us, installed in libexec; empty where it is not.
static QString drawingProgram()
{
    for (const QString& folder : { u"/"_s, u"/../libexec/cutover/"_s }) {
        const QString path = QCoreApplication::applicationDirPath() + folder + u"cutover-svg2png"_s;
        if (QFileInfo(path).isExecutable())
            return path;
    }
    return {};
}

PictureMaker::~PictureMaker()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    disconnect(&m_process, nullptr, this, nullptr);
    m_process.kill();
    m_process.waitForFinished();
}

void PictureMaker::start(const QByteArray& svg, double scale)
{
    const QString program = drawingProgram();
    if (program.isEmpty()) {
        fail(ErrorCode::Unsupported, i18n("cutover-svg2png, which draws it, is not installed"),
            i18n("Install the window (the package cutover), or use --svg."));
        return;
    }
    connect(&m_process, &QProcess::finished, this, &PictureMaker::processEnded);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(ErrorCode::System, m_process.errorString());
    });
    m_process.setUnixProcessParameters(QProcess::UnixProcessFlag::ResetSignalHandlers);
    m_process.start(program, { QString::number(scale) });
    m_process.write(svg);
    m_process.closeWriteChannel();
}

void PictureMaker::processEnded(int exitCode, QProcess::ExitStatus status)
{
    const QByteArray png = m_process.readAllStandardOutput();
    if (status == QProcess::NormalExit && exitCode == 0 && !png.isEmpty()) {
        Q_EMIT made(png);
        return;
    }
    const QString output = QString::fromUtf8(m_process.readAllStandardError()).trimmed();
    fail(ErrorCode::System,
        status == QProcess::CrashExit || output.isEmpty()
            ? i18nc("a program, its output", "%1 ended early. %2", m_process.program(), output)
            : output,
        i18n("A smaller --scale may help, or --svg."));
}

void PictureMaker::fail(ErrorCode code, const QString& cause, const QString& remedy)
{
    Q_EMIT failed({ .code = code,
        .attempt = i18n("draw the picture"),
        .object = {},
        .cause = cause,
        .remedy = remedy });
}

} // namespace cutover::cli
