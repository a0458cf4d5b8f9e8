// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "recordingsaver.h"

#include "timeline/recording.h"

#include <KLocalizedString>

#include <QFile>

#include <cerrno>
#include <cstdio>

namespace cutover::ui {

using timeline::RecordingWriter;

static Result<void> write(const std::vector<timeline::Event>& events, const QString& path)
{
    const QString part = path + QStringLiteral(".part");
    RecordingWriter writer;
    if (auto opened
        = writer.open(part, QStringLiteral("cutover " CUTOVER_VERSION), RecordingWriter::Existing::Overwrite);
        !opened)
        return opened;
    writer.append(events);
    if (auto closed = writer.close(); !closed) {
        QFile::remove(part);
        return closed;
    }
    if (std::rename(QFile::encodeName(part).constData(), QFile::encodeName(path).constData()) != 0) {
        const int sysErrno = errno;
        QFile::remove(part);
        return systemError(i18n("save the recording"), path, sysErrno);
    }
    return {};
}

RecordingSaver::~RecordingSaver()
{
    if (m_thread)
        m_thread->wait();
}

Result<void> RecordingSaver::save(std::span<const timeline::Event> events, const QString& path)
{
    if (isSaving())
        return failure(ErrorCode::Busy, i18n("save the recording"), path, i18n("another is being saved"));
    m_thread.reset(QThread::create([this, path, copy = std::vector(events.begin(), events.end())]() mutable {
        const Result<void> result = write(copy, path);
        copy.clear();
        QMetaObject::invokeMethod(this, [this, result, path] { finish(result, path); }, Qt::QueuedConnection);
    }));
    m_thread->start();
    return {};
}

void RecordingSaver::finish(const Result<void>& result, const QString& path)
{
    m_thread->wait();
    m_thread.reset();
    if (result)
        Q_EMIT saved(path);
    else
        Q_EMIT failed(result.error());
}

} // namespace cutover::ui
