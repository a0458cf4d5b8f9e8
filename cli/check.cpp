// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/checktext.h"
#include "cli/requestoptions.h"
#include "cli/sessionrun.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

class CheckCommand : public Command
{
public:
    CheckCommand(Console& console, const Options& options, const op::SessionRequest& request)
        : Command(console)
        , m_json(options.isSet(u"json"_s))
        , m_run(request)
    {
        connect(&m_run, &SessionRun::waiting, this, [this] { this->console().message(m_run.waitingText()); });
        connect(&m_run, &SessionRun::checked, this, &CheckCommand::conclude);
        connect(&m_run, &SessionRun::ended, this, &CheckCommand::conclude);
    }

    void start() override { m_run.check(); }

private:
    void conclude()
    {
        const op::Session& session = m_run.session();
        const auto failure = session.failure();
        const ExitCode code = failure ? ExitFailed : m_run.isRefused() ? ExitRefused : ExitDone;
        if (m_json)
            printDocument(code);
        else if (!session.checks().empty())
            printText(code);
        if (failure)
            printFailure(console(), *failure);
        Q_EMIT finished(code);
    }

    void printDocument(ExitCode code)
    {
        const op::Session& session = m_run.session();
        QJsonObject document{
            { u"outcome"_s,
                code == ExitDone          ? u"ready"_s
                    : code == ExitRefused ? u"refused"_s
                                          : u"failed"_s },
            { u"exitCode"_s, int{ code } },
            { u"checks"_s, checksJson(session.checks()) },
        };
        if (session.derived())
            document[u"destination"_s] = derivedJson(*session.derived());
        if (const auto failure = session.failure())
            document[u"failure"_s] = failureJson(*failure);
        console().printJson(document);
    }

    void printText(ExitCode code)
    {
        const op::Session& session = m_run.session();
        printChecks(console(), session.checks(), CheckDetail::All);
        if (session.derived())
            printDerived(console(), *session.derived());
        console().print({});
        if (code == ExitDone)
            console().print(console().paint(Tone::Good, i18n("It can be updated.")) + u' '
                + i18n("Nothing was changed."));
        else if (code == ExitRefused)
            console().print(console().paint(Tone::Bad, i18n("It cannot be updated this way.")) + u' '
                + i18n("Nothing was changed; what stands against it is marked ✗."));
    }

    bool m_json;
    SessionRun m_run;
};

CommandSpec spec()
{
    QList<OptionSpec> options = requestOptions();
    options.append({ .name = u"json"_s,
        .value = {},
        .help = i18n("Print one JSON document"),
        .letter = {},
        .choices = {} });
    return {
        .name = u"check"_s,
        .synopsis = { u"--source qmp:PATH|pid:N [OPTION …] [--json] [-- COMMAND …]"_s },
        .summary = i18n("See whether a VMM can be updated, and how"),
        .description
        = i18n("Connects to the source, looks at the guest and at what both sides offer, and shows every check with what "
               "was seen and, where something stands against it, what to do. Also shows the command line that the "
               "destination would get, with each change and its reason. Changes nothing: no destination is started."),
        .options = options,
        .arguments = {},
        .takesCommand = true,
        .examples = {
            { u"cutoverctl check --source pid:1234"_s, i18n("With the program that it runs already.") },
            { u"cutoverctl check --source qmp:/run/vm.sock --binary /opt/qemu/bin/qemu-system-x86_64"_s, i18n("For an update to another QEMU.") },
        },
        .exitCodes = { i18n("0  nothing stands against it"), i18n("1  the source could not be looked at"), i18n("2  the command line was not understood"), i18n("3  something stands against it") },
    };
}

} // namespace

CommandEntry checkCommand()
{
    return { .spec = spec,
        .create = [](Console& console, const Options& options) -> Result<std::unique_ptr<Command>> {
            auto request = parseRequest(options);
            if (!request)
                return std::unexpected(request.error());
            return std::make_unique<CheckCommand>(console, options, *request);
        } };
}

} // namespace cutover::cli
