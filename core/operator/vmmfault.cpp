// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/vmmfault.h"

#include <algorithm>
#include <array>
#include <span>

using namespace Qt::StringLiterals;

namespace cutover::op {

namespace {

using Expected = relay::Fault::Expected;

struct Point
{
    QLatin1StringView name;
    Expected killed;
    Expected stopped;
};

// Until GO the guest is the source's alone: it ends with a source that is killed, and outlives a destination.
constexpr auto ofSource = std::to_array<Point>({
    { "send-cpr"_L1, Expected::Ends, Expected::OneSide },
    { "await-cpr-close"_L1, Expected::Ends, Expected::OneSide },
    { "connect-main"_L1, Expected::Ends, Expected::OneSide },
    { "hello"_L1, Expected::Ends, Expected::OneSide },
    { "await-prepared"_L1, Expected::Ends, Expected::OneSide },
    { "copy-ram"_L1, Expected::Ends, Expected::OneSide },
    { "stop"_L1, Expected::Ends, Expected::OneSide },
    { "src-downtime-start"_L1, Expected::Ends, Expected::OneSide },
    { "src-vm-stopped"_L1, Expected::Ends, Expected::OneSide },
    { "release"_L1, Expected::Ends, Expected::OneSide },
    { "inactivate-block"_L1, Expected::Ends, Expected::OneSide },
    { "send-state"_L1, Expected::Ends, Expected::OneSide },
    { "src-iterable-saved"_L1, Expected::Ends, Expected::OneSide },
    { "src-non-iterable-saved"_L1, Expected::Ends, Expected::OneSide },
    { "await-ready"_L1, Expected::Ends, Expected::OneSide },
    { "go"_L1, Expected::Ends, Expected::OneSide },
    { "await-started"_L1, Expected::Moves, Expected::Moves },
    { "src-downtime-end"_L1, Expected::Moves, Expected::Moves },
    { "recover-exclusive"_L1, Expected::Ends, Expected::Stays },
    { "activate-block"_L1, Expected::Ends, Expected::Stays },
    { "retake"_L1, Expected::Ends, Expected::Stays },
    { "resume"_L1, Expected::Ends, Expected::Stays },
});

constexpr auto ofDestination = std::to_array<Point>({
    { "await-cpr"_L1, Expected::Stays, Expected::Stays },
    { "create-devices"_L1, Expected::Stays, Expected::Stays },
    { "await-main"_L1, Expected::Stays, Expected::Stays },
    { "hello"_L1, Expected::Stays, Expected::Stays },
    { "prepare"_L1, Expected::Stays, Expected::Stays },
    { "await-state"_L1, Expected::Stays, Expected::Stays },
    { "load"_L1, Expected::Stays, Expected::Stays },
    { "dst-precopy-loadvm-completed"_L1, Expected::Stays, Expected::Stays },
    { "send-ready"_L1, Expected::Stays, Expected::Stays },
    { "await-go"_L1, Expected::OneSide, Expected::OneSide },
    { "start"_L1, Expected::OneSide, Expected::OneSide },
    { "dst-precopy-bh-enter"_L1, Expected::OneSide, Expected::OneSide },
    { "dst-precopy-bh-vm-started"_L1, Expected::Ends, Expected::Moves },
    { "send-started"_L1, Expected::Ends, Expected::Moves },
    { "let-go"_L1, Expected::Stays, Expected::Stays },
    { "send-abort"_L1, Expected::Stays, Expected::Stays },
});

std::span<const Point> pointsOf(Side side)
{
    return side == Side::Source ? std::span<const Point>(ofSource) : std::span<const Point>(ofDestination);
}

const Point* find(Side side, const QString& name)
{
    const auto points = pointsOf(side);
    const auto found = std::ranges::find(points, name, &Point::name);
    return found == points.end() ? nullptr : &*found;
}

} // namespace

Expected VmmFault::expected() const
{
    const Point* const known = find(side, point);
    if (!known)
        return Expected::OneSide;
    return kind == Kind::Kill ? known->killed : known->stopped;
}

QString VmmFault::text() const
{
    return u"%1:%2:%3"_s.arg(kind == Kind::Kill ? u"kill"_s : u"stop"_s, sideId(side), point);
}

bool isVmmFault(const QString& text)
{
    const QString kind = text.section(u':', 0, 0);
    return kind == u"kill" || kind == u"stop";
}

Result<VmmFault> parseVmmFault(const QString& text)
{
    const auto refused = [&](const QString& cause, const QString& remedy) {
        return failure(ErrorCode::InvalidArgument, u"understand the fault"_s, text, cause, remedy);
    };
    if (!isVmmFault(text))
        return refused(
            u"it neither kills nor stops a side"_s, u"Write kill:SIDE:POINT or stop:SIDE:POINT."_s);
    VmmFault fault;
    fault.kind = text.startsWith(u"kill:") ? VmmFault::Kind::Kill : VmmFault::Kind::Stop;
    const QString side = text.section(u':', 1, 1);
    if (side != u"source" && side != u"destination")
        return refused(u"it names no side, source or destination"_s,
            u"Write kill:source:POINT or kill:destination:POINT."_s);
    fault.side = side == u"source" ? Side::Source : Side::Destination;
    fault.point = text.section(u':', 2);
    if (!find(fault.side, fault.point))
        return refused(u"the %1 has no such point"_s.arg(side),
            u"Its points are %1."_s.arg(vmmFaultPoints(fault.side).join(u", "_s)));
    return fault;
}

QStringList vmmFaultPoints(Side side)
{
    QStringList names;
    for (const Point& point : pointsOf(side))
        names << point.name;
    return names;
}

Result<void> checkFault(const QString& text)
{
    if (isVmmFault(text)) {
        const auto fault = parseVmmFault(text);
        return fault ? Result<void>() : std::unexpected(fault.error());
    }
    const auto fault = relay::parseFault(text);
    if (fault)
        return {};
    Error error = fault.error();
    error.remedy += u" Or kill:SIDE:POINT, stop:SIDE:POINT."_s;
    return std::unexpected(error);
}

} // namespace cutover::op
