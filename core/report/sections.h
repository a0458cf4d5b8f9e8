// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "report/page.h"
#include "report/story.h"

/// The parts of the page, in its order.
namespace cutover::report {

// figures.cpp: what a reader in a hurry wants
void writeFigures(Page& page, const Story& story);
void writeTimelines(Page& page, const Story& story);
void writeHazards(Page& page, const Story& story);

// evidence.cpp: what was measured and proved
void writePhases(Page& page, const Story& story);
void writePause(Page& page, const Story& story);
void writeFds(Page& page, const Story& story);
void writeVerification(Page& page, const Story& story);
void writePreflight(Page& page, const Story& story);

// setup.cpp: with what it was done
void writeVmms(Page& page, const Story& story);
void writeSettings(Page& page, const Story& story);
void writeConsole(Page& page, const Story& story);
void writeRecording(Page& page, const Story& story);

} // namespace cutover::report
