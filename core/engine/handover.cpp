// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/handover.h"

namespace cutover::engine {

using namespace Qt::StringLiterals;

QString handoverId(Handover handover)
{
    switch (handover) {
    case Handover::LateStop:
        return u"late-stop"_s;
    case Handover::EarlyStop:
        return u"early-stop"_s;
    case Handover::Prepared:
        break;
    }
    return u"prepared"_s;
}

} // namespace cutover::engine
