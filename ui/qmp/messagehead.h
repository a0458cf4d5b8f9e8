// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QStringView>

#include <cstdint>

namespace cutover::ui {

enum class MessageKind : std::uint8_t { Command, Reply, Error, Event, Other };

/// What a list needs to know of a QMP message.
struct MessageHead
{
    MessageKind kind = MessageKind::Other; ///< Other: the greeting, and what is no QMP message
    QString id; ///< as it is written, with the quotes of a string; empty: none
};

/// Finds the members of the outermost object without building a document: some ten times faster, and there
/// may be a million messages. Of damaged JSON it says what can be seen up to the damage.
MessageHead messageHead(QStringView raw);

} // namespace cutover::ui
