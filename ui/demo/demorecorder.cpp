// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/demorecorder.h"

#include "timeline/recording.h"
#include "timeline/summary.h"
#include "timeline/text.h"

#include <KLocalizedString>

#include <QAction>
#include <QCoreApplication>
#include <QDir>
#include <QPixmap>
#include <QSaveFile>
#include <QWidget>

#include <algorithm>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace cutover::ui {

/// Between two steps: what they show comes at the rate of the screen, and the guest works a little.
static constexpr int settleMs = 600;
/// Of one step. A guest without KVM is slow.
static constexpr int stepLimitMs = 180'000;
static constexpr int textWidth = 100;
static constexpr QSize pictureSize(1600, 1000);

static const QString duringName = QStringLiteral("during");

static void say(const QString& text)
{
    std::fputs(qPrintable(text + u'\n'), stdout);
    std::fflush(stdout);
}

DemoRecorder::DemoRecorder(SessionModel* session, DemoDirector* director, QWidget* window, QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_director(director)
    , m_window(window)
{
    m_settle.setSingleShot(true);
    m_settle.setInterval(settleMs);
    m_limit.setSingleShot(true);
    m_limit.setInterval(stepLimitMs);
    connect(&m_settle, &QTimer::timeout, this, &DemoRecorder::advance);
    connect(&m_limit, &QTimer::timeout, this, [this] {
        note(failure(ErrorCode::Timeout, i18n("show the demo"), m_director->step()->title,
            i18n("the step has not come to its end in time")));
        conclude();
    });
    connect(director, &DemoDirector::inTheMiddle, this, [this] {
        if (m_namesShots)
            takePicture(duringName);
    });
    connect(director, &DemoDirector::changed, this, [this] {
        if (!m_director->isActive()) {
            conclude();
            return;
        }
        m_limit.start();
        if (!m_director->isWaiting())
            m_settle.start();
        m_namesShots = std::ranges::any_of(
            m_director->lesson().steps, [](const lessons::Step& each) { return !each.shot.isEmpty(); });
    });
}

Result<void> DemoRecorder::start(const QString& folder, const DemoRequest& request)
{
    m_folder = QDir(folder).absolutePath();
    if (!QDir().mkpath(m_folder))
        return failure(ErrorCode::System, i18n("make the folder"), m_folder, i18n("it cannot be made"),
            i18n("Name another one with --output."));
    // A display that is none has a small screen, and what the user has arranged is not for pictures.
    m_window->resize(pictureSize);
    if (auto* reset = m_window->findChild<QAction*>(QStringLiteral("view_reset")))
        reset->trigger();
    return m_director->start(request);
}

void DemoRecorder::advance()
{
    const lessons::Step* step = m_director->step();
    if (!step || m_director->isWaiting())
        return;
    if (!m_director->trouble().isEmpty()) {
        const auto why = m_session->failure();
        note(failure(ErrorCode::Remote, i18n("show the demo"), step->title,
            why ? why->sentence() : m_director->trouble(), why ? why->error.remedy : QString()));
        conclude();
        return;
    }
    say(i18nc("number, title", "%1. %2", m_director->number(), step->title));
    for (const lessons::Finding& finding : m_director->findings()) {
        say(u"   "_s + (finding.holds ? u"✓ "_s : u"✗ "_s) + finding.sentence);
        if (!finding.seen.isEmpty())
            say(u"     "_s + finding.seen);
    }
    if (m_namesShots) {
        // It can have been over before it could be seen.
        if (!step->during.isEmpty())
            takePicture(duringName);
        if (!step->shot.isEmpty())
            takePicture(step->shot);
    } else {
        takePicture(u"%1-%2"_s.arg(m_director->number(), 2, 10, QLatin1Char('0')).arg(step->id));
    }
    m_director->next();
}

void DemoRecorder::takePicture(const QString& name)
{
    const QString path = m_folder + u'/' + name + QStringLiteral(".png");
    if (m_written.contains(path))
        return;
    if (m_window->grab().save(path))
        m_written << path;
    else
        note(failure(ErrorCode::System, i18n("write the picture"), path, i18n("it cannot be written")));
}

void DemoRecorder::conclude()
{
    if (std::exchange(m_over, true))
        return;
    m_settle.stop();
    m_limit.stop();
    write();
    const int code = verdict();
    const DemoDirector::Score score = m_director->score();
    if (!m_director->missing().isEmpty())
        say(i18nc("why", "This is a recording, played elsewhere. %1", m_director->missing().join(u' ')));
    say(i18nc("numbers", "%1 of %2 expectations hold.", score.held, score.all));
    if (m_namesShots)
        say(code == 0 ? i18n("The guest was moved, and the move was verified.")
                      : i18n("The guest was not moved as it should have been."));
    say(i18n("Written:"));
    for (const QString& path : m_written)
        say(QStringLiteral("  ") + path);
    Q_EMIT finished(code);
}

void DemoRecorder::write()
{
    const auto events = m_session->record().events();
    const QString recording = m_folder + QStringLiteral("/demo.cutover");
    timeline::RecordingWriter writer;
    auto written = writer.open(recording,
        QCoreApplication::applicationName() + u' ' + QCoreApplication::applicationVersion(),
        timeline::RecordingWriter::Existing::Overwrite);
    if (written) {
        writer.append(events);
        written = writer.close();
    }
    note(written);
    if (written)
        m_written << recording;

    const timeline::Summary summary = timeline::summarize(events);
    const timeline::TextStyle style{ .width = textWidth, .colour = false, .everyRow = true };
    QStringList blocks;
    for (const QString& block : { timeline::phaseTable(summary.phases, style),
             timeline::fdTable(summary.fds, style), timeline::breakdownBars(summary.pause, style) }) {
        if (!block.isEmpty())
            blocks << block;
    }
    const QString text = blocks.join(u'\n');
    QSaveFile file(m_folder + QStringLiteral("/phases.txt"));
    if (file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) >= 0 && file.commit())
        m_written << file.fileName();
    else
        note(failure(ErrorCode::System, i18n("write the phases"), file.fileName(), file.errorString()));
    if (!text.isEmpty())
        say(u'\n' + text);
}

int DemoRecorder::verdict() const
{
    if (m_director->score().succeeded)
        return m_troubled ? 1 : 0;
    const op::SessionState& state = m_session->state();
    const auto* finished = std::get_if<op::state::Finished>(&state);
    const auto* ready = std::get_if<op::state::Ready>(&state);
    if (ready && ready->refused)
        return 3;
    const bool unproved
        = (finished && !finished->verified) || std::holds_alternative<op::state::Migrated>(state);
    return unproved || std::holds_alternative<op::state::Stranded>(state) ? 4 : 1;
}

void DemoRecorder::note(const Result<void>& result)
{
    if (result)
        return;
    m_troubled = true;
    std::fputs(qPrintable(result.error().message() + u'\n'), stderr);
    if (!result.error().remedy.isEmpty())
        std::fputs(qPrintable(QStringLiteral("  ") + result.error().remedy + u'\n'), stderr);
}

} // namespace cutover::ui
