// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "application.h"
#include "autorecord/automaticrecording.h"
#include "cli/command.h"
#include "cli/requestoptions.h"
#include "demo/demooptions.h"
#include "demo/demorecorder.h"
#include "livesession.h"
#include "mainwindow.h"
#include "preferences/applypreferences.h"
#include "replay/recordings.h"
#include "replay/replaysession.h"

#include <KAboutData>
#include <KColorSchemeManager>
#include <KIconTheme>
#include <KLocalizedString>
#include <KSignalHandler>

#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

int usage(const QString& problem)
{
    std::fputs(qPrintable(problem + u'\n'), stderr);
    return 2;
}

int failed(const Error& error)
{
    std::fputs(qPrintable(error.message() + u'\n' + error.remedy + u'\n'), stderr);
    return 1;
}

/// Once: what the operator does later is his own choice. Not for a window that was closed meanwhile: its
/// check goes on until the program has ended.
void migrateWhenReady(ui::LiveSession& session, const QWidget& window)
{
    QObject::connect(
        &session, &ui::SessionModel::stateChanged, &window, [&session, &window, done = false]() mutable {
            const auto* ready = std::get_if<op::state::Ready>(&session.state());
            if (ready && !ready->refused && window.isVisible() && !std::exchange(done, true))
                std::ignore = session.migrate();
        });
}

/// The options that the window shares with "cutoverctl migrate".
cli::CommandSpec requestSpec()
{
    cli::CommandSpec spec;
    spec.options = cli::requestOptions() + cli::migrationRequestOptions();
    spec.takesCommand = true;
    return spec;
}

void addRequestOptions(QCommandLineParser& parser)
{
    for (const cli::OptionSpec& option : requestSpec().options)
        parser.addOption(QCommandLineOption(option.name, option.help, option.value));
}

/// The program's arguments, and the destination's command line behind "--".
struct Arguments
{
    QStringList own;
    QStringList command;
};

Arguments splitArguments(const QStringList& words)
{
    const qsizetype dashes = words.indexOf(u"--"_s);
    if (dashes < 0)
        return { .own = words, .command = {} };
    Arguments arguments{ .own = words.first(dashes), .command = words.sliced(dashes + 1) };
    // "--destination -- COMMAND" says the same as "-- COMMAND".
    if (arguments.own.last() == u"--destination")
        arguments.own.removeLast();
    return arguments;
}

/// What cutoverctl makes of the same options; nothing where none is given.
Result<std::optional<op::SessionRequest>> readRequest(
    const QCommandLineParser& parser, const QStringList& command)
{
    const cli::CommandSpec spec = requestSpec();
    QStringList words;
    for (const cli::OptionSpec& option : spec.options) {
        if (!parser.isSet(option.name))
            continue;
        words << u"--"_s + option.name;
        if (!option.value.isEmpty())
            words << parser.value(option.name);
    }
    if (!command.isEmpty())
        words << u"--"_s << command;
    if (words.isEmpty())
        return std::nullopt;
    const auto options = cli::Options::parse(spec, words);
    if (!options)
        return std::unexpected(options.error());
    auto request = cli::parseRequest(*options);
    if (!request)
        return std::unexpected(request.error());
    return std::move(*request);
}

bool mayHaveDisplay()
{
    return std::ranges::any_of(
        std::array{ "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM" },
        [](const char* name) { return !qEnvironmentVariableIsEmpty(name); });
}

} // namespace

