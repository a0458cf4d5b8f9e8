// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "lab/trafficpeer.h"

#include <QJsonObject>
#include <QObject>
#include <QProcess>
#include <QStringList>

#include <optional>

namespace cutover::lab {

/// Which lab is wanted.
struct LabRequest
{
    enum class Vmm : std::uint8_t { Embedded, Qemu };
    Vmm vmm = Vmm::Embedded;
    QString program; ///< of the source; empty: the usual one of its kind
    QStringList options; ///< more options of `cutoverctl lab`

    /// By the name of the source's program.
    static LabRequest of(const QString& program);
    bool operator==(const LabRequest&) const = default;
};

/// A lab as a child process, `cutoverctl lab`: whoever has threads or a display cannot move into a private
/// network himself. It ends with its owner, however that ends. Asynchronous, on the event loop.
class LabProgram : public QObject
{
    Q_OBJECT
public:
    explicit LabProgram(LabRequest request, QObject* parent = nullptr);
    /// Ends the lab and waits for that, two seconds at most.
    ~LabProgram() override;

    /// Leads to started() or failed(), never from inside it. Once.
    void start();
    /// Leads to ended().
    void end();

    const LabRequest& request() const { return m_request; }
    bool isStarted() const { return m_started; }
    QString qmpPath() const
    {
        return m_ready[QLatin1StringView("source")].toString();
    } ///< empty before started()
    QString folder() const { return m_ready[QLatin1StringView("folder")].toString(); }
    pid_t sourcePid() const { return static_cast<pid_t>(m_ready[QLatin1StringView("pid")].toInteger()); }
    /// What this machine lacks, one sentence each.
    QStringList notes() const;
    /// The last one; nothing without a network.
    const std::optional<TrafficReading>& traffic() const { return m_traffic; }

    /// Hands over a process, such as the destination of a migration: it ends with the lab.
    void takeOver(pid_t pid, quint64 startTicks);
    /// Forgets the longest silence of the traffic so far.
    void markSilence();

Q_SIGNALS:
    void started();
    /// It could not be started, or ended by itself.
    void failed(const cutover::Error& error);
    void trafficRead(const cutover::lab::TrafficReading& reading);
    /// After end().
    void ended();

private:
    void read();
    void take(const QJsonObject& message);
    void tell(const QJsonObject& message);
    void processEnded();
    void fail(const Error& error);

    LabRequest m_request;
    QProcess m_process;
    QByteArray m_waiting; ///< of a line that is not complete
    QJsonObject m_ready;
    std::optional<Error> m_error; ///< as the lab said it
    std::optional<TrafficReading> m_traffic;
    bool m_started = false;
    bool m_ending = false;
    bool m_failed = false;
};

/// The line that a lab prints of its traffic, and back.
QJsonObject trafficToJson(const TrafficReading& reading);
TrafficReading trafficFromJson(const QJsonObject& object);

} // namespace cutover::lab
