// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "recordingloader.h"

#include <KLocalizedString>

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace cutover::ui {

static constexpr int reportEveryMs = 50;

/// A pipe or a device could keep the reader waiting for ever.
static Result<void> canBeRead(const QString& path)
{
    struct stat status{};
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return systemError(i18n("open the recording"), path, errno);
    if (S_ISREG(status.st_mode))
        return {};
    return failure(ErrorCode::Malformed, i18n("open the recording"), path,
        S_ISDIR(status.st_mode) ? i18n("it is a folder") : i18n("it is no ordinary file"));
}

static Result<std::shared_ptr<Replay>> read(const QString& path, timeline::ReadProgress& progress)
{
    if (const auto allowed = canBeRead(path); !allowed)
        return std::unexpected(allowed.error());
    auto recording = timeline::readRecording(path, &progress);
    if (!recording)
        return std::unexpected(recording.error());
    return std::make_shared<Replay>(prepareReplay(path, std::move(*recording)));
}

RecordingLoader::RecordingLoader(QObject* parent)
    : QObject(parent)
{
    m_timer.setInterval(reportEveryMs);
    connect(&m_timer, &QTimer::timeout, this, &RecordingLoader::changed);
}

RecordingLoader::~RecordingLoader()
{
    const QSignalBlocker blocker(this);
    cancel();
}

void RecordingLoader::load(const QString& path)
{
    cancel();
    m_path = path;
    m_progress = std::make_shared<timeline::ReadProgress>();
    m_thread = std::jthread([this, path, progress = m_progress] {
        auto result = read(path, *progress);
        QMetaObject::invokeMethod(
            this,
            [this, progress, result = std::move(result)] {
                if (progress == m_progress)
                    finish(result);
            },
            Qt::QueuedConnection);
    });
    m_timer.start();
}

void RecordingLoader::cancel()
{
    if (!m_progress)
        return;
    m_progress->cancelled = true;
    m_progress.reset();
    // It ends soon, but the window does not wait for it.
    m_cancelled.push_back(std::move(m_thread));
    m_timer.stop();
    Q_EMIT changed();
}

int RecordingLoader::permille() const
{
    const qint64 total = m_progress ? m_progress->bytesTotal.load() : 0;
    return total > 0 ? static_cast<int>(std::min<qint64>(m_progress->bytesRead * 1000 / total, 1000)) : -1;
}

void RecordingLoader::finish(const Result<std::shared_ptr<Replay>>& result)
{
    m_thread.join();
    m_progress.reset();
    m_timer.stop();
    Q_EMIT changed();
    if (result)
        Q_EMIT loaded(*result);
    else
        Q_EMIT failed(result.error());
}

} // namespace cutover::ui
