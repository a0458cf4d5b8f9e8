// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdhelpers.h"

#include "fdpass/unixsocket.h"

#include <QByteArray>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace cutover::test {

using Bytes = std::vector<std::byte>;

struct SocketPair
{
    explicit SocketPair(fdpass::SocketType type = fdpass::SocketType::Stream)
    {
        auto made = fdpass::unixSocketPair(type);
        if (made) {
            a = std::move(made->first);
            b = std::move(made->second);
        }
    }
    UniqueFd a;
    UniqueFd b;
};

inline Bytes bytesOf(std::string_view text)
{
    Bytes bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

inline Bytes pattern(std::size_t size)
{
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
    return bytes;
}

inline QByteArray text(std::span<const std::byte> bytes)
{
    return { reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()) };
}

inline ino_t inodeOf(int fd)
{
    struct stat status{};
    return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

} // namespace cutover::test
