// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/device.h"
#include "engine/token.h"
#include "vmm/devices/iothread.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cutover::vmm {

class GuestMemory;

struct ConsoleConfig
{
    QString path; ///< of the unix socket
    bool migrateFds = true;
};

/// A guest's console on a unix socket (mode 0600; peers must be of our user or root): it greets a client with
/// a banner and echoes its lines; the line "pulse" is answered with what the guest says about itself. One
/// client at a time, others wait in the listener's queue. Slots: "<id>/listener", "<id>/connection"
/// (optional), and the token. Where the fds do not pass, the client has to connect again. The socket's file
/// is removed with the backend of the owner.
class Console final : public engine::Device
{
public:
    /// Memory and thread outlive the device.
    Console(const QString& id, ConsoleConfig config, const GuestMemory& memory, IoThread& thread);
    ~Console() override;

    QJsonObject guestConfiguration() const override;
    QString resource() const override { return m_config.path; }
    Result<void> realizeFrontend() override;
    QList<engine::FdSlot> fdSlots() const override;
    Result<void> openBackend() override;
    Result<void> attachFd(qsizetype index, UniqueFd fd) override;
    int slotFd(qsizetype index) const override;
    void detachBackend() override;
    Result<void> take(int timeLimitMs) override;
    Result<void> release(int timeLimitMs, Keep keep) override;
    engine::Ownership ownership() const override;
    std::optional<engine::OwnershipToken::Owner> owner() const override { return m_token.owner(); }
    void start() override { m_io.resume(); }
    void stop() override { m_io.pause(); }
    void save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override;
    Result<void> load(QCborStreamReader& reader) override;

    /// Lines answered since the guest's boot. Any thread.
    quint64 lines() const { return m_lines; }

private:
    enum Slot : std::uint8_t { ListenerSlot, ConnectionSlot, TokenSlot };

    /// Bytes in a fixed buffer, so that nothing grows while they are moved.
    template <std::size_t N>
    struct Bytes
    {
        std::array<char, N> data;
        std::size_t size = 0;

        std::size_t room() const { return N - size; }
        std::string_view text() const { return { data.data(), size }; }
        std::span<std::byte> all() { return std::as_writable_bytes(std::span(data)); }
        void append(std::string_view text);
        void dropFirst(std::size_t count);
    };

    Result<void> watchListener();
    Result<void> watchConnection();
    void closeConnection();
    void closeBackend();
    void accept();
    void converse(std::uint32_t events);
    void readInput();
    bool hasLine() const;
    void answerLines();
    void answer(std::string_view line);
    void flush();
    void updateEvents();

    ConsoleConfig m_config;
    const GuestMemory& m_memory;
    QByteArray m_banner;
    UniqueFd m_listener;
    UniqueFd m_connection; ///< changed by the I/O thread while it runs
    std::atomic<int> m_connectionFd = -1; ///< m_connection for other threads
    engine::OwnershipToken m_token;
    bool m_passes = false; ///< the fds, as of the latest release
    Bytes<1024> m_input; ///< a line that has not ended
    Bytes<65536> m_output;
    std::atomic<quint64> m_lines = 0;
    IoGroup m_io; ///< last: rests before anything else is destroyed
};

} // namespace cutover::vmm
