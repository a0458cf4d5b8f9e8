// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/progress.h"

#include "base/clock.h"
#include "cli/report.h"
#include "timeline/phases.h"

#include <KLocalizedString>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using timeline::Category;
using timeline::Event;

constexpr int redrawIntervalMs = 50;
constexpr int standstillIntervalMs = 150; // a pause of a live update is over by then
constexpr int sideColumns = 13;
constexpr double nsPerSecond = 1e9;

Tone toneOf(Side side)
{
    return side == Side::Source ? Tone::Source : side == Side::Destination ? Tone::Destination : Tone::Faint;
}

/// What is said about an event; empty for the many that only the recording keeps.
QString eventText(const Event& event)
{
    const QJsonObject& data = event.attributes;
    switch (event.category) {
    case Category::State:
        return data["sentence"_L1].toString();
    case Category::QmpEvent:
        if (event.name == "MIGRATION"_L1)
            return i18nc("migration state", "migration: %1", data["status"_L1].toString());
        if (event.name == "STOP"_L1)
            return i18n("guest stopped");
        if (event.name == "RESUME"_L1)
            return i18n("guest runs");
        return event.name == "MIGRATION_PASS"_L1 ? QString() : event.name;
    case Category::Process:
        if (event.name == "spawned"_L1)
            return i18nc("pid", "started as process %1", QString::number(data["pid"_L1].toInteger()));
        if (event.name == "stderr"_L1)
            return data["line"_L1].toString();
        if (event.name == "command-line"_L1)
            return {};
        return data.contains("text"_L1) ? data["text"_L1].toString() : event.name;
    case Category::Action:
        return event.name == "note"_L1 ? data["text"_L1].toString() : QString();
    default:
        return {};
    }
}

QString eventLine(const Console& console, const Event& event, qint64 firstNs)
{
    const QString text = eventText(event);
    if (text.isEmpty())
        return {};
    const double seconds = event.timeNs > 0
        ? static_cast<double>(std::max<qint64>(0, event.timeNs - firstNs)) / nsPerSecond
        : 0;
    const QString time = event.timeNs > 0 ? QString::number(seconds, 'f', 3) : QString();
    return console.paint(Tone::Faint, time.rightJustified(8)) + u"  "_s
        + console.paint(toneOf(event.side), sideId(event.side).leftJustified(sideColumns))
        + printable(text).replace(u'\n', u' ');
}

QString endpointText(const op::EndpointStatus& status)
{
    QStringList parts;
    if (status.pid > 0)
        parts << i18nc("pid", "process %1", QString::number(status.pid));
    if (status.gone)
        parts << i18n("ended");
    else if (status.waitingForSource)
        parts << i18n("creates its devices");
    else if (!status.runState.isEmpty())
        parts << status.runState;
    if (!status.migrationStatus.isEmpty() && status.migrationStatus != "none"_L1)
        parts << i18nc("state", "migration %1", status.migrationStatus);
    return parts.isEmpty() ? i18n("not there yet") : parts.join(u", "_s);
}

} // namespace

Progress::Progress(Console& console, SessionRun& run, ProgressStyle style)
    : m_console(console)
    , m_run(run)
    , m_style(style)
    , m_firstNs(realtimeNs())
{
    connect(&run.record(), &timeline::Record::appended, this, &Progress::advance);
    connect(&run.session(), &op::Session::stateChanged, this, &Progress::advance);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Progress::show);
}

Progress::~Progress()
{
    stop();
}

void Progress::pause()
{
    if (m_paused)
        return;
    m_timer.stop();
    if (m_style == ProgressStyle::Live)
        m_shown = m_run.record().size();
    else
        show();
    m_paused = true;
    erase();
}

void Progress::resume()
{
    m_paused = false;
    advance();
}

void Progress::advance()
{
    const op::SessionState& state = m_run.session().state();
    if (m_paused || m_timer.isActive() || std::holds_alternative<op::state::Committing>(state))
        return;
    const bool mayStandStill = std::holds_alternative<op::state::Moving>(state);
    if (m_style == ProgressStyle::Live || mayStandStill)
        m_timer.start(mayStandStill ? standstillIntervalMs : redrawIntervalMs);
    else
        show();
}

void Progress::show()
{
    if (m_paused || std::holds_alternative<op::state::Committing>(m_run.session().state()))
        return;
    if (m_style == ProgressStyle::Live) {
        redraw();
        return;
    }
    for (const Event& event : m_run.record().events().subspan(m_shown)) {
        if (m_style == ProgressStyle::Json)
            m_console.printJson(eventJson(event));
        else if (const QString line = eventLine(m_console, event, m_firstNs); !line.isEmpty())
            m_console.print(line);
    }
    m_shown = m_run.record().size();
}

void Progress::redraw()
{
    const QStringList lines = liveLines();
    QByteArray text = m_drawn > 0 ? "\x1b[" + QByteArray::number(m_drawn) + 'A' : QByteArray();
    for (const QString& line : lines)
        text += "\r\x1b[K" + line.toUtf8() + '\n';
    m_drawn = static_cast<int>(lines.size());
    m_console.printRaw(text);
}

void Progress::erase()
{
    if (m_drawn == 0)
        return;
    m_console.printRaw("\x1b[" + QByteArray::number(m_drawn) + "A\r\x1b[J");
    m_drawn = 0;
}

QStringList Progress::liveLines() const
{
    QString strip;
    for (const timeline::Phase& phase : timeline::phases(m_run.record().events())) {
        if (phase.state == timeline::PhaseState::Skipped)
            continue;
        const QString name = timeline::phaseName(phase.id);
        switch (phase.state) {
        case timeline::PhaseState::Done:
            strip += m_console.paint(Tone::Good, u"✓ "_s + name);
            break;
        case timeline::PhaseState::Running:
            strip += m_console.paint(Tone::Accent, u"● "_s + name);
            break;
        case timeline::PhaseState::Failed:
            strip += m_console.paint(Tone::Bad, u"✗ "_s + name);
            break;
        default:
            strip += m_console.paint(Tone::Faint, u"○ "_s + name);
        }
        strip += u"   "_s;
    }
    const op::Session& session = m_run.session();
    const int width = m_console.width();
    const auto sideLine = [&](Side side, const QString& title) {
        const QString label = title.leftJustified(sideColumns);
        return u"  "_s + m_console.paint(toneOf(side), label)
            + elided(printable(endpointText(session.endpoint(side))), width - 2 - columns(label));
    };
    return { u"  "_s + strip, sideLine(Side::Source, i18n("source")),
        sideLine(Side::Destination, i18n("destination")),
        u"  "_s
            + m_console.paint(
                Tone::Faint, elided(printable(op::stateSentence(session.state())), width - 2)) };
}

QJsonObject eventJson(const Event& event)
{
    return { { u"type"_s, u"event"_s }, { u"timeNs"_s, event.timeNs }, { u"side"_s, sideId(event.side) },
        { u"category"_s, timeline::categoryId(event.category) }, { u"name"_s, event.name },
        { u"attributes"_s, event.attributes } };
}

} // namespace cutover::cli
