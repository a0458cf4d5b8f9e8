// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QStringList>

#include <cstdint>
#include <functional>

namespace cutover::engine {

/// What a process does to itself at one point of a migration, on purpose: as a crash or a hang would.
struct FaultPoint
{
    enum class Kind : std::uint8_t { None, Kill, Stop };

    Kind kind = Kind::None;
    bool atSource = true; ///< the role in which it does it
    QString point; ///< before this step, or at this checkpoint

    bool isOn(bool source) const { return kind != Kind::None && atSource == source; }
    /// As parseFaultPoint() reads it.
    QString text() const;

    bool operator==(const FaultPoint&) const = default;
};

/// The steps of one role and its checkpoints, in the order in which they come where all goes well; those of a
/// rollback stand between the steps and the checkpoints.
QStringList faultPointNames(bool source);
/// "none", and "kill:source:send-state", "stop:destination:load", ... for every point.
const QStringList& faultPointTexts();
/// None for what is not one of them.
FaultPoint parseFaultPoint(const QString& text);

/// Carries one out, once. On the thread that comes to the point.
class FaultTrigger
{
public:
    /// Called right before the process is ended or stopped, with the fault's text.
    using Announce = std::function<void(const QString&)>;

    FaultTrigger() = default;
    /// Never does anything unless \a point is one of that role's.
    FaultTrigger(FaultPoint point, bool source, Announce announce);

    bool isArmed() const { return m_armed; }
    void reach(const QString& point)
    {
        if (m_armed && point == m_point.point)
            carryOut();
    }

private:
    void carryOut();

    FaultPoint m_point;
    Announce m_announce;
    bool m_armed = false;
};

} // namespace cutover::engine
