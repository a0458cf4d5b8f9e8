// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lessons/stage.h"

#include <QFileInfo>

namespace cutover::lessons {

QString Stage::monitorPath(Side side) const
{
    // Once the source is gone, the destination's own path leads to the source's, which it has taken.
    const QString path = endpoint(side).qmpPath;
    const QString target = QFileInfo(path).symLinkTarget();
    return target.isEmpty() ? path : target;
}

} // namespace cutover::lessons
