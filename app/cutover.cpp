// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "application.h"
#include "mainwindow.h"
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

#include <csignal>
#include <cstdio>

using namespace cutover;

namespace {

int usage(const QString& problem)
{
    std::fputs(qPrintable(problem + u'\n'), stderr);
    return 2;
}

/// qmp:PATH or pid:N.
bool readSource(const QString& text, op::SourceSpec& source)
{
    if (text.startsWith(u"qmp:"))
        source.qmpPath = text.sliced(4);
    bool isNumber = true;
    if (text.startsWith(u"pid:"))
        source.pid = text.sliced(4).toInt(&isNumber);
    return isNumber && (!source.qmpPath.isEmpty() || source.pid > 0);
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
    const QCommandLineOption source(QStringLiteral("source"),
        i18n("The VMM that has the guest: qmp:PATH of its QMP socket, or pid:N."),
        QStringLiteral("qmp:PATH|pid:N"));
    const QCommandLineOption labPair(
        QStringLiteral("lab"), i18n("Start a QEMU pair to try it on."), QStringLiteral("qemu"));
    const QCommandLineOption binary(QStringLiteral("binary"),
        i18n("The program of the destination, or of the pair."), QStringLiteral("PROGRAM"));
    parser.addOptions({ source, labPair, binary });
    parser.addPositionalArgument(
        QStringLiteral("file"), i18n("A recording to be shown."), QStringLiteral("[FILE]"));
    if (!parser.parse(QCoreApplication::arguments()))
        return usage(parser.errorText());
    parser.process(application);
    about.processCommandLine(&parser);

    op::SessionRequest request;
    if (parser.isSet(source) && !readSource(parser.value(source), request.source))
        return usage(i18n("--source takes qmp:PATH or pid:N, not “%1”.", parser.value(source)));
    if (parser.isSet(labPair) && parser.value(labPair) != u"qemu")
        return usage(i18n("--lab takes qemu, not “%1”.", parser.value(labPair)));
    if (parser.isSet(source) && parser.isSet(labPair))
        return usage(i18n("--source and --lab exclude each other."));
    const QStringList files = parser.positionalArguments();
    if (files.size() > 1)
        return usage(i18n("“%1” is not expected: one recording at a time.", files.at(1)));
    if (!files.isEmpty() && (parser.isSet(source) || parser.isSet(labPair)))
        return usage(i18n("A recording, --source and --lab exclude each other."));
    if (!files.isEmpty() && !QFileInfo::exists(files.first()))
        return usage(i18n("“%1” does not exist.", files.first()));

    // So that a lab of ours ends with us.
    KSignalHandler::self()->watchSignal(SIGTERM);
    KSignalHandler::self()->watchSignal(SIGINT);
    QObject::connect(
        KSignalHandler::self(), &KSignalHandler::signalReceived, &application, &QCoreApplication::quit);

    ui::ReplaySession session;
    ui::MainWindow window(&session);
    window.show();
    if (!files.isEmpty()) {
        window.recordings()->open(files.first());
    } else if (parser.isSet(labPair)) {
        window.startLab(parser.value(binary));
    } else if (parser.isSet(source)) {
        request.destination.binary = parser.value(binary);
        window.begin(request);
    }
    return QApplication::exec();
}
