// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QDir>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>
#include <QProcess>
#include <QStringList>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <memory>

namespace cutover::test {

/// A QMP client that waits.
class QmpConnection
{
public:
    static constexpr int limitMs = 10'000;

    QmpConnection() = default;
    explicit QmpConnection(const QString& path)
        : m_socket(std::make_unique<QLocalSocket>())
    {
        QElapsedTimer timer;
        timer.start();
        // The socket is there a moment before it listens.
        do {
            m_socket->connectToServer(path);
        } while (!m_socket->waitForConnected(100) && timer.elapsed() < limitMs && (QTest::qWait(10), true));
        m_greeting = read();
    }
    explicit QmpConnection(std::unique_ptr<QLocalSocket> socket)
        : m_socket(std::move(socket))
        , m_greeting(read())
    {
    }

    const QJsonObject& greeting() const { return m_greeting; }
    QList<QJsonObject> events() const { return m_events; }
    bool sawEvent(const QString& name) const
    {
        return std::ranges::any_of(m_events, [&](const QJsonObject& e) { return e[u"event"] == name; });
    }
    QLocalSocket& socket() { return *m_socket; }

    /// The whole reply; empty at the end of the connection.
    QJsonObject execute(const QString& command, const QJsonObject& arguments = {})
    {
        QJsonObject request{ { QStringLiteral("execute"), command } };
        if (!arguments.isEmpty())
            request.insert(QStringLiteral("arguments"), arguments);
        m_socket->write(QJsonDocument(request).toJson(QJsonDocument::Compact) + '\n');
        m_socket->flush();
        return nextReply();
    }
    QJsonObject nextReply()
    {
        while (true) {
            const QJsonObject message = read();
            if (!message.contains(u"event"))
                return message;
            m_events.append(message);
        }
    }
    QJsonValue value(const QString& command, const QJsonObject& arguments = {})
    {
        const QJsonObject reply = execute(command, arguments);
        if (!reply.contains(u"return"))
            qWarning() << command << reply;
        return reply[u"return"];
    }
    QString errorOf(const QString& command, const QJsonObject& arguments = {})
    {
        return execute(command, arguments)[u"error"][u"desc"].toString();
    }
    void negotiate() { value(QStringLiteral("qmp_capabilities")); }
    /// What comes until the connection ends.
    void readToEnd()
    {
        while (true) {
            const QJsonObject message = read();
            if (message.isEmpty())
                return;
            m_events.append(message);
        }
    }
    bool waitForStatus(const QString& command, const QString& status)
    {
        QElapsedTimer timer;
        timer.start();
        while (value(command)[u"status"].toString() != status) {
            if (timer.elapsed() > limitMs)
                return false;
            QTest::qWait(10);
        }
        return true;
    }

private:
    QJsonObject read()
    {
        while (!m_socket->canReadLine()) {
            if (!m_socket->waitForReadyRead(limitMs))
                return {};
        }
        return QJsonDocument::fromJson(m_socket->readLine()).object();
    }

    std::unique_ptr<QLocalSocket> m_socket;
    QJsonObject m_greeting;
    QList<QJsonObject> m_events;
};

/// cutover-vmm as a process of its own, ended with this object.
class VmmProcess
{
public:
    explicit VmmProcess(const QStringList& arguments)
    {
        m_process.setStandardOutputFile(QProcess::nullDevice());
        m_process.start(QStringLiteral(CUTOVER_VMM), arguments, QIODevice::ReadOnly);
        m_process.waitForStarted();
    }
    ~VmmProcess()
    {
        if (m_process.state() != QProcess::NotRunning) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }

    pid_t pid() const { return static_cast<pid_t>(m_process.processId()); }
    void sendSignal(int signal) const { ::kill(pid(), signal); }
    /// The exit code; -1 for a crash or when it goes on.
    int wait()
    {
        if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(QmpConnection::limitMs))
            return -1;
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }
    bool isRunning() const { return m_process.state() == QProcess::Running; }
    QString errors() { return QString::fromUtf8(m_process.readAllStandardError()); }
    qsizetype fdCount() const
    {
        const QDir folder(QStringLiteral("/proc/%1/fd").arg(pid()));
        return folder.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
    }

private:
    QProcess m_process;
};

} // namespace cutover::test
