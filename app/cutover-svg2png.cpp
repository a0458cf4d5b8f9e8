// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>

#include <cmath>
#include <cstdio>

/// cutover-svg2png SCALE: an SVG drawing on standard input becomes a PNG picture on standard output. A
/// program of its own, so that cutoverctl, which draws with it, needs no library of a display.
namespace {

constexpr qint64 maxDrawing = qint64{ 64 } * 1024 * 1024; ///< bytes
constexpr double maxScale = 16;
constexpr double maxSide = 32'000; ///< pixels
constexpr double maxPixels = 2e8;

int failed(const char* why)
{
    std::fputs(why, stderr);
    std::fputc('\n', stderr);
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QGuiApplication application(argc, argv);
    bool isNumber = false;
    const double scale = QGuiApplication::arguments().value(1).toDouble(&isNumber);
    if (!isNumber || !(scale > 0 && scale <= maxScale))
        return failed("usage: cutover-svg2png SCALE <drawing.svg >picture.png");
    QFile in;
    if (!in.open(stdin, QIODevice::ReadOnly))
        return failed("standard input cannot be read");
    const QByteArray drawing = in.read(maxDrawing + 1);
    if (drawing.size() > maxDrawing)
        return failed("the drawing is too long");
    QSvgRenderer renderer;
    if (!renderer.load(drawing))
        return failed("standard input is no SVG drawing");
    const double width = std::ceil(renderer.defaultSize().width() * scale);
    const double height = std::ceil(renderer.defaultSize().height() * scale);
    if (width < 1 || height < 1 || width > maxSide || height > maxSide || width * height > maxPixels)
        return failed("the picture would have no size, or one that is too large");
    QImage picture(static_cast<int>(width), static_cast<int>(height), QImage::Format_RGB32);
    if (picture.isNull())
        return failed("there is not enough memory for the picture");
    picture.fill(Qt::white);
    QPainter painter(&picture);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    renderer.render(&painter);
    painter.end();
    QFile out;
    if (!out.open(stdout, QIODevice::WriteOnly) || !picture.save(&out, "PNG") || !out.flush())
        return failed("the picture cannot be written to standard output");
    return 0;
}
