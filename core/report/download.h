// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

namespace cutover::report {

/// \a bytes as a gzip file (RFC 1952), the same for the same bytes.
QByteArray gzipped(const QByteArray& bytes);

} // namespace cutover::report
