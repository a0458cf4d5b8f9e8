// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/accelerator.h"

#include <memory>

namespace cutover::vmm {

class GuestMemory;

/// Runs the pulse program in a virtual machine of KVM, each processor on a thread of its own. A processor is
/// stopped wherever it is, and its registers are read by its own thread before stop() returns.
class KvmAccelerator : public Accelerator
{
public:
    /// \a memory outlives the accelerator. An error says why there is no KVM to use.
    static Result<std::unique_ptr<KvmAccelerator>> create(GuestMemory& memory, const QString& device);
    /// Stops the processors and ends their threads.
    ~KvmAccelerator() override;

    QString name() const override;
    QJsonObject configuration() const override;
    Result<void> setDoorbell(quint32 number, int fd) override;
    /// Runs every processor for a moment, outside of guest memory: an error if this KVM cannot.
    Result<void> prepare(const MachineShape& shape) override;
    void warm() override;
    void boot() override;
    void onFault(const std::function<void(const Error&)>& handler) override;
    void start() override;
    void stop() override;
    bool running() const override;
    void collectDirtyPages() override;
    void setDirtyLog(bool on) override;
    Result<void> save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override;
    Result<void> load(QCborStreamReader& reader) override;

private:
    class Private;
    explicit KvmAccelerator(std::unique_ptr<Private> made);
    std::unique_ptr<Private> d;
};

} // namespace cutover::vmm
