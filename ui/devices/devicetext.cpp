// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicetext.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;
using op::FdEffect;
using timeline::FdClaim;
using Stage = DeviceTree::Stage;

namespace {

const QString& dash()
{
    static const QString text = u"—"_s;
    return text;
}

Rank rankOf(FdEffect effect)
{
    switch (effect) {
    case FdEffect::Refused:
        return Rank::Negative;
    case FdEffect::Reopened:
    case FdEffect::Copied:
        return Rank::Neutral;
    case FdEffect::Nothing:
    case FdEffect::Unknown:
    case FdEffect::Inherited:
    case FdEffect::MadeAnew:
        return Rank::Faint;
    case FdEffect::Passes:
        break;
    }
    return Rank::Plain;
}

DeviceCell predicted(const op::FdPrediction& prediction)
{
    QString reason = prediction.sentence();
    if (!prediction.remedy.isEmpty())
        reason = i18nc("what happens, and what helps", "%1. %2", reason, prediction.remedy);
    return { .text = prediction.sentence(), .reason = reason, .rank = rankOf(prediction.effect) };
}

bool isLost(const FdNode& fd)
{
    return fd.way.claim == FdClaim::Missing && fd.way.sent;
}

bool isSame(const FdNode& fd)
{
    return fd.way.identity == "same"_L1 || fd.way.identity == "same-inode"_L1;
}

bool exists(const FdNode& fd)
{
    return fd.prediction.effect != FdEffect::Nothing && fd.prediction.effect != FdEffect::Inherited;
}

/// A device's fds that there are.
std::vector<const FdNode*> existing(const DeviceNode& device)
{
    std::vector<const FdNode*> fds;
    for (const FdNode& fd : device.fds) {
        if (exists(fd))
            fds.push_back(&fd);
    }
    return fds;
}

DeviceCell progressCell(const FdNode& fd)
{
    if (isLost(fd))
        return { .text = i18nc("of a descriptor", "lost"),
            .reason = i18n("The source sent it, and the destination did not find it: something between them "
                           "dropped it."),
            .rank = Rank::Negative };
    if (fd.way.claim == FdClaim::Claimed)
        return { .text = i18nc("of a descriptor", "claimed"),
            .reason = i18n("The destination found it under its name and uses it.") };
    if (fd.way.claim == FdClaim::Unclaimed)
        return { .text = i18nc("of a descriptor", "not claimed"),
            .reason = i18n("The destination received it, but never looked for it: it stays open and unused."),
            .rank = Rank::Neutral };
    if (fd.way.received)
        return { .text = i18nc("of a descriptor", "received"),
            .reason = i18n("The destination has received it.") };
    if (fd.way.sent)
        return { .text = i18nc("of a descriptor", "sent"), .reason = i18n("The source has sent it.") };
    if (fd.way.saved)
        return { .text = i18nc("of a descriptor", "saved"),
            .reason = i18n("The source holds it ready under its name, to be passed.") };
    return { .text = dash(), .reason = i18n("Nothing has happened to it yet."), .rank = Rank::Faint };
}

/// The words of the VMM's own state.
QString stateWord(const QString& state)
{
    if (state == "owned"_L1)
        return i18nc("state of a descriptor", "open, owned");
    if (state == "absent"_L1)
        return i18nc("state of a descriptor", "absent");
    if (state == "saved"_L1)
        return i18nc("state of a descriptor", "saved");
    return state == "open"_L1 ? i18nc("state of a descriptor", "open") : state;
}

/// How many of a device's fds have come so far: "2 of 3 claimed".
DeviceCell sharedState(const std::vector<const FdNode*>& fds, Stage stage, const DeviceCell& first,
    const std::vector<DeviceCell>& cells)
{
    const auto equal = std::ranges::count(cells, first.text, &DeviceCell::text);
    if (static_cast<std::size_t>(equal) == cells.size())
        return first;
    const auto worst = std::ranges::find(cells, Rank::Negative, &DeviceCell::rank);
    if (worst != cells.end())
        return *worst;
    const auto count = static_cast<int>(stage == Stage::Proved
            ? std::ranges::count_if(fds, [](const FdNode* fd) { return isSame(*fd); })
            : std::ranges::count_if(fds, [](const FdNode* fd) { return fd->way.claim == FdClaim::Claimed; }));
    const int total = static_cast<int>(fds.size());
    return { .text = stage == Stage::Proved
            ? i18nc("%1 of %2 descriptors", "%1 of %2 the same file", count, total)
            : i18nc("%1 of %2 descriptors", "%1 of %2 claimed", count, total),
        .reason = {},
        .rank = Rank::Plain };
}

} // namespace

