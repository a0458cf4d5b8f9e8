// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/labcommand.h"
#include "cli/laboptions.h"
#include "fdpass/describe.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace cutover::cli {

VmmDemo::VmmDemo(Console& console, const Options& options, const lab::VmmLabOptions& labOptions,
    op::SessionRequest request)
    : LabCommand(console, options)
    , m_options(labOptions)
    , m_request(std::move(request))
    , m_lab(labOptions)
{
    connect(&m_lab, &lab::VmmLab::started, this, &VmmDemo::labStarted);
    connect(&m_lab, &lab::VmmLab::failed, this, &VmmDemo::reportFailure);
}

VmmDemo::~VmmDemo()
{
    leave();
}

void VmmDemo::start()
{
    if (auto opened = openRecording(); !opened) {
        reportFailure(opened.error());
        return;
    }
    if (!isJson())
        console().print(i18nc("memory", "Starting the embedded VMM with %1 of memory in a private folder …",
            fdpass::sizeText(m_options.ramBytes)));
    m_lab.start();
}

void VmmDemo::labStarted()
{
    if (!isJson()) {
        console().print(i18nc("pid", "A guest runs as process %1.", QString::number(m_lab.sourcePid())));
        for (const QString& note : m_lab.notes())
            console().print(printable(note));
        console().print({});
    }
    m_request.source.qmpPath = m_lab.qmpPath();
    setGuestToWork(m_lab.qmpPath(), this, [this] {
        // The guest works for a moment first, so that what it says afterwards is about the switchover.
        QTimer::singleShot(500, this, [this] {
            if (m_lab.traffic())
                m_lab.traffic()->markSilence();
            beginInLab(m_request);
        });
    });
}

Result<void> VmmDemo::takeOverProcess(pid_t pid, quint64 startTicks)
{
    return m_lab.takeOver(pid, startTicks);
}

void VmmDemo::gather()
{
    // The guest goes on for a moment, so that the end of the silence is seen.
    QTimer::singleShot(300, this, &VmmDemo::askPulse);
}

void VmmDemo::askPulse()
{
    if (m_lab.traffic())
        m_traffic = m_lab.traffic()->stop();
    const Side side = run()->location() == op::GuestLocation::Destination ? Side::Destination : Side::Source;
    m_client = std::make_unique<qmp::Client>();
    connect(m_client.get(), &qmp::Client::ready, this, [this] {
        m_client->call(u"query-pulse"_s, {}, [this](const Result<QJsonValue>& reply) {
            pulseAnswered(reply ? reply->toObject() : QJsonObject());
        });
    });
    connect(m_client.get(), &qmp::Client::closed, this, [this] { pulseAnswered({}); });
    m_client->connectTo(monitorPath(side));
}

void VmmDemo::pulseAnswered(const QJsonObject& pulse)
{
    if (!m_client)
        return;
    m_client.release()->deleteLater();
    m_pulse = pulse;
    report();
}

QJsonObject VmmDemo::extraJson() const
{
    QJsonObject extra{ { u"pulse"_s, m_pulse }, { u"network-kind"_s, lab::labNetworkId(m_lab.network()) },
        { u"notes"_s, QJsonArray::fromStringList(m_lab.notes()) } };
    if (m_traffic)
        extra.insert(u"traffic"_s,
            QJsonObject{ { u"sent"_s, qint64(m_traffic->sent) },
                { u"received"_s, qint64(m_traffic->received) }, { u"lost"_s, qint64(m_traffic->lost()) },
                { u"reordered"_s, qint64(m_traffic->reordered) },
                { u"longest-silence-ns"_s, m_traffic->longestSilenceNs } });
    return extra;
}

void VmmDemo::concluded(ExitCode code)
{
    if (!isJson() && code == ExitDone) {
        console().print({});
        console().print(console().paint(Tone::Title, i18n("What the guest saw")));
        if (const qint64 gap = m_pulse[u"start-gap-ns"].toInteger(); gap > 0)
            console().print(
                u"  "_s + i18nc("duration", "its own heart stood still for %1", timeline::durationText(gap)));
        if (m_traffic)
            console().print(u"  "_s
                + i18nc("number, number, duration",
                    "%1 datagrams were sent to it, %2 lost; longest silence %3",
                    QString::number(m_traffic->sent), QString::number(m_traffic->lost()),
                    timeline::durationText(m_traffic->longestSilenceNs)));
        if (const qint64 verified = m_pulse[u"blocks-verified"].toInteger(); verified > 0)
            console().print(u"  "_s
                + i18nc("number, number", "%1 blocks were read back from its disk, %2 of them wrong",
                    QString::number(verified), QString::number(m_pulse[u"blocks-wrong"].toInteger())));
    }
    LabCommand::concluded(code);
}

} // namespace cutover::cli
