// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicemodel.h"

#include "devices/devicetext.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;

namespace {

/// The internal id of a device's row; that of an fd is its device's row.
constexpr quintptr deviceId = ~quintptr{ 0 };

bool hasSameRows(const DeviceTree& a, const DeviceTree& b)
{
    return std::ranges::equal(a.devices, b.devices, [](const DeviceNode& x, const DeviceNode& y) {
        return x.device.id == y.device.id
            && std::ranges::equal(x.fds, y.fds, [](const FdNode& one, const FdNode& other) {
                   return one.fd.name == other.fd.name && one.fd.id == other.fd.id;
               });
    });
}

QString detailOf(const QString& title, const DeviceCell& effect, const DeviceCell& state)
{
    QString text = i18nc("title, why", "%1: %2", title, effect.reason);
    if (!state.reason.isEmpty())
        text += u'\n' + state.reason;
    return text;
}

} // namespace

void DeviceModel::setTree(DeviceTree tree)
{
    if (tree == m_tree)
        return;
    if (tree.inventory != m_tree.inventory || tree.refusal)
        m_wanted.clear();
    if (hasSameRows(tree, m_tree)) {
        m_tree = std::move(tree);
        everythingChanged();
        return;
    }
    beginResetModel();
    m_tree = std::move(tree);
    endResetModel();
}

void DeviceModel::setSettable(const Result<void>& settable)
{
    const bool changes = settable.has_value() != m_settable.has_value();
    m_settable = settable;
    if (changes)
        everythingChanged();
}

void DeviceModel::showWanted(const QString& device, bool on)
{
    m_wanted.insert(device, on);
    everythingChanged();
}

void DeviceModel::everythingChanged()
{
    if (rowCount() == 0)
        return;
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    for (int row = 0; row < rowCount(); ++row) {
        const QModelIndex device = index(row, 0);
        if (const int fds = rowCount(device); fds > 0)
            Q_EMIT dataChanged(index(0, 0, device), index(fds - 1, ColumnCount - 1, device));
    }
}

Result<void> DeviceModel::canSwitch(const QString& device) const
{
    const DeviceNode* const node = m_tree.find(device);
    if (!node)
        return failure(ErrorCode::NotFound, i18n("switch the device"), device, i18n("no device is selected"));
    if (!node->canSwitch)
        return node->canSwitch;
    return m_settable;
}

bool DeviceModel::isOn(const QString& device) const
{
    if (const auto wanted = m_wanted.constFind(device); wanted != m_wanted.constEnd())
        return *wanted;
    const DeviceNode* const node = m_tree.find(device);
    return node && (node->device.own.exists() ? node->device.own.on : node->prediction.isSame());
}

QModelIndex DeviceModel::indexOf(const QString& device) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (m_tree.devices[static_cast<std::size_t>(row)].device.id == device)
            return index(row, NameColumn);
    }
    return {};
}

const DeviceNode& DeviceModel::deviceAt(const QModelIndex& index) const
{
    const auto row = index.internalId() == deviceId ? static_cast<std::size_t>(index.row())
                                                    : static_cast<std::size_t>(index.internalId());
    return m_tree.devices[row];
}

const FdNode* DeviceModel::fdAt(const QModelIndex& index) const
{
    return index.internalId() == deviceId ? nullptr
                                          : &deviceAt(index).fds[static_cast<std::size_t>(index.row())];
}

QModelIndex DeviceModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) : deviceId);
}

QModelIndex DeviceModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == deviceId)
        return {};
    return createIndex(static_cast<int>(index.internalId()), 0, deviceId);
}

int DeviceModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_tree.devices.size());
    return parent.internalId() == deviceId && parent.column() == 0
        ? static_cast<int>(deviceAt(parent).fds.size())
        : 0;
}

int DeviceModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

QVariant DeviceModel::checkState(const DeviceNode& device) const
{
    if (device.device.kind == op::DeviceKind::Channel)
        return {};
    return isOn(device.device.id) ? Qt::Checked : Qt::Unchecked;
}

static int rankOf(int column, const DeviceCell& effect, const DeviceCell& state)
{
    return static_cast<int>(column == DeviceModel::EffectColumn ? effect.rank
            : column == DeviceModel::StateColumn                ? state.rank
            : column == DeviceModel::NameColumn                 ? Rank::Plain
                                                                : Rank::Faint);
}

