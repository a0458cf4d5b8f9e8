// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/devicetypes.h"

#include <QJsonArray>
#include <QJsonObject>

namespace cutover::vmm {

class Machine;

/// The VM's parts as QEMU's object tree shows them: "/machine", "/machine/peripheral/ID", "/objects/ID". The
/// VM's lock is held; the errors are QEMU's own sentences.
Result<QJsonArray> listObject(const Machine& machine, const QString& path);
Result<QJsonValue> objectProperty(const Machine& machine, const QString& path, const QString& property);
/// Writable are: "migrate-fds" of a device or an object, "memory-backend" of the machine in precreate.
Result<void> setObjectProperty(
    Machine& machine, const QString& path, const QString& property, const QJsonValue& value);

/// {"name", "type", "description", "default-value"}
QJsonObject describeProperty(const PropertyType& property);

} // namespace cutover::vmm
