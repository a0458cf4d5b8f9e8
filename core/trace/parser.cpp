// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trace/parser.h"

#include "trace/vocabulary.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace cutover::trace {

namespace {

constexpr qint64 nsPerSecond = 1'000'000'000;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Takes a number of \a least to \a most digits from the front of \a text.
std::optional<qint64> takeDigits(QByteArrayView& text, qsizetype least, qsizetype most)
{
    qint64 value = 0;
    qsizetype count = 0;
    for (; count < text.size() && count < most && isDigit(text[count]); ++count)
        value = value * 10 + (text[count] - '0');
    if (count < least)
        return std::nullopt;
    text = text.sliced(count);
    return value;
}

bool takeChar(QByteArrayView& text, char c)
{
    if (text.isEmpty() || text.front() != c)
        return false;
    text = text.sliced(1);
    return true;
}

/// The digits after the point as nanoseconds; 0 without a point.
std::optional<qint64> takeFraction(QByteArrayView& text)
{
    if (!takeChar(text, '.') && !takeChar(text, ','))
        return 0;
    const qsizetype before = text.size();
    auto value = takeDigits(text, 1, 9);
    if (!value)
        return std::nullopt;
    for (qsizetype digits = before - text.size(); digits < 9; ++digits)
        *value *= 10;
    return value;
}

std::optional<qint64> takeZoneSeconds(QByteArrayView& text)
{
    if (takeChar(text, 'Z'))
        return 0;
    const bool west = !text.isEmpty() && text.front() == '-';
    if (!takeChar(text, '-') && !takeChar(text, '+'))
        return std::nullopt;
    const auto hours = takeDigits(text, 2, 2);
    takeChar(text, ':');
    const auto minutes = takeDigits(text, 2, 2);
    if (!hours)
        return std::nullopt;
    const qint64 seconds = *hours * 3600 + minutes.value_or(0) * 60;
    return west ? -seconds : seconds;
}

/// "2026-11-20T20:55:29.469562Z " at the front; \a text is left alone if it is not there.
std::optional<qint64> takeIsoTime(QByteArrayView& text)
{
    QByteArrayView rest = text;
    const auto part = [&rest](qsizetype digits, char after) -> std::optional<int> {
        const auto value = takeDigits(rest, digits, digits);
        if (!value || (after != 0 && !takeChar(rest, after)))
            return std::nullopt;
        return static_cast<int>(*value);
    };
    const auto year = part(4, '-');
    const auto month = year ? part(2, '-') : std::nullopt;
    const auto day = month ? part(2, 'T') : std::nullopt;
    const auto hour = day ? part(2, ':') : std::nullopt;
    const auto minute = hour ? part(2, ':') : std::nullopt;
    const auto second = minute ? part(2, 0) : std::nullopt;
    const auto fraction = second ? takeFraction(rest) : std::nullopt;
    const auto zone = fraction ? takeZoneSeconds(rest) : std::nullopt;
    if (!zone || (!rest.isEmpty() && !takeChar(rest, ' ')))
        return std::nullopt;
    const std::chrono::year_month_day date{ std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)), std::chrono::day(static_cast<unsigned>(*day)) };
    // Nanoseconds since the epoch fit 64 bits until 2262.
    if (!date.ok() || *year < 1970 || *year > 2200 || *hour > 23 || *minute > 59 || *second > 60)
        return std::nullopt;
    const qint64 days = std::chrono::sys_days(date).time_since_epoch().count();
    const qint64 seconds = days * 86400 + *hour * 3600 + *minute * 60 + *second - *zone;
    if (seconds <= 0)
        return std::nullopt;
    text = rest;
    return seconds * nsPerSecond + *fraction;
}

struct ThreadTime
{
    qint64 threadId = 0;
    qint64 timeNs = 0;
};

/// "28847@1795208427.716697:" at the front.
std::optional<ThreadTime> takeThreadTime(QByteArrayView& text)
{
    QByteArrayView rest = text;
    const auto id = takeDigits(rest, 1, 10);
    if (!id || !takeChar(rest, '@'))
        return std::nullopt;
    const auto seconds = takeDigits(rest, 1, 10);
    if (!seconds || *seconds > 7'000'000'000 || !takeChar(rest, '.'))
        return std::nullopt;
    const auto microseconds = takeDigits(rest, 6, 6);
    if (!microseconds || !takeChar(rest, ':'))
        return std::nullopt;
    text = rest;
    return ThreadTime{ .threadId = *id, .timeNs = *seconds * nsPerSecond + *microseconds * 1000 };
}

/// The length of the event's name at the front; 0 if what is there cannot be one.
qsizetype nameLength(QByteArrayView text, bool needsUnderscore)
{
    const auto isNameChar
        = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_'; };
    const auto end = std::ranges::find_if_not(text, isNameChar);
    const qsizetype length = end - text.begin();
    if (length == 0 || isDigit(text.front()) || (end != text.end() && *end != ' '))
        return 0;
    if (needsUnderscore && !text.first(length).contains('_'))
        return 0;
    return length;
}

} // namespace

Line parseLine(QByteArrayView line)
{
    while (!line.isEmpty() && (line.back() == '\n' || line.back() == '\r'))
        line.chop(1);

    Line result;
    const auto threadTime = takeThreadTime(line);
    if (threadTime) {
        result.threadId = threadTime->threadId;
        result.timeNs = threadTime->timeNs;
    } else {
        result.timeNs = takeIsoTime(line).value_or(0);
    }

    const qsizetype length = nameLength(line, !threadTime);
    if (length == 0) {
        result.arguments = QString::fromUtf8(line);
        return result;
    }
    result.kind = LineKind::Event;
    result.name = QString::fromLatin1(line.first(length));
    if (length + 1 < line.size())
        result.arguments = QString::fromUtf8(line.sliced(length + 1));
    result.value = parseValue(result.name, result.arguments);
    return result;
}

QJsonObject attributes(const Line& line)
{
    if (line.isTyped())
        return fieldsOf(line.value);
    const QString key = line.kind == LineKind::Event ? QStringLiteral("arguments") : QStringLiteral("line");
    return { { key, line.arguments } };
}

QStringList subscription()
{
    // A name without a star that this QEMU does not have makes it print a warning; a pattern does not.
    return { QStringLiteral("cpr_*"), QStringLiteral("qemu_file_put_fd*"),
        QStringLiteral("qemu_file_get_fd*"), QStringLiteral("qemu_ram_alloc_shared*"),
        QStringLiteral("migrate_set_state*"), QStringLiteral("migrate_error*"),
        QStringLiteral("migration_cleanup*"), QStringLiteral("migration_cancel*"),
        QStringLiteral("migration_call_notifiers*"), QStringLiteral("runstate_set*"),
        QStringLiteral("vm_state_notify*"), QStringLiteral("vm_stop_flush_all*"),
        QStringLiteral("migration_socket_*"), QStringLiteral("process_incoming_migration_co_end*"),
        QStringLiteral("migrate_global_state_*"), QStringLiteral("vmstate_downtime_*"),
        QStringLiteral("vmstate_load_state_fail*"), QStringLiteral("vmstate_load_field_error*"),
        QStringLiteral("source_return_path_thread_*end"), QStringLiteral("source_return_path_thread_shut*"),
        QStringLiteral("vfio_cpr_find_device*"), QStringLiteral("iommufd_change_process*"),
        QStringLiteral("iommu_backend_set_fd*") };
}

} // namespace cutover::trace
