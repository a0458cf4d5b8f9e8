// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/site.h"

#include "operator/journal.h"

#include <tuple>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::runs {

namespace {

constexpr qint64 dirtyBytesPerSecond = qint64{ 64 } << 20;
constexpr qint64 blocksPerSecond = 500;
constexpr qint64 flatOut = -1;

QJsonObject rates(Load load)
{
    const bool full = load == Load::Full;
    const bool idle = load == Load::Idle;
    return { { u"dirty-bytes-per-second"_s,
                 idle       ? 0
                     : full ? flatOut
                            : dirtyBytesPerSecond },
        { u"blocks-per-second"_s,
            idle       ? 0
                : full ? flatOut
                       : blocksPerSecond },
        { u"reset-gaps"_s, true } };
}

} // namespace

Site::Site(const Settings& settings, QObject* parent)
    : QObject(parent)
    , m_settings(settings)
    , m_source(settings.source)
{
}

Site::~Site()
{
    if (!m_lab)
        return;
    m_lab->disconnect(this);
    m_lab.reset();
    removePairFolders();
}

void Site::wake()
{
    m_waking = true;
    if (!isLab()) {
        QMetaObject::invokeMethod(this, &Site::awake, Qt::QueuedConnection);
        return;
    }
    if (m_lab && m_stale)
        endLab();
    else if (m_lab)
        prepareGuest();
    else
        startLab();
}

void Site::startLab()
{
    m_stale = false;
    m_stopped = false;
    m_lab = std::make_unique<lab::LabProgram>(labOf(m_settings));
    connect(m_lab.get(), &lab::LabProgram::started, this, [this] {
        m_source.qmpPath = m_lab->qmpPath();
        prepareGuest();
    });
    connect(m_lab.get(), &lab::LabProgram::failed, this, [this](const Error& error) {
        m_errand.reset();
        m_stale = true;
        if (std::exchange(m_waking, false))
            Q_EMIT failed(error);
    });
    connect(m_lab.get(), &lab::LabProgram::ended, this, [this] {
        m_lab.release()->deleteLater();
        removePairFolders();
        if (m_ending)
            Q_EMIT ended();
        else
            startLab();
    });
    m_lab->start();
}

void Site::endLab()
{
    m_lab->end();
}

void Site::prepareGuest()
{
    std::vector<Request> requests;
    if (m_stopped)
        requests.push_back({ .command = u"cont"_s, .arguments = {} });
    if (m_settings.vmm == Settings::Vmm::Embedded)
        requests.push_back({ .command = u"x-set-pulse-rates"_s, .arguments = rates(m_settings.load) });
    m_errand
        = std::make_unique<Errand>(m_source.qmpPath, std::move(requests), [this](const Result<void>& done) {
              m_waking = false;
              if (!done) {
                  m_stale = true;
                  Q_EMIT failed(done.error());
                  return;
              }
              m_stopped = false;
              Q_EMIT awake();
          });
}

void Site::rest()
{
    if (!isLab() || !m_lab || m_stale || m_ending) {
        QMetaObject::invokeMethod(this, &Site::resting, Qt::QueuedConnection);
        return;
    }
    m_errand = std::make_unique<Errand>(m_source.qmpPath,
        std::vector<Request>{ { .command = u"stop"_s, .arguments = {} } }, [this](const Result<void>& done) {
            m_stopped = done.has_value();
            m_stale = !done;
            Q_EMIT resting();
        });
}

void Site::end()
{
    m_ending = true;
    m_waking = false;
    m_errand.reset();
    if (m_lab)
        m_lab->end();
    else
        QMetaObject::invokeMethod(this, &Site::ended, Qt::QueuedConnection);
}

void Site::moved(const QString& qmpPath, const QString& pairFolder)
{
    m_source = { .qmpPath = qmpPath };
    m_pairFolders.removeAll(pairFolder);
    removePairFolders();
    m_pairFolders = { pairFolder };
}

void Site::leave(const QString& pairFolder)
{
    if (isLab() && !pairFolder.isEmpty() && !m_pairFolders.contains(pairFolder))
        m_pairFolders << pairFolder;
}

void Site::removePairFolders()
{
    for (const QString& folder : std::as_const(m_pairFolders))
        std::ignore = op::removePairFolder(folder);
    m_pairFolders.clear();
}

} // namespace cutover::runs