DeviceCell effectCell(const FdNode& fd, Stage stage)
{
    const DeviceCell plan = predicted(fd.prediction);
    if (stage != Stage::Proved && !isLost(fd))
        return plan;
    if (isLost(fd))
        return { .text = i18nc("of a descriptor", "lost"),
            .reason = progressCell(fd).reason,
            .rank = Rank::Negative };
    const bool same = isSame(fd);
    if (!fd.way.identity.isEmpty() && fd.way.identity != "unknown"_L1 && same != fd.prediction.isSame())
        return same ? DeviceCell{ .text = i18n("passed, against the prediction"),
            .reason = i18n("It was to be: %1.", plan.text),
            .rank = Rank::Neutral }
                    : DeviceCell{ .text = i18n("not passed, against the prediction"),
                          .reason = i18n("It was to be: %1.", plan.text),
                          .rank = Rank::Negative };
    if (fd.way.claim == FdClaim::Unclaimed)
        return { .text = i18n("passed, unused"), .reason = progressCell(fd).reason, .rank = Rank::Neutral };
    if (fd.prediction.isSame())
        return same || fd.way.claim == FdClaim::Claimed
            ? DeviceCell{ .text = i18nc("of a descriptor", "passed"),
                  .reason = i18n("It was passed, as predicted (%1).", fd.prediction.reason) }
            : DeviceCell{ .text = i18n("to pass, not seen"),
                  .reason = i18n("It was to pass, and no trace of it was found on the destination."),
                  .rank = Rank::Neutral };
    return plan;
}

DeviceCell effectCell(const DeviceNode& device, Stage stage)
{
    if (device.fds.empty())
        return { .text = i18n("no descriptors known"),
            .reason = i18n("The VMM names none for this device."),
            .rank = Rank::Faint };
    if (const auto lost = std::ranges::find_if(device.fds, isLost); lost != device.fds.end())
        return effectCell(*lost, stage);
    if (stage == Stage::Proved) {
        DeviceCell worst;
        bool first = true;
        for (const FdNode& fd : device.fds) {
            DeviceCell cell = effectCell(fd, stage);
            const bool deciding = fd.prediction == device.prediction;
            if (cell.rank == Rank::Negative)
                return cell;
            if (first || deciding)
                worst = std::move(cell);
            first = false;
            if (deciding)
                break;
        }
        return worst;
    }
    return predicted(device.prediction);
}

DeviceCell stateCell(const FdNode& fd, Stage stage)
{
    if (stage == Stage::Planned || fd.prediction.effect == FdEffect::Nothing)
        return { .text = fd.fd.state.isEmpty() ? dash() : stateWord(fd.fd.state),
            .reason = fd.fd.state.isEmpty() ? i18n("The VMM does not tell.")
                                            : i18n("The source’s own word for its state."),
            .rank = Rank::Faint };
    const QString& identity = fd.way.identity;
    if (identity == "same"_L1)
        return { .text = i18nc("proof", "same file"), .reason = fd.way.proof, .rank = Rank::Positive };
    if (identity == "same-inode"_L1)
        return { .text = i18nc("proof", "same inode"), .reason = fd.way.proof, .rank = Rank::Neutral };
    if (identity == "different"_L1)
        return { .text = i18nc("proof", "different file"), .reason = fd.way.proof, .rank = Rank::Negative };
    if (identity == "new"_L1)
        return { .text = i18nc("proof", "new file"),
            .reason = i18n("The destination has its own, as was to be expected. %1", fd.way.proof),
            .rank = Rank::Faint };
    if (!identity.isEmpty())
        return { .text = i18nc("proof", "not proved"), .reason = fd.way.proof, .rank = Rank::Neutral };
    return progressCell(fd);
}

DeviceCell stateCell(const DeviceNode& device, Stage stage)
{
    const std::vector<const FdNode*> fds = existing(device);
    if (fds.empty())
        return { .text = dash(), .reason = {}, .rank = Rank::Faint };
    std::vector<DeviceCell> cells;
    cells.reserve(fds.size());
    for (const FdNode* fd : fds)
        cells.push_back(stateCell(*fd, stage));
    if (stage == Stage::Planned)
        return {
            .text = i18np("%1 fd", "%1 fds", static_cast<int>(fds.size())), .reason = {}, .rank = Rank::Faint
        };
    return sharedState(fds, stage, cells.front(), cells);
}

QString numbersText(const FdNode& fd, op::DeviceKind device)
{
    const auto text
        = [](const std::optional<int>& number) { return number ? QString::number(*number) : dash(); };
    // The console opens a channel for the destination alone.
    const bool own = device == op::DeviceKind::Channel;
    const auto source = own ? std::nullopt : fd.way.sourceFd ? fd.way.sourceFd : fd.fd.number;
    const auto destination = own ? fd.fd.number : fd.way.destinationFd;
    return text(source) + u" → "_s + text(destination);
}

