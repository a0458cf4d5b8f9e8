// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/facts.h"

#include <QHash>
#include <QString>

namespace cutover::ui {

/// What of the choices a source does not offer, each with the reason; translated. Empty: all is offered, or
/// nothing is known yet.
struct Offers
{
    QHash<QString, QString> refusedModes; ///< by MigMode
    QString noGuard; ///< why the commit is not ours to guard; empty: it is

    bool operator==(const Offers&) const = default;
};

/// Pure. Of a source that was never seen (nullptr) nothing is said.
Offers offersOf(const op::Facts* source);

} // namespace cutover::ui
