// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "panels/rankdelegate.h"

namespace cutover::ui {

/// Paints the box of a switch that cannot be set as disabled, while its row stays readable.
class DeviceDelegate : public RankDelegate
{
    Q_OBJECT
public:
    explicit DeviceDelegate(QObject* parent = nullptr);

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

} // namespace cutover::ui
