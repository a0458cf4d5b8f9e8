// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/livestage.h"

#include "operator/journal.h"

#include <KLocalizedString>

#include <tuple>

namespace cutover::lessons {

LiveStage::LiveStage(QObject* parent)
    : Stage(parent)
{
    renew();
}

void LiveStage::renew()
{
    m_session = std::make_unique<op::Session>(m_record);
    m_taken = 0;
    connect(m_session.get(), &op::Session::stateChanged, this, &LiveStage::stateMoved);
    connect(m_session.get(), &op::Session::endpointsChanged, this, [this] {
        keepDestination();
        Q_EMIT endpointsChanged();
    });
}

LiveStage::~LiveStage()
{
    m_rescue.reset();
    m_session.reset();
    m_lab.reset();
    for (const QString& folder : m_pairs)
        std::ignore = op::removePairFolder(folder);
}

Result<void> LiveStage::startLab(const lab::LabRequest& lab, const op::SessionRequest& wanted)
{
    if (m_lab)
        return cutover::failure(ErrorCode::Busy, i18n("start the lab"), {}, i18n("there is one already"));
    m_lab = std::make_unique<lab::LabProgram>(lab);
    connect(m_lab.get(), &lab::LabProgram::started, this, [this, wanted] {
        op::SessionRequest request = wanted;
        request.source.qmpPath = m_lab->qmpPath();
        if (const auto begun = check(request); !begun)
            Q_EMIT failed(begun.error());
    });
    connect(m_lab.get(), &lab::LabProgram::failed, this, &Stage::failed);
    m_lab->start();
    return {};
}

Result<void> LiveStage::check(const op::SessionRequest& request)
{
    m_rescue.reset();
    m_assessed = false;
    // One session is one migration; after one that failed it can be tried again.
    if (std::holds_alternative<op::state::Finished>(state())
        || std::holds_alternative<op::state::Stranded>(state()))
        renew();
    return m_session->check(request);
}

const op::Assessment* LiveStage::assessment() const
{
    return m_rescue && m_assessed ? &m_rescue->assessment() : nullptr;
}

const op::PairEvidence* LiveStage::evidence() const
{
    return m_rescue && m_assessed ? &m_rescue->evidence() : nullptr;
}

Result<void> LiveStage::rescue(op::RescueKind kind)
{
    if (!m_rescue)
        return cutover::failure(ErrorCode::Refused, i18n("rescue the guest"), {}, i18n("no guest needs it"));
    return m_rescue->perform(kind);
}

void LiveStage::stateMoved()
{
    if (std::holds_alternative<op::state::Stranded>(state()) && !m_rescue) {
        if (auto journal = op::readJournal(m_session->pairFolder())) {
            // The monitors are needed for the look, and this process is who drove the migration.
            m_session->letGo();
            journal->console = {};
            m_rescue = std::make_unique<op::RescueOperation>(*journal);
            connect(m_rescue.get(), &op::RescueOperation::assessed, this, [this] {
                m_assessed = true;
                Q_EMIT assessed();
            });
            connect(m_rescue.get(), &op::RescueOperation::finished, this,
                [this](op::GuestLocation, const std::optional<op::Failure>& failure) {
                    if (failure) {
                        Q_EMIT failed(failure->error);
                        return;
                    }
                    m_rescue.release()->deleteLater();
                    Q_EMIT rescued();
                });
            m_rescue->look();
        }
    }
    Q_EMIT stateChanged();
}

void LiveStage::keepInLab(pid_t pid, quint64 startTicks)
{
    if (m_lab)
        m_lab->takeOver(pid, startTicks);
}

/// The destination belongs to the lab as soon as it exists.
void LiveStage::keepDestination()
{
    const op::EndpointStatus destination = m_session->endpoint(Side::Destination);
    if (!m_lab || destination.pid <= 0 || destination.pid == m_taken || destination.gone)
        return;
    m_taken = destination.pid;
    m_pairs << m_session->pairFolder();
    m_lab->takeOver(destination.pid, destination.startTicks);
}

} // namespace cutover::lessons
