// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "devices/devicetree.h"
#include "rank.h"

#include <QAbstractItemModel>
#include <QHash>

#include <cstdint>

namespace cutover::ui {

/// Devices and, below each, its fds: the switch, what happens to them and why, how far they are, the proof.
class DeviceModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        NameColumn,
        EffectColumn,
        StateColumn,
        NumbersColumn,
        KindColumn,
        ColumnCount
    };
    enum Role : std::uint16_t {
        RankRole = Qt::UserRole, ///< int of Rank
        DeviceRole, ///< the device's id, also for its fds
        KeyRole, ///< stable while the tree changes: device, fd name, fd id
        DetailRole, ///< the whole story, for a line below the tree
    };

    using QAbstractItemModel::QAbstractItemModel;

    /// What is selected and expanded stays where devices and fds are the same; else the model is reset.
    void setTree(DeviceTree tree);
    const DeviceTree& tree() const { return m_tree; }
    /// Whether switches can be set now at all.
    void setSettable(const Result<void>& settable);
    /// Shows a switch as the user wants it until the tree tells how it is.
    void showWanted(const QString& device, bool on);

    /// Why the switch of \a device cannot be set; success when it can.
    Result<void> canSwitch(const QString& device) const;
    bool isOn(const QString& device) const;
    QModelIndex indexOf(const QString& device) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    /// The user has turned a switch; nothing has been set yet.
    void switchRequested(const QString& device, bool on);

private:
    const DeviceNode& deviceAt(const QModelIndex& index) const;
    const FdNode* fdAt(const QModelIndex& index) const;
    QVariant deviceData(const DeviceNode& device, int column, int role) const;
    QVariant fdData(const DeviceNode& device, const FdNode& fd, int column, int role) const;
    QVariant checkState(const DeviceNode& device) const;
    void everythingChanged();

    DeviceTree m_tree;
    QHash<QString, bool> m_wanted;
    Result<void> m_settable;
};

} // namespace cutover::ui
