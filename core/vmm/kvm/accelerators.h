// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/accelerator.h"

#include <QStringList>

#include <memory>

namespace cutover::vmm {

class GuestMemory;

/// What the processors may run on.
struct AcceleratorWish
{
    QStringList names{ QStringLiteral("thread") }; ///< the first that works is taken; not empty
    QString kvmDevice = QStringLiteral("/dev/kvm");
};

struct ChosenAccelerator
{
    std::unique_ptr<Accelerator> accelerator; ///< prepared
    std::vector<Error> passedOver; ///< why those before it were not taken
};

/// The names that can be wished for.
QStringList acceleratorNames();
/// The error is that of the last name, when none works. The memory outlives the accelerator.
Result<ChosenAccelerator> makeAccelerator(
    const AcceleratorWish& wish, GuestMemory& memory, const MachineShape& shape);

} // namespace cutover::vmm
