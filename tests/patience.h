// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QTest>

/// Included before every test. QtTest's five seconds would fail a test for the load of its machine; a
/// condition that never becomes true is as wrong after a minute.
namespace cutover::patience {
inline constexpr int limitMs = 60'000;
}

#undef QTRY_COMPARE
#define QTRY_COMPARE(actual, expected)                                                                       \
    QTRY_COMPARE_WITH_TIMEOUT((actual), (expected), cutover::patience::limitMs)
#undef QTRY_VERIFY
#define QTRY_VERIFY(condition) QTRY_VERIFY_WITH_TIMEOUT((condition), cutover::patience::limitMs)
#undef QTRY_VERIFY2
#define QTRY_VERIFY2(condition, message)                                                                     \
    QTRY_VERIFY2_WITH_TIMEOUT((condition), (message), cutover::patience::limitMs)
