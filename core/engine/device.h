// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/fdslot.h"
#include "engine/token.h"

#include <QJsonObject>
#include <QList>
#include <QString>

#include <cstdint>
#include <optional>

class QCborStreamReader;
class QCborStreamWriter;

namespace cutover::engine {

/// Who owns a device's exclusive resource, as one process sees it.
enum class Ownership : std::uint8_t {
    None, ///< not ours: not taken yet, or released
    Owned,
};

/// A device that can be handed to another process. It never asks whether a migration is incoming: who
/// creates it tells it, by the functions called, where its backend comes from.
///
/// Life of a device: realizeFrontend(); then either openBackend(), or attachFd() once for every slot; then
/// take(), load() where a state comes, start(). On the source of a handover: stop(), release(), save(); after
/// a rollback take(), start(). All functions run on one thread at a time (the VM's lock is held); none of
/// them waits longer than the time limit it is given.
class Device
{
public:
    Device(QString driver, QString id, bool migrateFds);
    virtual ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    const QString& driver() const { return m_driver; }
    const QString& id() const { return m_id; }
    /// The device's own switch: its fds pass whenever the migration passes fds.
    bool migrateFds() const { return m_migrateFds; }
    void setMigrateFds(bool on) { m_migrateFds = on; }

    /// What the guest sees and what both sides must agree on, as in "device-list-properties"; part of the
    /// configuration's digest. Host resources (interface, path) are not in it.
    virtual QJsonObject guestConfiguration() const = 0;
    /// The host resource behind an exclusive backend ("tap0", a path): two devices that name the same one
    /// cannot both hold it. Empty when the backend needs none.
    virtual QString resource() const = 0;
    /// Why the backend cannot be opened by name: it moves by its fds, or not at all. Empty when it can.
    virtual QString reopenObstacle() const { return {}; }
    /// Version of the state that save() writes.
    virtual quint32 stateVersion() const { return 1; }

    /// Makes the guest-visible part; needs no fd. What is wrong with the configuration is found here.
    virtual Result<void> realizeFrontend() = 0;
    /// The fds of the backend in a fixed order, known once the frontend is realized. Exclusive slots are
    /// followed by one token for all of them: name "<device>/token", FdKind::Memfd, FdClass::Shareable,
    /// because having it open gives no right, and opening it takes longer than a switchover should.
    virtual QList<FdSlot> fdSlots() const = 0;

    /// Opens the backend by name. Busy when another owner has it.
    virtual Result<void> openBackend() = 0;
    /// Uses \a fd for slot \a index of fdSlots(). The caller has checked its kind; the device checks what
    /// only it knows (size, interface flags). Overwrites nothing: a slot filled twice is a Protocol error.
    virtual Result<void> attachFd(qsizetype index, UniqueFd fd) = 0;
    /// The fd in slot \a index, borrowed; -1 while there is none.
    virtual int slotFd(qsizetype index) const = 0;
    /// Closes every fd and forgets the backend; the frontend stays.
    virtual void detachBackend() = 0;

    /// Takes the ownership of the exclusive resource (its token, vhost's SET_OWNER, the rings of a vhost-user
    /// backend) without moving any data. Busy names the owner. Success when already owned or nothing is
    /// exclusive.
    virtual Result<void> take(int timeLimitMs) = 0;
    /// What becomes of the backend when its ownership is given up.
    enum class Keep : std::uint8_t {
        Backend, ///< the fds stay open and usable: they are passed on
        Nothing, ///< the next owner opens the resource by name, so it must be free: take() opens it again
    };
    /// Gives it up: nothing of the guest is in flight afterwards and this process does not touch the
    /// resource until take(). Called with the processors and the device stopped.
    virtual Result<void> release(int timeLimitMs, Keep keep) = 0;
    virtual Ownership ownership() const = 0;
    /// The process that owns the exclusive resource, as its token says; nothing when nobody does.
    virtual std::optional<OwnershipToken::Owner> owner() const { return {}; }

    /// Begins to move data. Cannot fail: all that can was done by take().
    virtual void start() = 0;
    /// Ends moving data; what the guest has queued stays queued.
    virtual void stop() = 0;

    /// Appends the device's state, one CBOR value, to \a writer. Its buffer is reserved by the caller with
    /// stateSize() bytes; nothing else should need to be allocated.
    virtual void save(QCborStreamWriter& writer) const = 0;
    /// An upper bound of save()'s size in bytes.
    virtual qsizetype stateSize() const = 0;
    /// Reads what save() of the same version wrote. Malformed for anything else; the device is then
    /// unusable until it is loaded again.
    virtual Result<void> load(QCborStreamReader& reader) = 0;

private:
    QString m_driver;
    QString m_id;
    bool m_migrateFds;
};

} // namespace cutover::engine
