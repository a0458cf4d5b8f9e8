// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/migration.h"
#include "lab/qemulab.h"
#include "lab/vmmlab.h"

namespace cutover::cli {

/// A migration in a lab: what is started belongs to the lab and ends with it, unless --keep is given.
class LabCommand : public MigrationCommand
{
public:
    LabCommand(Console& console, const Options& options);

protected:
    virtual Result<void> takeOverProcess(pid_t pid, quint64 startTicks) = 0;
    virtual Result<void> keepLab() = 0;
    virtual QString labFolder() const = 0;

    void beginInLab(const op::SessionRequest& request);
    void concluded(ExitCode code) override;
    /// To be called by the destructor of whoever owns the lab, which must end before pairFolder is removed.
    void leave();

    /// Removed after the lab has ended the processes that use it.
    struct PairFolder
    {
        QString path;
        PairFolder() = default;
        PairFolder(const PairFolder&) = delete;
        PairFolder& operator=(const PairFolder&) = delete;
        ~PairFolder();
    };
    PairFolder m_pair;

private:
    void takeOver();

    bool m_keep;
    bool m_taken = false;
};

/// A demo on a QEMU pair.
class QemuDemo : public LabCommand
{
    Q_OBJECT
public:
    QemuDemo(Console& console, const Options& options, const lab::QemuLabOptions& labOptions);
    ~QemuDemo() override;
    void start() override;

protected:
    Result<void> takeOverProcess(pid_t pid, quint64 startTicks) override;
    Result<void> keepLab() override { return m_lab.keep(); }
    QString labFolder() const override { return m_lab.folder(); }

private:
    void labStarted();

    lab::QemuLab m_lab;
    lab::QemuLabOptions m_options;
    QString m_newBinary;
};

/// A demo on the embedded VMM, whose guest tells what it has seen.
class VmmDemo : public LabCommand
{
    Q_OBJECT
public:
    VmmDemo(Console& console, const Options& options, const lab::VmmLabOptions& labOptions,
        op::SessionRequest request);
    ~VmmDemo() override;
    void start() override;

protected:
    Result<void> takeOverProcess(pid_t pid, quint64 startTicks) override;
    Result<void> keepLab() override { return m_lab.keep(); }
    QString labFolder() const override { return m_lab.folder(); }
    void gather() override;
    QJsonObject extraJson() const override;
    void concluded(ExitCode code) override;

private:
    void labStarted();
    void askPulse();
    void pulseAnswered(const QJsonObject& pulse);

    lab::VmmLabOptions m_options;
    op::SessionRequest m_request;
    QJsonObject m_pulse; ///< as query-pulse answers; empty: not known
    std::optional<lab::TrafficReading> m_traffic;
    std::unique_ptr<qmp::Client> m_client;
    lab::VmmLab m_lab;
};

/// To be called first thing in main(): a lab, and a demo of the embedded VMM, moves into a private network
/// and gets a keeper, which both must happen before any thread exists. What fails is told by the demo.
void prepareLab(int argc, char** argv);

} // namespace cutover::cli
