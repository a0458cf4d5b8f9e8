// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/demooptions.h"

#include "lessons/lesson.h"

#include <KLocalizedString>

#include <QCommandLineParser>

using namespace Qt::StringLiterals;

namespace cutover::ui {

static const QStringList kinds{ u"embedded"_s, u"qemu"_s };
static constexpr int nameWidth = 16; ///< of a lesson, in a list
/// Handed on to `cutoverctl lab` as they are.
static const QStringList labOptions{ u"accel"_s, u"queues"_s, u"network"_s, u"ram"_s };

QStringList withDemoValue(QStringList arguments)
{
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        const QString next = arguments.value(i + 1);
        if (arguments[i] == "--demo"_L1 && (next.isEmpty() || next.startsWith(u'-')))
            arguments.insert(i + 1, kinds.first());
    }
    return arguments;
}

void addDemoOptions(QCommandLineParser& parser)
{
    parser.addOptions({
        { u"lab"_s, i18n("Start a lab pair to try it on."), u"embedded|qemu"_s },
        { u"demo"_s,
            i18n("Start a lab pair and show a live update, with a commentary; default: embedded. With the "
                 "name "
                 "of a lesson, show that one; with “list”, say which there are."),
            u"embedded|qemu|LESSON|list"_s },
        { u"output"_s,
            i18n("Show the demo by itself, and write pictures, recording and phases there. Without a "
                 "display that is done anyway; default: cutover-demo."),
            u"FOLDER"_s },
        { u"new-binary"_s, i18n("The program of the destination of a lab."), u"PROGRAM"_s },
        { u"accel"_s, i18n("The accelerator of a lab's VMM."), u"thread|kvm|tcg"_s },
        { u"queues"_s, i18n("Queues of the lab's network device and disk."), u"N"_s },
        { u"network"_s,
            i18n("What the network of a lab's guest is: a TAP, a socket pair, none, or what is possible."),
            u"auto|tap|socket|none"_s },
        { u"ram"_s, i18n("The memory of the lab's guest."), u"SIZE"_s },
        { u"handover"_s, i18n("The handover of the embedded VMM."), u"prepared|early-stop|late-stop"_s },
        { u"migrate-fds"_s, i18n("Whether the embedded VMM passes descriptors."), u"on|off"_s },
    });
}

static std::unexpected<Error> misuse(const QString& sentence)
{
    return failure(ErrorCode::InvalidArgument, i18n("understand the command line"), {}, sentence);
}

QString lessonListText()
{
    QString text;
    for (const QString& name : lessons::lessonNames()) {
        const auto lesson = lessons::lesson(name);
        if (!lesson)
            continue;
        text += u"%1  %2\n"_s.arg(name.leftJustified(nameWidth), lesson->title);
        for (const QString& missing : lessons::missingFor(lesson->vmms.front()))
            text += QString(nameWidth + 2, u' ')
                + i18nc("what is missing", "%1 A recording is shown in its place.", missing) + u'\n';
    }
    return text;
}

/// What makes the lab of a lesson, but for its memory, is the lesson's own affair.
static Result<void> takeLesson(DemoRequest& request, const QString& name, const QCommandLineParser& parser)
{
    auto found = DemoRequest::of(name);
    if (!found)
        return misuse(i18nc("name, names",
            "There is no lesson “%1”. There are: %2, and embedded and qemu for a live "
            "update on either VMM.",
            name, lessons::lessonNames().join(u", "_s)));
    for (const QString& option : { u"new-binary"_s, u"handover"_s, u"migrate-fds"_s, u"network"_s }) {
        if (found->lesson != DemoRequest().lesson && parser.isSet(option))
            return misuse(
                i18nc("option", "--%1 is not for a lesson, which has settings of its own.", option));
    }
    request = std::move(*found);
    return {};
}

Result<LabWish> labWish(const QCommandLineParser& parser)
{
    LabWish wish{ .lab = parser.isSet(u"lab"_s), .demo = parser.isSet(u"demo"_s) };
    if (wish.lab && wish.demo)
        return misuse(i18n("--lab and --demo exclude each other."));
    const QString option = wish.demo ? u"demo"_s : u"lab"_s;
    const QString kind = parser.value(option);
    if (wish.lab && !kinds.contains(kind))
        return misuse(i18nc("value", "--lab takes embedded or qemu, not “%1”.", kind));
    wish.list = wish.demo && kind == "list"_L1;
    if (wish.demo && !wish.list && !kinds.contains(kind)) {
        if (const auto taken = takeLesson(wish.request, kind, parser); !taken)
            return std::unexpected(taken.error());
    }
    if (!wish.lab && !wish.demo) {
        for (const QString& name :
            labOptions + QStringList{ u"new-binary"_s, u"handover"_s, u"migrate-fds"_s }) {
            if (parser.isSet(name))
                return misuse(i18nc("option", "--%1 is for --lab and --demo.", name));
        }
    }
    wish.output = parser.value(u"output"_s);
    if (!wish.output.isEmpty() && !wish.demo)
        return misuse(i18n("--output is for --demo."));

    lab::LabRequest& lab = wish.request.lab;
    if (kinds.contains(kind))
        lab.vmm = kind == "qemu"_L1 ? lab::LabRequest::Vmm::Qemu : lab::LabRequest::Vmm::Embedded;
    lab.program = parser.value(u"binary"_s);
    for (const QString& name : labOptions) {
        if (parser.isSet(name))
            lab.options << u"--"_s + name << parser.value(name);
    }
    op::SessionRequest& session = wish.request.session;
    session.destination.binary = parser.value(u"new-binary"_s);
    const bool full = parser.value(u"migrate-fds"_s) == "off"_L1;
    if (full && parser.isSet(u"handover"_s))
        return misuse(i18n("--handover is about descriptors, which --migrate-fds off does not pass."));
    if (full) {
        // A socket cannot be opened anew.
        if (parser.value(u"network"_s) == "socket"_L1)
            return misuse(i18n("--network socket needs --migrate-fds on."));
        if (lab.vmm == lab::LabRequest::Vmm::Embedded && !parser.isSet(u"network"_s))
            lab.options << u"--network"_s << u"tap"_s;
        session.mode = u"normal"_s;
        session.parameters.insert(u"migrate-fds"_s, false);
    } else if (parser.isSet(u"handover"_s)) {
        session.parameters.insert(u"handover"_s, parser.value(u"handover"_s));
    }
    return wish;
}

} // namespace cutover::ui
