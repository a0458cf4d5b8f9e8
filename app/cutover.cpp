// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "application.h"
#include "cli/command.h"
#include "cli/requestoptions.h"
#include "livesession.h"
#include "mainwindow.h"

#include <KAboutData>
#include <KColorSchemeManager>
#include <KIconTheme>
#include <KLocalizedString>
#include <KSignalHandler>

#include <QApplication>
#include <QCommandLineParser>

#include <csignal>
#include <cstdio>
#include <optional>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

int usage(const QString& problem)
{
    std::fputs(qPrintable(problem + u'\n'), stderr);
    return 2;
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

Arguments splitArguments(QStringList words)
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

} // namespace

int main(int argc, char** argv)
{
    // A VMM that closes its end must be an error, not our end.
    std::signal(SIGPIPE, SIG_IGN);
    KIconTheme::initTheme();
    QApplication application(argc, argv);
    KLocalizedString::setApplicationDomain("cutover");
    KAboutData about(ui::componentName, i18n("Cutover"), QStringLiteral(CUTOVER_VERSION),
        i18n("Live-update the process that runs a virtual machine"), KAboutLicense::GPL_V3,
        i18n("© 2026 The Cutover authors"));
    about.setDesktopFileName(ui::applicationId);
    KAboutData::setApplicationData(about);
    QApplication::setWindowIcon(
        QIcon::fromTheme(ui::applicationId, QIcon::fromTheme(QStringLiteral("media-playlist-shuffle"))));
    KColorSchemeManager::instance();

    QCommandLineParser parser;
    about.setupCommandLine(&parser);
    addRequestOptions(parser);
    const QCommandLineOption labPair(
        u"lab"_s, i18n("Start a QEMU pair to try it on; --binary names its program."), u"qemu"_s);
    parser.addOption(labPair);
    const Arguments arguments = splitArguments(QCoreApplication::arguments());
    if (!parser.parse(arguments.own))
        return usage(parser.errorText());
    parser.process(arguments.own);
    about.processCommandLine(&parser);

    if (parser.isSet(labPair) && parser.value(labPair) != u"qemu")
        return usage(i18n("--lab takes qemu, not “%1”.", parser.value(labPair)));
    if (parser.isSet(labPair) && parser.isSet(u"source"_s))
        return usage(i18n("--source and --lab exclude each other."));
    if (!parser.positionalArguments().isEmpty())
        return usage(i18n("“%1” is not expected.", parser.positionalArguments().first()));
    Result<std::optional<op::SessionRequest>> request;
    if (!parser.isSet(labPair))
        request = readRequest(parser, arguments.command);
    if (!request)
        return usage(
            i18nc("what is wrong. what to do", "%1. %2", request.error().cause, request.error().remedy));

    // So that a lab of ours ends with us.
    KSignalHandler::self()->watchSignal(SIGTERM);
    KSignalHandler::self()->watchSignal(SIGINT);
    QObject::connect(
        KSignalHandler::self(), &KSignalHandler::signalReceived, &application, &QCoreApplication::quit);

    ui::LiveSession session;
    ui::MainWindow window(&session);
    window.show();
    if (parser.isSet(labPair))
        window.startLab(parser.value(u"binary"_s));
    else if (*request)
        window.begin(**request);
    return QApplication::exec();
}
