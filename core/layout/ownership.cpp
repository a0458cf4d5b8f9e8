// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/ownership.h"

#include <KLocalizedString>

#include <QSet>
#include <QStringList>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace cutover::layout {

using timeline::Category;
using timeline::Event;

namespace {

struct Report
{
    Side side = Side::Source;
    qint64 timeNs = 0;
    QString device;
    QString resource;
    bool owned = false;
};

std::optional<Report> reportOf(const Event& event)
{
    const bool isOfVmm = event.side == Side::Source || event.side == Side::Destination;
    if (!isOfVmm || event.timeNs <= 0)
        return std::nullopt;
    Report report{ .side = event.side, .timeNs = event.timeNs, .device = {}, .resource = {}, .owned = false };
    if (event.category == Category::QmpEvent && event.name == u"DEVICE_OWNERSHIP") {
        report.device = event.attributes.value(QLatin1StringView("device")).toString();
        report.resource = event.attributes.value(QLatin1StringView("resource")).toString();
        report.owned = event.attributes.value(QLatin1StringView("owned")).toBool();
    } else if (event.category == Category::Trace && event.name == u"x_device_ownership") {
        // "net0 resource tap0 owned 1"
        const QString line = event.attributes.value(QLatin1StringView("arguments")).toString();
        const qsizetype resource = line.indexOf(u" resource ");
        const qsizetype owned = line.lastIndexOf(u" owned ");
        if (resource < 0 || owned < resource)
            return std::nullopt;
        report.device = line.left(resource);
        report.resource = line.sliced(resource + 10, std::max<qsizetype>(0, owned - resource - 10));
        report.owned = line.sliced(owned + 7).trimmed() == u"1";
    } else {
        return std::nullopt;
    }
    return report.device.isEmpty() ? std::nullopt : std::optional(std::move(report));
}

/// What each side is known to hold; without a word from it, nothing.
struct Holders
{
    std::optional<bool> source;
    std::optional<bool> destination;

    std::optional<bool>& of(Side side) { return side == Side::Source ? source : destination; }
    Owner owner() const
    {
        const bool first = source.value_or(false);
        const bool second = destination.value_or(false);
        return first && second ? Owner::Both
            : first            ? Owner::Source
            : second           ? Owner::Destination
                               : Owner::Nobody;
    }
};

void add(OwnershipRow& row, const OwnershipSpan& span)
{
    if (span.time.isEmpty())
        return;
    if (!row.spans.empty() && row.spans.back().owner == span.owner
        && row.spans.back().inferred == span.inferred) {
        row.spans.back().time.endNs = span.time.endNs;
        return;
    }
    row.spans.push_back(span);
}

OwnershipRow rowOf(const QString& device, std::vector<Report> reports, const Interval& extent)
{
    std::ranges::stable_sort(reports, {}, &Report::timeNs);
    OwnershipRow row{ .title = device, .resource = reports.back().resource, .reported = true, .spans = {} };
    Holders holders;
    // Who gives something up had it before; who only takes something found it free.
    for (const Side side : { Side::Source, Side::Destination }) {
        const auto first = std::ranges::find(reports, side, &Report::side);
        if (first != reports.end() && !first->owned)
            holders.of(side) = true;
    }
    qint64 from = extent.startNs;
    bool inferred = true;
    for (const Report& report : reports) {
        if (holders.of(report.side) == report.owned && !inferred)
            continue;
        const Owner before = holders.owner();
        holders.of(report.side) = report.owned;
        // The one message that says what was known already confirms it from here on.
        if (holders.owner() == before && !inferred)
            continue;
        add(row,
            { .time = { .startNs = from, .endNs = report.timeNs }, .owner = before, .inferred = inferred });
        from = report.timeNs;
        inferred = false;
    }
    add(row,
        { .time = { .startNs = from, .endNs = extent.endNs },
            .owner = holders.owner(),
            .inferred = inferred });
    return row;
}

/// Where the guest runs, and so whose devices work.
std::vector<OwnershipSpan> guestSpans(std::span<const timeline::Span> spans, const Interval& extent)
{
    struct Change
    {
        qint64 timeNs = 0;
        Side side = Side::Source;
        bool runs = false;
    };
    std::vector<Change> changes;
    for (const timeline::Span& span : spans) {
        if (span.id != u"running")
            continue;
        changes.push_back({ .timeNs = span.startNs, .side = span.side, .runs = true });
        if (!span.openEnd)
            changes.push_back({ .timeNs = span.endNs, .side = span.side, .runs = false });
    }
    if (changes.empty())
        return {};
    std::ranges::stable_sort(changes, [](const Change& a, const Change& b) {
        return a.timeNs != b.timeNs ? a.timeNs < b.timeNs : !a.runs && b.runs;
    });
    OwnershipRow row;
    Holders holders;
    qint64 from = extent.startNs;
    for (const Change& change : changes) {
        add(row,
            { .time = { .startNs = from, .endNs = change.timeNs },
                .owner = holders.owner(),
                .inferred = true });
        holders.of(change.side) = change.runs;
        from = std::max(from, change.timeNs);
    }
    add(row,
        { .time = { .startNs = from, .endNs = extent.endNs }, .owner = holders.owner(), .inferred = true });
    return row.spans;
}

/// Kinds of files that only one process can use at a time, as fdpass::fdKindId() names them.
bool isExclusive(QStringView kind)
{
    static constexpr std::array kinds{ u"tap", u"socket", u"pty", u"pipe", u"vhost", u"vfio", u"iommufd" };
    return std::ranges::any_of(kinds, [kind](const char16_t* each) { return kind == each; });
}

} // namespace

