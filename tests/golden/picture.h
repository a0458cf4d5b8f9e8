// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QImage>
#include <QList>
#include <QRect>

namespace cutover::ui::test {

/// \a image as it is kept: at scale 1, and with few enough colours to be small. \a scale: of \a image.
QImage keptPicture(const QImage& image, int scale);

/// The parts in which two pictures of one size differ, block by block: the mean colours of a block tell a
/// control that has moved or was cut off, and nearly nothing of how the edges of a letter were smoothed.
QList<QRect> differences(const QImage& left, const QImage& right);

} // namespace cutover::ui::test
