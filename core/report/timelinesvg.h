// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/eventindex.h"
#include "layout/scene.h"

#include <QByteArray>
#include <QString>

#include <cstdint>

class QXmlStreamWriter;

namespace cutover::report {

/// What a drawing is looked at on.
enum class Surroundings : std::uint8_t { AnyScreen, Light, Dark };

/// A timeline as a picture: what the window shows, at one zoom.
struct TimelinePicture
{
    layout::Interval range; ///< of what is shown; empty: all
    QString title; ///< for who cannot see it
    QString description; ///< the same in sentences
    QString prefix = QStringLiteral("t"); ///< of the ids in it: another for each picture of a document
    double width = 1200; ///< pixels
    Surroundings surroundings = Surroundings::AnyScreen; ///< of a file that stands on its own
};

/// The style rules of all timelines; for any screen: light, and dark on a dark one. Plain colours without
/// variables, so that programs that know little of CSS draw them.
QString timelineStyle(Surroundings surroundings = Surroundings::AnyScreen);

/// An <svg> element that can stand in an HTML document that has timelineStyle(). Its size grows with its
/// width in pixels and the resources in it, of which it draws forty at most, not with the number of events.
void writeTimeline(QXmlStreamWriter& xml, const layout::Scene& scene, const layout::EventIndex& index,
    const TimelinePicture& picture);

/// The same as a file that stands on its own.
QByteArray timelineSvg(
    const layout::Scene& scene, const layout::EventIndex& index, const TimelinePicture& picture);

} // namespace cutover::report
