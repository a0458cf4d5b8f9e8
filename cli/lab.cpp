// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "cli/command.h"
#include "cli/laboptions.h"
#include "lab/labfolder.h"
#include "lab/labprogram.h"
#include "lab/privatenetwork.h"
#include "operator/journal.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QJsonDocument>
#include <QSocketNotifier>
#include <QTimer>

#include <array>
#include <cerrno>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr int reportIntervalMs = 500;
constexpr qsizetype longestLine = 4096;

/// A lab that whoever reads our output uses, until he closes our input.
class LabServer : public Command
{
    Q_OBJECT
public:
    LabServer(Console& console, const lab::VmmLabOptions& options)
        : Command(console)
        , m_embedded(std::make_unique<lab::VmmLab>(options))
    {
        watch(*m_embedded);
    }
    LabServer(Console& console, const lab::QemuLabOptions& options)
        : Command(console)
        , m_qemu(std::make_unique<lab::QemuLab>(options))
    {
        watch(*m_qemu);
    }
    ~LabServer() override
    {
        m_embedded.reset();
        m_qemu.reset();
        lab::endPrivateNetwork(lab::labKeeper());
        removePairs();
    }

    void start() override
    {
        connect(&m_input, &QSocketNotifier::activated, this, &LabServer::read);
        connect(&m_report, &QTimer::timeout, this, &LabServer::report);
        m_embedded ? m_embedded->start() : m_qemu->start();
    }
    int abandonCode() const override { return ExitDone; }

private:
    template <typename Lab>
    void watch(Lab& lab)
    {
        connect(&lab, &Lab::started, this, &LabServer::labStarted);
        connect(&lab, &Lab::failed, this, &LabServer::labFailed);
    }

    void labStarted()
    {
        if (m_embedded)
            setGuestToWork(m_embedded->qmpPath(), this, [this] { announce(); });
        else
            announce();
    }

    void announce()
    {
        QStringList notes;
        if (m_embedded)
            notes = m_embedded->notes();
        else if (!m_qemu->acceleratorNote().isEmpty())
            notes << i18nc("reason", "TCG, because KVM cannot be used: %1", m_qemu->acceleratorNote());
        const QString source = m_embedded ? m_embedded->qmpPath() : m_qemu->qmpPath();
        const pid_t pid = m_embedded ? m_embedded->sourcePid() : m_qemu->sourcePid();
        m_sources = { pid };
        console().printJson({ { u"type"_s, u"ready"_s }, { u"vmm"_s, m_embedded ? u"embedded"_s : u"qemu"_s },
            { u"source"_s, source }, { u"folder"_s, m_embedded ? m_embedded->folder() : m_qemu->folder() },
            { u"pid"_s, pid }, { u"network"_s, m_embedded && m_embedded->traffic() },
            { u"network-kind"_s,
                lab::labNetworkId(m_embedded ? m_embedded->network() : lab::LabNetwork::None) },
            { u"notes"_s, QJsonArray::fromStringList(notes) } });
        if (m_embedded && m_embedded->traffic())
            m_report.start(reportIntervalMs);
    }

    void labFailed(const Error& error)
    {
        console().printJson({ { u"type"_s, u"failed"_s },
            { u"failure"_s,
                QJsonObject{ { u"attempt"_s, error.attempt }, { u"object"_s, error.object },
                    { u"cause"_s, error.cause }, { u"message"_s, error.message() },
                    { u"remedy"_s, error.remedy } } } });
        fail(error);
    }

    void report()
    {
        QJsonObject line = lab::trafficToJson(m_embedded->traffic()->reading());
        line.insert(u"type"_s, u"traffic"_s);
        console().printJson(line);
    }

    void read()
    {
        std::array<char, longestLine> bytes{};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        if (count <= 0) {
            m_input.setEnabled(false);
            Q_EMIT finished(ExitDone);
            return;
        }
        m_line.append(bytes.data(), count);
        for (qsizetype end = m_line.indexOf('\n'); end >= 0; end = m_line.indexOf('\n')) {
            take(QJsonDocument::fromJson(m_line.first(end)).object());
            m_line.remove(0, end + 1);
        }
        if (m_line.size() > longestLine)
            m_line.clear();
    }

    void take(const QJsonObject& request)
    {
        if (request["mark-silence"_L1].toBool() && m_embedded && m_embedded->traffic())
            m_embedded->traffic()->markSilence();
        const auto pid = static_cast<pid_t>(request["take-over"_L1].toInteger());
        if (pid <= 1)
            return;
        const quint64 start = request["start"_L1].toString().toULongLong();
        const auto taken = m_embedded ? m_embedded->takeOver(pid, start) : m_qemu->takeOver(pid, start);
        if (!taken)
            console().error(taken.error());
        else
            m_sources << pid;
    }

    /// What migrations of the lab's guest leave behind, whose processes have ended with it.
    void removePairs() const
    {
        for (const op::PairJournal& pair : op::findPairs()) {
            const bool ours = m_sources.contains(pair.source.pid) && !processStartTime(pair.source.pid);
            if (ours && !processStartTime(pair.destination.pid))
                static_cast<void>(op::removePairFolder(pair.folder));
        }
        op::sweepPairs();
    }

    std::unique_ptr<lab::VmmLab> m_embedded;
    std::unique_ptr<lab::QemuLab> m_qemu;
    QList<pid_t> m_sources;
    QSocketNotifier m_input{ STDIN_FILENO, QSocketNotifier::Read };
    QByteArray m_line;
    QTimer m_report;
};

CommandSpec spec()
{
    return {
        .name = u"lab"_s,
        .synopsis = { u"[OPTION …] [-- ARGUMENT …]"_s, u"--vmm qemu [OPTION …] [-- ARGUMENT …]"_s },
        .summary = i18n("Start a guest to try things on, until the input closes"),
        .description
        = i18n("Starts what 'cutoverctl demo' starts, and leaves it to you: a busy guest on the embedded VMM with a "
               "network, a disk and a console, or with --vmm qemu a QEMU whose guest does nothing but beat. Prints one "
               "JSON line when it is ready, with the QMP socket of the source, then one for what the traffic sees, twice "
               "a second. Ends all of it, with every process that a migration of the guest has started, when its standard "
               "input closes or when it is ended. Needs no preparation and no root; the network is a private one. What follows "
               "'--' is added to the VMM's command line."),
        .options = labOptionSpecs(),
        .arguments = {},
        .takesCommand = true,
        .examples = {
            { u"cutoverctl lab"_s, i18n("Ctrl+D or Ctrl+C ends it.") },
            { u"cutoverctl lab --vmm qemu --binary qemu-system-x86_64-11.1"_s, i18n("A certain QEMU.") },
        },
        .exitCodes = { i18n("0  it was ended"), i18n("1  failed"), i18n("2  the command line was not understood") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    if (wantsQemu(options)) {
        const auto labOptions = qemuLabOptions(options);
        if (!labOptions)
            return std::unexpected(labOptions.error());
        return std::make_unique<LabServer>(console, *labOptions);
    }
    const auto labOptions = vmmLabOptions(options);
    if (!labOptions)
        return std::unexpected(labOptions.error());
    return std::make_unique<LabServer>(console, *labOptions);
}

} // namespace

CommandEntry labCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli

#include "lab.moc"
