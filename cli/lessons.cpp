// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/lessons.h"

#include "cli/recordingfile.h"
#include "cli/table.h"
#include "lessons/lessonrun.h"
#include "lessons/livestage.h"
#include "lessons/stepmark.h"

#include <KLocalizedString>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using lessons::Finding;
using lessons::Lesson;
using lessons::Step;

class LessonList : public Command
{
public:
    LessonList(Console& console, bool json)
        : Command(console)
        , m_json(json)
    {
    }

    void start() override
    {
        QJsonArray array;
        Table table({ i18n("Lesson"), i18n("VMM"), i18n("What it shows") });
        for (const QString& name : lessons::lessonNames()) {
            const auto lesson = lessons::lesson(name);
            if (!lesson) {
                fail(lesson.error());
                return;
            }
            QStringList vmms;
            for (const lessons::Vmm vmm : lesson->vmms)
                vmms << lessons::vmmId(vmm);
            const QStringList missing = lessons::missingFor(lesson->vmms.front());
            const QStringList poorer = lessons::poorerWithout(lesson->vmms.front());
            array.append(QJsonObject{ { u"name"_s, name }, { u"title"_s, lesson->title },
                { u"text"_s, lesson->text }, { u"vmm"_s, QJsonArray::fromStringList(vmms) },
                { u"missing"_s, QJsonArray::fromStringList(missing) },
                { u"poorer"_s, QJsonArray::fromStringList(poorer) } });
            table.add({ { .text = name }, { .text = vmms.join(u", "_s) }, { .text = lesson->title } });
            for (const QString& each : missing)
                table.addNote({ .text = i18n("Here only as a recording: %1", each), .tone = Tone::Warning });
            for (const QString& each : poorer)
                table.addNote({ .text = each, .tone = Tone::Faint });
        }
        if (m_json) {
            console().printJson({ { u"lessons"_s, array } });
        } else {
            table.print(console());
            console().print({});
            console().print(i18n("'cutoverctl demo NAME' plays one of them."));
        }
        Q_EMIT finished(ExitDone);
    }

private:
    bool m_json;
};

/// How a lesson is told on a terminal, or to a program.
class LessonTeller
{
public:
    LessonTeller(Console& console, bool json)
        : m_console(console)
        , m_json(json)
    {
    }

    void tellLesson(const Lesson& lesson)
    {
        if (m_json)
            return;
        m_console.print(m_console.paint(Tone::Title, lesson.title));
        printWrapped(lesson.text, {});
    }
    void tellStep(const Step& step, int number, int count)
    {
        if (m_json)
            return;
        m_console.print({});
        m_console.print(m_console.paint(Tone::Accent, u"%1/%2  "_s.arg(number).arg(count))
            + m_console.paint(Tone::Title, step.title));
        printWrapped(step.text, u"     "_s);
        m_console.out().flush();
    }
    void tellFindings(const Step& step, std::span<const Finding> findings, const QString& trouble)
    {
        if (m_json) {
            m_console.printJson({ { u"type"_s, u"step"_s }, { u"id"_s, step.id }, { u"title"_s, step.title },
                { u"trouble"_s, trouble }, { u"findings"_s, lessons::toJson(findings) } });
            return;
        }
        for (const Finding& finding : findings) {
            m_console.print(u"     "_s
                + m_console.paint(finding.holds ? Tone::Good : Tone::Bad, finding.holds ? u"✓ "_s : u"✗ "_s)
                + printable(finding.sentence));
            if (!finding.seen.isEmpty()) {
                for (const QString& line : wrapped(printable(finding.seen), qMax(20, m_console.width() - 7)))
                    m_console.print(u"       "_s + m_console.paint(Tone::Faint, line));
            }
        }
    }
    void tellNotes(const QStringList& notes)
    {
        for (const QString& note : notes)
            m_console.print(u"     "_s + m_console.paint(Tone::Faint, printable(note)));
    }
    /// \a more: members of the summary besides.
    void tellEnd(const Lesson& lesson, std::span<const Finding> findings, bool good, const QJsonObject& more)
    {
        if (m_json) {
            QJsonObject summary{ { u"type"_s, u"summary"_s }, { u"lesson"_s, lesson.name },
                { u"exitCode"_s, int{ good ? ExitDone : ExitFailed } },
                { u"findings"_s, lessons::toJson(findings) } };
            for (auto each = more.begin(); each != more.end(); ++each)
                summary.insert(each.key(), each.value());
            m_console.printJson(summary);
            return;
        }
        const auto held = std::ranges::count_if(findings, &Finding::holds);
        m_console.print({});
        m_console.print(m_console.paint(good ? Tone::Good : Tone::Bad, good ? u"✓ "_s : u"✗ "_s)
            + i18nc("numbers", "%1 of %2 expectations hold.", QString::number(held),
                QString::number(findings.size())));
    }

private:
    void printWrapped(const QString& text, const QString& indent)
    {
        for (const QString& line : wrapped(text, qMax(20, m_console.width() - int(indent.size()))))
            m_console.print(indent + line);
    }

    Console& m_console;
    bool m_json;
};

/// What the recording that comes with the program tells of a lesson that cannot be played here.
class LessonRetold : public Command
{
public:
    LessonRetold(Console& console, bool json, lessons::RecordedLesson recorded, QStringList missing)
        : Command(console)
        , m_teller(console, json)
        , m_json(json)
        , m_recorded(std::move(recorded))
        , m_missing(std::move(missing))
    {
    }