QString kindText(const FdNode& fd)
{
    QString text = fd.way.text;
    if (!fd.fd.name.isEmpty())
        text.replace(QString(u' ' + fd.fd.name + u','), u","_s);
    if (text.isEmpty())
        text = fd.fd.kind;
    if (fd.fd.sharing == op::FdSharing::Unknown || text.isEmpty())
        return text.isEmpty() ? dash() : text;
    return i18nc("what it is, and who may have it", "%1, %2", text,
        fd.fd.sharing == op::FdSharing::Exclusive ? i18nc("of a descriptor", "exclusive")
                                                  : i18nc("of a descriptor", "shareable"));
}

QString kindText(const DeviceNode& device)
{
    const op::InventoryDevice& of = device.device;
    if (of.type.isEmpty() && of.resource.isEmpty())
        return of.kind == op::DeviceKind::Ram    ? i18n("memory")
            : of.kind == op::DeviceKind::Channel ? i18n("unix socket")
                                                 : dash();
    return of.resource.isEmpty() ? of.type
        : of.type.isEmpty()      ? of.resource
                                 : i18nc("type and host resource", "%1 on %2", of.type, of.resource);
}

QString fdTitle(const op::InventoryFd& fd)
{
    if (fd.name.isEmpty())
        return i18n("(name not known)");
    return fd.id == 0 ? fd.name : i18nc("name and number of a descriptor", "%1, id %2", fd.name, fd.id);
}

FdCounts countFds(const DeviceTree& tree)
{
    FdCounts counts;
    for (const DeviceNode& device : tree.devices) {
        for (const FdNode& fd : device.fds) {
            if (!exists(fd))
                continue;
            ++counts.total;
            counts.passing += fd.prediction.isSame() ? 1 : 0;
            counts.refused += fd.prediction.effect == FdEffect::Refused ? 1 : 0;
            counts.sent += fd.way.sent ? 1 : 0;
            counts.received += fd.way.received ? 1 : 0;
            counts.claimed += fd.way.claim == FdClaim::Claimed ? 1 : 0;
            counts.same += isSame(fd) ? 1 : 0;
            counts.lost += isLost(fd) ? 1 : 0;
        }
    }
    counts.notPassing = counts.total - counts.passing - counts.refused;
    return counts;
}

QString summaryOf(const DeviceTree& tree)
{
    const FdCounts counts = countFds(tree);
    QStringList parts;
    if (counts.lost > 0)
        parts.append(i18np("%1 fd was lost", "%1 fds were lost", counts.lost));
    switch (tree.stage) {
    case Stage::Unknown:
        return {};
    case Stage::Planned:
        if (counts.refused > 0)
            parts.append(i18np("%1 fd is refused", "%1 fds are refused", counts.refused));
        parts.append(i18np("%1 fd passes", "%1 fds pass", counts.passing));
        if (counts.notPassing > 0)
            parts.append(i18np("%1 does not", "%1 do not", counts.notPassing));
        if (tree.global.exists() && !tree.route.chosen)
            parts.append(i18nc("of a switch; %1: migration mode", "follows the mode %1", tree.route.mode));
        break;
    case Stage::Moving:
        if (counts.sent > 0)
            parts.append(i18nc("descriptors", "%1 sent", counts.sent));
        if (counts.received > 0)
            parts.append(i18nc("descriptors", "%1 received", counts.received));
        parts.append(i18nc("descriptors", "%1 of %2 claimed", counts.claimed, counts.passing));
        break;
    case Stage::Proved:
        parts.append(i18n("%1 of %2 are the same open file", counts.same, counts.passing));
        if (counts.notPassing > 0)
            parts.append(i18nc("descriptors", "%1 new, as predicted", counts.notPassing));
        break;
    }
    return parts.join(u" · "_s);
}

QString accessibleText(const DeviceNode& device, Stage stage)
{
    const QString effect = effectCell(device, stage).text;
    if (!device.device.own.exists())
        return i18nc("device, effect", "%1, no switch, %2", device.device.id, effect);
    return device.device.own.on ? i18nc("device, effect", "%1, switch on, %2", device.device.id, effect)
                                : i18nc("device, effect", "%1, switch off, %2", device.device.id, effect);
}

QString accessibleText(const DeviceNode& device, const FdNode& fd, Stage stage)
{
    return i18nc("device, descriptor, effect, state", "%1, descriptor %2, %3, %4", device.device.id,
        fdTitle(fd.fd), effectCell(fd, stage).text, stateCell(fd, stage).text);
}

} // namespace cutover::ui
