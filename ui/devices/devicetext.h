// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "devices/devicetree.h"
#include "rank.h"

#include <QString>

namespace cutover::ui {

/// A cell of the devices' tree: what it says, and in full why.
struct DeviceCell
{
    QString text;
    QString reason;
    Rank rank = Rank::Plain;
};

/// What becomes, or has become, of an fd or of a device's fds.
DeviceCell effectCell(const FdNode& fd, DeviceTree::Stage stage);
DeviceCell effectCell(const DeviceNode& device, DeviceTree::Stage stage);

/// How far it has come: saved, sent, received, claimed; then the proof.
DeviceCell stateCell(const FdNode& fd, DeviceTree::Stage stage);
DeviceCell stateCell(const DeviceNode& device, DeviceTree::Stage stage);

/// "14 → 21": the numbers in the two processes.
QString numbersText(const FdNode& fd, op::DeviceKind device);
/// What it is, without its name.
QString kindText(const FdNode& fd);
QString kindText(const DeviceNode& device);
QString fdTitle(const op::InventoryFd& fd);

struct FdCounts
{
    int total = 0; ///< of those that exist
    int passing = 0; ///< that pass, or should have
    int refused = 0;
    int notPassing = 0;
    int sent = 0;
    int received = 0;
    int claimed = 0;
    int same = 0; ///< proved to be the same open file
    int lost = 0;
};
FdCounts countFds(const DeviceTree& tree);
/// One line for the dock.
QString summaryOf(const DeviceTree& tree);

/// Sentences for people who do not see the columns.
QString accessibleText(const DeviceNode& device, DeviceTree::Stage stage);
QString accessibleText(const DeviceNode& device, const FdNode& fd, DeviceTree::Stage stage);

} // namespace cutover::ui
