// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "livesession.h"

#include "base/clock.h"
#include "nextstep.h"
#include "operator/journal.h"
#include "rescue/rescuer.h"

#include <KLocalizedString>

#include <algorithm>
#include <functional>

namespace cutover::ui {

/// Readings of the traffic that are recorded once a migration is over: the end of the silence is in the
/// first.
static constexpr int readingsAfter = 3;

/// Once the processes that used them have ended.
static void removeLabPairs(const QStringList& folders)
{
    for (const QString& folder : folders)
        static_cast<void>(op::removePairFolder(folder));
}

LiveSession::LiveSession(QObject* parent)
    : SessionModel(parent)
{
    renew();
}

LiveSession::~LiveSession()
{
    m_session.reset();
    m_lab.reset();
    removeLabPairs(m_labPairs);
}

void LiveSession::renew(History history)
{
    // Who is told of the empty record asks for the state.
    m_session = std::make_unique<op::Session>(m_record);
    m_attached.reset();
    if (const bool wasRescuing = std::exchange(m_rescuer, nullptr) != nullptr; wasRescuing)
        Q_EMIT rescueChanged();
    if (history == History::Forget)
        m_record.clear();
    connect(m_session.get(), &op::Session::stateChanged, this, &LiveSession::stateMoved);
    connect(m_session.get(), &op::Session::endpointsChanged, this, [this] {
        keepDestination();
        Q_EMIT endpointsChanged();
    });
    connect(m_session.get(), &op::Session::checksChanged, this, &SessionModel::checksChanged);
    connect(m_session.get(), &op::Session::verified, this, &SessionModel::verified);
    connect(m_session.get(), &op::Session::noted, this, &SessionModel::noted);
    connect(m_session.get(), &op::Session::pulseListeningChanged, this, &SessionModel::pulseListeningChanged);
}

const op::SessionState& LiveSession::state() const
{
    return m_attached ? *m_attached : m_session->state();
}

const op::SessionRequest& LiveSession::request() const
{
    return m_session->request();
}

op::EndpointStatus LiveSession::endpoint(Side side) const
{
    if (m_attached && m_rescuer)
        return m_rescuer->endpoint(side);
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

const op::Facts* LiveSession::sourceFacts() const
{
    const op::Facts& facts = m_session->sourceFacts();
    return facts.monitorUsable ? &facts : nullptr;
}

std::optional<op::Failure> LiveSession::failure() const
{
    // What the pair failed of is not known any more; where the guest is, is said by the rescue.
    return m_attached ? std::nullopt : m_session->failure();
}

bool LiveSession::isLabStarting() const
{
    return m_lab && !m_lab->isStarted();
}

Result<void> LiveSession::canBegin() const
{
    if (isLabStarting())
        return cutover::failure(ErrorCode::Busy, i18n("begin a session"), {}, i18n("a lab is being started"));
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

Result<void> LiveSession::startLab(const lab::LabRequest& lab, const op::SessionRequest& wanted)
{
    if (const auto allowed = canBegin(); !allowed)
        return allowed;
    if (m_lab)
        endLab();
    m_lab = std::make_unique<lab::LabProgram>(lab);
    connect(m_lab.get(), &lab::LabProgram::started, this, [this, wanted] {
        op::SessionRequest request = wanted;
        request.source.qmpPath = m_lab->qmpPath();
        Q_EMIT labChanged();
        if (const auto begun = begin(request); !begun)
            Q_EMIT failed(begun.error());
    });
    connect(m_lab.get(), &lab::LabProgram::failed, this, [this](const Error& error) {
        m_lab.release()->deleteLater();
        Q_EMIT labChanged();
        Q_EMIT failed(error);
    });
    connect(m_lab.get(), &lab::LabProgram::trafficRead, this, &LiveSession::noteTraffic);
    m_labNotesTold = false;
    m_lab->start();
    Q_EMIT labChanged();
    return {};
}

void LiveSession::endLab()
{
    // Its guest may be the present session's source.
    renew();
    lab::LabProgram* before = m_lab.release();
    before->disconnect(this);
    before->setParent(this);
    connect(before, &lab::LabProgram::ended, this, [before, pairs = std::exchange(m_labPairs, {})] {
        removeLabPairs(pairs);
        before->deleteLater();
    });
    before->end();
}

bool LiveSession::isInLab() const
{
    return m_lab && m_lab->isStarted() && request().source.qmpPath == m_lab->qmpPath();
}

QStringList LiveSession::labNotes() const
{
    return m_lab ? m_lab->notes() : QStringList();
}

std::optional<lab::TrafficReading> LiveSession::traffic() const
{
    return m_lab ? m_lab->traffic() : std::nullopt;
}

void LiveSession::noteTraffic(const lab::TrafficReading& reading)
{
    if (isUnderWay(state()))
        m_readingsWanted = readingsAfter;
    if (isInLab() && m_readingsWanted-- > 0)
        m_record.append({ .side = Side::Console,
            .timeNs = realtimeNs(),
            .category = timeline::Category::Pulse,
            .name = QStringLiteral("traffic"),
            .attributes = lab::trafficToJson(reading) });
    m_readingsWanted = std::max(m_readingsWanted, 0);
    Q_EMIT trafficRead(reading);
}

Result<void> LiveSession::check(const op::SessionRequest& request)
{
    // One session is one migration.
    if (std::holds_alternative<op::state::Finished>(m_session->state())) {
        renew(History::Keep);
        m_taken = 0;
    }
    return m_session->check(request);
}

Result<void> LiveSession::migrate()
{
    if (isInLab())
        m_lab->markSilence();
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

QList<op::PairJournal> LiveSession::leftPairs() const
{
    QList<op::PairJournal> pairs = op::findPairs();
    pairs.removeIf([](const op::PairJournal& pair) { return !op::isLeftBehind(pair); });
    std::ranges::sort(pairs, std::greater(), &op::PairJournal::changedNs);
    return pairs;
}

const RescueView* LiveSession::rescueView() const
{
    return m_rescuer ? &m_rescuer->view() : nullptr;
}

void LiveSession::stateMoved()
{
    if (std::holds_alternative<op::state::Stranded>(m_session->state()) && !m_rescuer) {
        if (const auto journal = op::readJournal(m_session->pairFolder())) {
            m_session->letGo();
            startRescue(*journal);
        }
    }
    Q_EMIT stateChanged();
    if (std::holds_alternative<op::state::Ready>(m_session->state()))
        tellLabNotes();
}

void LiveSession::tellLabNotes()
{
    if (!isInLab() || labNotes().isEmpty() || std::exchange(m_labNotesTold, true))
        return;
    Q_EMIT noted({ .side = Side::Console,
        .phase = op::SessionPhase::Preflight,
        .error = { .code = ErrorCode::Unsupported,
            .attempt = i18n("make the lab complete"),
            .object = {},
            .cause = labNotes().join(QLatin1Char(' ')),
            .remedy = i18n("It works without."),
            .sysErrno = 0 },
        .destinationOutput = {} });
}

Result<void> LiveSession::attachPair(const QString& folder)
{
    if (const auto allowed = canBegin(); !allowed)
        return allowed;
    const auto journal = op::readJournal(folder);
    if (!journal)
        return std::unexpected(journal.error());
    renew();
    m_attached = op::state::Stranded{};
    startRescue(*journal);
    Q_EMIT stateChanged();
    Q_EMIT endpointsChanged();
    Q_EMIT checksChanged();
    return {};
}

void LiveSession::startRescue(const op::PairJournal& journal)
{
    m_rescuer = std::make_unique<Rescuer>(journal, m_record);
    connect(m_rescuer.get(), &Rescuer::changed, this, [this] {
        const RescueView& view = m_rescuer->view();
        if (m_attached && view.isAssessed) {
            m_attached = op::state::Stranded{ .why = {}, .location = view.assessment.location };
            Q_EMIT stateChanged();
            Q_EMIT endpointsChanged();
        }
        Q_EMIT rescueChanged();
        if (assessment())
            Q_EMIT assessed();
    });
    // The operation holds monitors that the next check needs.
    connect(m_rescuer.get(), &Rescuer::done, this, &LiveSession::takeBack, Qt::QueuedConnection);
    m_rescuer->look();
}

Result<void> LiveSession::lookForRescue()
{
    if (!m_rescuer)
        return cutover::failure(
            ErrorCode::Refused, i18n("look where the guest is"), {}, i18n("no guest needs it"));
    m_rescuer->look();
    return {};
}

Result<void> LiveSession::rescue(op::RescueKind kind)
{
    if (!m_rescuer)
        return cutover::failure(ErrorCode::Refused, i18n("rescue the guest"), {}, i18n("no guest needs it"));
    return m_rescuer->perform(kind);
}

void LiveSession::takeBack(op::GuestLocation)
{
    if (!m_rescuer)
        return;
    op::SessionRequest again = request();
    again.source = { .qmpPath = m_rescuer->view().evidence.journal.sourceQmp, .pid = 0 };
    renew(History::Keep);
    m_taken = 0;
    Q_EMIT endpointsChanged();
    Q_EMIT checksChanged();
    if (const auto begun = m_session->check(again); !begun)
        Q_EMIT failed(begun.error());
    Q_EMIT rescued();
}

Result<void> LiveSession::canListenToPulse() const
{
    return m_session->canListenToPulse();
}

Result<void> LiveSession::listenToPulse()
{
    return m_session->listenToPulse();
}

bool LiveSession::isListeningToPulse() const
{
    return m_session->isListeningToPulse();
}

Result<void> LiveSession::canFix() const
{
    return m_session->canFix();
}

Result<void> LiveSession::fix(const QString& checkId, const op::Fix& fix)
{
    return m_session->fix(checkId, fix);
}

std::vector<op::DoneFix> LiveSession::fixes() const
{
    return m_session->fixes();
}

Result<void> LiveSession::undoFix(const op::DoneFix& done)
{
    return m_session->undoFix(done);
}

Result<void> LiveSession::canSetFdSwitches() const
{
    return m_session->canSetSwitches();
}

Result<void> LiveSession::setGlobalFdSwitch(bool on)
{
    return m_session->setGlobalSwitch(on);
}

Result<void> LiveSession::setDeviceFdSwitch(const QString& device, bool on)
{
    return m_session->setDeviceSwitch(device, on);
}

Result<void> LiveSession::sendCommand(Side side, const QJsonObject& command, bool confirmed)
{
    return m_session->sendCommand(side, command, confirmed);
}

void LiveSession::keepInLab(pid_t pid, quint64 startTicks)
{
    if (m_lab)
        m_lab->takeOver(pid, startTicks);
}

void LiveSession::keepDestination()
{
    const op::EndpointStatus destination = endpoint(Side::Destination);
    if (!isInLab() || destination.pid <= 0 || destination.pid == m_taken || destination.gone)
        return;
    m_taken = destination.pid;
    m_labPairs << m_session->pairFolder();
    m_lab->takeOver(destination.pid, destination.startTicks);
}

} // namespace cutover::ui
