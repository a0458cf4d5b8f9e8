// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinehit.h"
#include "timelinemodel.h"

#include <QString>

#include <optional>
#include <vector>

namespace cutover::ui {

/// One line of what is known of something selected.
struct DetailRow
{
    QString label;
    QString value; ///< may have several lines
    std::optional<std::size_t> event; ///< the event of the record that the value refers to

    bool operator==(const DetailRow&) const = default;
};

struct Details
{
    QString title;
    QString sentence; ///< what it means; may be empty
    std::vector<DetailRow> rows;

    bool isEmpty() const { return title.isEmpty(); }
};

/// All that is known of \a selection; empty for nothing. \a markerA: for times relative to it. Pure.
Details detailsOf(const TimelineModel& model, const TimelineHit& selection, std::optional<qint64> markerA);

/// The details as plain text, a line for each row.
QString detailsText(const Details& details);

/// A QMP command's reply, or a reply's command: the event with the same id on the same side; nothing where
/// there is none. Looks at no more than some thousand events around.
std::optional<std::size_t> qmpPartner(const timeline::Record& record, std::size_t event);

} // namespace cutover::ui
