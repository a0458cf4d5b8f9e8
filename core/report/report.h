// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "report/timelinesvg.h"
#include "timeline/recording.h"

#include <QByteArray>
#include <QString>

#include <optional>
#include <span>

/// What is handed on after a migration: a page that tells all of it to somebody who does not have the
/// program, and a picture of its timeline. Both tell of the last migration of a record.
namespace cutover::report {

/// A longer recording is not put into a page.
inline constexpr qint64 maxEmbedded = qint64{ 64 } * 1024 * 1024;

struct Material
{
    std::span<const timeline::Event> events;
    timeline::RecordingHeader header; ///< empty where nothing was recorded into a file
    timeline::RecordingDamage damage;
    qint64 skippedEvents = 0; ///< of kinds that this program does not know
    QString fileName; ///< under which the page gives the recording, "update.cutover"; without a folder
    /// The file as it is; nothing: it is longer than maxEmbedded, or shall not be in the page.
    std::optional<QByteArray> recording;
};

/// A page of HTML (and well-formed XML) without any reference to the outside. Every string of \a material is
/// taken for hostile. Its size is bounded but for the recording in it: what is left out, is counted there.
QByteArray htmlReport(const Material& material);

/// The timeline of the last migration as an SVG file.
QByteArray timelinePicture(
    std::span<const timeline::Event> events, Surroundings surroundings = Surroundings::AnyScreen);

} // namespace cutover::report
