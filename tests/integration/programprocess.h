// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QStringList>
#include <QTest>

#include <csignal>
#include <functional>

namespace cutover::test {

struct ProcessRun
{
    int code = -1; ///< -1: it crashed or did not end
    QString out;
    QString err;

    /// Standard output as JSON Lines; a line that is none fails the test.
    QList<QJsonObject> jsonLines() const
    {
        QList<QJsonObject> objects;
        for (const QString& line : out.split(u'\n', Qt::SkipEmptyParts)) {
            QJsonParseError error;
            const auto document = QJsonDocument::fromJson(line.toUtf8(), &error);
            if (error.error != QJsonParseError::NoError || !document.isObject())
                QTest::qFail(qPrintable(QStringLiteral("not JSON: ") + line), __FILE__, __LINE__);
            objects.append(document.object());
        }
        return objects;
    }
    QJsonObject lastJson() const
    {
        const auto lines = jsonLines();
        return lines.isEmpty() ? QJsonObject() : lines.constLast();
    }
};

/// cutoverctl as a process of its own.
class ProcessUnderTest
{
public:
    /// \a restrict is called in the child, between fork and exec: system calls only.
    /// With \a mode ReadWrite its standard input stays open.
    explicit ProcessUnderTest(const QStringList& arguments, const std::function<void()>& restrict = {},
        QIODevice::OpenMode mode = QIODevice::ReadOnly)
    {
        if (restrict)
            m_process.setChildProcessModifier(restrict);
        m_process.start(QStringLiteral(CUTOVERCTL), arguments, mode);
    }

    bool sendSignal(int signal)
    {
        return m_process.processId() > 0 && ::kill(static_cast<pid_t>(m_process.processId()), signal) == 0;
    }
    /// All that was printed so far.
    QString output()
    {
        m_out += m_process.readAllStandardOutput();
        return QString::fromUtf8(m_out);
    }
    QProcess& process() { return m_process; }

    ProcessRun wait(int limitMs = 120'000)
    {
        ProcessRun run;
        const bool ended = m_process.state() == QProcess::NotRunning || m_process.waitForFinished(limitMs);
        if (ended && m_process.exitStatus() == QProcess::NormalExit
            && m_process.error() != QProcess::FailedToStart)
            run.code = m_process.exitCode();
        run.out = output();
        run.err = QString::fromUtf8(m_process.readAllStandardError());
        return run;
    }

private:
    QProcess m_process;
    QByteArray m_out;
};

inline ProcessRun runProcess(const QStringList& arguments)
{
    return ProcessUnderTest(arguments).wait();
}

} // namespace cutover::test
