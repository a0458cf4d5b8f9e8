// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <QObject>
#include <QSocketNotifier>

#include <memory>

namespace cutover::lessons {

/// A CPR channel that carries the bytes and loses the descriptors, as a proxy does that knows nothing of
/// them. One connection.
class FdDropper : public QObject
{
    Q_OBJECT
public:
    /// Listens at \a path; what comes there goes on to \a forwardPath, which must listen by then.
    static Result<std::unique_ptr<FdDropper>> create(const QString& path, const QString& forwardPath);

private:
    FdDropper(UniqueFd listener, QString forwardPath);
    void accept();
    void pass();
    void watchEnd();
    void cut();

    QString m_forwardPath;
    UniqueFd m_listener;
    UniqueFd m_source;
    UniqueFd m_destination;
    std::unique_ptr<QSocketNotifier> m_accept;
    std::unique_ptr<QSocketNotifier> m_forth;
    std::unique_ptr<QSocketNotifier> m_back;
};

} // namespace cutover::lessons
