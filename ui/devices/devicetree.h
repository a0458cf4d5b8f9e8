// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/fdswitches.h"
#include "timeline/fds.h"

#include <span>
#include <vector>

namespace cutover::ui {

/// One fd: what its VMM says of it, what was to become of it, and what the record tells of its way.
struct FdNode
{
    op::InventoryFd fd;
    op::FdPrediction prediction;
    timeline::FdEntry way;

    bool operator==(const FdNode&) const = default;
};

struct DeviceNode
{
    op::InventoryDevice device; ///< its fds are in fds below
    op::FdPrediction prediction;
    Result<void> canSwitch; ///< why its switch cannot be set, the moment apart
    std::vector<FdNode> fds;

    bool operator==(const DeviceNode& other) const
    {
        return device == other.device && prediction == other.prediction && fds == other.fds;
    }
};

/// A switch that a VMM would not take.
struct SwitchRefusal
{
    Side side = Side::Source;
    QString device; ///< empty: the operator's switch
    QString property;
    bool on = false;
    QString cause;
    QString remedy;

    bool operator==(const SwitchRefusal&) const = default;
};

struct DeviceTree
{
    enum class Stage : std::uint8_t {
        Unknown, ///< no VMM has told its devices
        Planned, ///< what is shown is what will be
        Moving, ///< a migration has begun
        Proved, ///< what was passed has been compared
    };
    Stage stage = Stage::Unknown;
    std::size_t inventory = 0; ///< counts the source's inventories: another one, another state of switches
    op::GlobalSwitch global;
    op::FdRoute route;
    Result<void> canSetGlobal; ///< why the VMM has no switch for a whole migration
    op::FdPrediction refusedRoute; ///< effect Refused: the switches and the mode contradict each other
    std::optional<SwitchRefusal> refusal; ///< of the latest attempt to set a switch
    std::vector<DeviceNode> devices;

    const DeviceNode* find(const QString& id) const;
    bool operator==(const DeviceTree& other) const;
};

/// Pure. What \a events tell of the devices of the latest check or migration.
DeviceTree deviceTree(std::span<const timeline::Event> events);

/// Whether \a event can change what deviceTree() makes of a record.
bool concernsDevices(const timeline::Event& event);

} // namespace cutover::ui
