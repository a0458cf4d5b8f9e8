// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/accelerators.h"

#include "vmm/guest/pulsereading.h"
#include "vmm/guest/threadaccelerator.h"

#ifdef CUTOVER_KVM
#include "vmm/kvm/kvmaccelerator.h"
#endif

namespace cutover::vmm {

using namespace Qt::StringLiterals;

static Result<std::unique_ptr<Accelerator>> makeNamed(
    const QString& name, const AcceleratorWish& wish, GuestMemory& memory)
{
    if (name == "thread"_L1)
        return std::make_unique<ThreadAccelerator>(memory);
    if (name != "kvm"_L1)
        return failure(ErrorCode::Unsupported, u"create the processors"_s, name,
            u"there is no such accelerator"_s, u"Use -accel thread."_s);
#ifdef CUTOVER_KVM
    return KvmAccelerator::create(memory, wish.kvmDevice);
#else
    Q_UNUSED(wish)
    return failure(ErrorCode::Unsupported, u"use KVM"_s, {},
        u"this program has no KVM guest for this kind of processor"_s, u"Use -accel thread."_s);
#endif
}

QStringList acceleratorNames()
{
    return { u"thread"_s, u"kvm"_s };
}

Result<ChosenAccelerator> makeAccelerator(
    const AcceleratorWish& wish, GuestMemory& memory, const MachineShape& shape)
{
    // What is wrong with the machine is not wrong with an accelerator.
    if (const auto plan = planMachine(memory, shape); !plan)
        return std::unexpected(plan.error());
    ChosenAccelerator chosen;
    for (const QString& name : wish.names) {
        auto made = makeNamed(name, wish, memory);
        const Result<void> prepared
            = made ? (*made)->prepare(shape) : Result<void>(std::unexpected(made.error()));
        if (prepared) {
            chosen.accelerator = std::move(*made);
            return chosen;
        }
        chosen.passedOver.push_back(prepared.error());
    }
    return std::unexpected(chosen.passedOver.back());
}

} // namespace cutover::vmm
