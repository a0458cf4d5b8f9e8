// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QList>
#include <QString>

namespace cutover::vmm {

/// An option of cutover-vmm.
struct OptionType
{
    QString name; ///< without the dash
    QString argument; ///< placeholder; empty: the option takes none
    bool repeatable = false;
    QString help;
};

const QList<OptionType>& optionTypes();
/// nullptr when there is no such option.
const OptionType* optionType(QStringView name);

QString helpText();
QString versionText();
/// Every driver of -device, or type of -object.
QString driversText(bool objects);
/// The properties of one; InvalidArgument when there is no such driver.
Result<QString> driverText(const QString& driver, bool object);

} // namespace cutover::vmm
