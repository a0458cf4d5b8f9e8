// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <atomic>
#include <type_traits>

/// Access to words of guest RAM that the other side may use at the same moment. Freestanding.
namespace cutover::vmm {

template <typename T>
inline T loadWord(const T& word, std::memory_order order = std::memory_order_relaxed)
{
    return std::atomic_ref<T>(const_cast<T&>(word)).load(order);
}

template <typename T>
inline void storeWord(
    T& word, std::type_identity_t<T> value, std::memory_order order = std::memory_order_relaxed)
{
    std::atomic_ref<T>(word).store(value, order);
}

/// Adds to a word that only the caller writes.
template <typename T>
inline void addWord(T& word, std::type_identity_t<T> value = 1)
{
    storeWord(word, static_cast<T>(loadWord(word) + value));
}

} // namespace cutover::vmm
