// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/labsource.h"

#include <QFile>
#include <QFileInfo>

#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr int pollIntervalMs = 5;
constexpr qint64 errorTailBytes = 2048;

QString tailOf(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    if (file.size() > errorTailBytes)
        file.seek(file.size() - errorTailBytes);
    return QString::fromUtf8(file.read(errorTailBytes)).trimmed();
}

} // namespace

LabSource::LabSource(QObject* parent)
    : QObject(parent)
{
    m_pollTimer.setInterval(pollIntervalMs);
    connect(&m_pollTimer, &QTimer::timeout, this, &LabSource::poll);
}

LabSource::~LabSource()
{
    giveUp();
}

Result<void> LabSource::launch(const QStringList& argv, const QString& folder, const QString& qmpPath,
    const QString& errorPath, const std::vector<std::pair<int, int>>& fds)
{
    m_program = argv.value(0);
    m_qmpPath = qmpPath;
    m_errorPath = errorPath;
    m_over = false;
    SpawnOptions spawn;
    spawn.argv = argv;
    spawn.workingDirectory = folder;
    spawn.stdoutPath = spawn.stderrPath = errorPath;
    spawn.fds = fds;
    spawn.ownSession = true;
    auto child = ChildProcess::spawn(spawn);
    if (!child)
        return std::unexpected(child.error());
    m_process = *std::move(child);
    connect(m_process.get(), &ChildProcess::exited, this, &LabSource::processExited);
    m_pollTimer.start();
    return {};
}

void LabSource::giveUp()
{
    m_over = true;
    m_pollTimer.stop();
    if (m_client)
        m_client->close();
}

void LabSource::setOnDestroy(OnDestroy policy)
{
    if (m_process)
        m_process->setOnDestroy(policy);
}

void LabSource::poll()
{
    if (!QFileInfo::exists(m_qmpPath))
        return;
    m_pollTimer.stop();
    m_client = std::make_unique<qmp::Client>();
    connect(m_client.get(), &qmp::Client::ready, this, [this](const qmp::Greeting& greeting) {
        m_greeting = greeting;
        // The monitor serves one client at a time: it is free for others only when ours is gone.
        m_client->close();
    });
    connect(m_client.get(), &qmp::Client::closed, this, [this] {
        const bool answered = m_greeting.major != 0;
        m_client.release()->deleteLater();
        if (m_over)
            return;
        if (!answered) {
            m_pollTimer.start();
            return;
        }
        m_over = true;
        Q_EMIT started();
    });
    m_client->connectTo(m_qmpPath);
}

void LabSource::processExited(int code, bool signalled)
{
    if (m_over)
        return;
    m_over = true;
    m_pollTimer.stop();
    m_client.reset();
    m_process.release()->deleteLater();
    const QString ending
        = signalled ? u"it was ended by signal %1"_s.arg(code) : u"it exited with %1"_s.arg(code);
    const QString said = tailOf(m_errorPath);
    Q_EMIT failed(Error{ .code = ErrorCode::Remote,
        .attempt = u"start the VMM of the lab"_s,
        .object = m_program,
        .cause = said.isEmpty() ? ending : QString(ending + u": "_s + said),
        .remedy = u"Start the command by hand to see what it says, or name another program."_s });
}

} // namespace cutover::lab
