// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/faultpoint.h"

#include "engine/destinationmachine.h"
#include "engine/sourcemachine.h"

#include <csignal>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

static QString kindId(FaultPoint::Kind kind)
{
    return kind == FaultPoint::Kind::Kill ? u"kill"_s : u"stop"_s;
}

QString FaultPoint::text() const
{
    if (kind == Kind::None)
        return u"none"_s;
    return u"%1:%2:%3"_s.arg(kindId(kind), atSource ? u"source"_s : u"destination"_s, point);
}

QStringList faultPointNames(bool source)
{
    QStringList names;
    if (source) {
        for (int step = 0; step <= int(SourceStep::Resume); ++step)
            names << sourceStepName(static_cast<SourceStep>(step));
        return names << u"src-downtime-start"_s << u"src-vm-stopped"_s << u"src-iterable-saved"_s
                     << u"src-non-iterable-saved"_s << u"src-downtime-end"_s;
    }
    for (int step = 0; step <= int(DestinationStep::SendAbort); ++step)
        names << destinationStepName(static_cast<DestinationStep>(step));
    return names << u"dst-precopy-loadvm-completed"_s << u"dst-precopy-bh-enter"_s
                 << u"dst-precopy-bh-vm-started"_s;
}

const QStringList& faultPointTexts()
{
    static const QStringList texts = [] {
        QStringList all{ FaultPoint().text() };
        for (const FaultPoint::Kind kind : { FaultPoint::Kind::Kill, FaultPoint::Kind::Stop }) {
            for (const bool source : { true, false }) {
                for (const QString& point : faultPointNames(source))
                    all << FaultPoint{ .kind = kind, .atSource = source, .point = point }.text();
            }
        }
        return all;
    }();
    return texts;
}

FaultPoint parseFaultPoint(const QString& text)
{
    if (text == FaultPoint().text() || !faultPointTexts().contains(text))
        return {};
    return { .kind = text.startsWith(u"kill:") ? FaultPoint::Kind::Kill : FaultPoint::Kind::Stop,
        .atSource = text.section(u':', 1, 1) == u"source",
        .point = text.section(u':', 2) };
}

FaultTrigger::FaultTrigger(FaultPoint point, bool source, Announce announce)
    : m_point(std::move(point))
    , m_announce(std::move(announce))
    , m_armed(m_point.isOn(source))
{
}

void FaultTrigger::carryOut()
{
    m_armed = false;
    if (m_announce)
        m_announce(m_point.text());
    // To this thread: it does not get past here, whichever threads the kernel finds first.
    ::raise(m_point.kind == FaultPoint::Kind::Kill ? SIGKILL : SIGSTOP);
}

} // namespace cutover::engine
