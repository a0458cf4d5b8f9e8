// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinecoordinates.h"

#include "layout/eventindex.h"
#include "layout/geometry.h"
#include "layout/labels.h"
#include "layout/ruler.h"
#include "layout/scene.h"

/// The layout's names, as the window uses them.
namespace cutover::ui {

using layout::allLanes;
using layout::Arrow;
using layout::ArrowBundle;
using layout::bundleSpacing;
using layout::EventIndex;
using layout::EventPoint;
using layout::EventRun;
using layout::LabelRequest;
using layout::Lane;
using layout::LaneId;
using layout::laneKey;
using layout::LaneLook;
using layout::LaneLooks;
using layout::LaneMark;
using layout::laneOf;
using layout::LaneSpan;
using layout::Owner;
using layout::OwnershipRow;
using layout::OwnershipSpan;
using layout::RulerTick;
using layout::Scene;
using layout::TimelineGeometry;
using layout::Tone;

} // namespace cutover::ui
