// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/director.h"

#include "replay/replaysession.h"

#include <KLocalizedString>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::ui {

using lessons::Finding;

/// Where nothing is passed, such a step has nothing to show.
static bool provesPassedFds(const lessons::Step& step)
{
    return std::ranges::any_of(step.expectations, [](const lessons::Expectation& expectation) {
        const auto* fds = std::get_if<lessons::expect::Fds>(&expectation);
        return fds && fds->same;
    });
}

Result<DemoRequest> DemoRequest::of(const QString& lesson)
{
    const auto found = lessons::lesson(lesson);
    if (!found)
        return std::unexpected(found.error());
    return DemoRequest{ .lesson = lesson, .lab = { .vmm = found->vmms.front() }, .session = {} };
}

DemoDirector::DemoDirector(SessionModel* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_replay(qobject_cast<ReplaySession*>(session))
    , m_run(*session)
{
    connect(&m_run, &lessons::LessonRun::changed, this, [this] {
        if (m_run.number() == 1 && !m_run.isWaiting())
            m_source = m_session->request().source.qmpPath;
        Q_EMIT changed();
    });
    connect(&m_run, &lessons::LessonRun::look, this, &DemoDirector::look);
    connect(&m_run, &lessons::LessonRun::inTheMiddle, this, &DemoDirector::inTheMiddle);
    connect(session, &SessionModel::stateChanged, this, &DemoDirector::watchSource);
    if (m_replay) {
        connect(m_replay, &ReplaySession::closed, this, &DemoDirector::leaveRecorded);
        connect(m_replay, &ReplaySession::opened, this, [this] {
            if (m_run.isActive())
                m_run.leave();
        });
    }
}

Result<void> DemoDirector::start(const DemoRequest& request)
{
    auto lesson = lessons::lesson(request.lesson, request.lab.vmm);
    if (!lesson)
        return std::unexpected(lesson.error());
    // What a lesson has opened is not what the operator wants to keep.
    if (m_replay && m_replay->replay() && m_replay->replay()->path.startsWith(u":/"))
        m_replay->close();
    m_request = request;
    m_missing = lessons::missingFor(request.lab.vmm, request.lab.program);
    if (!m_missing.isEmpty())
        return startRecorded();
    if (auto allowed = m_session->canBegin(); !allowed)
        return allowed;
    if (request.session.parameters.value(u"migrate-fds"_s) == false)
        std::erase_if(lesson->steps, provesPassedFds);
    m_source.clear();
    m_run.start(*lesson, { .lab = request.lab, .session = request.session });
    return {};
}

Result<void> DemoDirector::startUsual()
{
    return start(m_request.lesson == DemoRequest().lesson ? m_request : DemoRequest());
}

void DemoDirector::repeat()
{
    if (const auto started = start(DemoRequest(m_request)); !started)
        Q_EMIT failed(started.error());
}

void DemoDirector::next()
{
    if (!m_recorded)
        m_run.next();
    else if (number() < count())
        enterRecorded(m_index + 1);
    else
        skip();
}

void DemoDirector::skip()
{
    if (m_recorded)
        leaveRecorded();
    else
        m_run.leave();
}

const lessons::Step* DemoDirector::step() const
{
    return m_recorded ? &m_recorded->lesson.steps[static_cast<std::size_t>(m_index)] : m_run.step();
}

QString DemoDirector::trouble() const
{
    return m_recorded ? QString() : m_run.trouble();
}

std::span<const Finding> DemoDirector::findings() const
{
    if (m_recorded)
        return m_recorded->marks[static_cast<std::size_t>(m_index)].mark.findings;
    return m_run.isWaiting() ? std::span<const Finding>() : m_run.stepFindings();
}

DemoDirector::Score DemoDirector::score() const
{
    if (!m_missing.isEmpty())
        return { .held = m_recordedScore.held,
            .all = m_recordedScore.all,
            .succeeded = m_seenAll && m_recordedScore.held == m_recordedScore.all };
    const auto& all = m_run.findings();
    return { .held = static_cast<int>(std::ranges::count_if(all, &Finding::holds)),
        .all = static_cast<int>(all.size()),
        .succeeded = m_run.hasSucceeded() };
}

Result<void> DemoDirector::startRecorded()
{
    if (!m_replay)
        return failure(
            ErrorCode::Unsupported, i18n("show the lesson"), m_request.lesson, m_missing.join(u' '));
    if (auto allowed = m_replay->canOpen(); !allowed)
        return allowed;
    auto recorded = lessons::recordedLesson(m_request.lesson, m_request.lab.vmm);
    if (!recorded)
        return std::unexpected(recorded.error());
    if (m_run.isActive())
        m_run.leave();
    Replay replay = prepareReplay(recorded->path, std::move(recorded->recording));
    // It has them in the order of time.
    recorded->marks = lessons::stepMarks(replay.events);
    if (auto opened = m_replay->open(std::move(replay)); !opened)
        return opened;
    m_recorded = std::move(*recorded);
    m_seenAll = false;
    m_recordedScore = {};
    enterRecorded(0);
    return {};
}

void DemoDirector::enterRecorded(int index)
{
    m_index = index;
    m_seenAll = number() == count();
    const auto& placed = m_recorded->marks[static_cast<std::size_t>(index)];
    m_recordedScore.held += static_cast<int>(std::ranges::count_if(placed.mark.findings, &Finding::holds));
    m_recordedScore.all += static_cast<int>(placed.mark.findings.size());
    m_replay->seek(placed.position);
    Q_EMIT changed();
    Q_EMIT look(step()->show);
    if (!step()->during.isEmpty())
        Q_EMIT inTheMiddle();
}

void DemoDirector::leaveRecorded()
{
    if (!std::exchange(m_recorded, std::nullopt))
        return;
    m_index = -1;
    Q_EMIT changed();
}

/// A step must not do to another guest what is meant for the lab's.
void DemoDirector::watchSource()
{
    const QString source = m_session->request().source.qmpPath;
    if (m_run.isActive() && !m_source.isEmpty() && !source.isEmpty() && source != m_source)
        m_run.leave();
}

} // namespace cutover::ui
