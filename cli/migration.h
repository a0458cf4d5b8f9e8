// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/recordingfile.h"
#include "cli/sessionrun.h"

#include <memory>

namespace cutover::cli {

/// What migrate and demo have in common: one migration that is shown, recorded and summed up.
class MigrationCommand : public Command
{
    Q_OBJECT
public:
    MigrationCommand(Console& console, const Options& options, bool confirmed);

    bool interrupt() override;
    int abandonCode() const override;

protected:
    /// Opens the recording, before anything else is touched.
    Result<void> openRecording();
    void begin(const op::SessionRequest& request);
    SessionRun* run() { return m_run.get(); }
    bool isJson() const { return m_json; }
    /// After the migration, before anything is said about it: what the command wants to ask first. Leads to
    /// report().
    virtual void gather() { report(); }
    void report();
    /// What a command adds to the summary of --json.
    virtual QJsonObject extraJson() const { return {}; }
    /// After the report.
    virtual void concluded(ExitCode code) { Q_EMIT finished(code); }
    void reportFailure(const Error& error);
    /// Where that side's monitor can be reached now.
    QString monitorPath(Side side) const;

private:
    void checked();
    void confirmed(const QString& answer);
    void migrate();
    void ended();
    void printSummary(ExitCode code);
    void printFaults(ExitCode code);
    void printOutcome(ExitCode code);
    void printWhereabouts();
    QJsonObject summaryJson(ExitCode code) const;

    bool m_json;
    bool m_confirmed;
    bool m_cancelling = false;
    QString m_recordPath;
    std::unique_ptr<RecordingFile> m_recording;
    std::unique_ptr<SessionRun> m_run;
    std::unique_ptr<Progress> m_progress;
};

/// The options of its own.
QList<OptionSpec> migrationOptions();

} // namespace cutover::cli
