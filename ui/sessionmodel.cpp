// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sessionmodel.h"

namespace cutover::ui {

std::function<QList<op::DiscoveredVmm>()> SessionModel::discoverer() const
{
    return [found = discover()] { return found; };
}

const op::Facts* SessionModel::sourceFacts() const
{
    return nullptr;
}

} // namespace cutover::ui
