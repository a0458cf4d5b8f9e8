// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/device.h"

#include <utility>

namespace cutover::engine {

Device::Device(QString driver, QString id, bool migrateFds)
    : m_driver(std::move(driver))
    , m_id(std::move(id))
    , m_migrateFds(migrateFds)
{
}

Device::~Device() = default;

} // namespace cutover::engine
