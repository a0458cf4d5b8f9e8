// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "livesession.h"

#include "lab/qemulab.h"
#include "nextstep.h"

#include <KLocalizedString>

namespace cutover::ui {

LiveSession::LiveSession(QObject* parent)
    : SessionModel(parent)
{
    renew();
}

LiveSession::~LiveSession() = default;

void LiveSession::renew()
{
    // Who is told of the empty record asks for the state.
    m_session = std::make_unique<op::Session>(m_record);
    m_record.clear();
    connect(m_session.get(), &op::Session::stateChanged, this, &SessionModel::stateChanged);
    connect(m_session.get(), &op::Session::endpointsChanged, this, [this] {
        keepInLab();
        Q_EMIT endpointsChanged();
    });
    connect(m_session.get(), &op::Session::checksChanged, this, &SessionModel::checksChanged);
    connect(m_session.get(), &op::Session::verified, this, &SessionModel::verified);
    connect(m_session.get(), &op::Session::noted, this, &SessionModel::noted);
}

const op::SessionState& LiveSession::state() const
{
    return m_session->state();
}

const op::SessionRequest& LiveSession::request() const
{
    return m_session->request();
}

op::EndpointStatus LiveSession::endpoint(Side side) const
{
    return m_session->endpoint(side);
}

const std::vector<op::Check>& LiveSession::checks() const
{
    return m_session->checks();
}

const op::Verification& LiveSession::verification() const
{
    return m_session->verification();
}

std::optional<op::Failure> LiveSession::failure() const
{
    return m_session->failure();
}

bool LiveSession::isLabStarting() const
{
    return m_lab && !m_lab->isStarted();
}

Result<void> LiveSession::canBegin() const
{
    if (isLabStarting())
        return cutover::failure(
            ErrorCode::Busy, i18n("begin a session"), {}, i18n("a QEMU pair is being started"));
    if (isUnderWay(state()))
        return cutover::failure(
            ErrorCode::Busy, i18n("begin a session"), {}, i18n("a migration is under way"));
    return {};
}

Result<void> LiveSession::begin(const op::SessionRequest& request)
{
    if (const auto allowed = canBegin(); !allowed)
        return allowed;
    renew();
    m_taken = 0;
    Q_EMIT stateChanged();
    Q_EMIT endpointsChanged();
    Q_EMIT checksChanged();
    return m_session->check(request);
}

Result<void> LiveSession::startLab(const QString& binary, const op::SessionRequest& wanted)
{
    if (const auto allowed = canBegin(); !allowed)
        return allowed;
    lab::QemuLabOptions options;
    if (!binary.isEmpty())
        options.binary = binary;
    m_lab = std::make_unique<lab::QemuLab>(options);
    connect(m_lab.get(), &lab::QemuLab::started, this, [this, wanted] {
        op::SessionRequest request = wanted;
        request.source.qmpPath = m_lab->qmpPath();
        Q_EMIT labChanged();
        if (const auto begun = begin(request); !begun)
            Q_EMIT failed(begun.error());
    });
    connect(m_lab.get(), &lab::QemuLab::failed, this, [this](const Error& error) {
        m_lab.release()->deleteLater();
        Q_EMIT labChanged();
        Q_EMIT failed(error);
    });
    m_lab->start();
    Q_EMIT labChanged();
    return {};
}

Result<void> LiveSession::check(const op::SessionRequest& request)
{
    return m_session->check(request);
}

Result<void> LiveSession::migrate()
{
    return m_session->migrate();
}

Result<void> LiveSession::cancel()
{
    return m_session->cancel();
}

Result<void> LiveSession::finish()
{
    return m_session->finish();
}

Result<void> LiveSession::sendCommand(Side side, const QJsonObject& command, bool confirmed)
{
    return m_session->sendCommand(side, command, confirmed);
}

void LiveSession::keepInLab()
{
    const op::EndpointStatus destination = endpoint(Side::Destination);
    if (!m_lab || !m_lab->isStarted() || destination.pid <= 0 || destination.pid == m_taken
        || destination.gone)
        return;
    m_taken = destination.pid;
    if (const auto taken = m_lab->takeOver(destination.pid, destination.startTicks); !taken)
        Q_EMIT failed(taken.error());
}

} // namespace cutover::ui
