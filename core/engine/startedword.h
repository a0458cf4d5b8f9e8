// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <atomic>
#include <cstdint>

namespace cutover::engine {

/// A word in memory that source and destination share: set before the destination executes the first
/// instruction of the guest, and never cleared. It is the source's proof for or against a rescue, also when
/// the destination has died.
class StartedWord
{
public:
    /// A new memfd of one page, clear.
    static Result<StartedWord> create();
    /// The other side's memfd. Malformed when its size is not one page.
    static Result<StartedWord> adopt(UniqueFd memfd);

    StartedWord(StartedWord&& other) noexcept;
    StartedWord& operator=(StartedWord&& other) noexcept;
    ~StartedWord();

    void set() noexcept { word().store(1, std::memory_order_seq_cst); }
    bool isSet() const noexcept { return word().load(std::memory_order_seq_cst) != 0; }
    int fd() const { return m_memfd.get(); } ///< to pass on, borrowed

private:
    StartedWord(UniqueFd memfd, void* page);
    static Result<StartedWord> map(UniqueFd memfd);
    std::atomic_ref<std::uint32_t> word() const noexcept
    {
        return std::atomic_ref(*static_cast<std::uint32_t*>(m_page));
    }

    UniqueFd m_memfd;
    void* m_page = nullptr;
};

} // namespace cutover::engine
