// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "models/fdlist.h"

#include "timeline/checkpoints.h"

#include <algorithm>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;
using timeline::FdEntry;

std::vector<FdEntry> fdList(std::span<const Event> events)
{
    if (timeline::migrationCount(events) > 0)
        return timeline::fdTable(events);
    std::vector<FdEntry> saved;
    for (const Event& event : events) {
        if (event.category != Category::Trace || event.side != Side::Source)
            continue;
        const QString name = event.attributes.value(QLatin1StringView("name")).toString();
        const int id = event.attributes.value(QLatin1StringView("id")).toInt();
        const auto same = [&](const FdEntry& fd) { return fd.name == name && fd.id == id; };
        if (event.name == u"cpr_delete_fd" || event.name == u"cpr_save_fd")
            std::erase_if(saved, same);
        if (event.name != u"cpr_save_fd")
            continue;
        FdEntry fd;
        fd.name = name;
        fd.id = id;
        fd.saved = true;
        fd.savedNs = event.timeNs;
        fd.sourceFd = event.attributes.value(QLatin1StringView("fd")).toInt(-1);
        saved.push_back(fd);
    }
    return saved;
}

} // namespace cutover::ui
