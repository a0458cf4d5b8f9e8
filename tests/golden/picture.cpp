// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "picture.h"

#include <QHash>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace cutover::ui::test {

static constexpr int blockSize = 8;
/// Of the mean of one of the three colours, of 255.
static constexpr int tolerance = 10;
static constexpr uint keptBits = 0xfff8f8f8;

/// The colours that are seen most in \a image, as many as an indexed picture can have.
static QList<QRgb> palette(const QImage& image)
{
    QHash<QRgb, int> counts;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            ++counts[image.pixel(x, y)];
    }
    QList<QRgb> colours = counts.keys();
    std::ranges::sort(colours, {}, [&counts](QRgb colour) { return std::pair(-counts[colour], colour); });
    colours.resize(std::min<qsizetype>(colours.size(), 256));
    return colours;
}

QImage keptPicture(const QImage& image, int scale)
{
    QImage kept = image.scaled(image.size() / scale, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
                      .convertToFormat(QImage::Format_RGB32);
    for (int y = 0; y < kept.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(kept.scanLine(y));
        for (int x = 0; x < kept.width(); ++x)
            line[x] &= keptBits;
    }
    return kept.convertToFormat(QImage::Format_Indexed8, palette(kept), Qt::ThresholdDither);
}

static std::array<int, 3> meanColour(const QImage& image, const QRect& block)
{
    std::array<int, 3> sums{};
    for (int y = block.top(); y <= block.bottom(); ++y) {
        for (int x = block.left(); x <= block.right(); ++x) {
            const QRgb pixel = image.pixel(x, y);
            sums[0] += qRed(pixel);
            sums[1] += qGreen(pixel);
            sums[2] += qBlue(pixel);
        }
    }
    for (int& sum : sums)
        sum /= block.width() * block.height();
    return sums;
}

QList<QRect> differences(const QImage& left, const QImage& right)
{
    QList<QRect> found;
    for (int y = 0; y < left.height(); y += blockSize) {
        for (int x = 0; x < left.width(); x += blockSize) {
            const QRect block = QRect(x, y, blockSize, blockSize) & left.rect();
            const auto one = meanColour(left, block);
            const auto other = meanColour(right, block);
            for (std::size_t colour = 0; colour < one.size(); ++colour) {
                if (std::abs(one[colour] - other[colour]) > tolerance) {
                    found.append(block);
                    break;
                }
            }
        }
    }
    return found;
}

} // namespace cutover::ui::test
