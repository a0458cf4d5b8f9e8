// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/download.h"

#include <QtEndian>

#include <array>

namespace cutover::report {

static quint32 crc32(const QByteArray& bytes)
{
    static const auto table = [] {
        std::array<quint32, 256> rows{};
        for (quint32 i = 0; i < rows.size(); ++i) {
            quint32 value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
            rows[i] = value;
        }
        return rows;
    }();
    quint32 crc = 0xffffffffU;
    for (const char byte : bytes)
        crc = table[(crc ^ static_cast<quint8>(byte)) & 0xff] ^ (crc >> 8);
    return ~crc;
}

QByteArray gzipped(const QByteArray& bytes)
{
    // qCompress: four bytes of length, two of zlib's header, deflate, four of checksum.
    const QByteArray zlib = qCompress(bytes, 9);
    QByteArray out = QByteArray::fromHex("1f8b08000000000002ff");
    if (zlib.size() > 10)
        out += QByteArrayView(zlib).sliced(6, zlib.size() - 10);
    else
        out += QByteArray::fromHex("0300"); // nothing
    for (const quint32 number : { crc32(bytes), static_cast<quint32>(bytes.size()) }) {
        const quint32 little = qToLittleEndian(number);
        out.append(reinterpret_cast<const char*>(&little), sizeof little);
    }
    return out;
}

} // namespace cutover::report
