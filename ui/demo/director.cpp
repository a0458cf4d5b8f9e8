// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/director.h"

#include <KLocalizedString>

namespace cutover::ui {

DemoDirector::DemoDirector(SessionModel* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
{
    connect(session, &SessionModel::stateChanged, this, &DemoDirector::watch);
    connect(session, &SessionModel::failed, this, [this](const Error& error) {
        if (isActive() && m_waiting)
            stop(error.message());
    });
}

Result<void> DemoDirector::start(const DemoRequest& request)
{
    if (const auto allowed = m_session->canBegin(); !allowed)
        return allowed;
    auto steps = standardScenario(request.lab.vmm);
    if (!steps)
        return std::unexpected(steps.error());
    m_request = request;
    m_steps = std::move(*steps);
    enter(0);
    return {};
}

void DemoDirector::repeat()
{
    if (const auto started = start(m_request); !started && isActive())
        stop(started.error().message());
}

void DemoDirector::next()
{
    if (!isActive() || m_waiting || !m_trouble.isEmpty())
        return;
    if (number() == count())
        skip();
    else
        enter(m_index + 1);
}

void DemoDirector::skip()
{
    m_index = -1;
    m_waiting = false;
    m_trouble.clear();
    Q_EMIT changed();
}

void DemoDirector::enter(int index)
{
    m_index = index;
    m_trouble.clear();
    const DemoStep now = *step();
    m_waiting = !now.until.isEmpty();
    Q_EMIT changed();
    Q_EMIT look(now.show);
    if (const auto done = act(now); !done)
        stop(done.error().message());
    // What was asked for may be so already.
    QMetaObject::invokeMethod(this, &DemoDirector::watch, Qt::QueuedConnection);
}

Result<void> DemoDirector::act(const DemoStep& step)
{
    switch (step.action) {
    case DemoStep::Do::Nothing:
        break;
    case DemoStep::Do::StartLab:
        return m_session->startLab(m_request.lab, m_request.session);
    case DemoStep::Do::Migrate:
        return m_session->migrate();
    case DemoStep::Do::Finish:
        return m_session->finish();
    }
    return {};
}

void DemoDirector::watch()
{
    if (!isActive() || !m_waiting)
        return;
    const op::SessionState& state = m_session->state();
    const QString id = op::stateId(state);
    if (step()->during.contains(id))
        Q_EMIT inTheMiddle();
    const auto* ready = std::get_if<op::state::Ready>(&state);
    if (std::holds_alternative<op::state::Failed>(state) || std::holds_alternative<op::state::Stranded>(state)
        || (ready && ready->refused)) {
        stop(op::stateSentence(state));
        return;
    }
    // The lab begins a session of its own, so an old one that was ready does not count.
    if (id != step()->until || m_session->isLabStarting())
        return;
    m_waiting = false;
    Q_EMIT changed();
}

void DemoDirector::stop(const QString& trouble)
{
    m_waiting = false;
    m_trouble = trouble;
    Q_EMIT changed();
}

} // namespace cutover::ui
