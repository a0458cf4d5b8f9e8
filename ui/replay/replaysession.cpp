// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "replaysession.h"

#include "nextstep.h"

#include <KLocalizedString>

#include <QThreadPool>

namespace cutover::ui {

/// Frees \a events elsewhere: for a million of them the window would stand still.
static void discard(std::vector<timeline::Event> events)
{
    QThreadPool::globalInstance()->start([events = std::move(events)]() mutable { events.clear(); });
}

ReplaySession::~ReplaySession() = default;

Result<void> ReplaySession::canOpen() const
{
    if (m_replay)
        return {};
    const QString attempt = i18n("open a recording");
    const QString remedy
        = i18n("Finish it first, or open the recording in another window: “cutover FILE” in a terminal.");
    if (isLabStarting() || isUnderWay(LiveSession::state()))
        return cutover::failure(ErrorCode::Busy, attempt, {}, i18n("a migration is under way"), remedy);
    if (std::holds_alternative<op::state::Migrated>(LiveSession::state())
        || std::holds_alternative<op::state::Stranded>(LiveSession::state()))
        return cutover::failure(
            ErrorCode::Busy, attempt, {}, i18n("the session in this window still needs you"), remedy);
    return {};
}

Result<void> ReplaySession::open(Replay replay)
{
    if (auto allowed = canOpen(); !allowed)
        return allowed;
    close();
    renew();
    m_replay = std::move(replay);
    m_now = {};
    ownRecord().load(std::exchange(m_replay->events, {}));
    Q_EMIT opened();
    const std::size_t end = ownRecord().whole().size();
    seek(end);
    if (end == 0)
        showSession();
    if (!m_now.verification.evidence.isEmpty() || !m_now.verification.findings.isEmpty())
        Q_EMIT verified();
    return {};
}

void ReplaySession::close()
{
    if (!m_replay)
        return;
    m_replay.reset();
    m_now = {};
    m_timeNs = 0;
    discard(ownRecord().release());
    showSession();
    Q_EMIT closed();
}

void ReplaySession::seek(std::size_t position)
{
    if (m_replay)
        move(position, m_replay->timeAt(std::min(position, record().whole().size())));
}

void ReplaySession::seekTime(qint64 timeNs)
{
    if (m_replay)
        move(m_replay->positionAt(timeNs), timeNs);
}

void ReplaySession::move(std::size_t position, qint64 timeNs)
{
    const std::size_t before = record().size();
    const std::size_t now = std::min(position, record().whole().size());
    m_timeNs = timeNs;
    if (now != before && m_replay->index.changes(before, now)) {
        const std::optional<op::Failure> note = std::exchange(m_now.note, std::nullopt);
        m_now = m_replay->index.at(record().whole(), now);
        // Who is told of the events asks for the state.
        ownRecord().show(now);
        showSession();
        if (now > before && m_now.note && m_now.note != note)
            Q_EMIT noted(*m_now.note);
    } else {
        ownRecord().show(now);
    }
    Q_EMIT moved();
}

void ReplaySession::showSession()
{
    Q_EMIT stateChanged();
    Q_EMIT endpointsChanged();
    Q_EMIT checksChanged();
}

const op::SessionState& ReplaySession::state() const
{
    return m_replay ? m_now.state : LiveSession::state();
}

const op::SessionRequest& ReplaySession::request() const
{
    return m_replay ? m_now.request : LiveSession::request();
}

op::EndpointStatus ReplaySession::endpoint(Side side) const
{
    return m_replay ? m_now.endpoint(side) : LiveSession::endpoint(side);
}

const std::vector<op::Check>& ReplaySession::checks() const
{
    return m_replay ? m_now.checks : LiveSession::checks();
}

const op::Verification& ReplaySession::verification() const
{
    return m_replay ? m_now.verification : LiveSession::verification();
}

std::optional<op::Failure> ReplaySession::failure() const
{
    return m_replay ? m_now.failure() : LiveSession::failure();
}

Result<void> ReplaySession::canBegin() const
{
    if (auto allowed = canDrive(); !allowed)
        return allowed;
    return LiveSession::canBegin();
}

Result<void> ReplaySession::canDrive() const
{
    if (!m_replay)
        return {};
    return cutover::failure(ErrorCode::Refused, i18n("do this"), {},
        i18n("a recording is shown, and no VMM is connected"), i18n("Close the recording first."));
}

qint64 ReplaySession::nowNs() const
{
    return m_replay ? m_timeNs : LiveSession::nowNs();
}

Result<void> ReplaySession::begin(const op::SessionRequest& request)
{
    return drive([&] { return LiveSession::begin(request); });
}

Result<void> ReplaySession::startLab(const lab::LabRequest& lab, const op::SessionRequest& wanted)
{
    return drive([&] { return LiveSession::startLab(lab, wanted); });
}

Result<void> ReplaySession::check(const op::SessionRequest& request)
{
    return drive([&] { return LiveSession::check(request); });
}

Result<void> ReplaySession::migrate()
{
    return drive([&] { return LiveSession::migrate(); });
}

Result<void> ReplaySession::cancel()
{
    return drive([&] { return LiveSession::cancel(); });
}

Result<void> ReplaySession::finish()
{
    return drive([&] { return LiveSession::finish(); });
}

const op::Facts* ReplaySession::sourceFacts() const
{
    return m_replay ? nullptr : LiveSession::sourceFacts();
}

const RescueView* ReplaySession::rescueView() const
{
    return m_replay ? nullptr : LiveSession::rescueView();
}

Result<void> ReplaySession::attachPair(const QString& folder)
{
    return drive([&] { return LiveSession::attachPair(folder); });
}

Result<void> ReplaySession::lookForRescue()
{
    return drive([&] { return LiveSession::lookForRescue(); });
}

Result<void> ReplaySession::rescue(op::RescueKind kind)
{
    return drive([&] { return LiveSession::rescue(kind); });
}

Result<void> ReplaySession::canListenToPulse() const
{
    return m_replay ? canDrive() : LiveSession::canListenToPulse();
}

Result<void> ReplaySession::listenToPulse()
{
    return drive([&] { return LiveSession::listenToPulse(); });
}

Result<void> ReplaySession::canFix() const
{
    return m_replay ? canDrive() : LiveSession::canFix();
}

Result<void> ReplaySession::fix(const QString& checkId, const op::Fix& fix)
{
    return drive([&] { return LiveSession::fix(checkId, fix); });
}

Result<void> ReplaySession::undoFix(const op::DoneFix& done)
{
    return drive([&] { return LiveSession::undoFix(done); });
}

Result<void> ReplaySession::canSetFdSwitches() const
{
    return m_replay ? canDrive() : LiveSession::canSetFdSwitches();
}

Result<void> ReplaySession::setGlobalFdSwitch(bool on)
{
    return drive([&] { return LiveSession::setGlobalFdSwitch(on); });
}

Result<void> ReplaySession::setDeviceFdSwitch(const QString& device, bool on)
{
    return drive([&] { return LiveSession::setDeviceFdSwitch(device, on); });
}

Result<void> ReplaySession::sendCommand(Side side, const QJsonObject& command, bool confirmed)
{
    return drive([&] { return LiveSession::sendCommand(side, command, confirmed); });
}

void ReplaySession::remark(const timeline::Event& event)
{
    if (!m_replay)
        LiveSession::remark(event);
}

} // namespace cutover::ui
