// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/kvmstate.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <cstring>
#include <span>

namespace cutover::vmm {

namespace {

constexpr quint64 parts = 9;

/// Calls \a visit with the bytes of each part, by name, in the order in which they are written.
template <typename State, typename Visit>
bool eachPart(State& state, Visit visit)
{
    const auto bytes = [](auto& part) {
        if constexpr (std::is_const_v<State>)
            return std::as_bytes(std::span(&part, 1));
        else
            return std::as_writable_bytes(std::span(&part, 1));
    };
    const auto list = [](auto& part) {
        if constexpr (std::is_const_v<State>)
            return std::as_bytes(std::span(part));
        else
            return std::as_writable_bytes(std::span(part));
    };
    return visit("general registers", bytes(state.regs)) && visit("system registers", bytes(state.sregs))
        && visit("extended control registers", bytes(state.xcrs))
        && visit("debug registers", bytes(state.debug)) && visit("events", bytes(state.events))
        && visit("activity", bytes(state.activity)) && visit("counter's offset", bytes(state.counterOffset))
        && visit("floating point registers", list(state.xsave))
        && visit("model-specific registers", list(state.msrs));
}

} // namespace

void KvmVcpuState::write(QCborStreamWriter& writer) const
{
    writer.startArray(parts);
    eachPart(*this, [&writer](const char*, std::span<const std::byte> bytes) {
        while (!bytes.empty() && bytes.back() == std::byte{ 0 })
            bytes = bytes.first(bytes.size() - 1);
        writer.appendByteString(
            reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()));
        return true;
    });
    writer.endArray();
}

qsizetype KvmVcpuState::writtenSize() const
{
    constexpr std::size_t header = 9;
    std::size_t bytes = header;
    eachPart(*this, [&bytes](const char*, std::span<const std::byte> part) {
        bytes += header + part.size();
        return true;
    });
    return static_cast<qsizetype>(bytes);
}

Result<void> KvmVcpuState::read(QCborStreamReader& reader)
{
    const auto malformed = [](const QString& cause) {
        return failure(
            ErrorCode::Malformed, QStringLiteral("read the registers of a virtual processor"), {}, cause);
    };
    if (!reader.isArray() || !reader.isLengthKnown() || reader.length() != parts || !reader.enterContainer())
        return malformed(QStringLiteral("they have other parts"));
    std::vector<quint32> indices;
    for (const kvm_msr_entry& entry : msrs)
        indices.push_back(entry.index);
    const char* wrong = nullptr;
    eachPart(*this, [&](const char* name, std::span<std::byte> part) {
        const QByteArray bytes = reader.isByteArray() ? reader.readAllByteArray() : QByteArray();
        if (bytes.isNull() || bytes.size() > static_cast<qsizetype>(part.size())) {
            wrong = name;
            return false;
        }
        std::memset(part.data(), 0, part.size());
        std::memcpy(part.data(), bytes.constData(), static_cast<std::size_t>(bytes.size()));
        return true;
    });
    if (wrong != nullptr)
        return malformed(QStringLiteral("its %1 do not fit").arg(QLatin1StringView(wrong)));
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (msrs[i].index != indices[i])
            return malformed(QStringLiteral("it has other model-specific registers"));
    }
    return reader.leaveContainer() ? Result<void>() : malformed(QStringLiteral("there is more"));
}

} // namespace cutover::vmm
