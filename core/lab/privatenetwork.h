// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QString>
#include <QStringList>

#include <sys/types.h>

namespace cutover::lab {

/// Moves this process into a network of its own: a network namespace, and a user namespace when it is not
/// root. What it starts from then on lives there too; the network ends with its last process. To be called
/// before any thread exists. PermissionDenied or Unsupported where the host does not allow it; nothing has
/// changed then.
Result<void> enterPrivateNetwork();

/// True when enterPrivateNetwork() has succeeded in this process.
bool inPrivateNetwork();

/// Why it has not: its error, or that it was not called. Success when it has.
Result<void> privateNetwork();

/// Ends all other processes that live in this process's private network, but \a spared; how many there were.
/// Does nothing outside of one.
int endPrivateNetwork(pid_t spared = 0);

/// A TAP interface of a private network, up, with the host's end of a point-to-point link: what it sends to
/// guestAddress goes into the TAP, to guestMac.
struct TapLink
{
    QString interface;
    int queues = 1;
    QString hostAddress; ///< 10.77.N.1
    QString guestAddress; ///< 10.77.N.2
    QString guestMac;
};

/// Makes the persistent TAP \a interface (1 to 15 characters) number \a number (0..199) with \a queues
/// queues; \a queueLength frames wait in it while nobody reads. Runs ip(8), which takes some milliseconds.
/// Refused outside of a private network.
Result<TapLink> createTap(const QString& interface, int number, int queues, int queueLength);

/// Removes it, when nobody has it open any more.
void removeTap(const TapLink& link);

} // namespace cutover::lab