QVariant DeviceModel::deviceData(const DeviceNode& device, int column, int role) const
{
    const DeviceCell effect = effectCell(device, m_tree.stage);
    const DeviceCell state = stateCell(device, m_tree.stage);
    const QString& id = device.device.id;
    switch (role) {
    case Qt::CheckStateRole:
        return column == NameColumn ? checkState(device) : QVariant();
    case Qt::AccessibleTextRole:
        return column == NameColumn ? accessibleText(device, m_tree.stage) : QVariant();
    case DetailRole:
        return detailOf(id, effect, state);
    case KeyRole:
        return id;
    case Qt::ToolTipRole:
        if (column == NameColumn && device.device.kind != op::DeviceKind::Channel) {
            const Result<void> settable = canSwitch(id);
            return settable ? i18n("Space switches the passing of this device’s descriptors")
                            : settable.error().message();
        }
        return column == StateColumn ? state.reason : effect.reason;
    case RankRole:
        return rankOf(column, effect, state);
    default:
        break;
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (column) {
    case NameColumn:
        return id;
    case EffectColumn:
        return effect.text;
    case StateColumn:
        return state.text;
    case KindColumn:
        return kindText(device);
    default:
        return {};
    }
}

QVariant DeviceModel::fdData(const DeviceNode& device, const FdNode& fd, int column, int role) const
{
    const DeviceCell effect = effectCell(fd, m_tree.stage);
    const DeviceCell state = stateCell(fd, m_tree.stage);
    switch (role) {
    case Qt::AccessibleTextRole:
        return column == NameColumn ? accessibleText(device, fd, m_tree.stage) : QVariant();
    case DetailRole:
        return detailOf(fdTitle(fd.fd), effect, state);
    case KeyRole:
        return QString(device.device.id + u'\n' + fd.fd.name + u'\n' + QString::number(fd.fd.id));
    case Qt::ToolTipRole:
        return column == StateColumn ? state.reason : column == EffectColumn ? effect.reason : kindText(fd);
    case RankRole:
        return rankOf(column, effect, state);
    default:
        break;
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (column) {
    case NameColumn:
        return fdTitle(fd.fd);
    case EffectColumn:
        return effect.text;
    case StateColumn:
        return state.text;
    case NumbersColumn:
        return numbersText(fd, device.device.kind);
    case KindColumn:
        return kindText(fd);
    default:
        return {};
    }
}

QVariant DeviceModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const DeviceNode& device = deviceAt(index);
    if (role == DeviceRole)
        return device.device.id;
    const FdNode* const fd = fdAt(index);
    return fd ? fdData(device, *fd, index.column(), role) : deviceData(device, index.column(), role);
}

bool DeviceModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || !checkIndex(index, CheckIndexOption::IndexIsValid) || fdAt(index))
        return false;
    const QString device = deviceAt(index).device.id;
    if (!canSwitch(device))
        return false;
    Q_EMIT switchRequested(device, value.toInt() == Qt::Checked);
    return true;
}

Qt::ItemFlags DeviceModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
    if (fdAt(index))
        flags |= Qt::ItemNeverHasChildren;
    else if (index.column() == NameColumn && canSwitch(deviceAt(index).device.id))
        flags |= Qt::ItemIsUserCheckable;
    return flags;
}

QVariant DeviceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case NameColumn:
            return i18n("The device and its switch: a descriptor passes if this one and the switch for the "
                        "whole migration are both on");
        case EffectColumn:
            return i18n("What happens to the descriptors, and why");
        case StateColumn:
            return i18n("Before: the VMM’s word. During: saved, sent, received, claimed. After: the proof.");
        case NumbersColumn:
            return i18n("Number of the descriptor in the source and in the destination");
        default:
            return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn:
        return i18n("Device");
    case EffectColumn:
        return i18n("Effect");
    case StateColumn:
        return i18n("State");
    case NumbersColumn:
        return i18nc("file descriptor numbers", "fd");
    case KindColumn:
        return i18n("What it is");
    default:
        return {};
    }
}

} // namespace cutover::ui
