// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/laboptions.h"

#include "qmp/client.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

static constexpr qint64 dirtyBytesPerSecond = qint64{ 64 } << 20;
static constexpr qint64 blocksPerSecond = 500;

QList<OptionSpec> labOptionSpecs()
{
    return {
        { .name = u"vmm"_s,
            .value = u"embedded|qemu"_s,
            .help = i18n("Which kind of VMM; default: embedded"),
            .letter = {},
            .choices = { u"embedded"_s, u"qemu"_s } },
        { .name = u"binary"_s,
            .value = u"PROGRAM"_s,
            .help = i18n("The source's program; default: cutover-vmm or qemu-system-x86_64"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
        { .name = u"accel"_s,
            .value = u"thread|kvm|tcg"_s,
            .help = i18n("The accelerator; default: thread, for QEMU KVM where it can be used"),
            .letter = {},
            .choices = { u"thread"_s, u"kvm"_s, u"tcg"_s } },
        { .name = u"queues"_s,
            .value = u"N"_s,
            .help = i18n("Queues of the network device and the disk, 1 to 8; not for QEMU"),
            .letter = {},
            .choices = {} },
        { .name = u"network"_s,
            .value = u"auto|tap|socket|none"_s,
            .help = i18n("What the guest's network is: auto (default) a TAP where that is allowed, else a "
                         "socket pair; not for QEMU"),
            .letter = {},
            .choices = { u"auto"_s, u"tap"_s, u"socket"_s, u"none"_s } },
        { .name = u"ram"_s,
            .value = u"SIZE"_s,
            .help = i18n("The guest's memory, as 256M or 4G; default: 256M"),
            .letter = {},
            .choices = {} },
        { .name = u"bare"_s,
            .value = {},
            .help = i18n("Without network, disk and console; not for QEMU, which has none"),
            .letter = {},
            .choices = {} },
    };
}

bool wantsQemu(const Options& options)
{
    return options.value(u"vmm"_s) == "qemu"_L1;
}

static Result<std::optional<qint64>> ramOf(const Options& options)
{
    if (!options.isSet(u"ram"_s))
        return std::nullopt;
    auto bytes = parseSize(options.value(u"ram"_s));
    if (!bytes)
        return std::unexpected(bytes.error());
    return *bytes;
}

Result<lab::QemuLabOptions> qemuLabOptions(const Options& options)
{
    for (const QString& name : { u"queues"_s, u"bare"_s, u"network"_s }) {
        if (options.isSet(name))
            return usageError(i18nc("option", "--%1 is for the embedded VMM", name));
    }
    lab::QemuLabOptions labOptions;
    if (options.isSet(u"binary"_s))
        labOptions.binary = options.value(u"binary"_s);
    const QString accelerator = options.value(u"accel"_s);
    if (accelerator == "thread"_L1)
        return usageError(i18n("QEMU has no accelerator 'thread'"), i18n("It has kvm and tcg."));
    if (!accelerator.isEmpty())
        labOptions.accelerator = accelerator == "kvm"_L1 ? lab::Accelerator::Kvm : lab::Accelerator::Tcg;
    const auto ram = ramOf(options);
    if (!ram)
        return std::unexpected(ram.error());
    labOptions.ramBytes = ram->value_or(labOptions.ramBytes);
    labOptions.extraArguments = options.command();
    return labOptions;
}

Result<lab::VmmLabOptions> vmmLabOptions(const Options& options)
{
    lab::VmmLabOptions labOptions;
    labOptions.binary = options.value(u"binary"_s);
    if (options.isSet(u"bare"_s)) {
        labOptions.network = lab::LabNetwork::None;
        labOptions.disk = labOptions.console = false;
    }
    const QString accelerator = options.value(u"accel"_s);
    if (accelerator == "tcg"_L1)
        return usageError(i18n("the embedded VMM has no accelerator 'tcg'"), i18n("It has thread and kvm."));
    if (!accelerator.isEmpty())
        labOptions.accelerator = accelerator;
    for (const auto network : { lab::LabNetwork::Tap, lab::LabNetwork::Socket, lab::LabNetwork::None }) {
        if (options.value(u"network"_s) == lab::labNetworkId(network))
            labOptions.network = network;
    }
    const auto ram = ramOf(options);
    if (!ram)
        return std::unexpected(ram.error());
    labOptions.ramBytes = ram->value_or(labOptions.ramBytes);
    if (options.isSet(u"queues"_s)) {
        bool isNumber = false;
        labOptions.queues = options.value(u"queues"_s).toInt(&isNumber);
        if (!isNumber || labOptions.queues < 1 || labOptions.queues > 8)
            return usageError(i18nc("text", "--queues cannot be '%1'", options.value(u"queues"_s)),
                i18n("It is a number from 1 to 8."));
    }
    labOptions.extraArguments = options.command();
    return labOptions;
}

void setGuestToWork(const QString& qmpPath, QObject* context, const std::function<void()>& done)
{
    auto* client = new qmp::Client({}, context);
    QObject::connect(client, &qmp::Client::ready, client, [client] {
        client->call(u"x-set-pulse-rates"_s,
            { { u"dirty-bytes-per-second"_s, dirtyBytesPerSecond },
                { u"blocks-per-second"_s, blocksPerSecond } },
            [client](const Result<QJsonValue>&) { client->close(); });
    });
    QObject::connect(client, &qmp::Client::closed, context, [client, done] {
        client->disconnect();
        client->deleteLater();
        done();
    });
    client->connectTo(qmpPath);
}

} // namespace cutover::cli