int main(int argc, char** argv)
{
    // A VMM that closes its end must be an error, not our end.
    std::signal(SIGPIPE, SIG_IGN);
    const bool hasDisplay = mayHaveDisplay();
    // Help, the version and a demo do without, and Qt would abort.
    if (!hasDisplay)
        qputenv("QT_QPA_PLATFORM", "offscreen");
    KIconTheme::initTheme();
    QApplication application(argc, argv);
    KLocalizedString::setApplicationDomain("cutover");
    KAboutData about(ui::componentName, i18n("Cutover"), QStringLiteral(CUTOVER_VERSION),
        i18n("Live-update the process that runs a virtual machine"), KAboutLicense::GPL_V3,
        i18n("© 2026 The Cutover authors"));
    about.setDesktopFileName(ui::applicationId);
    KAboutData::setApplicationData(about);
    QApplication::setWindowIcon(
        QIcon::fromTheme(ui::applicationId, QIcon(QStringLiteral(":/icon/org.cutover.Cutover.svg"))));
    KColorSchemeManager::instance();

    QCommandLineParser parser;
    about.setupCommandLine(&parser);
    addRequestOptions(parser);
    const QCommandLineOption migrate(u"migrate"_s,
        i18n("With --source: migrate as soon as the checks allow it, instead of waiting to be told."));
    parser.addOption(migrate);
    ui::addDemoOptions(parser);
    parser.addPositionalArgument(u"file"_s, i18n("A recording to be shown."), u"[FILE]"_s);
    const Arguments arguments = splitArguments(QCoreApplication::arguments());
    const QStringList own = ui::withDemoValue(arguments.own);
    if (!parser.parse(own))
        return usage(parser.errorText());
    parser.process(own);
    about.processCommandLine(&parser);

    const auto wish = ui::labWish(parser);
    if (!wish)
        return usage(wish.error().cause);
    if (wish->list) {
        std::fputs(qPrintable(ui::lessonListText()), stdout);
        return 0;
    }
    const bool inLab = wish->lab || wish->demo;
    if (parser.isSet(u"source"_s) && inLab)
        return usage(i18n("--source excludes --lab and --demo."));
    if (parser.isSet(migrate) && !parser.isSet(u"source"_s))
        return usage(i18n("--migrate needs --source."));
    const QStringList files = parser.positionalArguments();
    if (files.size() > 1)
        return usage(i18n("“%1” is not expected: one recording at a time.", files.at(1)));
    if (!files.isEmpty() && (parser.isSet(u"source"_s) || inLab))
        return usage(i18n("A recording excludes --source, --lab and --demo."));
    if (!files.isEmpty() && !QFileInfo::exists(files.first()))
        return usage(i18n("“%1” does not exist.", files.first()));
    Result<std::optional<op::SessionRequest>> request;
    if (!inLab)
        request = readRequest(parser, arguments.command);
    if (!request)
        return usage(
            i18nc("what is wrong. what to do", "%1. %2", request.error().cause, request.error().remedy));

    if (!hasDisplay && !wish->demo)
        return failed({ .code = ErrorCode::Unsupported,
            .attempt = i18n("open the window"),
            .object = {},
            .cause = i18n("there is no display"),
            .remedy = i18n("Set DISPLAY or WAYLAND_DISPLAY, or use cutoverctl, which does the same without a "
                           "window."),
            .sysErrno = 0 });

    // So that a lab of ours ends with us.
    KSignalHandler::self()->watchSignal(SIGTERM);
    KSignalHandler::self()->watchSignal(SIGINT);

    ui::applyTextScale();
    ui::ReplaySession session;
    const ui::AutomaticRecording recording(&session);
    QObject::connect(&recording, &ui::AutomaticRecording::failed, &session, &ui::SessionModel::failed);
    ui::MainWindow window(&session);
    QObject::connect(
        KSignalHandler::self(), &KSignalHandler::signalReceived, &window, [&window, told = 0]() mutable {
            // The second one is from somebody who does not want to wait.
            if (++told == 1)
                window.closeUnasked();
            else
                QCoreApplication::quit();
        });
    window.show();
    std::unique_ptr<ui::DemoRecorder> recorder;
    if (wish->lab) {
        window.startLab(wish->request.lab, wish->request.session);
    } else if (wish->demo) {
        const bool unattended = !wish->output.isEmpty() || QGuiApplication::platformName() == u"offscreen";
        if (!unattended) {
            window.showDemo(wish->request);
        } else {
            recorder = std::make_unique<ui::DemoRecorder>(&session, window.demo(), &window);
            QObject::connect(recorder.get(), &ui::DemoRecorder::finished, &application,
                &QCoreApplication::exit, Qt::QueuedConnection);
            const QString folder = wish->output.isEmpty() ? QStringLiteral("cutover-demo") : wish->output;
            if (const auto started = recorder->start(folder, wish->request); !started)
                return failed(started.error());
        }
    } else if (!files.isEmpty()) {
        window.recordings()->open(files.first());
    } else if (*request) {
        if (parser.isSet(migrate))
            migrateWhenReady(session, window);
        window.begin(**request);
    } else {
        window.takeUpLeftPair();
    }
    return QApplication::exec();
}
