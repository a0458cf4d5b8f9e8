// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSocketNotifier>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <vector>

namespace cutover::test {

/// A Chromium without a window, driven over its own protocol through two pipes. Ends with its owner.
class Browser
{
public:
    /// Empty where there is none. CUTOVER_BROWSER names another.
    static QString program()
    {
        for (const QString& name : { qEnvironmentVariable("CUTOVER_BROWSER"), QStringLiteral("chromium"),
                 QStringLiteral("chromium-browser"), QStringLiteral("google-chrome") }) {
            const QString path = name.isEmpty() ? QString() : QStandardPaths::findExecutable(name);
            if (!path.isEmpty())
                return path;
        }
        return {};
    }

    ~Browser()
    {
        m_notifier.reset();
        m_commands.reset(); // its end is the browser's
        if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(20'000)) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }

    /// With an empty page. False: it does not work here, as log() says.
    bool start()
    {
        int commands[2];
        int answers[2];
        if (!m_profile.isValid() || ::pipe2(commands, O_CLOEXEC) != 0)
            return false;
        const auto childReads = UniqueFd::adopt(commands[0]);
        m_commands = UniqueFd::adopt(commands[1]);
        if (::pipe2(answers, O_CLOEXEC) != 0)
            return false;
        m_answers = UniqueFd::adopt(answers[0]);
        const auto childWrites = UniqueFd::adopt(answers[1]);
        m_process.setChildProcessModifier([in = childReads.get(), out = childWrites.get()] {
            // The protocol's numbers are 3 and 4, and either of ours may be the other's.
            const int reads = ::fcntl(in, F_DUPFD, 10);
            const int writes = ::fcntl(out, F_DUPFD, 10);
            ::dup2(reads, 3);
            ::dup2(writes, 4);
            ::close(reads);
            ::close(writes);
        });
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(program(),
            { QStringLiteral("--headless=new"), QStringLiteral("--no-sandbox"),
                QStringLiteral("--disable-gpu"), QStringLiteral("--no-first-run"),
                QStringLiteral("--disable-background-networking"),
                QStringLiteral("--disable-component-update"), QStringLiteral("--disable-dev-shm-usage"),
                QStringLiteral("--remote-debugging-pipe"),
                QStringLiteral("--user-data-dir=") + m_profile.filePath(QStringLiteral("profile")),
                QStringLiteral("about:blank") });
        if (!m_process.waitForStarted())
            return false;
        m_notifier = std::make_unique<QSocketNotifier>(m_answers.get(), QSocketNotifier::Read);
        QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(), [this] { read(); });
        const QString target = call(
            "Target.createTarget", { { QStringLiteral("url"), QStringLiteral("about:blank") } })[u"targetId"]
                                   .toString();
        m_session = call("Target.attachToTarget",
            { { QStringLiteral("targetId"), target }, { QStringLiteral("flatten"), true } })[u"sessionId"]
                        .toString();
        return !m_session.isEmpty();
    }

    /// The command's result; empty where it failed or no answer came.
    QJsonObject call(const char* method, const QJsonObject& parameters = {})
    {
        const int id = ++m_lastId;
        QJsonObject message{ { QStringLiteral("id"), id },
            { QStringLiteral("method"), QString::fromLatin1(method) },
            { QStringLiteral("params"), parameters } };
        if (!m_session.isEmpty())
            message.insert(QStringLiteral("sessionId"), m_session);
        QByteArray bytes = QJsonDocument(message).toJson(QJsonDocument::Compact);
        bytes.append('\0');
        if (::write(m_commands.get(), bytes.constData(), static_cast<std::size_t>(bytes.size()))
            != bytes.size())
            return {};
        if (!QTest::qWaitFor([&] { return m_results.contains(id) || !m_notifier->isEnabled(); }, 60'000))
            return {};
        return m_results[id];
    }

    /// The value of an expression of JavaScript.
    QJsonValue value(const QString& expression)
    {
        return call("Runtime.evaluate",
            { { QStringLiteral("expression"), expression }, { QStringLiteral("returnByValue"), true },
                { QStringLiteral("userGesture"), true } })[u"result"][u"value"];
    }

    /// What the browser told unasked, by its method's name, since the last clear().
    std::vector<QJsonObject> events(const char* method) const
    {
        std::vector<QJsonObject> found;
        for (const auto& [name, parameters] : m_events) {
            if (name == QLatin1StringView(method))
                found.push_back(parameters);
        }
        return found;
    }
    void clear() { m_events.clear(); }
    QString log() { return QString::fromUtf8(m_process.readAll()); }

private:
    void read()
    {
        char bytes[65536];
        const auto count = ::read(m_answers.get(), bytes, sizeof bytes);
        if (count <= 0) {
            m_notifier->setEnabled(false);
            return;
        }
        m_buffer.append(bytes, count);
        for (qsizetype end = m_buffer.indexOf('\0'); end >= 0; end = m_buffer.indexOf('\0')) {
            const QJsonObject message = QJsonDocument::fromJson(m_buffer.first(end)).object();
            m_buffer.remove(0, end + 1);
            if (message.contains(u"id"))
                m_results[message[u"id"].toInt()] = message[u"result"].toObject();
            else
                m_events.emplace_back(message[u"method"].toString(), message[u"params"].toObject());
        }
    }

    QTemporaryDir m_profile;
    QProcess m_process;
    UniqueFd m_commands;
    UniqueFd m_answers;
    std::unique_ptr<QSocketNotifier> m_notifier;
    QByteArray m_buffer;
    QString m_session;
    int m_lastId = 0;
    std::map<int, QJsonObject> m_results;
    std::vector<std::pair<QString, QJsonObject>> m_events;
};

} // namespace cutover::test