    void start() override
    {
        const Lesson& lesson = m_recorded.lesson;
        const QString why = m_missing.join(u' ');
        m_teller.tellLesson(lesson);
        if (!m_json)
            m_teller.tellNotes({ i18nc("why", "This is a recording, played elsewhere. %1", why) });
        std::vector<Finding> all;
        for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
            const lessons::StepMark& mark = m_recorded.marks[i].mark;
            m_teller.tellStep(lesson.steps[i], int(i) + 1, int(lesson.steps.size()));
            m_teller.tellFindings(lesson.steps[i], mark.findings, mark.trouble);
            all.insert(all.end(), mark.findings.begin(), mark.findings.end());
        }
        const bool good = std::ranges::all_of(all, &Finding::holds);
        m_teller.tellEnd(lesson, all, good, { { u"missing"_s, QJsonArray::fromStringList(m_missing) } });
        Q_EMIT finished(good ? ExitDone : ExitFailed);
    }

private:
    LessonTeller m_teller;
    bool m_json;
    lessons::RecordedLesson m_recorded;
    QStringList m_missing;
};

class LessonPlay : public Command
{
public:
    LessonPlay(Console& console, const Options& options, Lesson lesson, lessons::RunRequest request)
        : Command(console)
        , m_teller(console, options.isSet(u"json"_s))
        , m_json(options.isSet(u"json"_s))
        , m_recordPath(options.value(u"record"_s))
        , m_lesson(std::move(lesson))
        , m_request(std::move(request))
        , m_run(m_stage)
    {
        connect(&m_run, &lessons::LessonRun::changed, this, &LessonPlay::advance);
    }

    void start() override
    {
        if (!m_recordPath.isEmpty()) {
            m_recording = std::make_unique<RecordingFile>();
            if (auto opened = m_recording->open(m_recordPath); !opened) {
                m_recording.reset();
                fail(opened.error());
                return;
            }
            m_recording->follow(m_stage.record());
        }
        m_teller.tellLesson(m_lesson);
        m_run.start(m_lesson, m_request);
    }

private:
    void advance()
    {
        if (m_ended)
            return;
        if (!m_run.isActive()) {
            end();
            return;
        }
        if (m_run.number() != m_told)
            m_teller.tellStep(*m_run.step(), m_run.number(), m_run.count());
        m_told = m_run.number();
        if (!m_run.trouble().isEmpty()) {
            tellFindings();
            end();
            return;
        }
        if (m_run.isWaiting())
            return;
        tellFindings();
        // Not from inside the step's own news.
        QMetaObject::invokeMethod(&m_run, &lessons::LessonRun::next, Qt::QueuedConnection);
    }

    void tellFindings()
    {
        m_teller.tellFindings(*m_run.step(), m_run.stepFindings(), m_run.trouble());
        if (m_run.number() == 1 && !m_json)
            m_teller.tellNotes(m_stage.labNotes());
    }

    void end()
    {
        m_ended = true;
        Result<void> recorded;
        if (m_recording)
            recorded = m_recording->close();
        const bool good = m_run.hasSucceeded() && recorded;
        m_teller.tellEnd(m_lesson, m_run.findings(), good,
            { { u"trouble"_s, m_run.trouble() },
                { u"notes"_s, QJsonArray::fromStringList(m_stage.labNotes()) },
                { u"recording"_s, m_recording ? m_recording->path() : QString() } });
        if (!m_run.trouble().isEmpty())
            console().message(i18nc("what is wrong", "cutoverctl: %1", printable(m_run.trouble())));
        if (!recorded)
            console().error(recorded.error());
        Q_EMIT finished(good ? ExitDone : ExitFailed);
    }

    LessonTeller m_teller;
    bool m_json;
    bool m_ended = false;
    int m_told = 0;
    QString m_recordPath;
    Lesson m_lesson;
    lessons::RunRequest m_request;
    lessons::LiveStage m_stage;
    std::unique_ptr<RecordingFile> m_recording;
    lessons::LessonRun m_run;
};

} // namespace

Result<std::unique_ptr<Command>> createLesson(Console& console, const Options& options)
{
    if (options.isSet(u"list"_s))
        return std::make_unique<LessonList>(console, options.isSet(u"json"_s));
    for (const QString& name : { u"new-binary"_s, u"handover"_s, u"migrate-fds"_s, u"keep"_s, u"bare"_s }) {
        if (options.isSet(name))
            return usageError(
                i18nc("option", "--%1 is not for a lesson, which has settings of its own", name));
    }
    const QString name = options.argument();
    std::optional<lessons::Vmm> vmm;
    if (options.isSet(u"vmm"_s))
        vmm = options.value(u"vmm"_s) == "qemu"_L1 ? lessons::Vmm::Qemu : lessons::Vmm::Embedded;
    auto lesson = lessons::lesson(name, vmm);
    if (!lesson) {
        const QString like = mostLike(name, lessons::lessonNames());
        return usageError(lesson.error().message(),
            like.isEmpty() ? i18n("'cutoverctl demo --list' lists them.") : i18n("Did you mean '%1'?", like));
    }
    lessons::RunRequest request;
    request.lab.vmm = vmm.value_or(lesson->vmms.front());
    request.lab.program = options.value(u"binary"_s);
    for (const QString& each : { u"accel"_s, u"queues"_s, u"ram"_s }) {
        if (options.isSet(each))
            request.lab.options << u"--"_s + each << options.value(each);
    }
    if (QStringList missing = lessons::missingFor(request.lab.vmm, request.lab.program); !missing.isEmpty()) {
        if (auto recorded = lessons::recordedLesson(name, request.lab.vmm))
            return std::make_unique<LessonRetold>(
                console, options.isSet(u"json"_s), std::move(*recorded), std::move(missing));
    }
    return std::make_unique<LessonPlay>(console, options, std::move(*lesson), std::move(request));
}

} // namespace cutover::cli
