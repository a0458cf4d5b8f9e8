// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/endpoint.h"

#include "base/clock.h"
#include "base/logging.h"
#include "timeline/fromtrace.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include <KLocalizedString>

#include <algorithm>
#include <csignal>
#include <poll.h>

namespace cutover::op {

using timeline::Category;

static constexpr qint64 outputTailBytes = 4096;

/// The name under which a raw message stands in the record.
static QString messageName(const QJsonObject& message)
{
    for (const auto key : { u"execute", u"exec-oob", u"event" }) {
        if (message.contains(key))
            return message[key].toString();
    }
    for (const auto key : { u"return", u"error", u"QMP" }) {
        if (message.contains(key))
            return QString(key);
    }
    return {};
}

Endpoint::Endpoint(Side side, timeline::Record& record, QObject* parent)
    : QObject(parent)
    , m_side(side)
    , m_record(record)
{
    connect(&m_client, &qmp::Client::rawMessage, this, [this](const qmp::RawMessage& message) {
        const QJsonObject object = QJsonDocument::fromJson(message.bytes).object();
        const bool sent = message.direction == qmp::RawMessage::Direction::Sent;
        append(sent ? Category::QmpSent : Category::QmpReceived, messageName(object),
            { { QStringLiteral("raw"), QString::fromUtf8(message.bytes) } }, message.timeNs);
    });
    connect(&m_client, &qmp::Client::event, this,
        [this](const QString& name, const QJsonObject& data, qint64 timeNs) {
            append(Category::QmpEvent, name, data, timeNs);
            Q_EMIT vmEvent(name, data);
        });
    connect(&m_client, &qmp::Client::ready, this, [this] {
        const auto peer = m_client.peerCredentials();
        Result<void> watched;
        if (!m_process && !m_child && peer && peer->pid > 0)
            watched = watch(peer->pid);
        // Its greeting may have been its last word.
        const bool ended = !watched && watched.error().code == ErrorCode::NotFound;
        if (!watched && !ended)
            qCWarning(lcSession) << watched.error().message();
        Q_EMIT connected();
        if (ended)
            processEnded(i18n("its process %1 has ended", QString::number(peer->pid)));
    });
    connect(&m_client, &qmp::Client::closed, this, &Endpoint::disconnected);
}

Endpoint::~Endpoint()
{
    if (m_child)
        m_child->setOnDestroy(OnDestroy::Leave);
}

void Endpoint::connectTo(const QString& path)
{
    m_client.connectTo(path);
}

Result<void> Endpoint::listenAt(const QString& path)
{
    return m_client.listenAt(path);
}

Result<void> Endpoint::watch(pid_t pid)
{
    auto process = ProcessHandle::open(pid);
    if (!process)
        return std::unexpected(process.error());
    m_process = std::move(*process);
    connect(m_process.get(), &ProcessHandle::exited, this,
        [this, pid] { processEnded(i18n("its process %1 has ended", QString::number(pid))); });
    return {};
}

void Endpoint::adopt(std::unique_ptr<ChildProcess> child, const QString& errorsPath)
{
    m_child = std::move(child);
    m_errorsPath = errorsPath;
    m_errors = std::make_unique<trace::LogFollower>();
    connect(m_errors.get(), &trace::LogFollower::lines, this, &Endpoint::takeErrors);
    if (const auto started = m_errors->start(errorsPath); !started)
        noteProblem(started.error());
    connect(m_child.get(), &ChildProcess::exited, this, [this](int code, bool signalled) {
        processEnded(signalled
                ? i18n("it was ended by signal %1 (%2)", code, QString::fromLocal8Bit(strsignal(code)))
                : i18n("it ended with exit code %1", code));
    });
}

pid_t Endpoint::pid() const
{
    return m_child ? m_child->pid() : m_process ? m_process->pid() : 0;
}

quint64 Endpoint::startTimeTicks() const
{
    return m_child ? m_child->startTimeTicks() : m_process ? m_process->startTimeTicks() : 0;
}

bool Endpoint::isAlive() const
{
    const int pidFd = m_child ? m_child->pidFd() : m_process ? m_process->pidFd() : -1;
    if (m_gone || pidFd < 0)
        return !m_gone;
    pollfd ended{ .fd = pidFd, .events = POLLIN, .revents = 0 };
    return ::poll(&ended, 1, 0) == 0;
}

Result<void> Endpoint::kill()
{
    if (!m_child)
        return failure(ErrorCode::Refused, i18n("end the destination"), QString::number(pid()),
            i18n("it was not started by this program"));
    return m_child->kill();
}

Result<void> Endpoint::continueProcess()
{
    if (m_child)
        return m_child->sendSignal(SIGCONT);
    if (m_process)
        return m_process->sendSignal(SIGCONT);
    return failure(ErrorCode::NotFound, i18n("let the process go on"), {}, i18n("its process is not known"));
}

void Endpoint::processEnded(const QString& text)
{
    if (std::exchange(m_gone, true))
        return;
    catchUp();
    append(Category::Process, QStringLiteral("exited"),
        { { QStringLiteral("pid"), pid() }, { QStringLiteral("text"), text } }, realtimeNs());
    Q_EMIT exited(text);
}

void Endpoint::followLog(const QString& path, bool fromEnd)
{
    m_logPath = path;
    m_logIsComplete = !fromEnd;
    m_log = std::make_unique<trace::LogFollower>();
    connect(m_log.get(), &trace::LogFollower::lines, this, &Endpoint::takeTrace);
    using StartAt = trace::LogFollower::StartAt;
    if (const auto started = m_log->start(path, fromEnd ? StartAt::End : StartAt::Beginning); !started)
        noteProblem(started.error());
}

void Endpoint::followErrors(pid_t pid)
{
    const QFileInfo file(QFile::symLinkTarget(QStringLiteral("/proc/%1/fd/2").arg(pid)));
    if (!file.isFile() || !file.isReadable())
        return;
    m_errorsPath = file.filePath();
    m_errorsStart = file.size();
    m_errors = std::make_unique<trace::LogFollower>();
    connect(m_errors.get(), &trace::LogFollower::lines, this, &Endpoint::takeErrors);
    if (const auto started = m_errors->start(m_errorsPath, trace::LogFollower::StartAt::End); !started)
        noteProblem(started.error());
}

void Endpoint::noteProblem(const Error& error)
{
    append(Category::Action, QStringLiteral("note"), { { QStringLiteral("text"), error.message() } },
        realtimeNs());
}

void Endpoint::catchUp()
{
    if (m_log)
        m_log->readNow(m_gone);
    if (m_errors)
        m_errors->readNow(m_gone);
}

static constexpr int toLog = 1;
static constexpr int toErrors = -1;

/// Some VMMs write a message both to their log and to stderr. \a channel: where this one came from.
bool Endpoint::isRepeated(const timeline::Event& event, int channel)
{
    static constexpr qsizetype limit = 1000;
    if (event.category != Category::Process || !m_errors)
        return false;
    if (m_messages.size() > limit)
        m_messages.clear();
    int& balance = m_messages[event.attributes[u"line"].toString()];
    const bool repeated = balance * channel < 0;
    balance += channel;
    return repeated;
}

void Endpoint::takeErrors(const QByteArrayList& lines)
{
    std::vector<timeline::Event> batch;
    batch.reserve(static_cast<std::size_t>(lines.size()));
    for (const QByteArray& text : lines) {
        timeline::Event event = timeline::fromTrace(m_side, trace::parseLine(text));
        if (!text.trimmed().isEmpty() && !isRepeated(event, toErrors))
            batch.push_back(std::move(event));
    }
    m_record.append(std::move(batch));
}

void Endpoint::takeTrace(const QByteArrayList& lines)
{
    std::vector<std::pair<QString, qint64>> done;
    std::vector<timeline::Event> batch;
    batch.reserve(static_cast<std::size_t>(lines.size()));
    for (const QByteArray& text : lines) {
        const trace::Line line = trace::parseLine(text);
        m_sawTrace = m_sawTrace || line.kind == trace::LineKind::Event;
        if (const auto* change = std::get_if<trace::RunstateSet>(&line.value))
            m_sawRunning = m_sawRunning || change->toName == u"running";
        timeline::Event event = timeline::fromTrace(m_side, line);
        if (line.name == u"x_fault_done")
            done.emplace_back(line.arguments, line.timeNs);
        if (!isRepeated(event, toLog))
            batch.push_back(std::move(event));
    }
    m_record.append(std::move(batch));
    for (const auto& [fault, timeNs] : done)
        Q_EMIT faultDone(fault, timeNs);
}

QString Endpoint::outputTail() const
{
    QFile file(m_errorsPath);
    if (m_errorsPath.isEmpty() || !file.open(QIODevice::ReadOnly))
        return {};
    file.seek(std::max(m_errorsStart, file.size() - outputTailBytes));
    return QString::fromLocal8Bit(file.read(outputTailBytes)).trimmed();
}

RanGuest Endpoint::ranGuest() const
{
    if (m_sawRunning)
        return RanGuest::Yes;
    return m_logIsComplete && m_sawTrace ? RanGuest::No : RanGuest::Unknown;
}

void Endpoint::call(
    const QString& command, const QJsonObject& arguments, qmp::Client::Reply reply, int timeoutMs)
{
    m_client.call(
        command, arguments, std::move(reply), { .timeoutMs = timeoutMs, .fds = {}, .outOfBand = false });
}

void Endpoint::append(Category category, const QString& name, const QJsonObject& attributes, qint64 timeNs)
{
    m_record.append(
        { .side = m_side, .timeNs = timeNs, .category = category, .name = name, .attributes = attributes });
}

} // namespace cutover::op
