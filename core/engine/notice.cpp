// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/notice.h"

#include "base/clock.h"

#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

NoticeBoard::NoticeBoard(Sink sink)
    : m_sink(std::move(sink))
{
}

void NoticeBoard::holdBack()
{
    m_holding = true;
    m_notices.reserve(256);
}

void NoticeBoard::handOn()
{
    m_holding = false;
    if (m_notices.empty())
        return;
    m_sink(std::exchange(m_notices, {}));
}

void NoticeBoard::status(MigrationStatus status)
{
    put({ .kind = Notice::Kind::Status, .timeNs = realtimeNs(), .status = status });
}

void NoticeBoard::add(Notice::Kind kind, const QString& text, qint64 value)
{
    put({ .kind = kind, .timeNs = realtimeNs(), .value = value, .name = {}, .text = text });
}

void NoticeBoard::trace(const QString& name, const QString& text, qint64 value)
{
    put({ .kind = Notice::Kind::Trace, .timeNs = realtimeNs(), .value = value, .name = name, .text = text });
}

void NoticeBoard::section(const QString& name, const QString& device, qint64 durationNs)
{
    put({ .kind = Notice::Kind::SectionTrace,
        .timeNs = realtimeNs(),
        .value = durationNs,
        .name = name,
        .text = device });
}

void NoticeBoard::put(Notice notice)
{
    m_notices.push_back(std::move(notice));
    if (!m_holding)
        handOn();
}

} // namespace cutover::engine
