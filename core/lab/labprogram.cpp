// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/labprogram.h"

#include "lab/programs.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr qsizetype longestLine = 1 << 16;
constexpr int endWaitMs = 2000;

} // namespace

LabRequest LabRequest::of(const QString& program)
{
    const bool embedded = program.isEmpty() || QFileInfo(program).fileName().startsWith("cutover-vmm"_L1);
    return { .vmm = embedded ? Vmm::Embedded : Vmm::Qemu,
        .program = program == "cutover-vmm"_L1 ? QString() : program,
        .options = {} };
}

QJsonObject trafficToJson(const TrafficReading& reading)
{
    return { { u"sent"_s, qint64(reading.sent) }, { u"received"_s, qint64(reading.received) },
        { u"lost"_s, qint64(reading.lost()) }, { u"reordered"_s, qint64(reading.reordered) },
        { u"duplicated"_s, qint64(reading.duplicated) },
        { u"longest-silence-ns"_s, reading.longestSilenceNs },
        { u"longest-silence-at-ns"_s, reading.longestSilenceAtNs },
        { u"round-trip-ns"_s, reading.roundTripNs } };
}

TrafficReading trafficFromJson(const QJsonObject& object)
{
    const auto count = [&object](QLatin1StringView name) {
        return static_cast<quint64>(qMax<qint64>(0, object[name].toInteger()));
    };
    return { .sent = count("sent"_L1),
        .received = count("received"_L1),
        .reordered = count("reordered"_L1),
        .duplicated = count("duplicated"_L1),
        .longestSilenceNs = object["longest-silence-ns"_L1].toInteger(),
        .longestSilenceAtNs = object["longest-silence-at-ns"_L1].toInteger(),
        .roundTripNs = object["round-trip-ns"_L1].toInteger() };
}

LabProgram::LabProgram(LabRequest request, QObject* parent)
    : QObject(parent)
    , m_request(std::move(request))
{
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &LabProgram::read);
    connect(&m_process, &QProcess::finished, this, &LabProgram::processEnded);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(failure(ErrorCode::System, u"start the lab"_s, m_process.program(), m_process.errorString())
                    .error());
    });
}

LabProgram::~LabProgram()
{
    m_process.disconnect(this);
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.closeWriteChannel();
    if (!m_process.waitForFinished(endWaitMs))
        m_process.kill(); // its keeper ends the rest
    m_process.waitForFinished(endWaitMs);
}

void LabProgram::start()
{
    const QString program = labProgram();
    if (program.isEmpty()) {
        QMetaObject::invokeMethod(
            this,
            [this] {
                fail(failure(ErrorCode::NotFound, u"start the lab"_s, u"cutoverctl"_s,
                    u"it is neither beside this program nor in PATH"_s, u"Install it."_s)
                        .error());
            },
            Qt::QueuedConnection);
        return;
    }
    QStringList arguments{ u"lab"_s, u"--vmm"_s,
        m_request.vmm == LabRequest::Vmm::Qemu ? u"qemu"_s : u"embedded"_s };
    if (!m_request.program.isEmpty())
        arguments << u"--binary"_s << m_request.program;
    m_process.start(program, arguments + m_request.options);
}

void LabProgram::end()
{
    m_ending = true;
    if (m_process.state() == QProcess::NotRunning)
        QMetaObject::invokeMethod(this, &LabProgram::ended, Qt::QueuedConnection);
    else
        m_process.closeWriteChannel();
}

QStringList LabProgram::notes() const
{
    QStringList notes;
    for (const QJsonValue& note : m_ready["notes"_L1].toArray())
        notes << note.toString();
    return notes;
}

void LabProgram::takeOver(pid_t pid, quint64 startTicks)
{
    tell({ { u"take-over"_s, pid }, { u"start"_s, QString::number(startTicks) } });
}

void LabProgram::markSilence()
{
    tell({ { u"mark-silence"_s, true } });
}

void LabProgram::tell(const QJsonObject& message)
{
    if (m_started && m_process.state() == QProcess::Running)
        m_process.write(QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n');
}

void LabProgram::read()
{
    m_waiting += m_process.readAllStandardOutput();
    for (qsizetype end = m_waiting.indexOf('\n'); end >= 0; end = m_waiting.indexOf('\n')) {
        const QByteArray line = m_waiting.first(end);
        m_waiting.remove(0, end + 1);
        take(QJsonDocument::fromJson(line).object());
    }
    if (m_waiting.size() > longestLine)
        m_waiting.clear();
}

void LabProgram::take(const QJsonObject& message)
{
    const QString type = message["type"_L1].toString();
    if (type == "ready"_L1 && !m_started) {
        m_ready = message;
        m_started = true;
        Q_EMIT started();
    } else if (type == "traffic"_L1) {
        m_traffic = trafficFromJson(message);
        Q_EMIT trafficRead(*m_traffic);
    } else if (type == "failed"_L1) {
        const QJsonObject said = message["failure"_L1].toObject();
        m_error = Error{ .code = ErrorCode::Remote,
            .attempt = said["attempt"_L1].toString(),
            .object = said["object"_L1].toString(),
            .cause = said["cause"_L1].toString(),
            .remedy = said["remedy"_L1].toString() };
    }
}

void LabProgram::processEnded()
{
    read();
    if (m_ending) {
        Q_EMIT ended();
        return;
    }
    if (m_error) {
        fail(*m_error);
        return;
    }
    const QString said = QString::fromUtf8(m_process.readAllStandardError()).trimmed();
    fail(failure(ErrorCode::Disconnected, u"keep the lab"_s, {},
        said.isEmpty() ? u"its process has ended"_s : said, u"Start another one."_s)
            .error());
}

void LabProgram::fail(const Error& error)
{
    if (!std::exchange(m_failed, true))
        Q_EMIT failed(error);
}

} // namespace cutover::lab
