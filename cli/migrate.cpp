// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/migration.h"
#include "cli/pairs.h"
#include "cli/requestoptions.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

class MigrateCommand : public MigrationCommand
{
public:
    MigrateCommand(Console& console, const Options& options, const op::SessionRequest& request)
        : MigrationCommand(console, options, options.isSet(u"yes"_s))
        , m_request(request)
    {
        connect(&m_pairs, &PairSurvey::done, this, &MigrateCommand::proceed);
    }

    void start() override
    {
        if (auto opened = openRecording(); !opened) {
            reportFailure(opened.error());
            return;
        }
        m_pairs.start();
    }

private:
    void proceed()
    {
        m_pairs.announce(console());
        m_pairs.letGo();
        begin(m_request);
    }

    op::SessionRequest m_request;
    PairSurvey m_pairs;
};

CommandSpec spec()
{
    QList<OptionSpec> options = requestOptions();
    options += migrationRequestOptions();
    options += migrationOptions();
    options << OptionSpec{
        .name = u"yes"_s, .value = {}, .help = i18n("Do not ask"), .letter = u"y"_s, .choices = {}
    };
    return {
        .name = u"migrate"_s,
        .synopsis = { u"--source qmp:PATH|pid:N [OPTION …]"_s, u"--source qmp:PATH|pid:N [OPTION …] -- COMMAND …"_s },
        .summary = i18n("Move a guest to a new VMM process"),
        .description
        = i18n("Checks the source, shows what would be done and asks; then starts the destination, moves the guest, proves that "
               "exactly one process runs it and that each file descriptor is the same on both sides, and ends the source. The "
               "destination's monitor takes the place of the source's. What fails before the guest was handed over leaves it "
               "on the source, running. Ctrl+C cancels as long as that is possible; killing this program at any moment ends no "
               "guest, and its next start finds the pair.\n\nA COMMAND after -- is used as the destination's command line instead of "
               "the source's; sockets, incoming channels and logs are changed in it all the same."),
        .options = options,
        .arguments = {},
        .takesCommand = true,
        .examples = {
            { u"cutoverctl migrate --source pid:1234"_s, i18n("Restart a VMM under its guest: the same program and command line.") },
            { u"cutoverctl migrate --source qmp:/run/vm.sock --binary /opt/qemu/bin/qemu-system-x86_64 --record update.cutover --yes"_s, i18n("Update to another QEMU, without questions, with a recording.") },
            { u"cutoverctl migrate --source qmp:/run/vm.sock --destination qmp:/run/new.sock,cpr:/run/cpr.sock"_s, i18n("To a destination that you have started with -S and -incoming defer.") },
        },
        .exitCodes = { i18n("0  migrated and verified"), i18n("1  failed or cancelled; the guest is on the source, as before"), i18n("2  the command line was not understood, or --yes is missing where nobody can be asked"), i18n("3  refused by the checks; nothing was done"), i18n("4  the guest needs you: see 'cutoverctl rescue --help'") },
    };
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    auto request = parseRequest(options);
    if (!request)
        return std::unexpected(request.error());
    if (!options.isSet(u"yes"_s) && (options.isSet(u"json"_s) || !console.traits().interactive))
        return usageError(options.isSet(u"json"_s)
                ? i18n("--json needs --yes: nobody can be asked")
                : i18n("--yes is missing, and without a terminal nobody can be asked"),
            i18n("'cutoverctl check' shows what would be done."));
    return std::make_unique<MigrateCommand>(console, options, *request);
}

} // namespace

CommandEntry migrateCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
