// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "rescue/rescuer.h"

#include "base/clock.h"

#include <KLocalizedString>

namespace cutover::ui {

Rescuer::Rescuer(const op::PairJournal& journal, timeline::Record& record, QObject* parent)
    : QObject(parent)
    , m_operation(journal)
    , m_record(record)
{
    m_view.evidence.journal = journal;
    connect(&m_operation, &op::RescueOperation::assessed, this, &Rescuer::assessed);
    connect(&m_operation, &op::RescueOperation::finished, this,
        [this](op::GuestLocation location, const std::optional<op::Failure>& failure) {
            m_view.isBusy = false;
            m_view.failure = failure;
            note(QStringLiteral("rescue-ended"),
                { { QStringLiteral("location"), op::guestLocationId(location) },
                    { QStringLiteral("text"),
                        failure ? failure->sentence() : op::guestLocationSentence(location) } });
            Q_EMIT changed();
            if (failure)
                look();
            else
                Q_EMIT done(location);
        });
}

void Rescuer::look()
{
    m_view.isBusy = true;
    Q_EMIT changed();
    m_operation.look();
}

void Rescuer::assessed()
{
    m_view.isBusy = false;
    m_view.isAssessed = true;
    m_view.evidence = m_operation.evidence();
    m_view.assessment = m_operation.assessment();
    note(QStringLiteral("rescue-looked"),
        { { QStringLiteral("location"), op::guestLocationId(m_view.assessment.location) },
            { QStringLiteral("text"), m_view.assessment.sentence },
            { QStringLiteral("source"), evidenceText(Side::Source, m_view.evidence) },
            { QStringLiteral("destination"), evidenceText(Side::Destination, m_view.evidence) } });
    Q_EMIT changed();
}

Result<void> Rescuer::perform(op::RescueKind kind)
{
    const auto begun = m_operation.perform(kind);
    if (!begun)
        return begun;
    m_view.isBusy = true;
    m_view.failure.reset();
    const op::RescueOption* option = m_view.assessment.option(kind);
    note(QStringLiteral("rescue"),
        { { QStringLiteral("kind"), op::rescueKindId(kind) },
            { QStringLiteral("text"), option ? option->title : QString() },
            { QStringLiteral("proof"), option ? option->proof : QString() } });
    Q_EMIT changed();
    return {};
}

op::EndpointStatus Rescuer::endpoint(Side side) const
{
    const bool isSource = side == Side::Source;
    const op::PairJournal& journal = m_view.evidence.journal;
    const op::SideView& seen = isSource ? m_view.evidence.source : m_view.evidence.destination;
    const op::ProcessId& process = isSource ? journal.source : journal.destination;
    op::EndpointStatus status;
    status.name = journal.guestName;
    status.qmpPath = isSource ? journal.sourceQmp : journal.destinationQmp;
    status.pid = process.pid;
    status.startTicks = process.startTicks;
    status.connected = seen.connected;
    status.gone = seen.gone;
    status.runState = seen.runState;
    status.migrationStatus = seen.migrationStatus;
    return status;
}

void Rescuer::note(const QString& name, const QJsonObject& attributes)
{
    m_record.append({ .side = Side::Console,
        .timeNs = realtimeNs(),
        .category = timeline::Category::Action,
        .name = name,
        .attributes = attributes });
}

} // namespace cutover::ui