std::vector<OwnershipRow> ownershipRows(
    std::span<const Event> events, std::span<const timeline::Span> spans, const Interval& extent)
{
    std::vector<OwnershipRow> rows;
    QStringList devices;
    std::map<QString, std::vector<Report>> reports;
    for (const Event& event : events) {
        if (auto report = reportOf(event)) {
            if (!reports.contains(report->device))
                devices.append(report->device);
            reports[report->device].push_back(std::move(*report));
        }
    }
    for (const QString& device : std::as_const(devices))
        rows.push_back(rowOf(device, std::move(reports[device]), extent));
    if (!rows.empty())
        return rows;

    const bool migrates = std::ranges::any_of(
        spans, [](const timeline::Span& span) { return span.side == Side::Destination; });
    const std::vector<OwnershipSpan> guest = guestSpans(spans, extent);
    if (!migrates || guest.empty())
        return rows;
    rows.push_back({ .title = i18nc("a resource: the right to run the guest", "guest"),
        .resource = {},
        .reported = false,
        .spans = guest });
    QSet<QString> seen;
    for (const Event& event : events) {
        if (event.category != Category::Fd
            || !isExclusive(event.attributes.value(QLatin1StringView("kind")).toString()))
            continue;
        const int id = event.attributes.value(QLatin1StringView("id")).toInt();
        const QString title = id == 0 ? event.name : event.name + u' ' + QString::number(id);
        if (seen.contains(title))
            continue;
        seen.insert(title);
        rows.push_back({ .title = title,
            .resource = event.attributes.value(QLatin1StringView("text")).toString(),
            .reported = false,
            .spans = guest });
    }
    return rows;
}

QString ownerSentence(const OwnershipRow& row, const OwnershipSpan& span)
{
    QString sentence;
    switch (span.owner) {
    case Owner::Source:
        sentence = i18n("The source owns it.");
        break;
    case Owner::Destination:
        sentence = i18n("The destination owns it.");
        break;
    case Owner::Nobody:
        sentence = i18n("Nobody owns it.");
        break;
    case Owner::Both:
        sentence = i18n("Both sides say that they own it: this must never be.");
        break;
    }
    if (!row.reported)
        sentence += u' ' + i18n("Not reported by these VMMs: it follows from where the guest ran.");
    else if (span.inferred)
        sentence += u' ' + i18n("Not reported yet: it follows from what was reported later.");
    return sentence;
}

} // namespace cutover::layout
